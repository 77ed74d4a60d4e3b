package kafka_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/medallion"
)

// A query that Spark began goes on here, and back, on one checkpoint: each record is read once. It needs
// KAFKA_TEST_PYTHON, a python with pyspark, and KAFKA_TEST_JARS, the class path of Spark's Kafka connector.
func TestACheckpointMovesBetweenSparkAndUs(t *testing.T) {
	python, jars := os.Getenv("KAFKA_TEST_PYTHON"), os.Getenv("KAFKA_TEST_JARS")
	if python == "" || jars == "" {
		t.Skip("KAFKA_TEST_PYTHON and KAFKA_TEST_JARS are not set: no Spark to exchange checkpoints with")
	}
	f := newFeed(t)
	root := t.TempDir()
	s, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	spark := func(run int) {
		t.Helper()
		out := filepath.Join(root, fmt.Sprint("spark", run))
		cmd := exec.CommandContext(t.Context(), python, "testdata/exchange.py", jars, f.servers, filepath.Join(root, "cp"), out)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("Spark: %v\n%s", err, text)
		}
		files, err := filepath.Glob(out + "/*.txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.Fields(string(text))...)
		}
	}
	ours := func(run int) {
		t.Helper()
		df, err := s.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", f.servers).Option("subscribe", "in").
			Option("startingOffsets", "earliest").Option("maxOffsetsPerTrigger", "7").Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint("ours", run)
		q, err := df.SelectExpr("CAST(value AS STRING) value").WriteStream().Format("memory").QueryName(name).Option("checkpointLocation", "dbfs:/cp").
			Trigger(medallion.AvailableNow()).Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.AwaitTermination(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Table(name).Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got = append(got, strings.ReplaceAll(r.Values[0].(string), " ", "_"))
		}
	}
	for run, reader := range []func(int){spark, ours, spark} {
		f.send(20)
		reader(run)
		if want := 20 * (run + 1); len(got) != want {
			t.Fatalf("after run %d %d rows were read, want %d", run, len(got), want)
		}
	}
	want := make([]string, len(f.sent))
	for i, text := range f.sent {
		want[i] = strings.ReplaceAll(text, " ", "_")
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
