package exec

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A Processor handles the rows of each key of a stream and keeps state for the key. Its handlers are called by one goroutine,
// one after the other; what they do to the state counts when the whole batch does.
type Processor interface {
	logical.Processor
	Variables() []state.Variable
	TimeMode() string                              // of package state
	Begin() error                                  // before the first handler of a batch
	HandleRows(*Keyed, arrow.RecordBatch) error    // the rows of one key, in their order
	HandleTimer(k *Keyed, expiryMs int64) error    // a timer of a key that is due; it is gone afterwards
	HandleInitial(*Keyed, arrow.RecordBatch) error // rows of the initial state, before the first batch's
	Finish() error                                 // after the last, before the state is committed
	End()                                          // lets another query run, whatever came of this batch
}

// transform is TransformWithState of a stream.
type transform struct {
	node      *logical.TransformWithState
	processor Processor
	child     Operator
	initial   Operator // nil: none
	number    int
	event     *watermarks
	column    int // of event time; -1: none
	env       *Env

	next int64 // the earliest timer after the batch; math.MaxInt64: none
}

func newTransform(n *logical.TransformWithState, children []Operator, number int, event *watermarks, env *Env) (Operator, error) {
	if number < 0 {
		return nil, errclass.UnsupportedFeature.New("transformWithState is for streams: this query reads none.")
	}
	p, ok := n.Processor.(Processor)
	if !ok {
		return nil, errclass.UnsupportedFeature.New("transformWithState cannot run %s.", n.Processor)
	}
	column, err := logical.EventTimeColumn(n.Input)
	if err != nil {
		return nil, err
	}
	if p.TimeMode() == state.EventTimeMode && (column < 0 || event == nil) {
		return nil, errclass.UnsupportedStreaming.New("transformWithState in time mode EventTime needs a watermark: declare one by withWatermark on its input.")
	}
	t := &transform{node: n, processor: p, child: children[0], number: number, event: event, column: column, env: env, next: math.MaxInt64}
	if len(children) > 1 {
		t.initial = children[1]
	}
	return t, nil
}

func (t *transform) Schema() types.Struct { return t.node.Output }

func (t *transform) outputWatermark(input int64) (int64, bool) {
	return input, t.processor.TimeMode() != state.ProcessingTimeMode
}

// wantsBatch: in Spark, timers of processing time make it run batch after batch. Here the query rests until one is due.
func (t *transform) wantsBatch(input int64) bool {
	if t.processor.TimeMode() == state.ProcessingTimeMode {
		return t.env.Batch.Clock != nil && t.next <= t.env.Batch.Clock().UnixMilli()
	}
	return t.env.Batch.Mode != Complete && t.event != nil && input > t.event.evict
}

func (t *transform) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, t.run)
}

func (t *transform) keySchema() types.Struct {
	fields := make([]types.Field, len(t.node.Keys))
	for i, k := range t.node.Keys {
		fields[i] = t.node.Input.Schema().Fields[k]
		fields[i].Nullable, fields[i].Metadata = true, nil
	}
	return types.Struct{Fields: fields}
}

// spec is a store for each variable, and one for the timers.
func (t *transform) spec() (state.Spec, []state.Variable, error) {
	key := t.keySchema()
	variables := t.processor.Variables()
	mode := t.processor.TimeMode()
	if mode != state.NoTimeMode {
		variables = append(slices.Clip(variables), state.Variable{Name: state.TimerVariableName(mode), Kind: state.TimerVariable})
	}
	p := state.TransformProperties{TimeMode: mode, OutputMode: t.env.Batch.Mode.String(), Variables: []state.VariableSummary{}}
	spec := state.Spec{Operator: t.number, Name: state.TransformOperator}
	for _, v := range variables {
		p.Variables = append(p.Variables, state.VariableSummary{Name: v.Name, Kind: v.Kind, TTL: v.TTL})
		spec.Stores = append(spec.Stores, v.Store(key))
	}
	if len(variables) == 0 { // state there is all the same: of no variables
		spec.Stores = []state.StoreSpec{state.Variable{Name: "default", Kind: state.ValueVariable, Value: types.Struct{Fields: []types.Field{{Name: "value", Type: types.Binary, Nullable: true}}}}.Store(key)}
	}
	var err error
	spec.Description, err = p.Description()
	return spec, variables, err
}

// transformRun is one batch of a transform.
type transformRun struct {
	*transform
	state     *state.Operator
	stores    []*transformStore // by variable; the last is the timers' unless there are none
	timers    *transformStore
	key       types.Struct
	nowMs     int64 // the batch's time
	out       *outlet
	given     []arrow.RecordBatch // by handlers, until they are enough to be handed on
	givenRows int64               // rows of given
	report    state.Progress
	expiredTTL, expiredTimers,
	registered, deleted int64
}

