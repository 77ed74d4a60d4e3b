package logical_test

import (
	"testing"

	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// late gives a query with `late` for the stream s with a watermark of ten minutes on its time.
func late(t *testing.T, query string) (logical.Node, error) {
	t.Helper()
	return resolve(t, withLate(parse(t, query)))
}

// withLate declares the watermark where the table `late` is named.
func withLate(rel plan.Relation) plan.Relation {
	switch rel := rel.(type) {
	case *plan.NamedTable:
		if rel.Name[0] == "late" {
			return &plan.SubqueryAlias{Input: &plan.WithWatermark{
				Input: &plan.NamedTable{Name: []string{"s"}}, EventTime: "time", DelayThreshold: "10 minutes",
			}, Alias: "late"}
		}
	case *plan.Project:
		rel.Input = withLate(rel.Input)
	case *plan.Aggregate:
		rel.Input = withLate(rel.Input)
	case *plan.Filter:
		rel.Input = withLate(rel.Input)
	case *plan.Sort:
		rel.Input = withLate(rel.Input)
	case *plan.Limit:
		rel.Input = withLate(rel.Input)
	case *plan.Offset:
		rel.Input = withLate(rel.Input)
	case *plan.Deduplicate:
		rel.Input = withLate(rel.Input)
	case *plan.SubqueryAlias:
		rel.Input = withLate(rel.Input)
	case *plan.Join:
		rel.Left, rel.Right = withLate(rel.Left), withLate(rel.Right)
	case *plan.SetOp:
		rel.Left, rel.Right = withLate(rel.Left), withLate(rel.Right)
	}
	return rel
}

// The output modes that each kind of query has, and Spark's words for the others. Empty: allowed.
func TestOutputModes(t *testing.T) {
	const (
		mode         = "This output mode is not supported for "
		noAggregate  = "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] Invalid streaming output mode: complete. " + mode + "no streaming aggregations on streaming DataFrames/DataSets."
		noWatermark  = "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] Invalid streaming output mode: append. " + mode + "streaming aggregations without watermark on streaming DataFrames/DataSets."
		sessions     = "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] Invalid streaming output mode: update. " + mode + "session window streaming aggregations on streaming DataFrames/DataSets."
		global       = "Global aggregation with session window in streaming query is not supported."
		sorting      = "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode"
		correctness  = "Detected pattern of possible 'correctness' issue due to global watermark. "
		limits       = "Limits are not supported on streaming DataFrames/Datasets in Update output mode"
		offsets      = "Offset is not supported on streaming DataFrames/Datasets"
		distinct     = "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using approx_count_distinct() instead."
		sets         = "Grouping Sets is not supported on streaming DataFrames/Datasets"
		windowing    = "Window function is not supported in "
		unions       = "Union between streaming and batch DataFrames/Datasets is not supported"
		exceptRight  = "Except on a streaming DataFrame/Dataset on the right is not supported"
		intersects   = "Intersect of streaming DataFrames/Datasets is not supported"
		rowNumbers   = "Expression(s): monotonically_increasing_id() is not supported with streaming DataFrames/Datasets"
		twoTimes     = "More than one event time columns are available. Please ensure there is at most one event time column in the stream. event time columns: (window,time)"
		leftStatic   = " join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported"
		rightStatic  = "RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/DataSet on the right not supported"
		fullLeft     = "FullOuter joins with streaming DataFrames/Datasets on the left and a static DataFrame/Dataset on the right is not supported"
		fullRight    = "FullOuter joins with streaming DataFrames/Datasets on the right and a static DataFrame/Dataset on the left is not supported"
		antiRight    = "LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported"
		outerModes   = " join between two streaming DataFrames/Datasets is not supported in Update output mode, only in Append output mode"
		outerTime    = " join between two streaming DataFrame/Datasets is not supported without a watermark in the join keys, or a watermark on the nullable side and an appropriate range condition"
		innerModes   = " join between two streaming DataFrames/Datasets is not supported in Complete output mode, only in Append and Update output modes"
		outerModesIn = " join between two streaming DataFrames/Datasets is not supported in Complete output mode, only in Append output mode"
	)
	cells := 0
	for _, c := range []struct{ query, append, update, complete string }{
		// map-like
		{"SELECT id FROM s WHERE id > 1", "", "", noAggregate},
		{"SELECT explode(array(id)) FROM s", "", "", noAggregate},
		{"SELECT id FROM s UNION ALL SELECT id FROM s", "", "", noAggregate},
		{"SELECT monotonically_increasing_id() FROM s", rowNumbers, rowNumbers, noAggregate},
		// aggregation
		{"SELECT window, count(*) FROM late GROUP BY window(time, '1 hour')", "", "", ""},
		{"SELECT window, count(*) FROM late GROUP BY window(time, '1 hour', '10 minutes')", "", "", ""},
		{"SELECT time, count(*) FROM late GROUP BY time", "", "", ""},
		{"SELECT id, window, count(*) FROM late GROUP BY id, window(time, '1 hour')", "", "", ""},
		{"SELECT id, count(*) FROM s GROUP BY id", noWatermark, "", ""},
		{"SELECT count(*) FROM s", noWatermark, "", ""},
		{"SELECT window, count(*) FROM s GROUP BY window(time, '1 hour')", noWatermark, "", ""},
		{"SELECT id, count(*) FROM late GROUP BY id", noWatermark, "", ""},
		{"SELECT count(*) FROM late GROUP BY date_trunc('HOUR', time)", noWatermark, "", ""},
		{"SELECT window, time, count(*) FROM late GROUP BY window(time, '1 hour'), time", twoTimes, twoTimes, twoTimes},
		{"SELECT window, count(DISTINCT id) FROM late GROUP BY window(time, '1 hour')", distinct, distinct, distinct},
		{"SELECT id, count(*) FROM s GROUP BY ROLLUP (id)", noWatermark, sets, sets},
		{"SELECT id, count(*) FROM s GROUP BY id HAVING count(*) > 1", noWatermark, "", ""},
		// session windows
		{"SELECT id, session_window, count(*) FROM late GROUP BY id, session_window(time, '5 minutes')", "", sessions, ""},
		{"SELECT id, session_window, count(*) FROM s GROUP BY id, session_window(time, '5 minutes')", noWatermark, sessions, ""},
		{"SELECT session_window, count(*) FROM late GROUP BY session_window(time, '5 minutes')", global, sessions, global},
		// chained
		{"SELECT window(window, '1 day').end, count(*) FROM (SELECT window, count(*) FROM late GROUP BY window(time, '1 hour')) GROUP BY window(window, '1 day')", "", correctness, correctness},
		{"SELECT count(*) FROM (SELECT window_time(window) AS at FROM (SELECT window, count(*) FROM late GROUP BY window(time, '1 hour'))) GROUP BY window(at, '1 day')", "", correctness, correctness},
		{"SELECT count(*) FROM (SELECT window.end AS at FROM (SELECT window, count(*) FROM late GROUP BY window(time, '1 hour'))) GROUP BY window(at, '1 day')", noWatermark, correctness, correctness},
		{"SELECT n, count(*) FROM (SELECT id, count(*) AS n FROM s GROUP BY id) GROUP BY n", noWatermark, correctness, correctness},
		// sort, limit, offset
		{"SELECT id FROM s ORDER BY id", sorting, sorting, noAggregate},
		{"SELECT id, count(*) FROM s GROUP BY id ORDER BY id", noWatermark, sorting, ""},
		{"SELECT window, count(*) FROM late GROUP BY window(time, '1 hour') ORDER BY 1", sorting, sorting, ""},
		{"SELECT id FROM s LIMIT 3", "", limits, noAggregate},
		{"SELECT id, count(*) FROM s GROUP BY id LIMIT 3", noWatermark, limits, ""},
		{"SELECT window, count(*) FROM late GROUP BY window(time, '1 hour') LIMIT 3", "", limits, ""},
		{"SELECT id, count(*) FROM (SELECT id FROM s LIMIT 3) GROUP BY id", noWatermark, limits, ""},
		{"SELECT id FROM s OFFSET 1", offsets, offsets, noAggregate},
		{"SELECT id, count(*) FROM s GROUP BY id OFFSET 1", noWatermark, offsets, offsets},
		{"SELECT rank() OVER (ORDER BY id) FROM s", windowing, windowing, noAggregate},
		{"SELECT id FROM t ORDER BY id LIMIT 3", "", "", noAggregate},
		// set operations
		{"SELECT id FROM s UNION ALL SELECT id FROM t", unions, unions, noAggregate},
		{"SELECT id FROM t EXCEPT SELECT id FROM s", exceptRight, exceptRight, noAggregate},
		{"SELECT id FROM s INTERSECT SELECT id FROM t", intersects, intersects, noAggregate},
		// a stream and a table
		{"SELECT s.id FROM s JOIN t ON s.id = t.id", "", "", noAggregate},
		{"SELECT t.id FROM t JOIN s ON s.id = t.id", "", "", noAggregate},
		{"SELECT s.id FROM s LEFT JOIN t ON s.id = t.id", "", "", noAggregate},
		{"SELECT s.id FROM t RIGHT JOIN s ON s.id = t.id", "", "", noAggregate},
		{"SELECT s.id FROM s LEFT SEMI JOIN t ON s.id = t.id", "", "", noAggregate},
		{"SELECT s.id FROM s LEFT ANTI JOIN t ON s.id = t.id", "", "", noAggregate},
		{"SELECT t.id FROM t LEFT JOIN s ON s.id = t.id", "LeftOuter" + leftStatic, "LeftOuter" + leftStatic, noAggregate},
		{"SELECT t.id FROM t LEFT SEMI JOIN s ON s.id = t.id", "LeftSemi" + leftStatic, "LeftSemi" + leftStatic, noAggregate},
		{"SELECT t.id FROM s RIGHT JOIN t ON s.id = t.id", rightStatic, rightStatic, noAggregate},
		{"SELECT t.id FROM s FULL JOIN t ON s.id = t.id", fullLeft, fullLeft, noAggregate},
		{"SELECT t.id FROM t FULL JOIN s ON s.id = t.id", fullRight, fullRight, noAggregate},
		{"SELECT t.id FROM t LEFT ANTI JOIN s ON s.id = t.id", antiRight, antiRight, noAggregate},
		{"SELECT s.id, count(*) FROM s JOIN t ON s.id = t.id GROUP BY s.id", noWatermark, "", ""},
		// two streams
		{"SELECT a.id, count(*) FROM s a JOIN s b ON a.id = b.id GROUP BY a.id", noWatermark, "", "Inner" + innerModes},
		{"SELECT a.id, count(*) FROM s a LEFT JOIN s b ON a.id = b.id GROUP BY a.id", noWatermark, "LeftOuter" + outerModes, "LeftOuter" + outerModesIn},
		{"SELECT a.id FROM s a LEFT JOIN s b ON a.id = b.id", "Stream-stream LeftOuter" + outerTime, "LeftOuter" + outerModes, noAggregate},
		{"SELECT a.id FROM s a RIGHT JOIN s b ON a.id = b.id", "Stream-stream RightOuter" + outerTime, "RightOuter" + outerModes, noAggregate},
		{"SELECT a.id FROM s a FULL JOIN s b ON a.id = b.id", "Stream-stream FullOuter" + outerTime, "FullOuter" + outerModes, noAggregate},
		{"SELECT a.id FROM s a LEFT SEMI JOIN s b ON a.id = b.id", "Stream-stream LeftSemi" + outerTime, "Stream-stream LeftSemi" + outerTime, noAggregate},
		{"SELECT a.id FROM s a LEFT ANTI JOIN s b ON a.id = b.id", antiRight, antiRight, noAggregate},
		{"SELECT a.id FROM late a JOIN s b ON a.id = b.id", "", "", noAggregate},
		{"SELECT a.id FROM late a LEFT JOIN late b ON a.id = b.id AND a.time = b.time", "", "LeftOuter" + outerModes, noAggregate},
		{"SELECT a.id FROM late a LEFT SEMI JOIN late b ON a.time = b.time", "", "", noAggregate},
	} {
		node, err := late(t, c.query)
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		for mode, want := range map[logical.OutputMode]string{logical.Append: c.append, logical.Update: c.update, logical.Complete: c.complete} {
			cells++
			checkText(t, c.query+" in "+mode.String(), logical.CheckStreaming(node, mode), want)
		}
	}
	t.Logf("%d cells", cells)
}

// Deduplication needs no mode of its own; within a watermark it needs the watermark.
func TestOutputModesOfDeduplication(t *testing.T) {
	const noAggregate = "no streaming aggregations"
	without := "dropDuplicatesWithinWatermark is not supported on streaming DataFrames/DataSets without watermark"
	keep := func(query string, within bool, columns ...string) plan.Relation {
		return &plan.Deduplicate{Input: withLate(parse(t, query)), Columns: columns, WithinWatermark: within}
	}
	counted := func(in plan.Relation, key string) plan.Relation {
		k := &plan.UnresolvedAttribute{Parts: []string{key}}
		return &plan.Aggregate{Input: in, Grouping: []plan.Expression{k}, Aggregates: []plan.Expression{k}}
	}
	for _, c := range []struct {
		name                     string
		rel                      plan.Relation
		append, update, complete string
	}{
		{"by a column", keep("SELECT * FROM s", false, "id"), "", "", noAggregate},
		{"by event time", keep("SELECT * FROM late", false, "id", "time"), "", "", noAggregate},
		{"within the watermark", keep("SELECT * FROM late", true, "id"), "", "", noAggregate},
		{"within none", keep("SELECT * FROM s", true, "id"), without, without, noAggregate},
		{"then counted", counted(keep("SELECT * FROM s", false, "id"), "id"), "streaming aggregations without watermark", "", ""},
		{"then counted by event time", counted(keep("SELECT * FROM late", false, "id", "time"), "time"), "", "", ""},
		{"of groups", keep("SELECT id, count(*) FROM s GROUP BY id", false, "id"), "streaming aggregations without watermark", "", ""},
		{"of groups, by event time", keep("SELECT time, count(*) FROM late GROUP BY time", false, "time"), "", "possible 'correctness' issue", "possible 'correctness' issue"},
	} {
		node, err := resolve(t, c.rel)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for mode, want := range map[logical.OutputMode]string{logical.Append: c.append, logical.Update: c.update, logical.Complete: c.complete} {
			checkText(t, c.name+" in "+mode.String(), logical.CheckStreaming(node, mode), want)
		}
	}
}

// A watermark is declared once between a source and a sink.
func TestWatermarkIsNotRedefined(t *testing.T) {
	once := &plan.WithWatermark{Input: parse(t, "SELECT * FROM s"), EventTime: "time", DelayThreshold: "1 minute"}
	node, err := resolve(t, &plan.WithWatermark{Input: once, EventTime: "time", DelayThreshold: "2 minutes"})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, "twice", logical.CheckStreaming(node, logical.Append), "Redefining watermark is disallowed.")
}
