package exec_test

import (
	"context"
	"fmt"
	"strings"
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

func (t tables) TableFunction(_ context.Context, c *logical.TableCall) (logical.Node, error) {
	return nil, logical.UnknownTableFunction(c.Name)
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
	const few = 16 // a formatter is made of the whole column
	for _, b := range rows {
		for i := range b.NumRows() {
			part := b.NewSlice(i/few*few, min(i/few*few+few, b.NumRows()))
			row := make([]string, len(schema.Fields))
			for c, f := range schema.Fields {
				row[c] = expr.FormatValue(part.Column(c), int(i%few), f.Type, time.UTC)
			}
			out = append(out, row)
		}
	}
	return out
}
