package layers

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

var salesFiles = []string{
	"sales_1.json", "sales_2.json", "sales_3.json", "sales_4_edge.json", "sales_5_one_object.json", "sales_6_cut_short.json",
}

// landSales puts files of the sales program into its folder.
func landSales(l *programs.Lake, names ...string) {
	l.Helper()
	for _, name := range names {
		l.CopyIn(filepath.Join(realdata.Path(l, "programs", "sales", "input"), name), SalesBase+"/json", name)
	}
}

func startSales(l *programs.Lake) []*medallion.StreamingQuery {
	l.Helper()
	queries, err := Sales().Start(l.Context(), l.Session, Settings{})
	if err != nil {
		l.Fatal(err)
	}
	return queries
}

// rowOfWhole is what we keep of the file that is cut short, where Spark loses all of it: its first object, which is whole.
const rowOfWhole = 31

// Fed file by file, the gold query makes Spark's versions, rows and state.
func TestSalesGoldFileByFile(t *testing.T) {
	l := programs.NewLake(t)
	landSales(l, salesFiles...)
	q := l.Run(Sales().StartLayer(t.Context(), l.Session, Sales().Layers[2], Settings{MaxFilesPerTrigger: 1, Trigger: medallion.AvailableNow()}))

	for _, v := range programs.Answer[[]struct {
		Version int              `json:"version"`
		Rows    []map[string]any `json:"rows"`
	}](t, "sales", "gold_one_file_per_trigger.json") {
		want := []string{}
		for _, row := range v.Rows {
			want = append(want, programs.JSONText(t, row))
		}
		if v.Version == len(salesFiles) {
			want = append(want, fmt.Sprintf(`{"Id":%d,"total_money":11}`, rowOfWhole))
		}
		got := l.Rows(fmt.Sprintf("SELECT * FROM gold_sales_summary_spark2 VERSION AS OF %d ORDER BY Id", v.Version))
		programs.Equal(t, fmt.Sprintf("version %d", v.Version), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	var got [][4]int64 // batch, input rows, rows of state, rows updated
	for _, p := range q.RecentProgress() {
		if len(p.StateOperators) == 1 {
			got = append(got, [4]int64{p.BatchID, p.NumInputRows, p.StateOperators[0].NumRowsTotal, p.StateOperators[0].NumRowsUpdated})
		}
	}
	want := programs.Answer[[][4]int64](t, "sales", "gold_one_file_progress.json")
	want[5] = [4]int64{5, 2, 16, 1} // the whole object, and the row of nulls
	programs.Equal(t, "batch, input, state, updated", got, want)
}

// A single object and a file that is cut short, at the end of all steps.
func TestSalesKeepsTheWholeObjectsOfAFileCutShort(t *testing.T) {
	l := programs.NewLake(t)
	landSales(l, salesFiles[:3]...)
	queries := startSales(l)
	l.Settle(queries...)
	for _, name := range salesFiles[3:] {
		landSales(l, name)
		l.Settle(queries...)
	}
	counts := programs.Answer[struct {
		Counts map[string]map[string]int64 `json:"counts"`
	}](t, "sales", "lifecycle.json").Counts["one object + cut short"]
	for table, layer := range map[string]string{
		"bronze_sales_spark2": "bronze", "silver_sales_spark2": "silver", "gold_sales_summary_spark2": "gold",
	} {
		programs.Equal(t, table, l.Count(table), counts[layer]+1)
	}
}

// The handle of a query goes through Spark's life: active, stopped, started again with its id.
func TestSalesLifecycle(t *testing.T) {
	l := programs.NewLake(t)
	landSales(l, salesFiles[:3]...)
	queries := startSales(l)
	programs.Equal(t, "active queries", len(l.Session.Streams().Active()), 3)
	l.Settle(queries...)
	gold := queries[2]
	programs.Equal(t, "batches", programs.BatchesWithRows(gold), [][2]int64{{0, 12}})
	programs.Equal(t, "exception", gold.Exception(), nil)

	l.Stop(queries...)
	programs.Equal(t, "active queries after stop", len(l.Session.Streams().Active()), 0)
	programs.Equal(t, "gold is active", gold.IsActive(), false)
	programs.Equal(t, "status", gold.Status(), medallion.StreamingQueryStatus{Message: "Stopped"})
	if gold.LastProgress() == nil {
		t.Error("the last progress is gone with the query")
	}

	again := startSales(l)
	l.Settle(again...)
	for i := range again {
		programs.Equal(t, "id", again[i].ID(), queries[i].ID())
		if again[i].RunID() == queries[i].RunID() {
			t.Errorf("%s kept its run id", again[i].Name())
		}
		programs.Equal(t, "batches of the second run", programs.BatchesWithRows(again[i]), [][2]int64{})
	}
}

// A progress has Spark's fields in Spark's order, and says of a batch what Spark says.
func TestSalesProgressIsSparks(t *testing.T) {
	l := programs.NewLake(t)
	landSales(l, salesFiles[:3]...)
	queries := startSales(l)
	l.Settle(queries...)
	landSales(l, salesFiles[3])
	l.Settle(queries...)
	captured := programs.Answer[map[string][]json.RawMessage](t, "sales", "progress_all.json")
	for i, layer := range []string{"bronze", "silver", "gold"} {
		t.Run(layer, func(t *testing.T) {
			reports := queries[i].RecentProgress()
			at := slices.IndexFunc(reports, func(p medallion.StreamingQueryProgress) bool { return p.BatchID == 1 && p.NumInputRows > 0 })
			if at < 0 {
				t.Fatalf("no report of batch 1: %v", programs.Batches(queries[i]))
			}
			want := facts(t, captured[layer][1])
			programs.Equal(t, "fields", strings.Join(facts(t, []byte(reports[at].JSON())), "\n"), strings.Join(want, "\n"))
		})
	}
}

// facts are the fields of a progress in their order, with the values that every run shares. What cloudFiles adds, and the
// measures of a state store's own, have no like in the captures.
func facts(t *testing.T, progress []byte) []string {
	t.Helper()
	in := json.NewDecoder(strings.NewReader(string(progress)))
	in.UseNumber()
	var lines []string
	walkFacts(t, in, "", &lines)
	return slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, ".sources.metrics.") || strings.HasPrefix(line, ".stateOperators.customMetrics.")
	})
}

var shared = []string{
	".batchId", ".numInputRows", ".stateOperators.operatorName", ".stateOperators.numRowsTotal", ".stateOperators.numRowsUpdated",
	".stateOperators.numRowsRemoved", ".stateOperators.numRowsDroppedByWatermark", ".stateOperators.numShufflePartitions",
	".stateOperators.numStateStoreInstances", ".sources.startOffset.logOffset", ".sources.endOffset.logOffset",
	".sources.latestOffset", ".sources.numInputRows", ".sink.description", ".sink.numOutputRows",
}

func walkFacts(t *testing.T, in *json.Decoder, path string, lines *[]string) {
	t.Helper()
	token, err := in.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		for in.More() {
			key, err := in.Token()
			if err != nil {
				t.Fatal(err)
			}
			walkFacts(t, in, fmt.Sprintf("%s.%s", path, key), lines)
		}
	case json.Delim('['):
		for in.More() {
			walkFacts(t, in, path, lines)
		}
	default:
		if !slices.Contains(shared, path) {
			token = "…"
		}
		*lines = append(*lines, fmt.Sprintf("%s = %v", path, token))
		return
	}
	if _, err := in.Token(); err != nil { // the closing bracket
		t.Fatal(err)
	}
}
