package medallion

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
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

// A StatefulProcessorHandle declares state variables in Init, and sets timers in handlers.
type StatefulProcessorHandle struct{ p *processor }

// ValueState declares a variable that holds one row for each key. columns is DDL. With a ttl the row ends so long after it
// was set, by the time of batches; the time mode has to be that of processing time.
func (h *StatefulProcessorHandle) ValueState(name, columns string, ttl time.Duration) *ValueState {
	return &ValueState{h.declare(state.Variable{Name: name, Kind: state.ValueVariable, Value: h.columns(columns)}, ttl)}
}

// ListState declares a variable that holds a list of rows for each key. With a ttl each row ends by itself.
func (h *StatefulProcessorHandle) ListState(name, columns string, ttl time.Duration) *ListState {
	return &ListState{h.declare(state.Variable{Name: name, Kind: state.ListVariable, Value: h.columns(columns)}, ttl)}
}

// MapState declares a variable that holds for each key rows under keys of their own. With a ttl each row ends by itself.
func (h *StatefulProcessorHandle) MapState(name, keyColumns, valueColumns string, ttl time.Duration) *MapState {
	return &MapState{h.declare(state.Variable{
		Name: name, Kind: state.MapVariable, UserKey: h.columns(keyColumns), Value: h.columns(valueColumns),
	}, ttl)}
}

func (h *StatefulProcessorHandle) columns(ddl string) Schema {
	schema, err := types.ParseDDL(ddl)
	if err == nil && len(schema.Fields) == 0 {
		err = errclass.DatatypeMismatch.New("A state variable needs columns: its DDL is empty.")
	}
	h.p.fail(err)
	return schema
}

// variable is a declared variable.
type variable struct {
	p      *processor
	number int
}

func (h *StatefulProcessorHandle) declare(v state.Variable, ttl time.Duration) variable {
	p := h.p
	same := func(other state.Variable) bool { return other.Name == v.Name }
	switch {
	case p.ready:
		p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=get_state with invalid handle state=INITIALIZED.").
			WithHint("Declare state variables in Init."))
	case !validVariableName(v.Name):
		p.fail(errclass.InvalidParameterValue.New("The name %q of a state variable is invalid: it is letters, digits, _ and -, and not `default`.", v.Name))
	case slices.ContainsFunc(p.variables, same):
		p.fail(errclass.ProcessorDuplicateVariable.New("State variable with name %s has already been defined in the StatefulProcessor.", v.Name))
	case ttl < 0 || ttl > 0 && ttl < time.Millisecond:
		p.fail(errclass.ProcessorTTL.New("TTL duration must be greater than zero for State store operation=get_state on state=%s.", v.Name))
	case ttl > 0 && p.timeMode != TimeModeProcessingTime:
		p.fail(errclass.ProcessorTTLMode.New("Cannot use TTL for state=%s in timeMode=%s, use TimeMode.ProcessingTime() instead.", v.Name, p.timeMode))
	}
	v.TTL = ttl > 0
	p.variables, p.ttl = append(p.variables, v), append(p.ttl, ttl)
	return variable{p, len(p.variables) - 1}
}

// validVariableName: it is the name of a folder.
func validVariableName(name string) bool {
	if name == "" || name == "default" || len(name) > 200 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) && name[0] != '_'
}

// state is that of the key whose handler runs; nil outside of handlers, which is a mistake of the user's.
func (v variable) state() *exec.Keyed {
	if v.p.keyed == nil {
		v.p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=get_state with invalid handle state=CREATED.").
			WithHint("State is there within a handler, for its key."))
	}
	return v.p.keyed
}

func (v variable) expiry(k *exec.Keyed) int64 {
	return k.BatchTimestampMs() + v.p.ttl[v.number].Milliseconds()
}

// row makes a row of values of a schema; nil after a mistake.
func (v variable) row(schema Schema, values []any) arrow.RecordBatch {
	row, err := recordOf(schema, values)
	if err != nil {
		v.p.fail(err)
		return nil
	}
	return row
}

func (v variable) schema() state.Variable { return v.p.variables[v.number] }

// clear forgets all that is held for the key.
func (v variable) clear() {
	if k := v.state(); k != nil {
		k.Clear(v.number)
	}
}

// A ValueState holds a row for each key.
type ValueState struct{ variable }

// Get is the row; ok is false where there is none.
func (s *ValueState) Get() (row Row, ok bool) {
	k := s.state()
	if k == nil {
		return Row{}, false
	}
	value, err := k.Value(s.number)
	s.p.fail(err)
	if value == nil {
		return Row{}, false
	}
	return rowAt(value, 0), true
}

// Exists reports whether there is a row.
func (s *ValueState) Exists() bool { _, ok := s.Get(); return ok }

