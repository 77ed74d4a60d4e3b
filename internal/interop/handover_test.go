package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
