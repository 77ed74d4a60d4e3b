package exec

import (
	"context"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A joinPart is a join within one partition of the state. One goroutine at a time works on it.
type joinPart struct {
	*streamJoin
	number      int
	eval        *expr.Context
	left, right *memorySide
	pairSchema  *arrow.Schema
	out         *outlet

	added, removed int64
}

func newJoinPart(j *streamJoin, number int, store *state.Operator, out *outlet) *joinPart {
	pairs := types.Struct{Fields: append(append([]types.Field(nil), j.left.child.Schema().Fields...), j.right.child.Schema().Fields...)}
	return &joinPart{
		streamJoin: j, number: number, eval: j.env.eval(number), out: out,
		left: newMemorySide(&j.left, number, store), right: newMemorySide(&j.right, number, store),
		pairSchema: types.ToArrowSchema(pairs),
	}
}

// meet joins new rows of one side with the remembered rows of the other, and remembers them.
func (p *joinPart) meet(ctx context.Context, inputs []*joinInput, own, other *memorySide) error {
	for _, in := range inputs {
		if err := p.meetBatch(ctx, in, own, other); err != nil {
			return err
		}
	}
	return nil
}

func (p *joinPart) meetBatch(ctx context.Context, in *joinInput, own, other *memorySide) error {
	m := &meeting{joinPart: p, in: in, own: own, other: other, found: make([]bool, in.NumRows())}
	var alone []int32
	rows := in.of(p.number)
	for i, row := range rows {
		other.loadNext(in, rows, i)
		switch {
		case isMarked(in.useless, row):
			if own.outer {
				alone = append(alone, row)
			}
			continue
		case !isMarked(in.lonely, row):
			if err := m.candidates(ctx, row); err != nil {
				return err
			}
		}
	}
	if err := m.flush(ctx); err != nil {
		return err
	}
	if err := p.giveAlone(ctx, own, takeColumns(in.Columns(), alone), len(alone)); err != nil {
		return err
	}
	if p.node.Type == plan.LeftSemiJoin && own.left {
		found := p.foundRows(m)
		if err := p.give(ctx, takeColumns(in.Columns(), found), len(found)); err != nil {
			return err
		}
	}
	p.remember(m)
	return nil
}

func (p *joinPart) foundRows(m *meeting) (rows []int32) {
	for _, row := range m.in.of(p.number) {
		if m.found[row] {
			rows = append(rows, row)
		}
	}
	return rows
}

// remember keeps the rows that others may still meet, or that are given when they are forgotten.
func (p *joinPart) remember(m *meeting) {
	semi := p.node.Type == plan.LeftSemiJoin
	rows := m.in.of(p.number)
	for i, row := range rows {
		m.own.loadNext(m.in, rows, i)
		switch {
		case isMarked(m.in.useless, row):
			continue
		case m.own.left && semi && m.found[row]:
			continue // it is given, and given once
		case !m.own.left && isMarked(m.in.past, row) && (!m.own.outer || m.found[row]):
			continue // the left has been met, all of it
		}
		m.own.append(m.in.keys.At(int(row)), m.in.values.At(int(row)), m.found[row])
		p.added++
	}
}

// give hands on rows of the join.
func (p *joinPart) give(ctx context.Context, columns []arrow.Array, rows int) error {
	if rows == 0 {
		return nil
	}
	return p.out.give(ctx, newBatch(p.target, columns, rows))
}

// giveAlone gives rows of a side without a partner.
func (p *joinPart) giveAlone(ctx context.Context, of *memorySide, columns []arrow.Array, rows int) error {
	if rows == 0 {
		return nil
	}
	other := p.right
	if of == p.right {
		other = p.left
	}
	missing := make([]arrow.Array, len(other.fields))
	for i, f := range types.ToArrowSchema(types.Struct{Fields: other.fields}).Fields() {
		missing[i] = nulls(f.Type, rows)
	}
	if of.left {
		return p.give(ctx, append(columns, missing...), rows)
	}
	return p.give(ctx, append(missing, columns...), rows)
}

// forget removes what the watermark has passed, and gives those of a side that is kept that have found no partner. As in Spark's
// reports, those of a side that is kept do not count as removed.
func (p *joinPart) forget(ctx context.Context) error {
	for _, s := range []*memorySide{p.left, p.right} {
		if s.bound == nil {
			continue
		}
		f := &forgetting{memorySide: s, part: p}
		if err := f.run(ctx); err != nil {
			return err
		}
		if !s.outer {
			p.removed += f.removed
		}
	}
	return nil
}

// forgetting is the removal of a side's rows that are past.
type forgetting struct {
	*memorySide
	part    *joinPart
	removed int64
	due     rowCopies // indexed keys of rows that are past
	key     []byte
	alone   rowCopies // that are to be given
}

func (f *forgetting) run(ctx context.Context) error {
	micros := f.bound.Ms * 1000
	if f.bound.Key >= 0 {
		for key, count := range f.counts.Until(micros) {
			if err := f.forgetKey(ctx, key, int64(binary.LittleEndian.Uint64(count[8:]))); err != nil {
				return err
			}
		}
		return f.flush(ctx)
	}
	for indexed := range f.rows.Until(micros) {
		if f.due.add(indexed); f.due.len() < state.AheadKeys {
			continue
		}
		if err := f.forgetDue(ctx, micros); err != nil {
			return err
		}
	}
	if err := f.forgetDue(ctx, micros); err != nil {
		return err
	}
	return f.flush(ctx)
}

// forgetDue removes rows that are past. Another may have come to the place of one, or none, as those before it went.
func (f *forgetting) forgetDue(ctx context.Context, micros int64) error {
	due := f.due.rows()
	for _, indexed := range due {
		f.key, _ = f.indexed.Cut(f.key[:0], indexed)
		f.aheadCounts.Key(f.key)
	}
	f.aheadCounts.Load()
	for _, indexed := range due {
		if value := f.rows.Get(indexed); value != nil {
			if err := f.forgetRow(ctx, indexed, value, micros); err != nil {
				return err
			}
		}
	}
	f.due.reset()
	return nil
}

// forgetKey removes a key with all its rows.
func (f *forgetting) forgetKey(ctx context.Context, key []byte, n int64) error {
	f.scratch = f.indexed.Append(f.scratch[:0], key, 0)
	for i := range n {
		f.indexed.SetIndex(f.scratch, i)
		value := f.rows.Get(f.scratch)
		if value == nil {
			return f.missing(i)
		}
		if err := f.note(ctx, value); err != nil {
			return err
		}
		f.rows.Remove(f.scratch)
	}
	f.counts.Remove(key)
	return nil
}

// forgetRow removes a row if it is past, and then the one that takes its place if that is past as well.
func (f *forgetting) forgetRow(ctx context.Context, indexed, value []byte, micros int64) error {
	key, index := f.indexed.Cut(f.key[:0], indexed)
	f.key = key
	for value != nil {
		if at, ok := f.rows.Time(indexed, value); !ok || at > micros {
			return nil
		}
		err := f.note(ctx, value)
		if err == nil {
			value, err = f.removeAt(key, index)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// note counts a row that goes, and keeps it, for a while, if it is to be given.
func (f *forgetting) note(ctx context.Context, value []byte) error {
	f.removed++
	if f.removed%batch.TargetRows == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !f.outer || f.isMatched(value) {
		return nil
	}
	if f.alone.add(value); f.alone.len() < batch.TargetRows {
		return nil
	}
	return f.flush(ctx)
}

func (f *forgetting) flush(ctx context.Context) error {
	n := f.alone.len()
	if n == 0 {
		return nil
	}
	columns, err := f.decode(f.alone.rows())
	if err != nil {
		return err
	}
	f.alone.reset()
	return f.part.giveAlone(ctx, f.memorySide, columns, n)
}
