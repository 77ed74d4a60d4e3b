package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"lakehouse/internal/batch"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/volumes"
)

// Config says what a query reads, runs and writes.
type Config struct {
	Name       string // empty: none
	Plan       logical.Node
	OpenSink   func(ctx context.Context, queryID string) (Sink, error)
	Mode       logical.OutputMode
	Trigger    Trigger
	Checkpoint volumes.Store // rooted at the checkpoint folder
	Location   string        // the checkpoint's name, for messages
	Partitions int           // state partitions of a new query

	WatermarkPolicy string // how the watermark of a new query follows several nodes': "min" or "max"; empty: min
	NoEmptyBatches  bool   // a watermark that has moved closes windows with the next data, not at once

	Env   func() *exec.Env
	Clock func() time.Time
	// After fires once the clock has moved on by d; nil: as the wall clock does. Processing-time triggers wait for it.
	After func(d time.Duration) <-chan time.Time
	Log   *slog.Logger
	// Replan resolves the plan again, over the sources as they are by then. It is asked when a batch failed with ErrReplan;
	// nil: such an error ends the query.
	Replan     func(ctx context.Context) (logical.Node, error)
	OnProgress func(Progress) // called by the query's goroutine after each report; may be nil
	Life       Life
	KeepActive bool // a query that runs on the checkpoint is not stopped for this one

	onEnd  func(*Query) // called last by the query's goroutine, when it is no longer active; may be nil
	events *listeners   // nil: nobody listens
}

// Life is the settings of how a query waits and reports. Zero values are Spark's defaults.
type Life struct {
	PollingDelay  time.Duration // at least so long between two looks for new data; 0: 10 ms
	IdleInterval  time.Duration // so long without data until an idle report; 0: 10 s
	RecentReports int           // so many reports are remembered; 0: 100
	RetainBatches int64         // so many batches stay in the checkpoint's logs; 0: 100
	StopTimeout   time.Duration // how long Stop waits for the query's end; 0: for ever
}

func (l Life) withDefaults() Life {
	return Life{
		PollingDelay: cmp.Or(l.PollingDelay, pollingDelay), IdleInterval: cmp.Or(l.IdleInterval, idleReportPeriod),
		RecentReports: cmp.Or(l.RecentReports, recentKept), RetainBatches: cmp.Or(l.RetainBatches, checkpoint.MinBatchesToRetain),
		StopTimeout: l.StopTimeout,
	}
}

// A Query is a running (or ended) streaming query. Its methods are safe for concurrent use.
type Query struct {
	cfg     Config
	runID   string
	cp      *checkpoint.Checkpoint
	streams []*openStream
	sink    Sink

	cancel context.CancelFunc
	finish chan struct{} // closed: end after the running batch
	once   sync.Once
	done   chan struct{} // closed when the loop has ended
	woken  chan struct{} // of room one: a source knows of something new

	cause error // of err; set before done is closed

	run loop // touched by the loop's goroutine alone

	mu      sync.Mutex
	status  Status
	recent  []Progress
	err     error
	polls   int64         // rounds begun
	idle    int64         // the last round that found nothing new
	changed chan struct{} // closed and renewed when idle moves
}

// openStream is one source of the query, at its place in the plan.
type openStream struct {
	leaf   *logical.StreamRelation
	source Source
	at     Offset // everything up to here is in the sink
}

func (c Config) watermarkPolicy() string { return cmp.Or(c.WatermarkPolicy, "min") }

