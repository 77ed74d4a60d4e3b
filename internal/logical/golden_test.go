package logical_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

var rewrite = flag.Bool("rewrite", false, "write the answers into testdata")

// shop is a catalog of three tables: people p, orders o, and nested columns n.
type shop struct{}

var shopTables = map[string]string{
	"p": "id int not null, name string, born date, height double, member boolean",
	"o": "id bigint not null, person int, amount decimal(10,2), at timestamp, tags array<string>",
	"n": "id int, s struct<a: int, b: struct<c: string>>, l array<struct<x: int, y: string>>, m map<string, int>",
}

func (shop) Table(_ context.Context, n *plan.NamedTable) (logical.Node, error) {
	name := n.Name[len(n.Name)-1]
	ddl, ok := shopTables[name]
	if !ok {
		return nil, errclass.TableNotFound.New("The table or view `%s` cannot be found.", name)
	}
	schema, err := types.ParseDDL(ddl)
	return &logical.Relation{Name: []string{"spark_catalog", "default", name}, Source: named{logical.NewLocalRelation(schema, nil).Source, name}}, err
}

func (shop) DataSource(context.Context, *plan.DataSource) (logical.Node, error) {
	return nil, errors.New("not asked for")
}

// TableFunction knows one function, which prints how it was called.
func (shop) TableFunction(_ context.Context, call *logical.TableCall) (logical.Node, error) {
	if call.Name != "shelf" {
		return nil, logical.UnknownTableFunction(call.Name)
	}
	schema, err := types.ParseDDL("item string")
	return &logical.Relation{Source: named{logical.NewLocalRelation(schema, nil).Source, fmt.Sprintf("shelf stream=%t %v", call.Streaming, call.Args)}}, err
}

// named is a source that prints as a word.
type named struct {
	logical.Source
	name string
}

func (n named) String() string { return n.name }

// Each file of testdata holds queries, each with what becomes of it: in resolve*.txt the columns and the resolved plan,
// in optimize*.txt the plan that runs; or the error, whose class is Spark's. An empty line ends an answer; lines that
// begin with # are comments.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) { checkGolden(t, file, strings.HasPrefix(name, "optimize")) })
	}
}

func checkGolden(t *testing.T, file string, optimized bool) {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(content)), "\n\n") {
		text, want, _ := strings.Cut(block+"\n", "----\n")
		query := text
		for strings.HasPrefix(query, "#") {
			_, query, _ = strings.Cut(query, "\n")
		}
		got := describe(strings.TrimSpace(query), optimized)
		if got != want && !*rewrite {
			t.Errorf("%sgot\n%swant\n%s", text, got, want)
		}
		fmt.Fprintf(&out, "%s----\n%s\n", text, got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSuffix(out.String(), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func describe(query string, optimized bool) string {
	rel, err := sql.ParseRelation(query)
	var node logical.Node
	if err == nil {
		node, err = logical.Resolve(context.Background(), rel, logical.Env{
			Catalog: shop{}, Eval: expr.Context{ANSI: true, TimeZone: time.UTC, Now: time.UnixMilli(1763700000000)},
		})
	}
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n\n== SQL ==")
		return text + "\n"
	}
	if optimized {
		return logical.Explain(logical.Optimize(node))
	}
	return "(" + types.ToDDL(node.Schema()) + ")\n" + logical.Explain(node)
}
