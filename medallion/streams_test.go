package medallion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// numbersIn reads numbers as they land in a folder.
func (d desk) numbersIn(folder string) *DataFrame {
	d.Helper()
	d.must(d.FS().Mkdirs(d.Context(), folder))
	frame, err := d.ReadStream().Format("json").Schema("n bigint").Load(d.Context(), folder)
	d.must(err)
	return frame
}

func (d desk) land(folder, name string, numbers ...int) {
	d.Helper()
	var text strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&text, "{\"n\":%d}\n", n)
	}
	d.must(d.FS().Put(d.Context(), folder+"/"+name, []byte(text.String())))
}

// run starts a query that ends by itself and waits for its end.
func (d desk) run(w DataStreamWriter, table string) *StreamingQuery {
	d.Helper()
	q, err := w.ToTable(d.Context(), table)
	d.must(err)
	ended, err := q.AwaitTermination(d.Context())
	if err != nil || !ended {
		d.Fatalf("ended %v, %v", ended, err)
	}
	return q
}

func TestAQueryIsSeenByItsSession(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1, 2)
	writer := d.numbersIn("/Volumes/a/b/c/in").WriteStream().Option("QUERYNAME", "bronze").Option("checkpointLocation", "/Volumes/a/b/c/cp/bronze")
	q, err := writer.ToTable(t.Context(), "bronze")
	d.must(err)
	d.must(q.ProcessAllAvailable(t.Context()))
	d.want("name given as an option", q.Name(), "bronze")
	if got := d.Streams().Get(q.ID()); got == nil || got.RunID() != q.RunID() || len(d.Streams().Active()) != 1 {
		t.Errorf("the session knows %v", got)
	}
	_, err = writer.Option("checkpointLocation", "/Volumes/a/b/c/cp/other").ToTable(t.Context(), "other")
	d.refused("a second query of that name", err, errclass.QueryNameTaken)
	d.must(d.SetConf(confStopActive, "false"))
	_, err = writer.QueryName("again").ToTable(t.Context(), "bronze")
	d.refused("a second query on the checkpoint", err, errclass.CheckpointInUse)
	d.must(d.SetConf(confStopActive, "true"))
	if plan := q.Explain(); !strings.Contains(plan, "n") || plan == "" {
		t.Errorf("explain: %q", plan)
	}
	q.Stop()
	if ended, err := d.Streams().AwaitAnyTermination(t.Context()); !ended || err != nil {
		t.Errorf("awaitAnyTermination: %v, %v", ended, err)
	}
	d.Streams().ResetTerminated()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if ended, err := d.Streams().AwaitAnyTermination(ctx); ended || err != nil {
		t.Errorf("awaitAnyTermination after a reset: %v, %v", ended, err)
	}
	if d.Streams().Get(q.ID()) != nil || len(d.Streams().Active()) != 0 {
		t.Error("a stopped query is active")
	}
	d.want("rows", d.rows("SELECT * FROM bronze"), "1; 2")
}

// One query that fails leaves the others and the session alone, and says why.
func TestAQueryThatFailsIsAlone(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/good", "a.json", 1)
	d.land("/Volumes/a/b/c/bad", "a.json", 0)
	good, err := d.numbersIn("/Volumes/a/b/c/good").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/good").ToTable(t.Context(), "good")
	d.must(err)
	bad, err := d.numbersIn("/Volumes/a/b/c/bad").SelectExpr("1 / n AS x").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/bad").ToTable(t.Context(), "bad")
	d.must(err)
	_, err = bad.AwaitTermination(t.Context())
	d.refused("the failed query", err, errclass.StreamFailed)
	d.refused("its cause", err, errclass.DivideByZero)
	d.refused("its exception", bad.Exception(), errclass.DivideByZero)
	if !strings.HasPrefix(bad.Status().Message, "Terminated with exception: ") {
		t.Errorf("its status: %+v", bad.Status())
	}
	d.land("/Volumes/a/b/c/good", "b.json", 2)
	d.must(good.ProcessAllAvailable(t.Context()))
	d.want("rows of the other", d.rows("SELECT * FROM good"), "1; 2")
	d.want("rows of the failed", d.rows("SELECT * FROM bad"), "")
	good.Stop()
}

// A restart with a change that Spark allows goes on; one that the checkpoint does not fit is refused.
func TestRestartWithAChangedQuery(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1, 5)
	numbers := d.numbersIn("/Volumes/a/b/c/in")
	once := func(f *DataFrame) DataStreamWriter {
		return f.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(AvailableNow())
	}
	first := d.run(once(numbers), "t")
	d.land("/Volumes/a/b/c/in", "b.json", 2, 6)
	second := d.run(once(numbers.Where("n > 2")), "t")
	d.want("rows after a filter was added", d.rows("SELECT * FROM t"), "1; 5; 6")
	d.want("id", second.ID(), first.ID())
	d.land("/Volumes/a/b/c/in2", "a.json", 9)
	_, err := once(numbers.Union(d.numbersIn("/Volumes/a/b/c/in2"))).ToTable(t.Context(), "t")
	d.refused("a second source", err, errclass.SourcesChanged)

	counts := func(key string) DataStreamWriter {
		return numbers.GroupBy(Expr(key)).Count().WriteStream().OutputMode("complete").Option("checkpointLocation", "/Volumes/a/b/c/cpc").Trigger(AvailableNow())
	}
	d.run(counts("n % 2 AS k"), "c")
	d.land("/Volumes/a/b/c/in", "c.json", 3)
	q, err := counts("CAST(n AS STRING) AS k").ToTable(t.Context(), "c2")
	d.must(err)
	_, err = q.AwaitTermination(t.Context())
	d.refused("another grouping column", err, errclass.StateKeySchema)
	d.run(counts("n % 2 AS k"), "c")
	d.want("counts", d.rows("SELECT * FROM c"), "0 2; 1 3")
}

