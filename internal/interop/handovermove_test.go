package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/handover"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

// move is one test of one query: beside the query that moves, one that stays in Spark.
type move struct {
	moving
	source, root string
	sink         string // "batches": a file for each; empty: by the output mode that, or Delta
	spark        *movingSpark
	session      *medallion.Session
	staged       int
}

func (m *move) run(t *testing.T) {
	switch {
	case m.sink != "":
	case m.mode == "update":
		m.sink = "batches"
	default:
		m.sink = "delta"
	}
	moved, stays := filepath.Join(m.root, "moved"), filepath.Join(m.root, "stays")
	m.stage(t, m.phases[0], moved, stays)
	m.inSpark(t, moved)
	m.inSpark(t, stays)

	m.stage(t, m.phases[1], moved, stays)
	report := m.report(t, moved, handover.Inspect)
	t.Logf("next here: %s", report.Next)
	if report.Refused() {
		t.Fatalf("take-over refuses: %+v", report.Findings)
	}
	m.here(t, moved)
	m.inSpark(t, stays)

	m.stage(t, m.phases[2], moved, stays)
	report = m.report(t, moved, func(ctx context.Context, c handover.Checkpoint) (*handover.Report, error) {
		return handover.Prepare(ctx, c, handover.PrepareOptions{})
	})
	t.Logf("next in Spark: %s", report.Next)
	if report.Refused() {
		t.Fatalf("hand-over refuses: %+v", report.Findings)
	}
	m.inSpark(t, moved)
	m.inSpark(t, stays)
	m.compare(t, moved, stays)
}

// stage adds the next files to the sources of both queries.
func (m *move) stage(t *testing.T, files int, dirs ...string) {
	t.Helper()
	for range files {
		for s := range m.streams {
			content := movingRows(m.staged, s)
			for _, dir := range dirs {
				m.add(t, filepath.Join(dir, fmt.Sprintf("in%d", s)), m.staged, s, content)
			}
		}
		m.staged++
	}
}

// add puts a file into a folder, or its rows into a Delta table.
func (m *move) add(t *testing.T, dir string, n, stream int, content string) {
	t.Helper()
	in := dir
	if m.source == "delta" {
		in = t.TempDir()
	}
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(in, fmt.Sprintf("%03d.json", n))
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_750_000_000+int64(n), 0)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	if m.source == "delta" {
		m.spark.ask(t, map[string]any{"do": "append", "table": dir, "files": []string{file}, "schema": movingSchema(stream)})
	}
}

func movingSchema(stream int) string {
	return fmt.Sprintf("id%[1]d int, k%[1]d string, t%[1]d timestamp", stream)
}

// movingRows are the rows of a file: event times that go on and some that come back, keys that are null, rows that come again.
func movingRows(n, stream int) string {
	var b strings.Builder
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		second := n*8 + i*5%13 + stream*3
		if i == 7 {
			second -= 25 // late, from the third file on
		}
		key := `"` + string("abc"[(n+i)%3]) + `"`
		if i == 4 {
			key = "null"
		}
		fmt.Fprintf(&b, "{\"id%[1]d\":%[2]d,\"k%[1]d\":%[3]s,\"t%[1]d\":%[4]q}\n",
			stream, n*10+i, key, base.Add(time.Duration(second/2*2)*time.Second).Format(time.RFC3339))
	}
	return b.String()
}

func (m *move) inSpark(t *testing.T, dir string) {
	t.Helper()
	schemas, watermarks := []string{}, [][]string{}
	for s := range m.streams {
		schemas = append(schemas, movingSchema(s))
		var w []string
		if m.watermark != "" {
			w = []string{fmt.Sprintf("t%d", s), m.watermark}
		}
		watermarks = append(watermarks, w)
	}
	m.spark.ask(t, map[string]any{
		"do": "run", "dir": dir, "source": m.source, "schemas": schemas, "watermarks": watermarks,
		"query": m.query, "distinct": m.distinct, "sink": m.sink, "mode": m.mode, "conf": m.confOf(),
	})
}

func (m *move) confOf() map[string]string {
	if m.conf == nil {
		return map[string]string{}
	}
	return m.conf
}