// Update sets the row, its values in the order of the columns. A value that does not fit fails the batch.
func (s *ValueState) Update(values ...any) {
	k, row := s.state(), s.row(s.schema().Value, values)
	if k != nil && row != nil {
		k.SetValue(s.number, row, s.expiry(k))
	}
}

// Clear removes the row.
func (s *ValueState) Clear() { s.clear() }

// A ListState holds a list of rows for each key.
type ListState struct{ variable }

// Get gives the rows in their order.
func (s *ListState) Get() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		k := s.state()
		if k == nil {
			return
		}
		rows, err := k.List(s.number)
		s.p.fail(err)
		if err != nil {
			return
		}
		rowsOf(rows)(yield)
	}
}

// Exists reports whether there is a row.
func (s *ListState) Exists() bool {
	for range s.Get() {
		return true
	}
	return false
}

// Append adds a row.
func (s *ListState) Append(values ...any) {
	k, row := s.state(), s.row(s.schema().Value, values)
	if k != nil && row != nil {
		k.AppendList(s.number, row, s.expiry(k))
	}
}

// AppendAll adds rows.
func (s *ListState) AppendAll(rows ...[]any) {
	k := s.state()
	all, err := recordOf(s.schema().Value, rows...)
	s.p.fail(err)
	if k != nil && err == nil && len(rows) > 0 {
		k.AppendList(s.number, all, s.expiry(k))
	}
}

// Put replaces the list.
func (s *ListState) Put(rows ...[]any) {
	s.clear()
	s.AppendAll(rows...)
}

// Clear removes the list.
func (s *ListState) Clear() { s.clear() }

// A MapState holds for each key rows under keys of their own.
type MapState struct{ variable }

// Get is the row under a key, given by the values of its columns; ok is false where there is none.
func (s *MapState) Get(key ...any) (row Row, ok bool) {
	k, userKey := s.state(), s.row(s.schema().UserKey, key)
	if k == nil || userKey == nil {
		return Row{}, false
	}
	value, err := k.MapValue(s.number, userKey)
	s.p.fail(err)
	if value == nil {
		return Row{}, false
	}
	return rowAt(value, 0), true
}

// ContainsKey reports whether there is a row under a key.
func (s *MapState) ContainsKey(key ...any) bool { _, ok := s.Get(key...); return ok }

// Update sets the row under a key.
func (s *MapState) Update(key, value []any) {
	k, userKey, row := s.state(), s.row(s.schema().UserKey, key), s.row(s.schema().Value, value)
	if k != nil && userKey != nil && row != nil {
		k.SetMapValue(s.number, userKey, row, s.expiry(k))
	}
}

// RemoveKey removes the row under a key.
func (s *MapState) RemoveKey(key ...any) {
	k, userKey := s.state(), s.row(s.schema().UserKey, key)
	if k != nil && userKey != nil {
		k.RemoveMapKey(s.number, userKey)
	}
}

// All gives the keys and their rows, in no particular order.
func (s *MapState) All() iter.Seq2[Row, Row] {
	return func(yield func(key, value Row) bool) {
		k := s.state()
		if k == nil {
			return
		}
		keys, values, err := k.Map(s.number)
		s.p.fail(err)
		if err != nil {
			return
		}
		for i := range int(keys.NumRows()) {
			if !yield(rowAt(keys, i), rowAt(values, i)) {
				return
			}
		}
	}
}

// Clear removes all rows.
func (s *MapState) Clear() { s.clear() }

// RegisterTimer has HandleExpiredTimer called for the key of the handler that runs, once the time has come: of processing, or
// of events as the watermark tells it. The same time twice is one timer.
func (h *StatefulProcessorHandle) RegisterTimer(at time.Time) {
	if k := h.timers("register_timer"); k != nil {
		k.RegisterTimer(at.UnixMilli())
	}
}

// DeleteTimer takes a timer of the key back.
func (h *StatefulProcessorHandle) DeleteTimer(at time.Time) {
	if k := h.timers("delete_timer"); k != nil {
		k.DeleteTimer(at.UnixMilli())
	}
}

// ListTimers are those of the key, in order.
func (h *StatefulProcessorHandle) ListTimers() []time.Time {
	k := h.timers("list_timers")
	if k == nil {
		return nil
	}
	var all []time.Time
	for _, ms := range k.Timers() {
		all = append(all, time.UnixMilli(ms).UTC())
	}
	return all
}

func (h *StatefulProcessorHandle) timers(operation string) *exec.Keyed {
	switch {
	case h.p.timeMode == TimeModeNone:
		h.p.fail(errclass.ProcessorTimeMode.New("Failed to perform stateful processor operation=%s with invalid timeMode=%s", operation, h.p.timeMode))
		return nil
	case h.p.keyed == nil:
		h.p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=%s with invalid handle state=CREATED.", operation).
			WithHint("Timers belong to a key: set them within a handler."))
	}
	return h.p.keyed
}