// Start opens the checkpoint, the sources and the sink, and starts the loop. What can be wrong with
// options, names or the checkpoint is an error here, not in the first batch.
func Start(ctx context.Context, cfg Config) (*Query, error) {
	if err := logical.CheckStreaming(cfg.Plan, cfg.Mode); err != nil {
		return nil, err
	}
	if err := cfg.Trigger.check(); err != nil {
		return nil, err
	}
	cfg.Life = cfg.Life.withDefaults()
	q := &Query{
		cfg: cfg, runID: uuid.NewString(),
		finish: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{}),
		woken:  make(chan struct{}, 1),
		status: Status{Message: statusStarting},
	}
	if err := batch.Guard(func() error { return q.open(ctx) }); err != nil {
		return nil, errors.Join(err, q.close())
	}
	loopCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.cancel = cancel
	if cfg.events != nil {
		started := q.startedEvent()
		q.post(func(l Listener) { l.OnQueryStarted(started) })
	}
	go func() {
		q.end(loopCtx, batch.Guard(func() error { return q.loop(loopCtx) }))
		terminated := q.terminatedEvent()
		q.post(func(l Listener) { l.OnQueryTerminated(terminated) }) // before anybody knows that it has ended
		close(q.done)
		if cfg.onEnd != nil {
			cfg.onEnd(q)
		}
	}()
	return q, nil
}

func (q *Query) open(ctx context.Context) error {
	cp, err := checkpoint.Open(ctx, q.cfg.Checkpoint, checkpoint.Start{
		Path: q.cfg.Location, Name: q.cfg.Name, RunID: q.runID, NewID: uuid.NewString(), PID: os.Getpid(),
	})
	if err != nil {
		return err
	}
	q.cp = cp
	_, _, resumes, err := cp.Offsets.Latest(ctx)
	if err != nil {
		return err
	}
	if err := q.openSources(ctx, !resumes); err != nil {
		return err
	}
	if q.sink, err = q.cfg.OpenSink(ctx, cp.ID()); err != nil {
		return err
	}
	q.run.state.Background = q.cfg.Env().Workers > 1 // who asks for one worker wants the same steps each time
	if err := q.recover(ctx); err != nil {
		return err
	}
	if sink, ok := q.sink.(Resumer); ok {
		return sink.Resume(ctx, q.run.next, q.run.pending != nil)
	}
	return nil
}

// openSources makes the sources of the plan.
func (q *Query) openSources(ctx context.Context, first bool) error {
	for i, leaf := range logical.Streams(q.cfg.Plan) {
		provider, ok := leaf.Provider.(Provider)
		if !ok {
			return fmt.Errorf("internal error: %s cannot be read as a stream", leaf.Provider)
		}
		source, err := provider.Open(ctx, SourceStart{
			Checkpoint: q.cfg.Checkpoint, Location: q.cfg.Location, Dir: fmt.Sprintf("sources/%d", i), QueryID: q.cp.ID(), First: first, Wake: q.Wake,
			EventTime: func() (string, error) { return logical.SourceEventTime(q.cfg.Plan, leaf) },
		})
		if err != nil {
			return err
		}
		q.streams = append(q.streams, &openStream{leaf: leaf, source: source})
	}
	return nil
}

// end records how the loop ended, after the sources have stopped.
func (q *Query) end(ctx context.Context, err error) {
	err = errors.Join(err, batch.Guard(q.close))
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status = Status{Message: statusStopped}
	if err != nil && ctx.Err() == nil {
		q.cause = err
		q.err = errclass.StreamFailed.New("Query [id = %s, runId = %s] terminated with exception: %w", q.ID(), q.runID, err)
		q.status.Message = statusFailed + err.Error()
		q.cfg.Log.Error("streaming query failed", "name", q.cfg.Name, "id", q.ID(), "error", err)
		if fault := (*batch.Fault)(nil); errors.As(err, &fault) {
			q.cfg.Log.Error("the engine failed", "id", q.ID(), "stack", string(fault.Stack))
		}
	}
	q.idle = q.polls
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *Query) close() error {
	var errs []error
	for _, s := range q.streams {
		errs = append(errs, s.source.Stop())
	}
	if sink, ok := q.sink.(Stopper); ok {
		errs = append(errs, sink.Stop())
	}
	q.run.state.Close()
	if q.cp != nil {
		errs = append(errs, q.cp.Close())
	}
	return errors.Join(errs...)
}

// ID is the query's, kept in the checkpoint: the same after a restart.
func (q *Query) ID() string { return q.cp.ID() }

// RunID is new at each start.
func (q *Query) RunID() string { return q.runID }

// Name is the query's name; empty when it was given none.
func (q *Query) Name() string { return q.cfg.Name }

