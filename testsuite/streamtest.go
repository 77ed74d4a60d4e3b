package testsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"lakehouse/medallion"
)

// A StreamTest is a streaming query under test: [TestStream] runs actions on it.
type StreamTest struct {
	Frame      *medallion.DataFrame
	Mode       string            // of the output; empty: append
	Trigger    medallion.Trigger // the zero value runs batches one after the other
	Checkpoint string            // the query's folder
	Clock      *ManualClock      // the session's, for [AdvanceClock]; may be nil
}

// An Action is one step of a test of a stream, as in Spark's StreamTest.
type Action struct {
	name string
	do   func(ctx context.Context, r *streamRun) error
}

// String is what the action does, for failures.
func (a Action) String() string { return a.name }

// TestStream starts the query and runs actions on it, one after the other, until one fails. The query is stopped in the end. A
// failure names the action, and what went before.
func TestStream(t TB, st StreamTest, actions ...Action) {
	t.Helper()
	if err := RunStream(t.Context(), st, actions...); err != nil {
		t.Fatal(err)
	}
}

// RunStream is [TestStream] outside of a test.
func RunStream(ctx context.Context, st StreamTest, actions ...Action) (err error) {
	r := &streamRun{StreamTest: st, batches: map[int64][]string{}}
	defer func() {
		if r.query != nil {
			r.query.Stop()
		}
	}()
	if len(actions) == 0 || actions[0].name != startName {
		actions = append([]Action{StartStream()}, actions...)
	}
	for i, a := range actions {
		if err := a.do(ctx, r); err != nil {
			var done strings.Builder
			for _, before := range actions[:i] {
				fmt.Fprintf(&done, "   %s\n", before)
			}
			return fmt.Errorf("%w\n%s=> %s", err, done.String(), a)
		}
	}
	return nil
}

// streamRun is a test on its way.
type streamRun struct {
	StreamTest
	query *medallion.StreamingQuery

	mu      sync.Mutex         // guards what is below
	batches map[int64][]string // rows by batch; a batch that is repeated replaces what it gave before
	checked int64              // the last batch that a check has seen, plus one
}

const startName = "StartStream"

// StartStream starts the query: at the beginning of a test it need not be said, after [StopStream] it goes on.
func StartStream() Action {
	return Action{startName, func(ctx context.Context, r *streamRun) (err error) {
		if r.query != nil && r.query.IsActive() {
			return errors.New("the stream runs already")
		}
		mode := r.Mode
		if mode == "" {
			mode = "append"
		}
		r.query, err = r.Frame.WriteStream().OutputMode(mode).Trigger(r.Trigger).
			Option("checkpointLocation", r.Checkpoint).ForeachBatch(r.take).Start(ctx)
		return err
	}}
}

