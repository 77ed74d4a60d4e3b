package deltalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/realdata"
)

// Logs that Spark wrote, as tables of file names and actions; some captures hold several tables.
var captures = [][]string{
	{"sales", "bronze"}, {"sales", "silver"}, {"sales", "gold"}, {"invoices", "invoices_bz"}, {"invoices", "invoice_line_items"},
}

func captured(t *testing.T, program, table string) map[string][]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile(realdata.Path(t, "programs", program, "expected", "delta_log.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string]map[string][]json.RawMessage
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables[table]) == 0 {
		t.Fatalf("no table %s in the capture of %s", table, program)
	}
	return tables[table]
}

// compactJSON is a captured action as it stood in the log.
func compactJSON(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// What Spark wrote is read, and written again as it was: every action, every field, in order. Only
// the metrics of an operation, an object without order, may change places.
func TestSparkActionsAreWrittenAsTheyWere(t *testing.T) {
	for _, capture := range captures {
		for file, lines := range captured(t, capture[0], capture[1]) {
			for _, raw := range lines {
				want := compactJSON(t, raw)
				var actions Actions
				if err := actions.decodeLine(new(lineScanner), []byte(want)); err != nil {
					t.Fatalf("%v %s: %v", capture, file, err)
				}
				got, err := actions.encode()
				if err != nil {
					t.Fatal(err)
				}
				if !sameJSON(t, string(got), want) {
					t.Errorf("%v %s:\ngot  %s\nwant %s", capture, file, got, want)
				}
				if actions.CommitInfo == nil && strings.TrimSpace(string(got)) != want {
					t.Errorf("%v %s: another order:\ngot  %s\nwant %s", capture, file, got, want)
				}
			}
		}
	}
}

// A remove tells the partition of its file also where the table has none: extendedFileMetadata says that it does.
func TestRemoveTellsItsPartition(t *testing.T) {
	add := AddFile{Path: "a.parquet", Size: 3}
	text, err := json.Marshal(add.Removed(7, true))
	if want := `{"path":"a.parquet","deletionTimestamp":7,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{},"size":3}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
	text, err = json.Marshal(RemoveFile{Path: "a.parquet"})
	if want := `{"path":"a.parquet","dataChange":false}`; err != nil || string(text) != want {
		t.Errorf("of which nothing more is known: got %s, %v, want %s", text, err, want)
	}
}

// Statistics that Spark wrote are understood so well that they can be written again, byte by byte.
func TestSparkStatisticsAreWrittenAsTheyWere(t *testing.T) {
	for _, capture := range captures {
		log := captured(t, capture[0], capture[1])
		compared := 0
		var all Actions
		for file, lines := range log {
			for _, raw := range lines {
				if err := all.decodeLine(new(lineScanner), []byte(compactJSON(t, raw))); err != nil {
					t.Fatalf("%v %s: %v", capture, file, err)
				}
			}
		}
		schema, err := all.Metadata.Schema()
		if err != nil {
			t.Fatal(err)
		}
		for _, add := range all.Adds {
			stats := ParseStats(add.Stats, schema)
			got := MakeStats(stats.NumRecords, leaves(&stats, schema, nil), StatsOptions{Schema: schema, IndexedColumns: 32})
			if got != add.Stats {
				t.Errorf("%v %s:\ngot  %s\nwant %s", capture, add.Path, got, add.Stats)
			}
			compared++
		}
		if compared == 0 {
			t.Errorf("%v has no files", capture)
		}
	}
}

func leaves(stats *Stats, s Schema, path []string) []ColumnStats {
	var all []ColumnStats
	for _, f := range s.Fields {
		at := append(slices.Clip(path), f.Name)
		if inner, ok := f.Type.(Schema); ok {
			all = append(all, leaves(stats, inner, at)...)
			continue
		}
		of, _ := stats.Column(at)
		all = append(all, ColumnStats{Path: at, Min: of.Min, Max: of.Max, Nulls: of.Nulls})
	}
	return all
}
