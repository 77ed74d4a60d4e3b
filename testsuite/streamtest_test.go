package testsuite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
	"lakehouse/testsuite"
)

func newSession(t *testing.T, opts medallion.Options) *medallion.Session {
	t.Helper()
	opts.Root = t.TempDir()
	session, err := medallion.NewSession(opts)
	must(t, err)
	t.Cleanup(session.Close)
	return session
}

func memoryStream(t *testing.T, s *medallion.Session, ddl string) *testsuite.MemoryStream {
	t.Helper()
	m, err := testsuite.NewMemoryStream(s, ddl)
	must(t, err)
	return m
}

// Spark's StreamingAggregationSuite begins like this: counts over restarts, in each mode.
func TestCountsOverRestarts(t *testing.T) {
	s := newSession(t, medallion.Options{})
	for _, mode := range []string{"update", "complete"} {
		words := memoryStream(t, s, "word string")
		st := testsuite.StreamTest{Frame: words.DataFrame().GroupBy(medallion.Col("word")).Count(), Mode: mode, Checkpoint: "/Volumes/t/" + mode}
		second, third := []any{"a, 2", "c, 1"}, []any{[]any{nil, 1}}
		if mode == "complete" {
			second = append(second, "b, 1")
			third = append(third, second...)
		}
		testsuite.TestStream(t, st,
			testsuite.AddData(words, "a", "b"),
			testsuite.CheckLastBatch("a, 1", "b, 1"),
			testsuite.StopStream(),
			testsuite.AddData(words, "a", "c"),
			testsuite.StartStream(),
			testsuite.CheckLastBatch(second...),
			testsuite.CheckStateRows(3, 0),
			testsuite.AddData(words, nil),
			testsuite.CheckNewAnswer(third...))
	}
}

// A row that comes after the watermark is dropped, and a window that is closed comes out once.
func TestWatermark(t *testing.T) {
	s := newSession(t, medallion.Options{})
	events := memoryStream(t, s, "t timestamp, k string")
	at := func(second int) time.Time { return time.Date(2025, 1, 1, 0, 0, second, 0, time.UTC) }
	windows := events.DataFrame().WithWatermark("t", "10 seconds").GroupBy(medallion.Window(medallion.Col("t"), "10 seconds")).Count()
	testsuite.TestStream(t, testsuite.StreamTest{Frame: windows, Checkpoint: "/Volumes/t/w"},
		testsuite.AddData(events, []any{at(1), "a"}, []any{at(2), "b"}, []any{at(15), "c"}),
		testsuite.CheckAnswer(),
		testsuite.AddData(events, map[string]any{"t": at(25)}),
		testsuite.CheckNewAnswer("{2025-01-01 00:00:00, 2025-01-01 00:00:10}, 2"),
		testsuite.AddData(events, []any{at(3), "late"}),
		testsuite.CheckNewAnswer(),
		testsuite.CheckStateRows(2, 1),
		testsuite.CheckAnswer("{2025-01-01 00:00:00, 2025-01-01 00:00:10}, 2"))
}

