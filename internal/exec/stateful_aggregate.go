package exec

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

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

// spread runs something that makes sequences, by the first of n goroutines, and hands the sequences to all.
func spread(ctx context.Context, n int, run func(ctx context.Context) ([]batch.Seq, error)) []batch.Seq {
	var made []batch.Seq
	ready := make(chan struct{})
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = func(yield func(arrow.RecordBatch, error) bool) {
			if i == 0 {
				err := batch.Guard(func() (err error) {
					made, err = run(ctx)
					return err
				})
				close(ready)
				if err != nil {
					yield(nil, err)
					return
				}
			}
			select {
			case <-ready:
			case <-ctx.Done():
				yield(nil, context.Cause(ctx))
				return
			}
			for j := i; j < len(made); j += n {
				for b, err := range made[j] {
					if !yield(b, err) || err != nil {
						return
					}
				}
			}
		}
	}
	return seqs
}

// run is one batch: aggregate its rows, add them to what the state holds of their groups, let closed groups go,
// commit, and give the groups. A batch that fails later is run again from the version that it started from.
func (s *statefulAggregate) run(ctx context.Context) ([]batch.Seq, error) {
	tables, err := s.aggregateBatch(ctx)
	defer releaseAll(tables)
	if err != nil {
		return nil, err
	}
	store, err := s.env.Batch.State(ctx, s.spec())
	if err != nil {
		return nil, err
	}
	began := s.env.Batch.now()
	changes, late, err := s.share(tables, store)
	if err != nil {
		return nil, err
	}
	parts := make([]statefulPart, len(changes))
	for i, p := range store.Partitions() {
		parts[i] = statefulPart{statefulAggregate: s, eval: s.env.eval(i), partition: p, changes: changes[i]}
	}
	if err := s.each(ctx, parts, (*statefulPart).update); err != nil {
		return nil, err
	}
	report := state.Progress{AllUpdatesTimeMs: s.env.since(&began), NumRowsDroppedByWatermark: late}
	if s.closes() {
		if err := s.each(ctx, parts, (*statefulPart).close); err != nil {
			return nil, err
		}
		report.AllRemovalsTimeMs = s.env.since(&began)
	}
	for i := range parts {
		report.NumRowsUpdated += parts[i].updated
		report.NumRowsRemoved += parts[i].removed
	}
	return s.rows(ctx, parts), commitProgress(ctx, s.env.Batch, store, report)
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

// rows is what the batch gives, a sequence for each partition.
func (s *statefulAggregate) rows(ctx context.Context, parts []statefulPart) []batch.Seq {
	out := make([]batch.Seq, len(parts))
	for i := range parts {
		if s.env.Batch.Mode == Complete {
			out[i] = parts[i].all(ctx)
			continue
		}
		out[i] = func(yield func(arrow.RecordBatch, error) bool) {
			for _, b := range parts[i].given {
				if !give(b, yield) {
					return
				}
			}
		}
	}
	return out
}

// aggregateBatch aggregates the batch's rows alone, in a table for each worker.
func (a *aggregate) aggregateBatch(ctx context.Context) ([]*groupTable, error) {
	tables := make([]*groupTable, a.env.workers())
	shared := newHasher()
	for i := range tables {
		tables[i] = newGroupTable(a, shared, i)
	}
	err := gatherAll(ctx, a.child, len(tables), func(i int, b arrow.RecordBatch) error {
		if err := tables[i].update(b); err != nil {
			return err
		}
		return tables[i].held.hold(tables[i].memory())
	})
	return tables, err
}

func releaseAll(tables []*groupTable) {
	for _, t := range tables {
		t.held.release()
	}
}

// changedGroups are groups of a batch: their keys and, for each call, the columns of its buffer.
type changedGroups struct {
	keys   []arrow.Array
	states [][]arrow.Array
	n      int
}

func (c *changedGroups) take(rows []int32) *changedGroups {
	out := &changedGroups{keys: takeColumns(c.keys, rows), n: len(rows)}
	for _, s := range c.states {
		out.states = append(out.states, takeColumns(s, rows))
	}
	return out
}

// share divides the batch's groups by the partitions of the state, without the late ones, which it counts.
func (s *statefulAggregate) share(tables []*groupTable, store *state.Operator) (byPartition [][]*changedGroups, late int64, err error) {
	byPartition = make([][]*changedGroups, len(store.Partitions()))
	var lateGroups *keyTable
	for _, t := range tables {
		groups := t.groups()
		if groups == 0 || len(s.keys) == 0 && len(byPartition[0]) > 0 && !t.touched {
			continue
		}
		all, err := t.groupsOf()
		if err != nil {
			return nil, 0, err
		}
		rows := make([][]int32, len(byPartition))
		isLate := s.lateRows(all)
		for i, p := range store.Place(s.others(all.keys), groups) {
			if isLate == nil || !isLate[i] {
				rows[p] = append(rows[p], int32(i))
			}
		}
		for p := range rows {
			if len(rows[p]) > 0 {
				byPartition[p] = append(byPartition[p], all.take(rows[p]))
			}
		}
		lateGroups = s.noteLate(lateGroups, t, all, isLate)
	}
	if lateGroups != nil {
		late = int64(lateGroups.size())
	}
	return byPartition, late, nil
}

// lateRows marks the groups that come too late; nil: none does.
func (s *statefulAggregate) lateRows(all *changedGroups) []bool {
	if !s.dropsLate() {
		return nil
	}
	return atOrBefore(all.keys[s.time.index], s.event.late)
}

// noteLate counts groups that are late, each once, whichever workers had its rows.
func (s *statefulAggregate) noteLate(seen *keyTable, t *groupTable, all *changedGroups, isLate []bool) *keyTable {
	var rows []int32
	for i, late := range isLate {
		if late {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == 0 {
		return seen
	}
	if seen == nil {
		seen = newKeyTable(t.table.hasher, s.keySchema())
	}
	seen.insert(seen.hasher.load(takeColumns(all.keys, rows), len(rows)), make([]uint32, len(rows)))
	return seen
}

// groupsOf is the table's groups as columns.
func (t *groupTable) groupsOf() (*changedGroups, error) {
	if err := t.freeze(1); err != nil {
		return nil, err
	}
	return &changedGroups{keys: t.frozen.keys, states: t.frozen.states, n: t.groups()}, nil
}

// each does something to all partitions, as many at once as there are workers.
func (s *statefulAggregate) each(ctx context.Context, parts []statefulPart, do func(*statefulPart) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.env.workers())
	for i := range parts {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return batch.Guard(func() error { return do(&parts[i]) })
		})
	}
	return group.Wait()
}
