package logical_test

import (
	"testing"

	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

type idle struct{}

func (idle) String() string { return "idle" }

func ddl(t *testing.T, text string) types.Struct {
	t.Helper()
	schema, err := types.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// groups is an operator with groups over a query, by id.
func groups(t *testing.T, query string, like plan.TransformWithState) *plan.TransformWithState {
	t.Helper()
	like.Input = withLate(parse(t, query))
	like.Grouping = []plan.Expression{&plan.UnresolvedAttribute{Parts: []string{"id"}}}
	like.Processor, like.Output = idle{}, ddl(t, "id int, at timestamp")
	return &like
}

// The output modes of arbitrary state. A function of flatMapGroupsWithState has one of its own, which has to be the query's, or
// append below an aggregation. Spark's checker refuses transformWithState in complete mode where nothing is aggregated, though its
// processor is told of that mode and documented to run in it; here it runs.
func TestOutputModesOfGroups(t *testing.T) {
	const (
		noAggregate = "no streaming aggregations"
		noWatermark = "streaming aggregations without watermark"
		correctness = "Detected pattern of possible 'correctness' issue due to global watermark. "
		mapMode     = "mapGroupsWithState is not supported with "
		flatAppend  = "flatMapGroupsWithState in append mode is not supported with "
		flatUpdate  = "flatMapGroupsWithState in update mode is not supported with "
		aggregated  = "flatMapGroupsWithState in update mode is not supported with aggregation on a streaming DataFrame/Dataset"
		manyMaps    = "Multiple mapGroupsWithStates are not supported on a streaming DataFrames/Datasets"
		mixed       = "Mixing mapGroupsWithStates and flatMapGroupsWithStates are not supported on a streaming DataFrames/Datasets"
		manyFlat    = "Multiple flatMapGroupsWithStates are not supported when they are not all in append mode or the output mode is not append"
		watermark   = "Watermark must be specified in the query using '[Dataset/DataFrame].withWatermark()' for using event-time timeout"
	)
	tws := plan.TransformWithState{}
	twsEvent := plan.TransformWithState{EventTime: true}
	mapping := plan.TransformWithState{As: plan.AsMapGroupsWithState, Update: true}
	appending := plan.TransformWithState{As: plan.AsFlatMapGroupsWithState}
	updating := plan.TransformWithState{As: plan.AsFlatMapGroupsWithState, Update: true}
	timed := plan.TransformWithState{As: plan.AsFlatMapGroupsWithState, EventTime: true}
	timedMap := plan.TransformWithState{As: plan.AsMapGroupsWithState, Update: true, EventTime: true}

	over := func(below *plan.TransformWithState, like plan.TransformWithState) plan.Relation {
		above := groups(t, "SELECT * FROM s", like)
		above.Input = below
		return above
	}
	counted := func(in plan.Relation) plan.Relation {
		k := &plan.UnresolvedAttribute{Parts: []string{"id"}}
		return &plan.Aggregate{Input: in, Grouping: []plan.Expression{k}, Aggregates: []plan.Expression{k}}
	}
	marked := func(in plan.Relation) plan.Relation {
		k := &plan.UnresolvedAttribute{Parts: []string{"at"}}
		return &plan.Aggregate{
			Input:    &plan.WithWatermark{Input: in, EventTime: "at", DelayThreshold: "1 minute"},
			Grouping: []plan.Expression{k}, Aggregates: []plan.Expression{k},
		}
	}
	const all, hours = "SELECT * FROM s", "SELECT 1 AS id, window.end AS at FROM late GROUP BY window(time, '1 hour')"
	cells := 0
	for _, c := range []struct {
		name                     string
		rel                      plan.Relation
		append, update, complete string
	}{
		{"transformWithState", groups(t, all, tws), "", "", ""},
		{"transformWithState of event time", groups(t, "SELECT * FROM late", twsEvent), "", "", ""},
		{"transformWithState, then aggregated", counted(groups(t, all, tws)), noWatermark, "", ""},
		{"transformWithState, then aggregated by a time", marked(groups(t, all, tws)), "", "", ""},
		{"transformWithState of groups", groups(t, hours, tws), "", correctness, correctness},
		{"transformWithState of transformWithState", over(groups(t, all, tws), tws), "", "", ""},
		{"mapGroupsWithState", groups(t, all, mapping), mapMode + "Append", "", noAggregate},
		{"mapGroupsWithState, then aggregated", counted(groups(t, all, mapping)), noWatermark, "", mapMode + "Complete"},
		{"mapGroupsWithState, then aggregated by a time", marked(groups(t, all, mapping)), mapMode + "Append", "", mapMode + "Complete"},
		{"mapGroupsWithState twice", over(groups(t, all, mapping), mapping), manyMaps, manyMaps, manyMaps},
		{"mapGroupsWithState and flatMapGroupsWithState", over(groups(t, all, mapping), appending), mixed, mixed, mixed},
		{"mapGroupsWithState timed, no watermark", groups(t, all, timedMap), mapMode + "Append", watermark, noAggregate},
		{"mapGroupsWithState timed", groups(t, "SELECT * FROM late", timedMap), mapMode + "Append", "", noAggregate},
		{"flatMapGroupsWithState, append", groups(t, all, appending), "", flatAppend + "Update", noAggregate},
		{"flatMapGroupsWithState, update", groups(t, all, updating), flatUpdate + "Append", "", noAggregate},
		{"flatMapGroupsWithState, append, then aggregated", counted(groups(t, all, appending)), noWatermark, "", ""},
		{"flatMapGroupsWithState, append, then aggregated by a time", marked(groups(t, all, appending)), "", "", ""},
		{"flatMapGroupsWithState, update, then aggregated", counted(groups(t, all, updating)), noWatermark, aggregated, aggregated},
		{"flatMapGroupsWithState, update, then aggregated by a time", marked(groups(t, all, updating)), aggregated, aggregated, aggregated},
		{"flatMapGroupsWithState, append, of groups", groups(t, hours, appending), "", correctness, correctness},
		{"flatMapGroupsWithState, append, twice", over(groups(t, all, appending), appending), "", manyFlat, manyFlat},
		{"flatMapGroupsWithState, append and update", over(groups(t, all, appending), updating), manyFlat, manyFlat, manyFlat},
		{"flatMapGroupsWithState timed, no watermark", groups(t, all, timed), watermark, flatAppend + "Update", noAggregate},
		{"flatMapGroupsWithState timed", groups(t, "SELECT * FROM late", timed), "", flatAppend + "Update", noAggregate},
		{"flatMapGroupsWithState timed, then aggregated", counted(groups(t, "SELECT * FROM late", timed)), noWatermark, correctness, correctness},
		{"flatMapGroupsWithState timed, then transformed", over(groups(t, "SELECT * FROM late", timed), tws), correctness, flatAppend + "Update", noAggregate},
	} {
		node, err := resolve(t, c.rel)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for mode, want := range map[logical.OutputMode]string{logical.Append: c.append, logical.Update: c.update, logical.Complete: c.complete} {
			cells++
			checkText(t, c.name+" in "+mode.String(), logical.CheckStreaming(node, mode), want)
		}
	}
	t.Logf("%d cells", cells)
}
