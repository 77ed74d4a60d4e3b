package medallion

import (
	"iter"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/plan"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A StatefulProcessor handles the rows of each key of a stream, with state of its own for each key, as in Spark's
// transformWithState. One goroutine calls it. What its handlers do to the state, and what they emit, counts with the batch as a
// whole: after a crash the batch comes again, with the same rows, over the state from before it. Embed [BaseProcessor] for
// handlers that do nothing.
type StatefulProcessor interface {
	// Init declares the state variables: once, when the frame is made.
	Init(handle *StatefulProcessorHandle) error
	// HandleInputRows gets the rows of one key in a batch, in their order.
	HandleInputRows(key Row, rows iter.Seq[Row], timers TimerValues, out *Output) error
	// HandleExpiredTimer is called for each timer whose time has come. It is gone by then.
	HandleExpiredTimer(key Row, timers TimerValues, expiry time.Time, out *Output) error
	// Close is called after each batch.
	Close() error
}

// An InitialStateProcessor begins with state from elsewhere: see [GroupedData.TransformWithInitialState].
type InitialStateProcessor interface {
	StatefulProcessor
	// HandleInitialState gets each row of the initial state, before the first batch.
	HandleInitialState(key Row, initial Row, timers TimerValues) error
}

// BaseProcessor is what a processor need not do.
type BaseProcessor struct{}

// HandleExpiredTimer does nothing.
func (BaseProcessor) HandleExpiredTimer(Row, TimerValues, time.Time, *Output) error { return nil }

// Close does nothing.
func (BaseProcessor) Close() error { return nil }

// A TimeMode says by which time timers go, and state ends.
type TimeMode string

// The time modes.
const (
	TimeModeNone           TimeMode = state.NoTimeMode         // no timers, no TTL
	TimeModeProcessingTime TimeMode = state.ProcessingTimeMode // the time when a batch is planned
	TimeModeEventTime      TimeMode = state.EventTimeMode      // the watermark
)

// TimerValues are the times of a batch.
type TimerValues struct {
	ProcessingTime time.Time // when the batch was planned; the same when it comes again
	Watermark      time.Time // of the batch; 1970 where there is none yet
}

// NoTTL is for state that stays until it is removed.
const NoTTL time.Duration = 0

// An Output takes the rows that a handler makes.
type Output struct {
	p *processor
	k *exec.Keyed
}

// Emit adds a row, its values in the order of the output's columns. A value that does not fit its column fails the batch.
func (o *Output) Emit(values ...any) {
	rows, err := recordOf(o.p.output, values)
	if err != nil {
		o.p.fail(err)
		return
	}
	o.k.Emit(rows)
}

// TransformWithState gives the rows of each key to a processor. output is the columns of the rows that it emits, as DDL;
// mode is the output mode of the query (append, update, complete), which is not otherwise looked at.
func (g *GroupedData) TransformWithState(p StatefulProcessor, output, mode string, timeMode TimeMode) *DataFrame {
	return g.transform(p, output, mode, timeMode, plan.TransformWithState{}, nil)
}

// TransformWithInitialState is [GroupedData.TransformWithState] of a processor that begins with the rows of another frame, at
// rest, grouped by as many keys of the same types.
func (g *GroupedData) TransformWithInitialState(p InitialStateProcessor, output, mode string, timeMode TimeMode, initial *GroupedData) *DataFrame {
	return g.transform(p, output, mode, timeMode, plan.TransformWithState{}, initial)
}

func (g *GroupedData) transform(user StatefulProcessor, output, mode string, timeMode TimeMode, rel plan.TransformWithState, initial *GroupedData) *DataFrame {
	schema, err := types.ParseDDL(output)
	keys, keysErr := expressions(g.keys)
	p := &processor{user: user, output: schema, timeMode: timeMode}
	p.handle = &StatefulProcessorHandle{p: p}
	rel.Input, rel.Grouping, rel.Processor, rel.Output = g.frame.rel, keys, p, schema
	rel.EventTime = timeMode == TimeModeEventTime
	errs := []error{err, keysErr, checkTransformMode(mode), p.init()}
	if initial != nil {
		initialKeys, initialErr := expressions(initial.keys)
		rel.Initial, rel.InitialGrouping = initial.frame.rel, initialKeys
		errs = append(errs, initial.frame.err, initialErr)
	}
	return g.frame.with(&rel, errs...)
}

func checkTransformMode(mode string) error {
	switch strings.ToLower(mode) {
	case "append", "update", "complete":
		return nil
	}
	return errclass.InvalidOptionValue.New("there is no output mode %q; the modes are append, update, complete.", mode)
}