// here runs what is there of the stream by this engine.
func (m *move) here(t *testing.T, dir string) {
	t.Helper()
	ctx := t.Context()
	frame := m.frame(t, dir)
	trigger := medallion.AvailableNow()
	writer := frame.WriteStream().OutputMode(m.mode).Option("checkpointLocation", filepath.Join(dir, "cp")).Trigger(trigger)
	var query *medallion.StreamingQuery
	var err error
	if m.sink == "batches" {
		query, err = writer.ForeachBatch(keepBatches(filepath.Join(dir, "batches"))).Start(ctx)
	} else {
		query, err = writer.Format("delta").Start(ctx, filepath.Join(dir, "out"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := query.AwaitTermination(ctx); err != nil {
		t.Fatal(err)
	}
}

func (m *move) frame(t *testing.T, dir string) *medallion.DataFrame {
	t.Helper()
	var first *medallion.DataFrame
	for s := range m.streams {
		reader := m.session.ReadStream().Format(m.source).Option("maxFilesPerTrigger", "1")
		if m.source == "json" {
			reader = reader.Schema(movingSchema(s))
		}
		frame, err := reader.Load(t.Context(), filepath.Join(dir, fmt.Sprintf("in%d", s)))
		if err != nil {
			t.Fatal(err)
		}
		if m.watermark != "" {
			frame = frame.WithWatermark(fmt.Sprintf("t%d", s), m.watermark)
		}
		if err := frame.CreateOrReplaceTempView(t.Context(), fmt.Sprintf("s%d", s)); err != nil {
			t.Fatal(err)
		}
		if s == 0 {
			first = frame
		}
	}
	if m.distinct != nil {
		return first.DropDuplicates(m.distinct...)
	}
	frame, err := m.session.SQL(t.Context(), m.query)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// keepBatches writes each batch's rows to a file of its own, as testdata/handover.py does.
func keepBatches(dir string) medallion.BatchFunc {
	return func(ctx context.Context, rows *medallion.DataFrame, id int64) error {
		lines, err := rows.SelectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").Collect(ctx)
		if err != nil {
			return err
		}
		texts := make([]string, len(lines))
		for i, l := range lines {
			texts[i] = l.Values[0].(string) + "\n"
		}
		slices.Sort(texts)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jsonl", id)), []byte(strings.Join(texts, "")), 0o644)
	}
}

func (m *move) report(t *testing.T, dir string, ask func(context.Context, handover.Checkpoint) (*handover.Report, error)) *handover.Report {
	t.Helper()
	store, err := volumes.OpenLocal(filepath.Join(dir, "cp"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := ask(t.Context(), handover.Checkpoint{Store: store, Path: filepath.Join(dir, "cp")})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// compare holds the query that moved against the one that stayed.
func (m *move) compare(t *testing.T, moved, stays string) {
	t.Helper()
	var got, want []string
	if m.sink == "batches" {
		got, want = batchFiles(t, filepath.Join(moved, "batches")), batchFiles(t, filepath.Join(stays, "batches"))
	} else {
		got, want = m.rows(t, "delta.`"+filepath.Join(moved, "out")+"`"), m.rows(t, "delta.`"+filepath.Join(stays, "out")+"`")
	}
	if len(want) == 0 {
		t.Error("nothing came out: the test compares nothing")
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows of the query that moved (%d) and of the one that stayed (%d):\n%s", len(got), len(want), onlyIn(got, want))
	}
	t.Logf("%d rows", len(want))
	for _, store := range m.stateNames {
		of := func(dir string) []string {
			return m.rows(t, fmt.Sprintf("state('%s', store => '%s')", filepath.Join(dir, "cp"), store))
		}
		got, want := withoutPlaces(of(moved)), withoutPlaces(of(stays))
		if !slices.Equal(got, want) {
			t.Errorf("state %s of the query that moved (%d) and of the one that stayed (%d):\n%s", store, len(got), len(want), onlyIn(got, want))
		}
		t.Logf("state %s: %d entries", store, len(want))
	}
}

// places are the numbers under which a join keeps the rows of one key. An evicted row's is given to the last of them, so that they
// follow from the order of evictions, which nothing promises.
var places = regexp.MustCompile(`"index":\d+`)

func withoutPlaces(rows []string) []string {
	for i := range rows {
		rows[i] = places.ReplaceAllString(rows[i], `"index":0`)
	}
	slices.Sort(rows)
	return rows
}

func (m *move) rows(t *testing.T, relation string) []string {
	t.Helper()
	rows, err := stateRows(t, m.session, relation)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func batchFiles(t *testing.T, dir string) (lines []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			lines = append(lines, filepath.Base(file)+" "+strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	return lines
}

func onlyIn(got, want []string) string {
	var b strings.Builder
	only := func(sign string, a, b2 []string) {
		rest := slices.Clone(b2)
		for _, x := range a {
			if i := slices.Index(rest, x); i >= 0 {
				rest = slices.Delete(rest, i, i+1)
				continue
			}
			fmt.Fprintf(&b, "%s %s\n", sign, x)
		}
	}
	only("moved", got, want)
	only("stays", want, got)
	return b.String()
}
