package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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

// A moving query is one that Spark begins, this engine goes on with, and Spark ends.
type moving struct {
	name       string
	query      string   // over the streams s0 and s1
	distinct   []string // instead: dropDuplicates of s0
	streams    int
	watermark  string // of each stream's column t…; empty: none
	mode       string
	phases     [3]int // how many files Spark reads, this engine, and Spark
	stateNames []string
	conf       map[string]string // of Spark's session
	written    map[string]string // what the logs begin with, all of them: by folder
}

const movingDelay = "10 seconds"

var movingQueries = []moving{
	{name: "stateless", query: "SELECT id0, upper(k0) AS k, t0 FROM s0 WHERE id0 % 3 <> 0", streams: 1, mode: "append", phases: [3]int{3, 9, 3}},
	{
		name: "windowed count, append", streams: 1, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
		query: "SELECT window.start AS s, window.end AS e, k0, count(*) AS n, sum(id0) AS ids FROM s0 GROUP BY window(t0, '10 seconds'), k0",
	},
	{
		name: "windowed count, update", streams: 1, watermark: movingDelay, mode: "update", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
		query: "SELECT window.start AS s, window.end AS e, k0, count(*) AS n, avg(id0) AS mean FROM s0 GROUP BY window(t0, '10 seconds'), k0",
	},
	{
		name: "dedup", streams: 1, distinct: []string{"k0", "t0"}, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
	},
	{
		name: "join, inner", streams: 2, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: joinStores,
		query: "SELECT id0, k0, t0, id1, t1 FROM s0 JOIN s1 ON k0 = k1 AND t1 >= t0 AND t1 <= t0 + INTERVAL 15 SECONDS",
	},
	{
		name: "join, left outer", streams: 2, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: joinStores,
		query: "SELECT id0, k0, t0, id1, t1 FROM s0 LEFT JOIN s1 ON k0 = k1 AND t1 >= t0 AND t1 <= t0 + INTERVAL 15 SECONDS",
	},
}

var joinStores = []string{"left-keyToNumValues", "left-keyWithIndexToValue", "right-keyToNumValues", "right-keyWithIndexToValue"}

// Formats of Spark 4.2 that it has to be told to write.
var movingFormats = []moving{
	{
		name: "join, offsets by number", streams: 2, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: joinStores,
		query:   "SELECT id0, k0, t0, id1, t1 FROM s0 LEFT JOIN s1 ON k0 = k1 AND t1 >= t0 AND t1 <= t0 + INTERVAL 15 SECONDS",
		conf:    map[string]string{"spark.sql.streaming.offsetLog.formatVersion": "2"},
		written: map[string]string{"offsets": "v2\n"},
	},
	{
		name: "windowed count, sinks noted", streams: 1, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
		query:   "SELECT window.start AS s, window.end AS e, k0, count(*) AS n, sum(id0) AS ids FROM s0 GROUP BY window(t0, '10 seconds'), k0",
		conf:    map[string]string{"spark.sql.streaming.queryEvolution.enableSinkEvolution": "true"},
		written: map[string]string{"commits": "v3\n"},
	},
	{
		name: "dedup, zstd", streams: 1, distinct: []string{"k0", "t0"}, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
		conf: map[string]string{"spark.sql.streaming.stateStore.compression.codec": "zstd"},
	},
	{
		name: "dedup, snappy", streams: 1, distinct: []string{"k0", "t0"}, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: []string{"default"},
		conf: map[string]string{"spark.sql.streaming.stateStore.compression.codec": "snappy"},
	},
	{
		name: "stateless, commits that could name state", query: "SELECT id0, upper(k0) AS k, t0 FROM s0 WHERE id0 % 3 <> 0", streams: 1, mode: "append", phases: [3]int{3, 3, 3},
		conf: map[string]string{"spark.sql.streaming.stateStore.checkpointFormatVersion": "2"},
	},
}

// A query that Spark has begun goes on here, and then in Spark again: no row is lost, none comes twice, and state and rows are
// those of a query that never left Spark.
func TestInteropQueriesMoveBetweenSparkAndHere(t *testing.T) {
	spark := startMovingSpark(t, os.Getenv("LAKEHOUSE_PYTHON"))
	for _, source := range []string{"json", "delta"} {
		for _, q := range movingQueries {
			t.Run(source+" "+q.name, func(t *testing.T) {
				m := &move{moving: q, source: source, spark: spark, root: t.TempDir(), session: newStateSession(t)}
				m.run(t)
			})
		}
	}
}

