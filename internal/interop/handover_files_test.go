package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/handover"
	"lakehouse/medallion"
)

// A moving folder is the output of a file sink that Spark, this engine and Spark write to in turn.
type movingFolder struct {
	format     string
	query      string // over the stream s0
	schema     string // of what is in the folder
	partitions []string
	phases     [3]int // how many batches Spark writes, this engine, and Spark
}

const (
	folderSchema = "id int, k string, v string, d date, n decimal(12,3), t timestamp"
	folderQuery  = "SELECT id, v, d, n, t, k FROM s0"
	folderText   = "SELECT concat_ws('|', CAST(id AS STRING), coalesce(v, 'null')) AS value, k FROM s0"
)

// A compaction of the log is due at batch 9: in Spark's second turn, or in ours.
var movingFolders = []movingFolder{
	{"parquet", folderQuery, folderSchema, nil, [3]int{3, 3, 6}},
	{"parquet", folderQuery, folderSchema, []string{"k", "d"}, [3]int{3, 9, 3}},
	{"json", folderQuery, folderSchema, nil, [3]int{3, 9, 3}},
	{"json", folderQuery, folderSchema, []string{"k"}, [3]int{3, 3, 6}},
	{"csv", folderQuery, "id int, v string, d date, n decimal(12,3), t timestamp, k string", nil, [3]int{3, 3, 6}},
	{"csv", folderQuery, "id int, v string, d date, n decimal(12,3), t timestamp, k string", []string{"k"}, [3]int{3, 9, 3}},
	{"text", folderText, "value string, k string", []string{"k"}, [3]int{3, 9, 3}},
	{"text", "SELECT v AS value FROM s0 WHERE v IS NOT NULL", "value string", nil, [3]int{3, 3, 6}},
}

// A stream into a folder of files that Spark has begun goes on here, and then in Spark again: both read the same rows out of
// the folder at each turn, and each row that went in once.
func TestInteropFoldersMoveBetweenSparkAndHere(t *testing.T) {
	spark := startMovingSpark(t, os.Getenv("LAKEHOUSE_PYTHON"))
	for _, f := range movingFolders {
		t.Run(f.format+" by "+strings.Join(f.partitions, ","), func(t *testing.T) {
			m := &folderMove{movingFolder: f, spark: spark, dir: t.TempDir(), session: newStateSession(t)}
			m.stage(t, f.phases[0])
			m.inSpark(t)
			m.compare(t)

			m.stage(t, f.phases[1])
			m.mayGoOn(t, handover.Inspect)
			m.here(t)
			m.compare(t)

			m.stage(t, f.phases[2])
			m.mayGoOn(t, prepareForSpark)
			m.inSpark(t)
			m.compare(t)

			m.mayGoOn(t, handover.Inspect) // and once more here, behind Spark's compaction
			m.stage(t, 1)
			m.here(t)
			m.compare(t)
			m.batches(t, f.phases[0]+f.phases[1]+f.phases[2]+1)
		})
	}
}

type folderMove struct {
	movingFolder
	spark   *movingSpark
	dir     string
	session *medallion.Session
	staged  int
}

// stage adds files to the source.
func (m *folderMove) stage(t *testing.T, files int) {
	t.Helper()
	in := filepath.Join(m.dir, "in0")
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	for range files {
		file := filepath.Join(in, fmt.Sprintf("%03d.json", m.staged))
		if err := os.WriteFile(file, []byte(folderRows(m.staged)), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1_750_000_000+int64(m.staged), 0)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
		m.staged++
	}
}

const rowsOfFile = 9

// folderRows are rows whose keys make odd names of folders and whose texts need quotes.
func folderRows(n int) string {
	keys := []string{`"a"`, `"b c"`, `"ü/=%"`, "null", `"a"`}
	texts := []string{`"plain"`, `"a,b"`, `"say \"x\""`, "null", `"back\\slash"`, `"in  side"`, `"tab\tq"`}
	var b strings.Builder
	for i := range rowsOfFile {
		id := n*rowsOfFile + i
		fmt.Fprintf(&b, `{"id":%d,"k":%s,"v":%s,"d":"2026-01-0%d","n":%d.125,"t":"2026-01-01T00:%02d:00.123456Z"}`+"\n",
			id, keys[id%len(keys)], texts[id%len(texts)], 1+id%2, id, id%60)
	}
	return b.String()
}

