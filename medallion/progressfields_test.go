package medallion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// progressQueries are those of testdata/progress/ask_progress.py, which Spark ran on the same files.
func progressQueries(t *testing.T, d desk, in string) map[string]*DataFrame {
	t.Helper()
	files := func() *DataFrame {
		frame, err := d.ReadStream().Format("json").Schema("t timestamp, k string, n int").Option("maxFilesPerTrigger", "1").Load(t.Context(), in)
		d.must(err)
		return frame
	}
	late := func() *DataFrame { return files().WithWatermark("t", "10 seconds") }
	table, err := d.ReadStream().Format("delta").Load(t.Context(), filepath.Join(filepath.Dir(in), "table"))
	d.must(err)
	d.must(late().CreateOrReplaceTempView(t.Context(), "a"))
	d.must(late().SelectExpr("t AS u", "k AS l").CreateOrReplaceTempView(t.Context(), "b"))
	joined, err := d.SQL(t.Context(), "SELECT * FROM a JOIN b ON k = l AND u >= t AND u <= t + INTERVAL 10 SECONDS")
	d.must(err)
	return map[string]*DataFrame{
		"stateless": files(),
		"observed": files().Observe("seen", Expr("count(*)").As("rows"), Max(Col("n")).As("most"), Expr("avg(n)").As("mean"),
			Max(Col("k")).As("k"), Max(Col("t")).As("at")),
		"counted":         late().GroupBy(Expr("window(t, '10 seconds')"), Col("k")).Agg(Expr("count(*)").As("count")),
		"distinct":        late().DropDuplicates("k", "t"),
		"distinct within": late().DropDuplicatesWithinWatermark("k"),
		"sessions":        late().GroupBy(Expr("session_window(t, '15 seconds')"), Col("k")).Agg(Expr("count(*)").As("count")),
		"joined":          joined,
		"of a table":      table,
		"first rows":      files().Limit(5),
	}
}

// The reports of a query into a Delta table are Spark 4.2's, field for field and in its order: batches, offsets, counts of rows, what the
// state holds, watermarks, observed metrics. Times, rates, sizes and ids are what they are.
func TestProgressIsSparksFieldForField(t *testing.T) {
	text, err := os.ReadFile("testdata/progress/spark.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]json.RawMessage
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	root := t.TempDir()
	in := landProgress(t, root)
	rows, err := d.Read().Format("json").Schema("t timestamp, k string, n int").Load(t.Context(), in)
	d.must(err)
	d.must(rows.Write().Format("delta").Save(t.Context(), filepath.Join(root, "table")))
	reports := 0
	for name, frame := range progressQueries(t, d, in) {
		t.Run(name, func(t *testing.T) {
			at := filepath.Join(root, strings.ReplaceAll(name, " ", "_"))
			q, err := frame.WriteStream().Format("delta").QueryName(strings.ReplaceAll(name, " ", "_")).Trigger(AvailableNow()).
				Option("checkpointLocation", filepath.Join(at, "cp")).Start(t.Context(), filepath.Join(at, "out"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.AwaitTermination(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := q.RecentProgress()
			if len(got) != len(want[name]) {
				t.Fatalf("%d reports, want %d", len(got), len(want[name]))
			}
			for i, p := range got {
				got, want := progressFields(t, []byte(p.JSON())), progressFields(t, want[name][i])
				if name == "first rows" { // what no limit asks for is not read here
					got, want = inputRows.ReplaceAllString(got, ""), inputRows.ReplaceAllString(want, "")
				}
				if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				reports++
			}
		})
	}
	t.Logf("%d reports", reports)
}

func landProgress(t *testing.T, root string) string {
	t.Helper()
	in := filepath.Join(root, "in")
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		var lines strings.Builder
		for j := range 4 {
			fmt.Fprintf(&lines, `{"t": "2024-01-01 00:%02d:%02d", "k": %q, "n": %d}`+"\n", i, 10*j, "ab"[j%2:j%2+1], 10*i+j)
		}
		name := filepath.Join(in, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(name, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if at := time.Unix(1_700_000_000+int64(i), 0); os.Chtimes(name, at, at) != nil {
			t.Fatal(name)
		}
	}
	return in
}

// measured are the fields whose values are measured or made up; of the others the values count, too.
var measured = regexp.MustCompile(`^(id|runId|timestamp|batchDuration|inputRowsPerSecond|processedRowsPerSecond|allUpdatesTimeMs|allRemovalsTimeMs|commitTimeMs|` +
	`memoryUsedBytes|description|loadedMapCacheHitCount|loadedMapCacheMissCount|stateOnCurrentVersionSizeBytes|reservoirId|reservoirVersion|` +
	`addBatch|commitOffsets|getBatch|latestOffset|queryPlanning|triggerExecution|walCommit)$`)

var inputRows = regexp.MustCompile(`numInputRows: \d`)

// ownFields are those that Spark's reports of these sources do not have: what became of records and files.
var ownFields = regexp.MustCompile(`(?m)^\.sources\.\d\.metrics.*\n`)

// ofSnapshots are the partitions that tell of their snapshots: which five of more, Spark leaves to a hash.
var ofSnapshots = regexp.MustCompile(`SnapshotLastUploaded\.partition_\d_[a-zA-Z-]*`)

// progressFields is a report as lines of names and values, in their order.
func progressFields(t *testing.T, report []byte) string {
	t.Helper()
	var lines []string
	d := json.NewDecoder(bytes.NewReader(report))
	d.UseNumber()
	var walk func(name, path string)
	walk = func(name, path string) {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, report)
		}
		delim, nested := token.(json.Delim)
		switch {
		case !nested && token != nil && measured.MatchString(name):
			lines = append(lines, fmt.Sprintf("%s: a %T", path, token))
		case !nested:
			lines = append(lines, fmt.Sprintf("%s: %v", path, token))
		default:
			lines = append(lines, path+": "+delim.String())
			for i := 0; d.More(); i++ {
				inner := fmt.Sprint(i)
				if delim == '{' {
					key, err := d.Token()
					if err != nil {
						t.Fatal(err)
					}
					inner = key.(string)
				}
				walk(inner, path+"."+inner)
			}
			_, _ = d.Token()
		}
	}
	walk("", "")
	text := ownFields.ReplaceAllString(strings.Join(lines, "\n"), "")
	return ofSnapshots.ReplaceAllString(text, "SnapshotLastUploaded.partition")
}