func TestStateThatWasLostIsNamed(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1)
	w := d.numbersIn("/Volumes/a/b/c/in").GroupBy(Col("n")).Count().WriteStream().OutputMode("complete").Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(AvailableNow())
	q := d.run(w, "t")
	state := q.LastProgress().StateOperators
	if len(state) != 1 || state[0].NumRowsTotal != 1 || state[0].MemoryUsedBytes <= 0 || state[0].CustomMetrics["stateOnCurrentVersionSizeBytes"] <= 0 {
		t.Errorf("state reports %+v", state)
	}
	for _, partition := range []string{"0", "1"} {
		d.must(d.FS().Rm(t.Context(), "/Volumes/a/b/c/cp/state/0/"+partition+"/1.delta"))
	}
	d.land("/Volumes/a/b/c/in", "b.json", 2)
	again, err := w.ToTable(t.Context(), "t")
	d.must(err)
	_, err = again.AwaitTermination(t.Context())
	d.refused("state that is gone", err, errclass.StateDeltaMissing)
	d.want("the table", d.rows("SELECT * FROM t"), "1 1")
}

func TestMistakesOfAStreamAreToldAtItsStart(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1)
	numbers := d.numbersIn("/Volumes/a/b/c/in")
	w := numbers.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp")
	for name, c := range map[string]struct {
		writer DataStreamWriter
		class  errclass.Class
	}{
		"output mode":         {w.OutputMode("upsert"), errclass.OutputModeInvalid},
		"update into Delta":   {w.OutputMode("update"), errclass.DeltaUnsupportedOutputMode},
		"complete, no groups": {w.OutputMode("complete"), errclass.OutputModeOperation},
		"append with groups":  {numbers.GroupBy(Col("n")).Count().WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp"), errclass.OutputModeOperation},
		"no checkpoint":       {numbers.WriteStream(), errclass.CheckpointMissing},
		"unknown option":      {w.Option("mergeSchem", "true"), errclass.InvalidOption},
		"format of a table":   {w.Format("console"), errclass.UnsupportedFeature},
		"negative interval":   {w.Trigger(ProcessingTime(-time.Second)), errclass.CannotParseInterval},
		"a frame at rest":     {d.frame("SELECT 1 AS n").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp"), errclass.WriteStreamNotAllowed},
		"a view":              {w, errclass.UnsupportedFeature},
	} {
		t.Run(name, func(t *testing.T) {
			table := "t"
			if name == "a view" {
				table = "v"
				d.frame("CREATE VIEW v AS SELECT 1 AS n")
			}
			_, err := c.writer.ToTable(t.Context(), table)
			if !errors.Is(err, c.class) {
				t.Errorf("got %v, want %v", err, c.class)
			}
			if name == "negative interval" {
				return // the table is there by then, as with a query that fails at once
			}
			if _, err := d.Table("t").Count(t.Context()); !errors.Is(err, errclass.TableNotFound) {
				t.Errorf("a table was made: %v", err)
			}
		})
		if name == "negative interval" {
			d.frame("DROP TABLE t")
		}
	}
	_, err := w.Start(t.Context())
	d.refused("no path", err, errclass.PathRequired)
	_, err = w.Format("memory").Start(t.Context())
	d.refused("memory without a name", err, errclass.QueryNameRequired)
	_, err = w.Format("kafak").Start(t.Context())
	d.refused("a sink that is not there", err, errclass.DataSourceNotFound)
	_, err = numbers.Collect(t.Context())
	d.refused("a stream collected", err, errclass.UnsupportedStreaming)
}

// Option path says where toTable makes the table, and has to fit one that is there.
func TestToTableAtAPath(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1)
	w := d.numbersIn("/Volumes/a/b/c/in").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Option("path", "/Volumes/a/b/c/tables/t").Trigger(AvailableNow())
	d.run(w, "t")
	d.want("rows at the path", d.rows("SELECT * FROM delta.`/Volumes/a/b/c/tables/t`"), "1")
	d.run(w, "t")
	_, err := w.Option("path", "/Volumes/a/b/c/tables/other").ToTable(t.Context(), "t")
	d.refused("another path", err, errclass.DeltaLocationMismatch)
}

// A memory sink's table is of the session, and grows with the query.
func TestMemoryAndConsoleSinks(t *testing.T) {
	var out strings.Builder
	s, err := NewSession(Options{Root: t.TempDir(), Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d := desk{t, s}
	d.land("/Volumes/a/b/c/in", "a.json", 1, 2)
	numbers := d.numbersIn("/Volumes/a/b/c/in")
	q, err := numbers.WriteStream().Format("memory").QueryName("kept").Start(t.Context())
	d.must(err)
	d.must(q.ProcessAllAvailable(t.Context()))
	d.want("rows", d.rows("SELECT * FROM kept"), "1; 2")
	d.land("/Volumes/a/b/c/in", "b.json", 3)
	d.must(q.ProcessAllAvailable(t.Context()))
	d.want("more rows", d.rows("SELECT * FROM kept"), "1; 2; 3")
	if got := q.LastProgress().Sink.NumOutputRows; got != 1 {
		t.Errorf("the sink took %d rows", got)
	}
	q.Stop()
	c, err := numbers.WriteStream().Format("console").Trigger(Once()).Start(t.Context())
	d.must(err)
	_, err = c.AwaitTermination(t.Context())
	d.must(err)
	want := "-------------------------------------------\nBatch: 0\n-------------------------------------------\n+---+\n|  n|\n+---+\n|  1|\n|  2|\n|  3|\n+---+\n\n"
	if out.String() != want {
		t.Errorf("the console shows\n%s", out.String())
	}
}