func (m *folderMove) inSpark(t *testing.T) {
	t.Helper()
	m.spark.ask(t, map[string]any{
		"do": "run_files", "dir": m.dir, "format": m.format, "schema": folderSchema, "query": m.query, "partitions": append([]string{}, m.partitions...),
	})
}

func (m *folderMove) here(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	frame, err := m.session.ReadStream().Format("json").Schema(folderSchema).Option("maxFilesPerTrigger", "1").Load(ctx, filepath.Join(m.dir, "in0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := frame.CreateOrReplaceTempView(ctx, "s0"); err != nil {
		t.Fatal(err)
	}
	if frame, err = m.session.SQL(ctx, m.query); err != nil {
		t.Fatal(err)
	}
	query, err := frame.WriteStream().Format(m.format).PartitionBy(m.partitions...).Trigger(medallion.AvailableNow()).
		Option("checkpointLocation", filepath.Join(m.dir, "cp")).Start(ctx, filepath.Join(m.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := query.AwaitTermination(ctx); err != nil {
		t.Fatal(err)
	}
}

func (m *folderMove) mayGoOn(t *testing.T, ask inspector) {
	t.Helper()
	report := reportOf(t, m.dir, ask)
	t.Logf("next: %s", report.Next)
	if report.Refused() {
		t.Fatalf("refused: %+v", report.Findings)
	}
}

// compare holds what Spark reads out of the folder against what is read here, and both against what went in.
func (m *folderMove) compare(t *testing.T) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "rows")
	m.spark.ask(t, map[string]any{"do": "read_files", "dir": m.dir, "format": m.format, "schema": m.schema, "out": out})
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	slices.Sort(want)

	frame, err := m.session.Read().Format(m.format).Schema(m.schema).Load(t.Context(), filepath.Join(m.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	got := jsonRows(t, frame)
	if !slices.Equal(got, want) {
		t.Fatalf("rows read here (%d) and by Spark (%d):\n%s", len(got), len(want), onlyIn(got, want))
	}
	frame, err = m.session.Read().Schema(folderSchema).Format("json").Load(t.Context(), filepath.Join(m.dir, "in0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := frame.CreateOrReplaceTempView(t.Context(), "s0"); err != nil {
		t.Fatal(err)
	}
	if frame, err = m.session.SQL(t.Context(), m.query); err != nil {
		t.Fatal(err)
	}
	fields := strings.Split(m.schema, ",")
	for i, f := range fields { // in the order of the schema
		fields[i] = strings.Fields(f)[0]
	}
	if strings.Contains(m.schema, "decimal(12,3)") {
		fields = slices.DeleteFunc(fields, func(name string) bool { return name == "3)" })
	}
	if sent := jsonRows(t, frame.SelectExpr(fields...)); !slices.Equal(got, sent) {
		t.Fatalf("rows in the folder (%d) and rows that went in (%d):\n%s", len(got), len(sent), onlyIn(got, sent))
	}
	t.Logf("%d rows", len(got))
}

// batches holds the logs against the number of batches: each was written once, and the log of the folder is compacted.
func (m *folderMove) batches(t *testing.T, n int) {
	t.Helper()
	for _, log := range []string{"cp/commits", "out/_spark_metadata"} {
		last, compacted := -1, false
		entries, err := os.ReadDir(filepath.Join(m.dir, log))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			var batch int
			if _, err := fmt.Sscanf(e.Name(), "%d", &batch); err == nil {
				last = max(last, batch)
			}
			compacted = compacted || e.Name() == "9.compact"
		}
		if last != n-1 || (strings.HasPrefix(log, "out") && !compacted) {
			t.Errorf("%s ends at batch %d (compacted: %v), want %d", log, last, compacted, n-1)
		}
	}
}

func jsonRows(t *testing.T, frame *medallion.DataFrame) []string {
	t.Helper()
	rows, err := frame.SelectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Values[0].(string)
	}
	slices.Sort(texts)
	return texts
}