// take keeps the rows of a batch.
func (r *streamRun) take(ctx context.Context, rows *medallion.DataFrame, id int64) error {
	collected, err := rows.Collect(ctx)
	if err != nil {
		return err
	}
	texts := make([]string, len(collected))
	for i, row := range collected {
		texts[i] = rowText(row)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches[id] = texts
	return nil
}

// StopStream stops the query, in the middle of a batch too. What it had done stays known: the checks that follow see it.
func StopStream() Action {
	return Action{"StopStream", func(_ context.Context, r *streamRun) error {
		if r.query == nil || !r.query.IsActive() {
			return errors.New("the stream does not run")
		}
		r.query.Stop()
		return r.query.Exception()
	}}
}

// AddData adds rows to a memory stream, in one go: see [medallion.MemoryStream].
func AddData(to *MemoryStream, rows ...any) Action {
	return Action{fmt.Sprintf("AddData%v", rows), func(context.Context, *streamRun) error { return to.AddData(rows...) }}
}

// AddJSON adds rows given as JSON objects.
func AddJSON(to *MemoryStream, objects ...string) Action {
	return Action{fmt.Sprintf("AddJSON%v", objects), func(context.Context, *streamRun) error { return to.AddJSON(objects...) }}
}

// ProcessAllAvailable waits until there is nothing left to do.
func ProcessAllAvailable() Action {
	return Action{"ProcessAllAvailable", settle}
}

// settle waits; a trigger that waits for a manual clock has nothing to do until that is moved.
func settle(ctx context.Context, r *streamRun) error {
	if r.query == nil {
		return errors.New("the stream was not started")
	}
	if r.Clock != nil && r.Trigger != (medallion.Trigger{}) && !r.Trigger.Ends() {
		return r.settleTick(ctx)
	}
	if !r.query.IsActive() {
		return r.query.Exception()
	}
	return r.query.ProcessAllAvailable(ctx)
}

// settleTick waits until the query waits for its next tick.
func (r *streamRun) settleTick(ctx context.Context) error {
	for r.query.IsActive() {
		if r.query.Status().Message == "Waiting for next trigger" && r.Clock.awaited() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return r.query.Exception()
}

// AdvanceClock moves the manual clock on, and waits for the batch of a processing-time trigger that this makes run.
func AdvanceClock(d time.Duration) Action {
	return Action{fmt.Sprintf("AdvanceClock(%s)", d), func(ctx context.Context, r *streamRun) error {
		if r.Clock == nil {
			return errors.New("the test has no manual clock: set StreamTest.Clock")
		}
		if err := settle(ctx, r); err != nil {
			return err
		}
		r.Clock.Advance(d)
		return settle(ctx, r) // what the tick makes run, runs before the test goes on
	}}
}

// CheckAnswer waits until there is nothing left to do, and compares all rows so far, in any order: in complete mode those of the
// last batch. A row is its text, "A, 1, null", or a []any of values, or a value.
func CheckAnswer(rows ...any) Action {
	return check("CheckAnswer", rows, func(r *streamRun, ids []int64) []int64 {
		if strings.EqualFold(r.Mode, "complete") && len(ids) > 0 {
			return ids[len(ids)-1:]
		}
		return ids
	})
}

// CheckLastBatch is [CheckAnswer] of the last batch alone.
func CheckLastBatch(rows ...any) Action {
	return check("CheckLastBatch", rows, func(_ *streamRun, ids []int64) []int64 { return ids[max(0, len(ids)-1):] })
}

// CheckNewAnswer is [CheckAnswer] of the batches since the last check of rows, of any kind.
func CheckNewAnswer(rows ...any) Action {
	return check("CheckNewAnswer", rows, func(r *streamRun, ids []int64) []int64 {
		return slices.DeleteFunc(ids, func(id int64) bool { return id < r.checked })
	})
}

func check(name string, rows []any, of func(r *streamRun, ids []int64) []int64) Action {
	want := rowTexts(rows)
	return Action{fmt.Sprintf("%s[%s]", name, strings.Join(want, "] [")), func(ctx context.Context, r *streamRun) error {
		if err := settle(ctx, r); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		ids := make([]int64, 0, len(r.batches))
		for id := range r.batches {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		next := r.checked
		if len(ids) > 0 {
			next = ids[len(ids)-1] + 1
		}
		got := []string{}
		for _, id := range of(r, ids) {
			got = append(got, r.batches[id]...)
		}
		r.checked = next
		sorted := slices.Sorted(slices.Values(want))
		slices.Sort(got)
		if !slices.Equal(got, sorted) {
			return fmt.Errorf("%s: want [%s], got [%s]", name, strings.Join(sorted, "] ["), strings.Join(got, "] ["))
		}
		return nil
	}}
}

// CheckProgress waits until there is nothing left to do, and looks at the report of the last batch that ran.
func CheckProgress(look func(medallion.StreamingQueryProgress) error) Action {
	return Action{"CheckProgress", func(ctx context.Context, r *streamRun) error {
		if err := settle(ctx, r); err != nil {
			return err
		}
		recent := r.query.RecentProgress()
		for _, p := range slices.Backward(recent) {
			if _, ran := p.DurationMs["addBatch"]; ran {
				return look(p)
			}
		}
		return errors.New("CheckProgress: no batch has run since the start")
	}}
}

// CheckStateRows compares how many rows the stateful operators hold together, and how many were dropped as late, in the last batch.
func CheckStateRows(total, dropped int64) Action {
	a := CheckProgress(func(p medallion.StreamingQueryProgress) error {
		var rows, late int64
		for _, s := range p.StateOperators {
			rows += s.NumRowsTotal
			late += s.NumRowsDroppedByWatermark
		}
		if rows != total || late != dropped {
			return fmt.Errorf("CheckStateRows: want %d rows and %d dropped, got %d and %d", total, dropped, rows, late)
		}
		return nil
	})
	a.name = fmt.Sprintf("CheckStateRows(%d, %d)", total, dropped)
	return a
}

// AssertOnQuery looks at the running query.
func AssertOnQuery(what string, look func(*medallion.StreamingQuery) error) Action {
	return Action{"AssertOnQuery(" + what + ")", func(_ context.Context, r *streamRun) error {
		if err := look(r.query); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}}
}

// ExpectFailure waits until the query has failed of an error of the class: one of package errclass, or any other that errors.Is
// finds in its exception. The query may be started again.
func ExpectFailure(class error) Action {
	return Action{fmt.Sprintf("ExpectFailure(%v)", class), func(ctx context.Context, r *streamRun) error {
		if _, err := r.query.AwaitTermination(ctx); !errors.Is(err, class) {
			return fmt.Errorf("ExpectFailure: want %w, got %w", class, orNone(err))
		}
		return nil
	}}
}

var errNoFailure = errors.New("no failure")

func orNone(err error) error {
	if err == nil {
		return errNoFailure
	}
	return err
}
