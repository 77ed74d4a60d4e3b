package exec

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// statefulAggregate groups the rows of a stream: a batch's rows change the groups that the state
// holds. Update mode gives the changed groups, complete mode all.
type statefulAggregate struct {
	*aggregate
	number int         // among the stateful operators
	event  *watermarks // nil: the rows carry none
}

func (s *statefulAggregate) outputWatermark(input int64) (int64, bool) { return input, true }

func (s *statefulAggregate) wantsBatch(input int64) bool {
	return s.env.Batch.Mode != Complete && s.event != nil && input > s.event.evict
}

func newStatefulAggregate(a *aggregate, number int, event *watermarks) (*statefulAggregate, error) {
	if a.env.Batch.Mode == Append {
		return nil, errclass.UnsupportedStreaming.New("Aggregation of a stream in append mode needs closed windows, which this version does not have.").
			WithHint("Use outputMode update or complete.")
	}
	return &statefulAggregate{aggregate: a, number: number, event: event}, nil
}

func (s *statefulAggregate) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = func(yield func(arrow.RecordBatch, error) bool) {
		if err := s.run(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
	return seqs
}

// run is one batch: aggregate its rows, add what the state holds of their groups, remember the sum,
// commit, give the groups. A batch that fails later is run again from the version that it started from.
func (s *statefulAggregate) run(ctx context.Context, yield func(arrow.RecordBatch, error) bool) error {
	changes, err := s.aggregateBatch(ctx)
	if err != nil {
		return err
	}
	defer changes.held.release()
	store, err := s.env.Batch.State(ctx, s.spec())
	if err != nil {
		return err
	}
	began := s.env.Batch.now()
	groups := newGroupTable(s.aggregate, changes.table.hasher, 0)
	defer groups.held.release()
	changed, err := s.restore(ctx, store, groups, changes)
	if err != nil {
		return err
	}
	if err := s.save(store, groups, changed); err != nil {
		return err
	}
	updated := s.env.Batch.now().Sub(began)
	rows, err := groups.result()
	if err != nil {
		return err
	}
	if err := s.commit(ctx, store, len(changed), updated); err != nil {
		return err
	}
	give(rows, yield)
	return nil
}

// aggregateBatch aggregates the batch's rows alone.
func (s *statefulAggregate) aggregateBatch(ctx context.Context) (*groupTable, error) {
	tables := make([]*groupTable, s.env.workers())
	shared := newHasher()
	for i := range tables {
		tables[i] = newGroupTable(s.aggregate, shared, i)
		defer tables[i].held.release()
	}
	err := gatherAll(ctx, s.child, len(tables), func(i int, b arrow.RecordBatch) error {
		if err := tables[i].update(b); err != nil {
			return err
		}
		return tables[i].held.hold(tables[i].memory())
	})
	if err != nil {
		return nil, err
	}
	all := newGroupTable(s.aggregate, shared, 0)
	for _, t := range tables {
		if err := t.freeze(1); err != nil {
			return nil, err
		}
		if err := all.merge(t, t.share(0)); err != nil {
			return nil, err
		}
	}
	return all, all.freeze(1)
}

// spec describes the state as Spark lays it out: the grouping columns, and the buffers of all
// aggregates one behind the other.
func (s *statefulAggregate) spec() state.Spec {
	value := types.Struct{}
	for _, c := range s.calls {
		value.Fields = append(value.Fields, c.Function.Buffer().Fields...)
	}
	return state.Spec{Operator: s.number, Name: "stateStoreSave", Key: s.keySchema(), Value: value}
}

// restore puts into groups what the state holds, of all groups or of the changed ones as the mode wants
// it, and then the changes. It gives the numbers of the changed groups.
func (s *statefulAggregate) restore(ctx context.Context, store *state.Operator, groups, changes *groupTable) ([]int32, error) {
	var err error
	if s.env.Batch.Mode == Complete {
		err = groups.restoreAll(ctx, store)
	} else {
		err = groups.restoreChanged(store, changes)
	}
	if err != nil {
		return nil, err
	}
	rows := changes.share(0)
	if err := groups.merge(changes, rows); err != nil {
		return nil, err
	}
	changed := make([]int32, len(rows))
	for i, g := range groups.insert(takeColumns(changes.frozen.keys, rows), len(rows)) {
		changed[i] = int32(g)
	}
	return changed, nil
}

func (t *groupTable) restoreAll(ctx context.Context, store *state.Operator) error {
	return walk(store.All(ctx), func(b arrow.RecordBatch) error {
		return t.mergeState(b.Columns()[:len(t.keys)], b.Columns()[len(t.keys):], int(b.NumRows()))
	})
}

// restoreChanged looks up the groups that the batch changes.
func (t *groupTable) restoreChanged(store *state.Operator, changes *groupTable) error {
	n := changes.groups()
	schema := types.ToArrowSchema(t.keySchema())
	values, found, err := store.Get(newBatch(schema, changes.frozen.keys, n))
	if err != nil {
		return err
	}
	var rows []int32
	for i, ok := range found {
		if ok {
			rows = append(rows, int32(i))
		}
	}
	return t.mergeState(takeColumns(changes.frozen.keys, rows), takeColumns(values.Columns(), rows), len(rows))
}

// mergeState adds groups with the columns of their buffers.
func (t *groupTable) mergeState(keys, buffers []arrow.Array, rows int) error {
	groups := t.insert(keys, rows)
	for _, acc := range t.plain {
		width := len(acc.call.Function.Buffer().Fields)
		acc.state.Grow(t.groups())
		if err := acc.state.Merge(groups, buffers[:width]); err != nil {
			return err
		}
		buffers = buffers[width:]
	}
	return t.held.hold(t.memory())
}

// save writes the changed groups to the state.
func (s *statefulAggregate) save(store *state.Operator, groups *groupTable, changed []int32) error {
	if len(changed) == 0 {
		return nil
	}
	if err := groups.freeze(1); err != nil {
		return err
	}
	var buffers []arrow.Array
	for _, columns := range groups.frozen.states {
		buffers = append(buffers, takeColumns(columns, changed)...)
	}
	spec := s.spec()
	return store.Put(
		newBatch(types.ToArrowSchema(spec.Key), takeColumns(groups.frozen.keys, changed), len(changed)),
		newBatch(types.ToArrowSchema(spec.Value), buffers, len(changed)))
}

func (s *statefulAggregate) commit(ctx context.Context, store *state.Operator, updated int, took time.Duration) error {
	began := s.env.Batch.now()
	if err := store.Commit(ctx); err != nil {
		return err
	}
	if s.env.Batch.Progress != nil {
		report := store.Progress()
		report.NumRowsUpdated, report.AllUpdatesTimeMs = int64(updated), took.Milliseconds()
		report.CommitTimeMs = s.env.Batch.now().Sub(began).Milliseconds()
		s.env.Batch.Progress(report)
	}
	return nil
}