// A processing-time trigger runs when the clock is moved, and not before.
func TestManualClockDrivesTriggers(t *testing.T) {
	clock := testsuite.NewManualClock(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newSession(t, medallion.Options{Clock: clock.Now, After: clock.After})
	numbers := memoryStream(t, s, "n int")
	st := testsuite.StreamTest{Frame: numbers.DataFrame(), Trigger: medallion.ProcessingTime(10 * time.Second), Clock: clock, Checkpoint: "/Volumes/t/c"}
	testsuite.TestStream(t, st,
		testsuite.AdvanceClock(time.Second),
		testsuite.AddData(numbers, 1, 2),
		testsuite.CheckAnswer(),
		testsuite.AdvanceClock(8*time.Second),
		testsuite.CheckAnswer(),
		testsuite.AdvanceClock(time.Second),
		testsuite.CheckAnswer(1, 2),
		testsuite.CheckProgress(func(p medallion.StreamingQueryProgress) error {
			if p.Timestamp != "2025-01-01T00:00:10.000Z" || p.NumInputRows != 2 {
				return fmt.Errorf("batch %d of %d rows at %s", p.BatchID, p.NumInputRows, p.Timestamp)
			}
			return nil
		}))
}

// A query fails of the class it is expected to fail of, and goes on when what it failed of is gone.
func TestExpectFailure(t *testing.T) {
	s := newSession(t, medallion.Options{})
	texts := memoryStream(t, s, "text string")
	st := testsuite.StreamTest{Frame: texts.DataFrame().SelectExpr("cast(text as int) as n"), Checkpoint: "/Volumes/t/f"}
	testsuite.TestStream(t, st,
		testsuite.AddData(texts, "1"),
		testsuite.CheckAnswer(1),
		testsuite.AddData(texts, "one"),
		testsuite.ExpectFailure(errclass.CastInvalidInput),
		testsuite.StartStream(),
		testsuite.ExpectFailure(errclass.StreamFailed),
		testsuite.AssertOnQuery("it has ended", func(q *medallion.StreamingQuery) error {
			if q.IsActive() {
				return errors.New("it runs")
			}
			return nil
		}))
}

// What is wrong with a test is told: the action that failed, what went before it, and what was there.
func TestFailuresOfStreamTestsSayWhere(t *testing.T) {
	s := newSession(t, medallion.Options{})
	numbers := memoryStream(t, s, "n int")
	ctx := t.Context()
	for name, c := range map[string]struct {
		actions []testsuite.Action
		want    []string
	}{
		"another answer": {[]testsuite.Action{testsuite.AddData(numbers, 1), testsuite.CheckAnswer(2)}, []string{"want [2], got [1]", "   AddData[1]", "=> CheckAnswer[2]"}},
		"no failure":     {[]testsuite.Action{testsuite.StopStream(), testsuite.ExpectFailure(errclass.CastInvalidInput)}, []string{"no failure"}},
		"no clock":       {[]testsuite.Action{testsuite.AdvanceClock(time.Second)}, []string{"no manual clock"}},
		"a row too wide": {[]testsuite.Action{testsuite.AddData(numbers, []any{1, 2})}, []string{"as many values as there are columns"}},
		"no such column": {[]testsuite.Action{testsuite.AddJSON(numbers, `{"m":1}`)}, []string{`no column "m"`}},
		"no such type":   {[]testsuite.Action{testsuite.AddData(numbers, "one")}, []string{"add rows"}},
		"started twice":  {[]testsuite.Action{testsuite.StartStream(), testsuite.StartStream()}, []string{"runs already"}},
		"an assertion":   {[]testsuite.Action{testsuite.AssertOnQuery("it rests", func(*medallion.StreamingQuery) error { return errors.New("no") })}, []string{"it rests: no"}},
	} {
		err := testsuite.RunStream(ctx, testsuite.StreamTest{Frame: numbers.DataFrame(), Checkpoint: "/Volumes/t/" + strings.ReplaceAll(name, " ", "_")}, c.actions...)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\ndoes not say %q", name, err, want)
			}
		}
	}
}

func ExampleTestStream() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	session, err := medallion.NewSession(medallion.Options{Root: dir})
	if err != nil {
		panic(err)
	}
	defer session.Close()
	words, err := testsuite.NewMemoryStream(session, "word string")
	if err != nil {
		panic(err)
	}
	counts := testsuite.StreamTest{Frame: words.DataFrame().GroupBy(medallion.Col("word")).Count(), Mode: "update", Checkpoint: "/Volumes/t/counts"}
	err = testsuite.RunStream(context.Background(), counts, // in a test: TestStream(t, counts, …)
		testsuite.AddData(words, "a", "b", "a"),
		testsuite.CheckAnswer("a, 2", "b, 1"),
		testsuite.StopStream(),
		testsuite.AddData(words, "b"),
		testsuite.StartStream(),
		testsuite.CheckNewAnswer("b, 2"))
	fmt.Println(err)
	// Output:
	// <nil>
}
