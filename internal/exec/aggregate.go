package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// aggregate groups rows in two phases: each sequence of the child fills a table of its own; when all
// have, each output sequence merges its share of the keys from all tables.
type aggregate struct {
	child  Operator
	keys   []expr.Expr
	calls  []logical.AggregateCall
	schema types.Struct
	env    *Env

	session int // the key that is a session window; negative: none is
}

func (a *aggregate) Schema() types.Struct { return a.schema }

func (a *aggregate) keySchema() types.Struct {
	return types.Struct{Fields: a.schema.Fields[:len(a.keys)]}
}

// Execute asked for one sequence still works with all workers: groups have no order to keep.
func (a *aggregate) Execute(ctx context.Context, n int) []batch.Seq {
	if workers := a.env.workers(); n == 1 && workers > 1 {
		return []batch.Seq{Gather(ctx, a, workers)}
	}
	shared := &aggregation{
		aggregate: a,
		hasher:    newHasher(),
		tables:    make([]*groupTable, n),
		meeting:   newRendezvous(n),
	}
	return each(a.child.Execute(ctx, n), func(worker int, in batch.Seq) batch.Seq {
		return func(yield func(arrow.RecordBatch, error) bool) { shared.run(ctx, worker, in, yield) }
	})
}

// An aggregation is one execution of an aggregate. tables[i] belongs to goroutine i until all have met;
// from then on nobody changes it.
type aggregation struct {
	*aggregate
	hasher  hasher
	tables  []*groupTable
	meeting *rendezvous
}

func (a *aggregation) run(ctx context.Context, worker int, in batch.Seq, yield func(arrow.RecordBatch, error) bool) {
	table := newGroupTable(a.aggregate, a.hasher, worker)
	defer table.held.release()
	err := table.consume(in)
	if err == nil && len(a.tables) > 1 {
		err = table.freeze(len(a.tables))
	}
	a.tables[worker] = table
	a.meeting.arrive(err)
	if err != nil {
		yield(nil, err)
		return
	}
	ok, err := a.meeting.wait(ctx)
	if err != nil {
		yield(nil, err)
	}
	if !ok {
		return
	}
	merged, err := a.merged(worker)
	if err != nil {
		yield(nil, err)
		return
	}
	defer merged.held.release()
	rows, err := merged.result()
	if err != nil {
		yield(nil, err)
		return
	}
	give(rows, yield)
}