// run is one batch: the initial state before the first, the rows of each key, the timers that are due, then what has
// outlived its time; commit. A batch that fails is run again from the version that it started from.
func (t *transform) run(ctx context.Context, out *outlet) error {
	rows, release, err := t.rows(ctx, t.child, t.node.Input.Schema())
	if err != nil {
		return err
	}
	defer release()
	r := &transformRun{transform: t, out: out, key: t.keySchema(), nowMs: t.env.Batch.TimestampMs}
	rows, r.report.NumRowsDroppedByWatermark = t.inTime(rows)
	spec, variables, err := t.spec()
	if err != nil {
		return err
	}
	if r.state, err = t.env.Batch.State(ctx, spec); err != nil {
		return err
	}
	r.open(spec, variables)
	if err := t.processor.Begin(); err != nil {
		return err
	}
	defer t.processor.End()
	began := t.env.Batch.now()
	if t.initial != nil && t.env.Batch.ID == 0 {
		initial, release, err := t.rows(ctx, t.initial, t.node.Initial.Schema())
		if err != nil {
			return err
		}
		defer release()
		if err := r.groups(ctx, initial, t.node.InitialKeys, t.processor.HandleInitial); err != nil {
			return err
		}
	}
	if err := r.groups(ctx, rows, t.node.Keys, t.processor.HandleRows); err != nil {
		return err
	}
	handled := t.env.Batch.now()
	if err := r.fireTimers(ctx); err != nil {
		return err
	}
	fired := t.env.Batch.now()
	r.removeExpired()
	if err := t.processor.Finish(); err != nil {
		return err
	}
	if err := r.handOn(ctx); err != nil {
		return err
	}
	return r.commit(ctx, handled.Sub(began), fired.Sub(handled))
}

// handOn hands on what handlers have given, as one batch.
func (r *transformRun) handOn(ctx context.Context) error {
	if r.givenRows == 0 {
		return nil
	}
	rows, err := joined(r.given, r.Schema())
	if err != nil {
		return err
	}
	r.given, r.givenRows = nil, 0
	return r.out.give(ctx, rows)
}

// handled is called behind each call of a handler.
func (r *transformRun) handled(ctx context.Context) error {
	if r.givenRows < batch.TargetRows {
		return ctx.Err()
	}
	return r.handOn(ctx)
}

// removeExpired forgets what has outlived its time.
func (r *transformRun) removeExpired() {
	for _, s := range r.stores {
		if !s.variable.TTL {
			continue
		}
		for _, p := range s.store.Partitions() {
			var gone [][]byte
			for key := range p.Until(r.nowMs * 1000) {
				gone = append(gone, slices.Clone(key))
			}
			for _, key := range gone {
				p.Remove(key)
				r.expiredTTL++
			}
		}
	}
}

func (r *transformRun) commit(ctx context.Context, updating, firing time.Duration) error {
	r.next = r.earliest()
	began := r.env.Batch.now()
	if err := r.state.Commit(ctx); err != nil {
		return err
	}
	if r.env.Batch.Progress == nil {
		return nil
	}
	p := r.state.Progress()
	p.NumRowsTotal = 0
	for _, s := range r.stores {
		p.NumRowsTotal += s.store.Rows()
	}
	p.NumRowsUpdated, p.NumRowsRemoved = r.report.NumRowsUpdated, r.report.NumRowsRemoved+r.expiredTTL
	p.NumRowsDroppedByWatermark = r.report.NumRowsDroppedByWatermark
	p.AllUpdatesTimeMs, p.CommitTimeMs = updating.Milliseconds(), r.env.Batch.now().Sub(began).Milliseconds()
	p.Custom = map[string]int64{
		"timerProcessingTimeMs": firing.Milliseconds(), "numRegisteredTimers": r.registered, "numDeletedTimers": r.deleted,
		"numExpiredTimers": r.expiredTimers, "numValuesRemovedDueToTTLExpiry": r.expiredTTL,
	}
	for _, s := range r.stores {
		if name := variableMetric(s.variable); name != "" {
			p.Custom[name]++
		}
	}
	r.env.Batch.Progress(p)
	return nil
}

func variableMetric(v state.Variable) string {
	kinds := map[state.VariableKind]string{state.ValueVariable: "Value", state.ListVariable: "List", state.MapVariable: "Map"}
	kind, ok := kinds[v.Kind]
	switch {
	case !ok:
		return ""
	case v.TTL:
		return "num" + kind + "StateWithTTLVars"
	}
	return "num" + kind + "StateVars"
}