// Plan is what the query runs.
func (q *Query) Plan() logical.Node {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cfg.Plan
}

// IsActive reports whether the query still runs.
func (q *Query) IsActive() bool {
	select {
	case <-q.done:
		return false
	default:
		return true
	}
}

// Exception is what ended the query, of class STREAM_FAILED; nil while it runs and when it was stopped.
func (q *Query) Exception() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// Status is what the query is doing now.
func (q *Query) Status() Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.status
}

// LastProgress is the newest report; nil before the first.
func (q *Query) LastProgress() *Progress {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.recent) == 0 {
		return nil
	}
	last := q.recent[len(q.recent)-1]
	return &last
}

// RecentProgress is the newest reports, at most 100 unless the settings say otherwise, oldest first.
func (q *Query) RecentProgress() []Progress {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]Progress(nil), q.recent...)
}

// Stop ends the query, in the middle of a batch too, and returns after its last effect. A batch cut short
// is repeated at the next start. Where StopTimeout bounds the wait, the query may still be active on return.
func (q *Query) Stop() {
	q.cancel()
	if q.cfg.Life.StopTimeout <= 0 {
		<-q.done
		return
	}
	timer := time.NewTimer(q.cfg.Life.StopTimeout)
	defer timer.Stop()
	select {
	case <-q.done:
	case <-timer.C:
		q.cfg.Log.Warn("the query has not ended within the time that stopTimeout gives it", "id", q.ID(), "runId", q.runID, "timeout", q.cfg.Life.StopTimeout)
	}
}

// Finish ends the query after the running batch. It does not wait.
func (q *Query) Finish() { q.once.Do(func() { close(q.finish) }) }

// AwaitTermination waits until the query has ended, and gives its exception. It also returns, with
// ended false, when ctx is done.
func (q *Query) AwaitTermination(ctx context.Context) (ended bool, err error) {
	select {
	case <-q.done:
		return true, q.Exception()
	case <-ctx.Done():
		return false, nil
	}
}

// ProcessAllAvailable waits until everything that is there now has been processed: until a round that
// began after the call has found nothing new.
func (q *Query) ProcessAllAvailable(ctx context.Context) error {
	q.mu.Lock()
	want := q.polls + 1
	q.mu.Unlock()
	for {
		q.mu.Lock()
		reached, changed := q.idle >= want, q.changed
		q.mu.Unlock()
		if reached {
			return q.Exception()
		}
		select {
		case <-changed:
		case <-q.done:
			return q.Exception()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *Query) setStatus(message string, data, active bool) {
	q.mu.Lock()
	q.status = Status{Message: message, IsDataAvailable: data, IsTriggerActive: active}
	q.mu.Unlock()
}

func (q *Query) report(p Progress) {
	q.mu.Lock()
	if last := len(q.recent) - 1; last >= 0 {
		q.recent[last] = q.recent[last].remembered()
	}
	q.recent = append(q.recent, p)
	if len(q.recent) > q.cfg.Life.RecentReports {
		q.recent = q.recent[1:]
	}
	q.mu.Unlock()
	if q.cfg.OnProgress != nil {
		q.cfg.OnProgress(p)
	}
}

func (q *Query) post(event func(Listener)) {
	if q.cfg.events != nil {
		q.cfg.events.post(event)
	}
}

func (q *Query) name() *string {
	if q.cfg.Name == "" {
		return nil
	}
	return &q.cfg.Name
}

func (q *Query) startedEvent() StartedEvent {
	return StartedEvent{ID: q.ID(), RunID: q.runID, Name: q.name(), Timestamp: q.cfg.Clock().UTC().Format(timestampFormat), JobTags: []string{}}
}

// terminatedEvent tells the cause of the exception, not that the query has failed.
func (q *Query) terminatedEvent() TerminatedEvent {
	e := TerminatedEvent{ID: q.ID(), RunID: q.runID}
	if cause := q.cause; cause != nil {
		text := cause.Error()
		e.Exception = &text
		if classed, ok := errors.AsType[*errclass.Error](cause); ok {
			class := string(classed.Class)
			e.ErrorClassOnException = &class
		}
	}
	return e
}
