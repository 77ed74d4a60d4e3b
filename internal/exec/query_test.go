package exec_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// tables is a catalog of relations in memory.
type tables map[string]logical.Node

func (t tables) Table(_ context.Context, n *plan.NamedTable) (logical.Node, error) {
	if node, ok := t[strings.ToLower(n.Name[len(n.Name)-1])]; ok {
		return node, nil
	}
	return nil, errclass.TableNotFound.New("The table or view `%s` cannot be found.", n.Name[0])
}

func (t tables) DataSource(context.Context, *plan.DataSource) (logical.Node, error) {
	return nil, fmt.Errorf("no data sources here")
}

// evalContext is that of a session in UTC at a fixed time.
func evalContext() expr.Context {
	return expr.Context{
		ANSI: true, TimeZone: time.UTC, Now: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC),
		Catalog: "spark_catalog", Schema: "default", User: "tester",
	}
}

func resolve(text string, catalog tables) (logical.Node, error) {
	statement, err := sql.Parse(text)
	if err != nil {
		return nil, err
	}
	query, ok := statement.(*plan.Query)
	if !ok {
		return nil, fmt.Errorf("not a query: %T", statement)
	}
	return logical.Resolve(context.Background(), query.Relation, logical.Env{Catalog: catalog, Eval: evalContext()})
}

// run answers a query with n workers.
func run(ctx context.Context, text string, catalog tables, n int) (types.Struct, []arrow.RecordBatch, error) {
	node, err := resolve(text, catalog)
	if err != nil {
		return types.Struct{}, nil, err
	}
	return runNode(ctx, node, n)
}

func runNode(ctx context.Context, node logical.Node, n int) (types.Struct, []arrow.RecordBatch, error) {
	op, err := exec.Build(logical.Optimize(node), &exec.Env{Eval: evalContext(), Memory: &exec.Memory{}, Workers: n})
	if err != nil {
		return types.Struct{}, nil, err
	}
	rows, err := batch.Collect(exec.Gather(ctx, op, n))
	return node.Schema(), rows, err
}

// texts is the rows as show() prints them.
func texts(schema types.Struct, rows []arrow.RecordBatch) [][]string {
	var out [][]string
	for _, b := range rows {
		for i := range int(b.NumRows()) {
			row := make([]string, len(schema.Fields))
			for c, f := range schema.Fields {
				row[c] = expr.FormatValue(b.Column(c), i, f.Type, time.UTC)
			}
			out = append(out, row)
		}
	}
	return out
}

func TestSmoke(t *testing.T) {
	for _, q := range []string{
		"SELECT 1 AS a, 'x' b, 1 + 2",
		"SELECT * FROM VALUES (1, 'a'), (2, 'b'), (2, 'c') t(k, v) ORDER BY k DESC, v",
		"SELECT k, count(*), sum(k) AS s FROM VALUES (1, 'a'), (2, 'b'), (2, 'c') t(k, v) GROUP BY k HAVING s > 1 ORDER BY count(*)",
		"SELECT a.k, b.v FROM VALUES (1), (2), (3) a(k) LEFT JOIN VALUES (1, 'x'), (2, 'y') b(k, v) ON a.k = b.k",
		"SELECT * FROM VALUES (1), (2), (3) a(k) JOIN VALUES (1, 'x'), (2, 'y') b(k, v) USING (k)",
		"SELECT k, explode(v) FROM VALUES (1, array(1,2)), (2, array(3)) t(k, v)",
		"SELECT k, x FROM VALUES (1, array(1,2)), (2, array(3)) t(k, v) LATERAL VIEW explode(v) e AS x WHERE k > 1",
		"SELECT id, id * 2 AS d, d + 1 FROM range(5) WHERE id > 2 LIMIT 1",
		"SELECT count(DISTINCT k) FROM VALUES (1, 'a'), (2, 'b'), (2, 'c') t(k, v)",
		"SELECT k, grouping_id(), sum(n) FROM VALUES (1, 'a', 10), (2, 'b', 5), (2, 'c', 4) t(k, v, n) GROUP BY ROLLUP(k, v) ORDER BY 1, 2, 3",
		"SELECT k, row_number() OVER (PARTITION BY k ORDER BY v), sum(n) OVER (PARTITION BY k ORDER BY v) s FROM VALUES (1, 'a', 10), (2, 'b', 5), (2, 'c', 4) t(k, v, n)",
		"SELECT k FROM VALUES (1), (2), (3) a(k) WHERE k IN (SELECT x FROM VALUES (1), (3) b(x)) AND EXISTS (SELECT 1 FROM VALUES (3) c(y) WHERE y = k)",
		"SELECT k, (SELECT max(x) FROM VALUES (1), (3) b(x)) m FROM VALUES (1), (2) a(k)",
		"SELECT a.k, b.k FROM VALUES (1), (2) a(k), VALUES (2), (3) b(k) WHERE a.k = b.k",
		"SELECT k FROM VALUES (1), (2) a(k) UNION SELECT k FROM VALUES (2), (3) b(k) ORDER BY k",
		"SELECT k FROM VALUES (1), (2), (2) a(k) EXCEPT ALL SELECT k FROM VALUES (2), (3) b(k) ORDER BY k",
		"SELECT monye FROM VALUES (1, 'a', 2) t(Id, name, money)",
		"SELECT name, sum(money) FROM VALUES (1, 'a', 2) t(Id, name, money) GROUP BY Id",
	} {
		schema, rows, err := run(t.Context(), q, tables{}, 1)
		t.Logf("%s\n   %v\n   %v %v", q, schema, texts(schema, rows), err)
	}
}
