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

// The output modes that each kind of query has, and Spark's words for the others.
func TestCheckStreamingRefusesWhatSparkRefuses(t *testing.T) {
	const (
		noAggregate = "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] Invalid streaming output mode: complete. This output mode is not supported for no streaming aggregations on streaming DataFrames/DataSets."
		noWatermark = "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] Invalid streaming output mode: append. This output mode is not supported for streaming aggregations without watermark on streaming DataFrames/DataSets."
		sorting     = "[UNSUPPORTED_STREAMING_OPERATION] Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode"
		correctness = "[UNSUPPORTED_STREAMING_OPERATION] Detected pattern of possible 'correctness' issue due to global watermark."
		notYet      = "is not in this version"
		all, no     = "", "is not supported"
	)
	for _, c := range []struct{ query, append, update, complete string }{
		{"SELECT id FROM s WHERE id > 1", all, all, noAggregate},
		{"SELECT explode(array(id)) FROM s", all, all, noAggregate},
		{"SELECT id, count(*) FROM s GROUP BY id", noWatermark, all, all},
		{"SELECT id, count(*) FROM s GROUP BY id ORDER BY id", noWatermark, sorting, all},
		{"SELECT id FROM s ORDER BY id", sorting, sorting, sorting},
		{"SELECT id FROM s LIMIT 3", notYet, "Limits are not supported on streaming DataFrames/Datasets in Update output mode", noAggregate},
		{"SELECT n, count(*) FROM (SELECT id, count(*) AS n FROM s GROUP BY id) GROUP BY n", noWatermark, correctness, correctness},
		{"SELECT count(DISTINCT id) FROM s", "Distinct aggregations are not supported", "Distinct aggregations are not supported", "Distinct aggregations are not supported"},
		{"SELECT DISTINCT id FROM s", "dropDuplicates", "dropDuplicates", "dropDuplicates"},
		{"SELECT id, count(*) FROM s GROUP BY ROLLUP (id)", "GroupingSets is not supported", "GroupingSets is not supported", "GroupingSets is not supported"},
		{"SELECT rank() OVER (ORDER BY id) FROM s", "Window function is not supported", "Window function is not supported", "Window function is not supported"},
		{"SELECT id FROM s OFFSET 1", "Offset is not supported", "Offset is not supported", "Offset is not supported"},
		{"SELECT id FROM s UNION ALL SELECT id FROM t", "Union between streaming and batch", "Union between streaming and batch", "Union between streaming and batch"},
		{"SELECT id FROM s UNION ALL SELECT id FROM s", all, all, noAggregate},
		{"SELECT id FROM t EXCEPT SELECT id FROM s", "Except on a streaming DataFrame/Dataset on the right", "Except on", "Except on"},
		{"SELECT id FROM s INTERSECT SELECT id FROM t", "Intersect", "Intersect", "Intersect"},
		{"SELECT s.id FROM s JOIN t ON s.id = t.id", all, all, noAggregate},
		{"SELECT s.id FROM s LEFT JOIN t ON s.id = t.id", all, all, noAggregate},
		{"SELECT t.id FROM t JOIN s ON s.id = t.id", all, all, noAggregate},
		{
			"SELECT t.id FROM t LEFT JOIN s ON s.id = t.id",
			"LeftOuter join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported", no, no,
		},
		{"SELECT t.id FROM s RIGHT JOIN t ON s.id = t.id", "RightOuter join with a streaming DataFrame/Dataset on the left", no, no},
		{"SELECT t.id FROM s FULL JOIN t ON s.id = t.id", "FullOuter", no, no},
		{"SELECT t.id FROM t LEFT ANTI JOIN s ON s.id = t.id", "LeftAnti join with a streaming DataFrame/Dataset on the right", no, no},
		{"SELECT a.id FROM s a JOIN s b ON a.id = b.id", notYet, notYet, notYet},
		{"SELECT id FROM t ORDER BY id LIMIT 3", all, all, noAggregate},
	} {
		node, err := resolve(t, parse(t, c.query))
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		for mode, want := range map[logical.OutputMode]string{logical.Append: c.append, logical.Update: c.update, logical.Complete: c.complete} {
			checkText(t, c.query+" in "+mode.String(), logical.CheckStreaming(node, mode), want)
		}
	}
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

// A watermark matters to the aggregate whose key it is on; complete mode ignores it.
func TestWatermarkOnAKeyClosesWindows(t *testing.T) {
	late := &plan.WithWatermark{Input: parse(t, "SELECT * FROM s"), EventTime: "time", DelayThreshold: "1 minute"}
	window := &plan.UnresolvedFunction{Name: "window", Args: []plan.Expression{
		&plan.UnresolvedAttribute{Parts: []string{"time"}}, &plan.Literal{Value: "1 hour", Type: types.String},
	}}
	count := &plan.UnresolvedFunction{Name: "count", Args: []plan.Expression{&plan.UnresolvedStar{}}}
	for _, c := range []struct {
		key              plan.Expression
		append, complete string
	}{
		{window, "with a watermark in append mode", ""},
		{&plan.UnresolvedAttribute{Parts: []string{"id"}}, "streaming aggregations without watermark", ""},
	} {
		node, err := resolve(t, &plan.Aggregate{Input: late, Grouping: []plan.Expression{c.key}, Aggregates: []plan.Expression{count}, KeysFirst: true})
		if err != nil {
			t.Fatal(err)
		}
		checkText(t, "append", logical.CheckStreaming(node, logical.Append), c.append)
		checkText(t, "complete", logical.CheckStreaming(node, logical.Complete), c.complete)
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
