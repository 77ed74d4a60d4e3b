package medallion_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/medallion"
)

// restartLake is a session with a folder of two JSON files and a table, and a query that has counted them.
func restartLake(t *testing.T) *medallion.Session {
	t.Helper()
	s, err := medallion.NewSession(medallion.Options{Root: t.TempDir(), Conf: map[string]string{"spark.sql.shuffle.partitions": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, dir := range []string{"in", "other"} {
		if err := s.FS().Put(t.Context(), "/Volumes/r/"+dir+"/a.json", []byte(`{"k":"a","v":1,"t":"2025-01-01T00:00:00Z"}`+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"CREATE TABLE events (k string, v int, t timestamp)", "INSERT INTO events VALUES ('a', 1, timestamp'2025-01-01')"} {
		if _, err := s.SQL(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func filesFrame(t *testing.T, s *medallion.Session, dir string) *medallion.DataFrame {
	t.Helper()
	frame, err := s.ReadStream().Format("json").Schema("k string, v int, t timestamp").Load(t.Context(), "/Volumes/r/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

func counted(frame *medallion.DataFrame, keys ...string) medallion.DataStreamWriter {
	columns := make([]medallion.Column, len(keys))
	for i, k := range keys {
		columns[i] = medallion.Col(k)
	}
	return written(frame.GroupBy(columns...).Count(), "complete")
}

func written(frame *medallion.DataFrame, mode string) medallion.DataStreamWriter {
	return frame.WriteStream().OutputMode(mode).Option("checkpointLocation", "/Volumes/r/checkpoint").Trigger(medallion.AvailableNow())
}

func runInto(t *testing.T, w medallion.DataStreamWriter, table string) {
	t.Helper()
	q, err := w.ToTable(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.AwaitTermination(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Each change of a counting query gets the verdict that Spark's rules of recovery give; and where it is "not compatible", a start
// fails, where it is not, a start goes on.
func TestCheckRestartSaysWhatAStartWouldDo(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string)
		want   []string // "what: verdict" of what is not the same
	}{
		"the same query": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "in"), "k"), "counts"
		}, nil},
		"a filter more": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "in").Where("v > 0"), "k"), "counts"
		}, nil},
		"another key type": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return written(filesFrame(t, s, "in").GroupBy(medallion.Col("v").As("k")).Count(), "complete"), "counts2"
		}, []string{"state operator 0: not compatible", "sink: risky"}},
		"a key more": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "in"), "k", "v"), ""
		}, []string{"state operator 0: not compatible"}},
		"an aggregate more": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return written(filesFrame(t, s, "in").GroupBy(medallion.Col("k")).Agg(medallion.Count(medallion.Col("v")), medallion.Sum(medallion.Col("v"))), "complete"), ""
		}, []string{"state operator 0: not compatible"}},
		"another folder": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "other"), "k"), "counts"
		}, []string{"source 0: not compatible"}},
		"a table instead of files": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			frame, err := s.ReadStream().Table(t.Context(), "events")
			if err != nil {
				t.Fatal(err)
			}
			return counted(frame, "k"), "counts"
		}, []string{"source 0: not compatible"}},
		"two sources": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "in").Union(filesFrame(t, s, "other")), "k"), "counts"
		}, []string{"number of sources: not compatible"}},
		"another table": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return counted(filesFrame(t, s, "in"), "k"), "elsewhere"
		}, []string{"sink: risky"}},
		"more partitions": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			if err := s.SetConf("spark.sql.shuffle.partitions", "7"); err != nil {
				t.Fatal(err)
			}
			return counted(filesFrame(t, s, "in"), "k"), "counts"
		}, []string{"spark.sql.shuffle.partitions: compatible"}},
		"no aggregate any more": {func(t *testing.T, s *medallion.Session) (medallion.DataStreamWriter, string) {
			return written(filesFrame(t, s, "in").Select(medallion.Col("k")), "append"), ""
		}, []string{"state operator 0: not compatible"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := restartLake(t)
			runInto(t, counted(filesFrame(t, s, "in"), "k"), "counts")
			writer, table := c.change(t, s)
			plan, err := s.CheckRestart(t.Context(), writer, table)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range plan.Findings {
				if f.Verdict != medallion.Unchanged {
					got = append(got, fmt.Sprintf("%s: %s", f.What, f.Verdict))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q, want %q\n%s", got, c.want, plan)
			}
			if name == "no aggregate any more" {
				return // it starts, as in Spark: the state is left where it lies
			}
			for _, dir := range []string{"in", "other"} {
				if err := s.FS().Put(t.Context(), "/Volumes/r/"+dir+"/b.json", []byte(`{"k":"b","v":2,"t":"2025-01-01T00:00:00Z"}`+"\n")); err != nil {
					t.Fatal(err)
				}
			}
			err = startAgain(t.Context(), writer, table)
			if failed := err != nil; failed == plan.Compatible() {
				t.Errorf("compatible: %v, and the start: %v", plan.Compatible(), err)
			}
		})
	}
}

