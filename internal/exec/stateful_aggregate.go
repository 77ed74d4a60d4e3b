package exec

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// statefulAggregate groups the rows of a stream: a batch's rows change the groups that the state holds.
// Append mode gives the groups that the watermark has closed, update mode the changed ones, complete mode all.
//
// The state is worked on by partition, several at once: a partition's share of the batch's groups is looked up, added to, and
// put back, and then its closed groups leave it. A key is hashed, encoded and found once.
type statefulAggregate struct {
	*aggregate
	number int         // among the stateful operators
	event  *watermarks // nil: the rows carry none
	time   eventKey
}

// eventKey is the key that is an event time.
type eventKey struct {
	index int // negative: none is
	path  []int
}

func newEventKey(index int, keys types.Struct) eventKey {
	k := eventKey{index: index, path: []int{index}}
	if index >= 0 {
		if _, window := keys.Fields[index].Type.(types.Struct); window {
			k.path = append(k.path, 1) // its end
		}
	}
	return k
}

func newStatefulAggregate(a *aggregate, number, timeKey int, event *watermarks) *statefulAggregate {
	return &statefulAggregate{aggregate: a, number: number, event: event, time: newEventKey(timeKey, a.keySchema())}
}

func (s *statefulAggregate) outputWatermark(input int64) (int64, bool) { return input, true }

func (s *statefulAggregate) wantsBatch(input int64) bool {
	return s.env.Batch.Mode != Complete && s.event != nil && input > s.event.evict
}

// closes reports whether the watermark drops late groups and closes others.
func (s *statefulAggregate) closes() bool {
	return s.env.Batch.Mode != Complete && s.event != nil && s.time.index >= 0
}

// dropsLate reports whether the watermark drops late groups. Sessions are dropped in complete mode too, in which the watermark
// closes none.
func (s *statefulAggregate) dropsLate() bool {
	return s.closes() || s.session >= 0 && s.event != nil && s.time.index >= 0
}

// spec describes the state as Spark lays it out: the grouping columns, and the buffers of all
// aggregates one behind the other.
func (s *statefulAggregate) spec() state.Spec {
	if s.session >= 0 {
		return state.Spec{Operator: s.number, Name: "sessionWindowStateStoreSaveExec", Stores: []state.StoreSpec{s.sessionStore()}}
	}
	store := state.StoreSpec{Key: s.keySchema(), Value: s.bufferSchema()}
	if s.closes() {
		store.Time = &state.TimeOf{Path: s.time.path}
	}
	return state.Spec{Operator: s.number, Name: "stateStoreSave", Stores: []state.StoreSpec{store}}
}

func (s *statefulAggregate) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, s.run)
}

// run is one batch: aggregate its rows, add them to what the state holds of their groups, let closed groups go, and
// commit. A batch that fails is run again from the version that it started from.
func (s *statefulAggregate) run(ctx context.Context, out *outlet) error {
	store, err := s.env.Batch.State(ctx, s.spec())
	if err != nil {
		return err
	}
	b := newGroupBatch(s, store, out)
	defer b.held.release()
	tables, err := b.read(ctx)
	defer releaseAll(tables)
	if err != nil {
		return err
	}
	began := s.env.Batch.now()
	changes, err := b.share(tables)
	if err != nil {
		return err
	}
	for i := range b.parts {
		b.parts[i].changes = changes[i]
	}
	if err := b.each(ctx, (*statefulPart).update); err != nil {
		return err
	}
	report := state.Progress{AllUpdatesTimeMs: s.env.since(&began), NumRowsDroppedByWatermark: b.lateGroups()}
	if s.closes() {
		if err := b.each(ctx, (*statefulPart).close); err != nil {
			return err
		}
		report.AllRemovalsTimeMs = s.env.since(&began)
	}
	for _, p := range b.parts {
		report.NumRowsUpdated += p.updated
		report.NumRowsRemoved += p.removed
	}
	if err := commitProgress(ctx, s.env.Batch, store, report); err != nil || s.env.Batch.Mode != Complete {
		return err
	}
	return b.each(ctx, (*statefulPart).giveAll)
}

// since is the time since *began, in milliseconds, which is now.
func (e *Env) since(began *time.Time) int64 {
	before := *began
	*began = e.Batch.now()
	return began.Sub(before).Milliseconds()
}

// commitProgress makes the state durable and reports what was done to it.
func commitProgress(ctx context.Context, m *MicroBatch, store *state.Operator, done state.Progress) error {
	began := m.now()
	if err := store.Commit(ctx); err != nil {
		return err
	}
	if m.Progress == nil {
		return nil
	}
	report := store.Progress()
	report.NumRowsUpdated, report.AllUpdatesTimeMs = done.NumRowsUpdated, done.AllUpdatesTimeMs
	report.NumRowsRemoved, report.AllRemovalsTimeMs = done.NumRowsRemoved, done.AllRemovalsTimeMs
	report.NumRowsDroppedByWatermark, report.Custom = done.NumRowsDroppedByWatermark, done.Custom
	report.CommitTimeMs = m.now().Sub(began).Milliseconds()
	m.Progress(report)
	return nil
}

// aggregateBatch aggregates the batch's rows alone, in a table for each worker.
func (a *aggregate) aggregateBatch(ctx context.Context) ([]*groupTable, error) {
	tables := a.newTables()
	err := gatherAll(ctx, a.child, len(tables), func(i int, b arrow.RecordBatch) error {
		if err := tables[i].update(b); err != nil {
			return err
		}
		return tables[i].held.hold(tables[i].memory())
	})
	return tables, err
}

// newTables makes a table for each worker.
func (a *aggregate) newTables() []*groupTable {
	tables := make([]*groupTable, a.env.workers())
	shared := newHasher()
	for i := range tables {
		tables[i] = newGroupTable(a, shared, i)
	}
	return tables
}

func releaseAll(tables []*groupTable) {
	for _, t := range tables {
		t.held.release()
	}
}

// groupsOf is the table's groups as columns.
func (t *groupTable) groupsOf() (*changedGroups, error) {
	if err := t.freeze(1); err != nil {
		return nil, err
	}
	return &changedGroups{keys: t.frozen.keys, states: t.frozen.states, n: t.groups()}, nil
}
