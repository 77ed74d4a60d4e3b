package exec

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// An Operator is a running relation.
type Operator interface {
	Schema() types.Struct
	// Execute gives exactly n sequences that together hold the rows, each row once. Each is walked
	// once, by one goroutine, and all of them are walked: one may wait for work another does. A
	// caller that stops early cancels ctx.
	Execute(ctx context.Context, n int) []batch.Seq
}

// Env is what a plan runs in.
type Env struct {
	Eval    expr.Context // copied for each worker
	Memory  *Memory
	Workers int         // how many goroutines an operator that gathers rows may use; at least 1
	Batch   *MicroBatch // nil outside streams
	// StateBudget is how much of their state the stateful operators keep on the heap; nil: all.
	StateBudget *state.Budget
	MinDeltas   int // of a state before it gets a snapshot; 0: as many as Spark wants
	// GroupBytes is how many bytes of a batch's groups each worker of a stateful aggregate gathers before it adds them to the state;
	// 0: groupBytes.
	GroupBytes int64
	// OnRows, when not nil, is told how many rows were read from a source. Several goroutines call it.
	OnRows func(source logical.Source, rows int64)
	// Observed, when not nil, is told the metrics of each Observe, a batch of one row, when its rows have gone by.
	Observed func(name string, metrics arrow.RecordBatch)
}

// OutputMode says what a streaming query hands to its sink.
type OutputMode = logical.OutputMode

// The output modes.
const (
	Append   = logical.Append
	Update   = logical.Update
	Complete = logical.Complete
)

// A MicroBatch is the part of a stream that a plan runs for. Stateful operators are numbered from 0, the topmost
// first; each opens its state, of version ID, through State.
type MicroBatch struct {
	ID    int64
	Mode  OutputMode
	Clock func() time.Time // for the times in reports; nil: none are taken

	TimestampMs     int64 // when the batch was planned; the same when it is repeated
	WatermarkMs     int64 // of this batch (offsets/ID): state is closed against it
	LateWatermarkMs int64 // of the batch before (offsets/ID-1): rows are late against it; of batch 0: 0
	// EventTime takes what one sequence of a Watermark node saw; several goroutines call it.
	EventTime func(node int, seen EventTimeStats)
	// State opens the state of a stateful operator. Its Commit makes version ID+1. The operator calls it when its last row has been
	// taken: a sink must take all rows before it keeps any for good. In complete mode, above which a LIMIT may stand, it calls it
	// before its first row is out.
	State func(ctx context.Context, op state.Spec) (*state.Operator, error)
	// JoinFormat is the version of Spark's format in which joins keep their state; 0: the second.
	JoinFormat int
	// Progress takes what a stateful operator has to report; called once an operator.
	Progress func(state.Progress)
}

// now is the time for reports.
func (m *MicroBatch) now() time.Time {
	if m.Clock == nil {
		return time.Time{}
	}
	return m.Clock()
}

// eval is an evaluation context for one goroutine.
func (e *Env) eval(worker int) *expr.Context {
	c := e.Eval
	c.Worker = worker
	return &c
}

func (e *Env) workers() int { return max(e.Workers, 1) }
