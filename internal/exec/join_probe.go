package exec

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// errStopped says that nobody wants more rows, or that another sequence reports why there are none.
var errStopped = errors.New("stopped")

// A probe streams one sequence of left rows past the build side.
type probe struct {
	*joinRun
	eval  *expr.Context
	yield func(arrow.RecordBatch, error) bool
}

func (p *probe) run(ctx context.Context, in batch.Seq) error {
	if err := p.build.get(ctx); err != nil {
		return err
	}
	return walk(in, func(b arrow.RecordBatch) error {
		numbers, err := p.numbers(b)
		if err != nil {
			return err
		}
		if p.onlyLeft() {
			return p.filterLeft(b, numbers)
		}
		return p.joinBatch(b, numbers)
	})
}

// numbers is the number of each left row's key; without keys there is nothing to look up.
func (p *probe) numbers(b arrow.RecordBatch) ([]uint32, error) {
	if p.build.byKey == nil {
		return make([]uint32, b.NumRows()), nil
	}
	exprs := make([]expr.Expr, len(p.node.Keys))
	for i, k := range p.node.Keys {
		exprs[i] = k.Left
	}
	columns, err := evaluate(p.eval, exprs, b)
	if err != nil {
		return nil, err
	}
	return p.build.byKey.find(p.build.byKey.table.hasher.load(columns, int(b.NumRows()))), nil
}

// joinBatch gives the pairs of a batch of left rows, a batch of pairs at a time.
func (p *probe) joinBatch(b arrow.RecordBatch, numbers []uint32) error {
	var found []bool
	if p.keepsLeft() {
		found = make([]bool, len(numbers))
	}
	err := eachPairs(numbers, p.build.candidates, func(left, right []int32) error { return p.emitPairs(b, left, right, found) })
	if err != nil || found == nil {
		return err
	}
	return p.emitAlone(b, found)
}

// emitPairs gives those candidates for which the condition holds, and marks the rows that have found
// a partner.
func (p *probe) emitPairs(b arrow.RecordBatch, left, right []int32, found []bool) error {
	pairs := p.pair(b, left, right)
	if p.node.Condition != nil {
		rows, all, err := p.holds(pairs)
		if err != nil {
			return err
		}
		if !all {
			pairs = takeRows(pairs, rows)
			left, right = pick(left, rows), pick(right, rows)
		}
	}
	for _, l := range left {
		if found != nil {
			found[l] = true
		}
	}
	for _, r := range right {
		if p.build.matched != nil {
			p.build.matched.set(int(r))
		}
	}
	return p.emit(pairs)
}

func (p *probe) emit(b arrow.RecordBatch) error {
	if b.NumRows() > 0 && !p.yield(newBatch(p.target, b.Columns(), int(b.NumRows())), nil) {
		return errStopped
	}
	return nil
}

func (p *probe) pair(b arrow.RecordBatch, left, right []int32) arrow.RecordBatch {
	columns := append(takeColumns(b.Columns(), left), takeColumns(p.build.rows.Columns(), right)...)
	return newBatch(p.pairs, columns, len(left))
}

func (p *probe) holds(pairs arrow.RecordBatch) (rows []int32, all bool, err error) {
	v, err := p.node.Condition.Eval(p.eval, pairs)
	if err != nil {
		return nil, false, err
	}
	rows, all = trueRows(v, int(pairs.NumRows()))
	return rows, all, nil
}

func pick(values, at []int32) []int32 {
	out := make([]int32, len(at))
	for i, a := range at {
		out[i] = values[a]
	}
	return out
}

// emitAlone gives the left rows that have no partner, with nulls beside them.
func (p *probe) emitAlone(b arrow.RecordBatch, found []bool) error {
	var rows []int32
	for row, ok := range found {
		if !ok {
			rows = append(rows, int32(row))
		}
	}
	columns := takeColumns(b.Columns(), rows)
	for _, f := range p.build.rows.Schema().Fields() {
		columns = append(columns, nulls(f.Type, len(rows)))
	}
	return p.emit(newBatch(p.target, columns, len(rows)))
}

// filterLeft gives the left rows that have a partner (semi) or have none (anti).
func (p *probe) filterLeft(b arrow.RecordBatch, numbers []uint32) error {
	found, err := p.partnered(b, numbers)
	if err != nil {
		return err
	}
	var rows []int32
	for row, ok := range found {
		if ok == (p.node.Type == plan.LeftSemiJoin) {
			rows = append(rows, int32(row))
		}
	}
	return p.emit(takeRows(b, rows))
}

// partnered says which left rows have a partner.
func (p *probe) partnered(b arrow.RecordBatch, numbers []uint32) ([]bool, error) {
	found := make([]bool, len(numbers))
	if p.node.Condition == nil {
		for row, number := range numbers {
			found[row] = len(p.build.candidates(number)) > 0
		}
		return found, nil
	}
	err := eachPairs(numbers, p.build.candidates, func(left, right []int32) error {
		rows, all, err := p.holds(p.pair(b, left, right))
		if err != nil {
			return err
		}
		if !all {
			left = pick(left, rows)
		}
		for _, l := range left {
			found[l] = true
		}
		return nil
	})
	return found, err
}

func nulls(t arrow.DataType, n int) arrow.Array {
	return batch.Nulls(t, n)
}
