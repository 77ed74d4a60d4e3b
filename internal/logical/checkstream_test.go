package logical_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// catalog has a stream s and a table t of the same columns.
type catalog struct{}

type provider struct{ types.Struct }

func (p provider) Schema() types.Struct { return p.Struct }
func (p provider) String() string       { return "stream" }

func (catalog) Table(_ context.Context, n *plan.NamedTable) (logical.Node, error) {
	schema, err := types.ParseDDL("id int, name string, time timestamp")
	if n.Name[0] == "s" {
		return &logical.StreamRelation{Name: n.Name, Provider: provider{schema}}, err
	}
	return logical.NewLocalRelation(schema, nil), err
}

func (catalog) DataSource(context.Context, *plan.DataSource) (logical.Node, error) {
	panic("not asked for")
}

func (catalog) TableFunction(_ context.Context, c *logical.TableCall) (logical.Node, error) {
	return nil, logical.UnknownTableFunction(c.Name)
}

func resolve(t *testing.T, rel plan.Relation) (logical.Node, error) {
	t.Helper()
	return logical.Resolve(t.Context(), rel, logical.Env{Catalog: catalog{}, Eval: expr.Context{ANSI: true, TimeZone: time.UTC}})
}

func parse(t *testing.T, text string) plan.Relation {
	t.Helper()
	rel, err := sql.ParseRelation(text)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

func checkText(t *testing.T, what string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != "" && err == nil:
		t.Errorf("%s: no error, want %s", what, want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

func TestWatermarkIsChecked(t *testing.T) {
	for _, c := range []struct{ column, delay, want string }{
		{"time", "10 minutes", ""},
		{"time", "10 secondz", "[CANNOT_PARSE_INTERVAL] Unable to parse '10 secondz'."},
		{"time", "-1 minutes", "delay threshold (-1 minutes) should not be negative."},
		{"id", "1 minute", "[EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE] The event time `id` has the invalid type \"INT\", but expected \"TIMESTAMP\"."},
		{"tme", "1 minute", "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `tme` cannot be resolved. Did you mean one of the following? [`time`"},
	} {
		_, err := resolve(t, &plan.WithWatermark{Input: parse(t, "SELECT * FROM s"), EventTime: c.column, DelayThreshold: c.delay})
		checkText(t, c.column+" "+c.delay, err, c.want)
	}
}

func TestStreamsAreReplacedFromLeftToRight(t *testing.T) {
	node, err := resolve(t, parse(t, "SELECT a.id FROM s a JOIN s b ON a.id = b.id"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(logical.Streams(node)); n != 2 || !logical.IsStreaming(node) {
		t.Fatalf("%d streams", n)
	}
	var seen []*logical.StreamRelation
	replaced := logical.ReplaceStreams(node, func(s *logical.StreamRelation) logical.Source {
		seen = append(seen, s)
		return logical.NewLocalRelation(s.Provider.Schema(), nil).Source
	})
	if seen[0] != logical.Streams(node)[0] || seen[1] != logical.Streams(node)[1] {
		t.Error("the leaves come in another order")
	}
	if len(logical.Streams(replaced)) != 0 || !logical.IsStreaming(replaced) {
		t.Error("a batch's rows still belong to a stream")
	}
}