// So does one whose checkpoint is in a format that Spark writes when it is told to, which it keeps here.
func TestInteropQueriesMoveInOtherFormats(t *testing.T) {
	spark := startMovingSpark(t, os.Getenv("LAKEHOUSE_PYTHON"))
	for _, q := range movingFormats {
		t.Run(q.name, func(t *testing.T) {
			m := &move{moving: q, source: "json", spark: spark, root: t.TempDir(), session: newStateSession(t)}
			m.run(t)
			m.compareFormats(t)
		})
	}
}

func (m *move) compareFormats(t *testing.T) {
	t.Helper()
	for folder, begin := range m.written {
		files, err := filepath.Glob(filepath.Join(m.root, "moved", "cp", folder, "[0-9]*"))
		if err != nil || len(files) < 9 {
			t.Errorf("%d %s, %v", len(files), folder, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || !strings.HasPrefix(string(text), begin) {
				t.Errorf("%s: %q, %v", file, text, err)
			}
		}
	}
}

// The first format of joins: Spark 3.5 writes it when it is told to, Spark 4 knows no schema for it ("Unsupported schema writer version").
var movingFirstFormat = moving{
	name: "join, first format", streams: 2, watermark: movingDelay, mode: "append", phases: [3]int{3, 3, 3}, stateNames: joinStores,
	query: "SELECT id0, k0, t0, id1, t1 FROM s0 JOIN s1 ON k0 = k1 AND t1 >= t0 AND t1 <= t0 + INTERVAL 15 SECONDS",
	conf:  map[string]string{"spark.sql.streaming.join.stateFormatVersion": "1"},
}

// So does one of Spark 3.5, which knows nothing of operators' metadata. It writes batches to files, since that needs no Delta.
func TestInteropQueriesMoveBetweenSpark35AndHere(t *testing.T) {
	python := os.Getenv("LAKEHOUSE_PYTHON_SPARK35")
	if python == "" {
		t.Skip("needs Spark 3.5: `make handover` installs it and runs this")
	}
	t.Setenv("LAKEHOUSE_NO_DELTA", "1")
	t.Setenv("LAKEHOUSE_KAFKA_JARS", "") // they are Spark 4's
	spark := startMovingSpark(t, python)
	for _, q := range append(slices.Clone(movingQueries), movingFirstFormat) {
		t.Run(q.name, func(t *testing.T) {
			m := &move{moving: q, source: "json", sink: "batches", spark: spark, root: t.TempDir(), session: newStateSession(t)}
			m.run(t)
		})
	}
}

// movingSpark is the process that testdata/handover.py runs in.
type movingSpark struct {
	write   func(line []byte) error
	answers *bufio.Reader
	errs    *bytes.Buffer
}

func startMovingSpark(t *testing.T, python string) *movingSpark {
	t.Helper()
	if python == "" || os.Getenv("LAKEHOUSE_HANDOVER") == "" || testing.Short() {
		t.Skip("needs Spark with Delta: `make handover` installs it and runs this")
	}
	script, err := filepath.Abs(filepath.Join("testdata", "handover.py"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-B", script)
	s := &movingSpark{errs: &bytes.Buffer{}}
	cmd.Dir, cmd.Stderr = t.TempDir(), s.errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.write = func(line []byte) error { _, err := in.Write(append(line, '\n')); return err }
	s.answers = bufio.NewReader(out)
	t.Cleanup(func() {
		_ = in.Close() // the process ends with its input
		_ = cmd.Wait()
	})
	return s
}

func (s *movingSpark) ask(t *testing.T, request map[string]any) {
	t.Helper()
	line, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(line); err != nil {
		t.Fatalf("Spark is gone: %v\n%s", err, s.errs)
	}
	reply, err := s.answers.ReadBytes('\n')
	if err != nil {
		t.Fatalf("Spark is gone: %v\n%s", err, s.errs)
	}
	var answer struct{ Error string }
	if err := json.Unmarshal(reply, &answer); err != nil || answer.Error != "" {
		t.Fatalf("Spark: %s %v", answer.Error, err)
	}
}

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
