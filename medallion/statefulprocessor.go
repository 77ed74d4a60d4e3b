package medallion

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
)

// processor runs a user's processor for package exec.
type processor struct {
	user     StatefulProcessor
	handle   *StatefulProcessorHandle
	output   Schema
	timeMode TimeMode

	variables []state.Variable
	ttl       []time.Duration // by variable

	running sync.Mutex // held from Begin to End: two queries may be made of one frame
	ready   bool       // Init is done
	keyed   *exec.Keyed
	err     error // the first mistake of the handler that runs
}

var _ exec.Processor = (*processor)(nil)

func (p *processor) String() string { return fmt.Sprintf("%T", p.user) }

func (p *processor) init() error {
	switch p.timeMode {
	case TimeModeNone, TimeModeProcessingTime, TimeModeEventTime:
	default:
		return errclass.ProcessorUnknownTimeMode.New("Unknown time mode %s. Accepted timeMode modes are 'none', 'processingTime', 'eventTime'", p.timeMode)
	}
	err := batch.Guard(func() error { return p.user.Init(p.handle) })
	p.ready = true
	if err != nil {
		return userError("init", err)
	}
	return p.err
}

// userError is a failure of the user's code; what this package refused it passes on as it is.
func userError(function string, err error) error {
	if _, panicked := errors.AsType[*batch.Fault](err); panicked {
		return errclass.ProcessorUserError.New("An error occurred in the user-defined function %s of the StatefulProcessor. Reason: %w", function, err)
	}
	if e, ok := err.(*errclass.Error); ok { //nolint:errorlint // only the error itself: a cause of the user's own errors is not
		return e
	}
	return errclass.ProcessorUserError.New("An error occurred in the user-defined function %s of the StatefulProcessor. Reason: %w", function, err)
}

func (p *processor) fail(err error) { p.err = cmp.Or(p.err, err) }

// Variables are those that Init has declared.
func (p *processor) Variables() []state.Variable { return p.variables }

// TimeMode is the user's.
func (p *processor) TimeMode() string { return string(p.timeMode) }

// Begin waits for another query over the same frame.
func (p *processor) Begin() error {
	p.running.Lock()
	p.err = nil
	return nil
}

// End lets others run.
func (p *processor) End() {
	p.keyed = nil
	p.running.Unlock()
}

// Finish is the user's Close.
func (p *processor) Finish() error {
	if err := batch.Guard(p.user.Close); err != nil {
		return userError("close", err)
	}
	return nil
}

// HandleRows gives the rows of a key to the user.
func (p *processor) HandleRows(k *exec.Keyed, rows arrow.RecordBatch) error {
	return p.call(k, "handleInputRows", func(key Row, timers TimerValues, out *Output) error {
		return p.user.HandleInputRows(key, rowsOf(rows), timers, out)
	})
}

// HandleTimer gives a timer to the user.
func (p *processor) HandleTimer(k *exec.Keyed, expiryMs int64) error {
	return p.call(k, "handleExpiredTimer", func(key Row, timers TimerValues, out *Output) error {
		return p.user.HandleExpiredTimer(key, timers, time.UnixMilli(expiryMs).UTC(), out)
	})
}

// HandleInitial gives the rows of the initial state to the user.
func (p *processor) HandleInitial(k *exec.Keyed, rows arrow.RecordBatch) error {
	user, ok := p.user.(InitialStateProcessor)
	if !ok {
		return internalError("a processor without HandleInitialState has initial state")
	}
	return p.call(k, "handleInitialState", func(key Row, timers TimerValues, _ *Output) error {
		for row := range rowsOf(rows) {
			if err := user.HandleInitialState(key, row, timers); err != nil {
				return err
			}
		}
		return nil
	})
}

// call runs one handler with the state of a key.
func (p *processor) call(k *exec.Keyed, function string, handler func(key Row, timers TimerValues, out *Output) error) error {
	p.keyed = k
	defer func() { p.keyed = nil }()
	timers := TimerValues{ProcessingTime: time.UnixMilli(k.BatchTimestampMs()).UTC(), Watermark: time.UnixMilli(k.WatermarkMs()).UTC()}
	err := batch.Guard(func() error { return handler(rowAt(k.Key(), 0), timers, &Output{p, k}) })
	if err != nil {
		return userError(function, err)
	}
	return p.err
}

func rowAt(b arrow.RecordBatch, i int) Row {
	row := Row{Names: make([]string, b.NumCols()), Values: make([]any, b.NumCols())}
	for c := range row.Values {
		row.Names[c], row.Values[c] = b.ColumnName(c), goValue(b.Column(c), i)
	}
	return row
}

func rowsOf(b arrow.RecordBatch) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range int(b.NumRows()) {
			if !yield(rowAt(b, i)) {
				return
			}
		}
	}
}