// merged is a worker's share of all groups.
func (a *aggregation) merged(worker int) (*groupTable, error) {
	if len(a.tables) == 1 {
		return a.tables[0], nil
	}
	out := newGroupTable(a.aggregate, a.hasher, worker)
	if len(a.keys) == 0 && worker > 0 {
		out.noGroups = true // there is one group, and sequence 0 has it
		return out, nil
	}
	for _, t := range a.tables {
		if err := out.merge(t, t.share(worker)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// A groupTable holds groups: their keys, and for each call the state of the aggregate.
type groupTable struct {
	*aggregate
	eval     *expr.Context
	table    *keyTable
	plain    []*accumulation // calls without DISTINCT
	distinct []*distinctCalls
	held     reservation
	noGroups bool
	touched  bool // rows have come
	frozen   *frozenGroups
}

// An accumulation is one call's state for all groups.
type accumulation struct {
	call  logical.AggregateCall
	index int // among the aggregate's calls
	state expr.Accumulator
}

func newGroupTable(a *aggregate, h hasher, worker int) *groupTable {
	t := &groupTable{
		aggregate: a, eval: a.env.eval(worker), table: newKeyTable(h, a.keySchema()),
		held: reservation{memory: a.env.Memory, operator: "aggregate"},
	}
	for i, call := range a.calls {
		acc := &accumulation{call: call, index: i, state: call.Function.New(t.eval)}
		if call.Distinct {
			t.addDistinct(h, acc)
		} else {
			t.plain = append(t.plain, acc)
		}
	}
	return t
}

// groups is how many groups there are.
func (t *groupTable) groups() int {
	switch {
	case t.noGroups:
		return 0
	case len(t.keys) == 0:
		return 1
	}
	return t.table.size()
}

func (t *groupTable) consume(in batch.Seq) error {
	return walk(in, func(b arrow.RecordBatch) error {
		if err := t.update(b); err != nil {
			return err
		}
		return t.held.hold(t.memory())
	})
}

// update adds the rows of a batch to their groups.
func (t *groupTable) update(b arrow.RecordBatch) error {
	columns, err := evaluate(t.eval, t.keys, b)
	if err != nil {
		return err
	}
	groups := t.insert(columns, int(b.NumRows()))
	t.touched = t.touched || len(groups) > 0
	for _, acc := range t.plain {
		acc.state.Grow(t.groups())
		if err := acc.update(t.eval, b, groups); err != nil {
			return err
		}
	}
	for _, d := range t.distinct {
		if err := d.update(t.eval, b, groups); err != nil {
			return err
		}
	}
	return nil
}

// insert gives the group of each row.
func (t *groupTable) insert(columns []arrow.Array, rows int) []uint32 {
	groups := make([]uint32, rows)
	if len(t.keys) > 0 {
		t.table.insert(t.table.hasher.load(columns, rows), groups)
	}
	return groups
}

func (a *accumulation) update(eval *expr.Context, b arrow.RecordBatch, groups []uint32) error {
	if a.call.Filter != nil {
		var err error
		if b, groups, err = countedRows(eval, a.call.Filter, b, groups); err != nil {
			return err
		}
	}
	args, err := evaluateVectors(eval, a.call.Function.Args(), b)
	if err != nil {
		return err
	}
	return a.state.Update(groups, args)
}

// countedRows is the rows that pass an aggregate's FILTER, with their groups.
func countedRows(eval *expr.Context, where expr.Expr, b arrow.RecordBatch, groups []uint32) (arrow.RecordBatch, []uint32, error) {
	v, err := where.Eval(eval, b)
	if err != nil {
		return nil, nil, err
	}
	rows, all := trueRows(v, int(b.NumRows()))
	if all {
		return b, groups, nil
	}
	kept := make([]uint32, len(rows))
	for i, r := range rows {
		kept[i] = groups[r]
	}
	return takeRows(b, rows), kept, nil
}

// share lists the groups that belong to a worker's part of the merge.
func (t *groupTable) share(worker int) []int32 {
	if len(t.keys) == 0 {
		return []int32{0}
	}
	return t.frozen.shares[worker]
}

// frozenGroups is a table as the merge reads it.
type frozenGroups struct {
	shares [][]int32
	keys   []arrow.Array
	states [][]arrow.Array // for each plain call
}

// freeze prepares a table for a merge of n shares.
func (t *groupTable) freeze(n int) error {
	f := &frozenGroups{shares: t.table.partition(n)}
	var err error
	if f.keys, err = t.table.keys(); err != nil {
		return err
	}
	for _, acc := range t.plain {
		acc.state.Grow(t.groups())
		state, err := acc.state.State()
		if err != nil {
			return err
		}
		f.states = append(f.states, state)
	}
	for _, d := range t.distinct {
		if err := d.freeze(); err != nil {
			return err
		}
	}
	t.frozen = f
	return nil
}

// merge adds some groups of a frozen table.
func (t *groupTable) merge(from *groupTable, rows []int32) error {
	groups := t.insert(takeColumns(from.frozen.keys, rows), len(rows))
	for i, acc := range t.plain {
		acc.state.Grow(t.groups())
		if err := acc.state.Merge(groups, takeColumns(from.frozen.states[i], rows)); err != nil {
			return err
		}
	}
	for i, d := range t.distinct {
		d.merge(from.distinct[i], from.groups(), rows, groups)
	}
	return t.held.hold(t.memory())
}

// result is a row for each group: the keys, then the calls' values.
func (t *groupTable) result() (arrow.RecordBatch, error) {
	keys, err := t.table.keys()
	if err != nil {
		return nil, err
	}
	columns := append(keys, make([]arrow.Array, len(t.calls))...)
	for _, acc := range t.plain {
		if err := acc.finish(t.groups(), &columns[len(t.keys)+acc.index]); err != nil {
			return nil, err
		}
	}
	for _, d := range t.distinct {
		if err := d.finish(t, columns[len(t.keys):]); err != nil {
			return nil, err
		}
	}
	return newBatch(types.ToArrowSchema(t.schema), columns, t.groups()), nil
}

func (a *accumulation) finish(groups int, into *arrow.Array) (err error) {
	a.state.Grow(groups)
	*into, err = a.state.Result()
	return err
}

func (t *groupTable) memory() int64 {
	total := t.table.memory()
	for _, acc := range t.plain {
		total += acc.state.Bytes()
	}
	for _, d := range t.distinct {
		total += d.memory()
	}
	return total
}
