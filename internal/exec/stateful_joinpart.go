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
	held        reservation
	left, right *memorySide
	pairSchema  *arrow.Schema
	out         []arrow.RecordBatch

	added, removed int64
}

func newJoinPart(j *streamJoin, number int, store *state.Operator) *joinPart {
	pairs := types.Struct{Fields: append(append([]types.Field(nil), j.left.child.Schema().Fields...), j.right.child.Schema().Fields...)}
	return &joinPart{
		streamJoin: j, number: number, eval: j.env.eval(number), held: reservation{memory: j.env.Memory, operator: "join of streams"},
		left: newMemorySide(&j.left, number, store), right: newMemorySide(&j.right, number, store),
		pairSchema: types.ToArrowSchema(pairs),
	}
}

// join has the new rows meet those that are remembered, and each other once.
func (p *joinPart) join(ctx context.Context, left, right []*joinInput) error {
	if p.node.Type == plan.LeftSemiJoin {
		if err := p.meet(ctx, right, p.right, p.left); err != nil {
			return err
		}
		return p.meet(ctx, left, p.left, p.right)
	}
	if err := p.meet(ctx, left, p.left, p.right); err != nil {
		return err
	}
	return p.meet(ctx, right, p.right, p.left)
}

// meet joins new rows of one side with the remembered rows of the other, and remembers them.
func (p *joinPart) meet(ctx context.Context, inputs []*joinInput, own, other *memorySide) error {
	for _, in := range inputs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.meetBatch(in, own, other); err != nil {
			return err
		}
	}
	return nil
}

func (p *joinPart) meetBatch(in *joinInput, own, other *memorySide) error {
	m := &meeting{joinPart: p, in: in, own: own, other: other, found: make([]bool, in.NumRows())}
	var alone []int32
	for _, row := range in.of(p.number) {
		switch {
		case isMarked(in.useless, row):
			if own.outer {
				alone = append(alone, row)
			}
			continue
		case !isMarked(in.lonely, row):
			m.candidates(row)
		}
		if len(m.rows) >= batch.TargetRows {
			if err := m.flush(); err != nil {
				return err
			}
		}
	}
	if err := m.flush(); err != nil {
		return err
	}
	if err := p.giveAlone(own, takeColumns(in.Columns(), alone), len(alone)); err != nil {
		return err
	}
	if p.node.Type == plan.LeftSemiJoin && own.left {
		if err := p.give(takeColumns(in.Columns(), p.foundRows(m)), len(p.foundRows(m))); err != nil {
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
	for _, row := range m.in.of(p.number) {
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
func (p *joinPart) give(columns []arrow.Array, rows int) error {
	if rows == 0 {
		return nil
	}
	b := newBatch(p.target, columns, rows)
	p.out = append(p.out, b)
	return p.held.add(batchBytes(b))
}

// giveAlone gives rows of a side without a partner.
func (p *joinPart) giveAlone(of *memorySide, columns []arrow.Array, rows int) error {
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
		return p.give(append(columns, missing...), rows)
	}
	return p.give(append(missing, columns...), rows)
}

// forget removes what the watermark has passed, and gives those of a side that is kept that have found no partner. As in Spark's
// reports, those of a side that is kept do not count as removed.
func (p *joinPart) forget() error {
	for _, s := range []*memorySide{p.left, p.right} {
		if s.bound == nil {
			continue
		}
		f := &forgetting{memorySide: s, part: p}
		f.run()
		if !s.outer {
			p.removed += f.removed
		}
		if s.damaged != nil {
			return s.damaged
		}
		if err := f.flush(); err != nil {
			return err
		}
	}
	return nil
}

// forgetting is the removal of a side's rows that are past.
type forgetting struct {
	*memorySide
	part    *joinPart
	removed int64
	data    []byte // of rows that are to be given, one behind the other
	ends    []int
}

func (f *forgetting) run() {
	micros := f.bound.Ms * 1000
	if f.bound.Key >= 0 {
		for key, count := range f.counts.Until(micros) {
			f.forgetKey(key, int64(binary.LittleEndian.Uint64(count[8:])))
		}
		return
	}
	for indexed, value := range f.rows.Until(micros) {
		f.forgetRow(indexed, value, micros)
	}
}

// forgetKey removes a key with all its rows.
func (f *forgetting) forgetKey(key []byte, n int64) {
	f.scratch = f.indexed.Append(f.scratch[:0], key, 0)
	for i := range n {
		f.indexed.SetIndex(f.scratch, i)
		value := f.rows.Get(f.scratch)
		if value == nil {
			f.missing(i)
			return
		}
		f.note(value)
		f.rows.Remove(f.scratch)
	}
	f.counts.Remove(key)
}

// forgetRow removes a row, and the one that takes its place if that is past as well.
func (f *forgetting) forgetRow(indexed, value []byte, micros int64) {
	key, index := f.indexed.Cut(nil, indexed)
	for value != nil {
		f.note(value)
		if value = f.removeAt(key, index); value == nil {
			return
		}
		if at, ok := f.rows.Time(indexed, value); !ok || at > micros {
			return
		}
	}
}

// note counts a row that goes, and keeps it if it is to be given.
func (f *forgetting) note(value []byte) {
	f.removed++
	if f.outer && !f.isMatched(value) {
		f.data = append(f.data, value...)
		f.ends = append(f.ends, len(f.data))
	}
}

func (f *forgetting) flush() error {
	from := 0
	for len(f.ends) > 0 {
		n := min(len(f.ends), batch.TargetRows)
		rows := make([][]byte, n)
		for i, end := range f.ends[:n] {
			rows[i], from = f.data[from:end], end
		}
		f.ends = f.ends[n:]
		columns, err := f.decode(rows)
		if err != nil {
			return err
		}
		if err := f.part.giveAlone(f.memorySide, columns, n); err != nil {
			return err
		}
	}
	return nil
}
