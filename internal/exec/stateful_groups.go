package exec

import (
	"cmp"
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/state"
)

// groupBytes is how many bytes of groups a worker gathers of one batch before it adds them to the state.
const groupBytes = 32 << 20

// A groupBatch is one batch of a statefulAggregate.
type groupBatch struct {
	*statefulAggregate
	store *state.Operator
	parts []*statefulPart

	mu   sync.Mutex
	late *keyTable   // groups that come too late, each once, whichever workers had its rows; nil: none does. Under mu
	held reservation // of late; under mu
}

func newGroupBatch(s *statefulAggregate, store *state.Operator, out *outlet) *groupBatch {
	b := &groupBatch{
		statefulAggregate: s, store: store, parts: make([]*statefulPart, len(store.Partitions())),
		held: reservation{memory: s.env.Memory, operator: "aggregate"},
	}
	for i, p := range store.Partitions() {
		b.parts[i] = &statefulPart{statefulAggregate: s, eval: s.env.eval(i), partition: p, out: out}
	}
	return b
}

// read aggregates the batch's rows alone, in a table for each worker. What has become many groups goes to the state at once, so that a
// batch of any number of groups is aggregated.
func (b *groupBatch) read(ctx context.Context) ([]*groupTable, error) {
	tables := b.newTables()
	most := cmp.Or(b.env.GroupBytes, groupBytes)
	err := gatherAll(ctx, b.child, len(tables), func(i int, rows arrow.RecordBatch) error {
		t := tables[i]
		if err := t.update(rows); err != nil {
			return err
		}
		if t.memory() < most {
			return t.held.hold(t.memory())
		}
		tables[i] = newGroupTable(b.aggregate, t.table.hasher, i)
		defer t.held.release()
		return b.addEarly(ctx, t)
	})
	return tables, err
}

// addEarly adds the groups of one worker to the state, before all rows have been read.
func (b *groupBatch) addEarly(ctx context.Context, t *groupTable) error {
	changes, err := b.share([]*groupTable{t})
	if err != nil {
		return err
	}
	for i, p := range b.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.addEarly(changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// each does something to all partitions, as many at once as there are workers.
func (b *groupBatch) each(ctx context.Context, do func(*statefulPart, context.Context) error) error {
	return inParallel(ctx, b.env.workers(), len(b.parts), func(i int) error { return do(b.parts[i], ctx) })
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

// share divides the groups of tables by the partitions of the state, without the late ones, which it counts.
func (b *groupBatch) share(tables []*groupTable) (byPartition [][]*changedGroups, err error) {
	byPartition = make([][]*changedGroups, len(b.parts))
	for _, t := range tables {
		groups := t.groups()
		if groups == 0 || len(b.keys) == 0 && len(byPartition[0]) > 0 && !t.touched {
			continue
		}
		all, err := t.groupsOf()
		if err != nil {
			return nil, err
		}
		rows := make([][]int32, len(byPartition))
		isLate := b.lateRows(all)
		for i, p := range b.store.Place(b.others(all.keys), groups) {
			if isLate == nil || !isLate[i] {
				rows[p] = append(rows[p], int32(i))
			}
		}
		for p := range rows {
			if len(rows[p]) > 0 {
				byPartition[p] = append(byPartition[p], all.take(rows[p]))
			}
		}
		if err := b.noteLate(t, all, isLate); err != nil {
			return nil, err
		}
	}
	return byPartition, nil
}

// lateRows marks the groups that come too late; nil: none does.
func (b *groupBatch) lateRows(all *changedGroups) []bool {
	if !b.dropsLate() {
		return nil
	}
	return atOrBefore(all.keys[b.time.index], b.event.late)
}

func (b *groupBatch) noteLate(t *groupTable, all *changedGroups, isLate []bool) error {
	rows := marked(isLate)
	if len(rows) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.late == nil {
		b.late = newKeyTable(t.table.hasher, b.keySchema())
	}
	b.late.insert(b.late.hasher.load(takeColumns(all.keys, rows), len(rows)), make([]uint32, len(rows)))
	return b.held.hold(b.late.memory())
}

// lateGroups is how many groups came too late.
func (b *groupBatch) lateGroups() int64 {
	if b.late == nil {
		return 0
	}
	return int64(b.late.size())
}
