package stream

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
)

// How long the loop waits when there is nothing new: at least pollingDelay, and ten times what looking took, so that an
// idle query over a large folder leaves the machine alone.
const (
	pollingDelay     = 10 * time.Millisecond
	longestDelay     = time.Second
	idleReportPeriod = 10 * time.Second // unless Life says otherwise: spark.sql.streaming.noDataProgressEventInterval
)

// loop is what the query's goroutine remembers between rounds.
type loop struct {
	next       int64     // the batch to run next
	pending    *pending  // a batch whose offsets are logged and whose commit is not
	began      time.Time // of the last round
	before     time.Time // of the round before it
	lastReport time.Time
	ranBatch   bool            // in this run
	conf       checkpoint.Conf // of the batch before, when ranBatch
	frozen     bool
	state      state.Cache // of the stateful operators, from batch to batch
	watermark  *watermarkTracker
	lateMs     int64           // the watermark of the batch before
	format     int             // of offsets/N, as the checkpoint has it
	sinks      json.RawMessage // what commits/N says of sinks, as the checkpoint has it
	plan       *exec.Plan      // of the batch before; nil until one ran
}

// loop runs rounds until the trigger's end, Finish, Stop or a failure.
func (q *Query) loop(ctx context.Context) error {
	for {
		if err := q.waitForTrigger(ctx); err != nil || q.finishing() {
			return err
		}
		ran, looked, err := q.round(ctx)
		if err != nil {
			if err = q.replan(ctx, err); err != nil {
				return err
			}
			continue
		}
		switch {
		case q.finishing():
			return nil
		case q.cfg.Trigger.kind == justOnce:
			return nil
		case !ran && q.cfg.Trigger.kind == untilCaughtUp:
			return nil
		case !ran && q.cfg.Trigger.kind == continuously:
			q.rest(ctx, min(max(q.cfg.Life.PollingDelay, 10*looked), max(longestDelay, q.cfg.Life.PollingDelay)))
		}
	}
}

// round looks for new data and runs a batch when there is some.
func (q *Query) round(ctx context.Context) (ran bool, looked time.Duration, err error) {
	q.mu.Lock()
	q.polls++
	round := q.polls
	q.mu.Unlock()

	q.run.before, q.run.began = q.run.began, q.cfg.Clock()
	watch := newStopwatch(q.cfg.Clock)
	ran, err = q.step(ctx, watch)
	if err != nil {
		return false, 0, err
	}
	looked = watch.took["latestOffset"]
	if ran {
		return true, looked, nil
	}
	q.reportIdle(watch)
	q.setStatus(statusIdle, false, false)
	q.mu.Lock()
	q.idle = round
	close(q.changed)
	q.changed = make(chan struct{})
	q.mu.Unlock()
	return false, looked, nil
}

func (q *Query) waitForTrigger(ctx context.Context) error {
	if q.run.began.IsZero() {
		return ctx.Err()
	}
	now := q.cfg.Clock()
	if due := q.cfg.Trigger.next(q.run.began, now); due.After(now) {
		q.setStatus(statusTrigger, false, false)
		q.awaitTick(ctx, due.Sub(now))
	}
	return ctx.Err()
}

// awaitTick waits for the trigger's next tick, by the clock that says when that is.
func (q *Query) awaitTick(ctx context.Context, d time.Duration) {
	if q.cfg.After == nil {
		q.pause(ctx, d)
		return
	}
	select {
	case <-q.cfg.After(d):
	case <-q.finish:
	case <-ctx.Done():
	}
}

func (q *Query) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.finish:
	case <-ctx.Done():
	}
}

// rest is a pause that a source may end. Where all sources would, it is long.
func (q *Query) rest(ctx context.Context, d time.Duration) {
	if q.notified() {
		d = longestDelay
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.woken:
	case <-q.finish:
	case <-ctx.Done():
	}
}

func (q *Query) notified() bool {
	return !slices.ContainsFunc(q.streams, func(s *openStream) bool {
		n, ok := s.source.(Notified)
		return !ok || !n.Notifies()
	})
}

func (q *Query) finishing() bool {
	select {
	case <-q.finish:
		return true
	default:
		return false
	}
}

// reportIdle makes a report without rows: every ten seconds, or at the end of a query that ran for
// what was available and found nothing.
func (q *Query) reportIdle(watch *stopwatch) {
	ends := q.cfg.Trigger.Ends() && !q.run.ranBatch
	first := q.run.lastReport.IsZero()
	if !ends && q.cfg.Clock().Sub(q.run.lastReport) < q.cfg.Life.IdleInterval {
		return
	}
	idle := q.progress(q.run.next, q.run.watermark.ms, watch, nil)
	q.report(idle)
	if !first { // as in Spark, a query that has just begun is not idle yet
		q.post(func(l Listener) { l.OnQueryIdle(IdleEvent{ID: idle.ID, RunID: idle.RunID, Timestamp: idle.Timestamp}) })
	}
}