// The state of joins and of dropDuplicates is compared store by store.
func TestCheckRestartOfJoinsAndDuplicates(t *testing.T) {
	joined := func(t *testing.T, s *medallion.Session, key string) medallion.DataStreamWriter {
		left, right := filesFrame(t, s, "in").Alias("l"), filesFrame(t, s, "other").Alias("r")
		return written(left.Join(right, medallion.Expr("l."+key+" = r."+key), "inner").SelectExpr("l.k", "r.v"), "append")
	}
	once := func(t *testing.T, s *medallion.Session, columns ...string) medallion.DataStreamWriter {
		return written(filesFrame(t, s, "in").DropDuplicates(columns...), "append")
	}
	for name, c := range map[string]struct {
		before, after func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter
		want          string
	}{
		"the same join":       {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return joined(t, s, "k") }, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return joined(t, s, "k") }, "[]"},
		"a join on another":   {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return joined(t, s, "k") }, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return joined(t, s, "v") }, "[state operator 0: not compatible]"},
		"the same duplicates": {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "k") }, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "k") }, "[]"},
		"other duplicates":    {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "k") }, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "v") }, "[state operator 0: not compatible]"},
		"another operator": {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "k") }, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter {
			return counted(filesFrame(t, s, "in"), "k")
		}, "[state operator 0: not compatible]"},
		"an operator more": {func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter {
			return written(filesFrame(t, s, "in"), "append")
		}, func(t *testing.T, s *medallion.Session) medallion.DataStreamWriter { return once(t, s, "k") }, "[state operator 0: not compatible]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := restartLake(t)
			runInto(t, c.before(t, s), "out")
			plan, err := s.CheckRestart(t.Context(), c.after(t, s), "")
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, f := range plan.Findings {
				if f.Verdict != medallion.Unchanged {
					got = append(got, fmt.Sprintf("%s: %s", f.What, f.Verdict))
				}
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("got %q, want %s\n%s", got, c.want, plan)
			}
		})
	}
}

// startAgain starts a query and gives what it fails of, of a batch that has rows.
func startAgain(ctx context.Context, w medallion.DataStreamWriter, table string) error {
	var q *medallion.StreamingQuery
	var err error
	if table == "" {
		q, err = w.Start(ctx, "/Volumes/r/out")
	} else {
		q, err = w.ToTable(ctx, table)
	}
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

// A checkpoint in which no query has run lets every query begin.
func TestCheckRestartOfANewCheckpoint(t *testing.T) {
	s := restartLake(t)
	plan, err := s.CheckRestart(t.Context(), counted(filesFrame(t, s, "in"), "k"), "counts")
	if err != nil || !plan.Compatible() || len(plan.Findings) > 0 || !strings.Contains(plan.String(), "no query has run there") {
		t.Errorf("%v\n%s", err, plan)
	}
	if _, err := s.FS().Ls(t.Context(), "/Volumes/r/checkpoint"); err == nil {
		t.Error("the check has made a checkpoint")
	}
}

// A query that could not start at all is no plan but an error.
func TestCheckRestartOfAQueryThatCannotRun(t *testing.T) {
	s := restartLake(t)
	if _, err := s.CheckRestart(t.Context(), written(filesFrame(t, s, "in"), "complete"), ""); err == nil {
		t.Error("a stateless query in complete mode was planned")
	}
	if _, err := s.CheckRestart(t.Context(), s.Range(0, 3).WriteStream().Option("checkpointLocation", "/Volumes/r/c"), ""); err == nil {
		t.Error("a batch query was planned")
	}
	if _, err := s.CheckRestart(t.Context(), filesFrame(t, s, "in").WriteStream(), ""); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a query without a checkpoint: %v", err)
	}
}
