package delta

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

// rewrite is the second pass over a piece of a file.
func (w *rewriter) rewrite(c *candidate, piece batch.Piece, copies bool) bool {
	for b, err := range piece.Read(w.ctx) {
		if err != nil {
			return w.fail(err)
		}
		if ok, err := w.rewriteBatch(c, b, copies); err != nil {
			return w.fail(err)
		} else if !ok {
			return false
		}
	}
	return true
}

func (w *rewriter) rewriteBatch(c *candidate, b arrow.RecordBatch, copies bool) (ok bool, err error) {
	index := rowIndexes(b)
	rows := firstColumns(b, int(b.NumCols())-1)
	if len(index) == 0 {
		return true, nil
	}
	split := w.split(&c.found, index)
	if copies {
		w.mu.Lock()
		w.counts.copied += int64(len(index) - split.touched)
		w.mu.Unlock()
		kept := rows
		if split.touched > 0 {
			kept = batch.TakeRows(rows, split.kept)
		}
		if ok, err := w.giveKept(kept); !ok || err != nil {
			return ok, err
		}
	}
	for i := range split.changed {
		if at := split.changed[i]; len(at.rows) > 0 {
			if ok, err := w.giveChanged(i, batch.TakeRows(rows, at.rows), at.source); !ok || err != nil {
				return ok, err
			}
		}
	}
	return true, nil
}

func firstColumns(b arrow.RecordBatch, n int) arrow.RecordBatch {
	fields := b.Schema().Fields()[:n]
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), b.Columns()[:n], b.NumRows())
}

// ofTable is rows that were read without the columns of row tracking, which are given beside.
func (r *rewriting) ofTable(rows arrow.RecordBatch) (table arrow.RecordBatch, ids []arrow.Array) {
	if r.ids == nil {
		return rows, nil
	}
	n := int(rows.NumCols()) - len(r.ids)
	return firstColumns(rows, n), rows.Columns()[n:]
}

// give passes on rows of the table, with what row tracking calls them: ids that they keep; without, they get new ones.
func (w *rewriter) give(rows arrow.RecordBatch, ids []arrow.Array) bool {
	if w.ids != nil {
		columns := append(rows.Columns()[:rows.NumCols():rows.NumCols()], ids...)
		for len(columns) < int(rows.NumCols())+len(w.ids) {
			columns = append(columns, types.NullArray(arrow.PrimitiveTypes.Int64, int(rows.NumRows())))
		}
		rows = array.NewRecordBatch(types.ToArrowSchema(w.Schema()), columns, rows.NumRows())
	}
	return w.yield(rows, nil)
}

// A splitBatch is the rows of a batch by what happens to them.
type splitBatch struct {
	touched int
	kept    []int32
	changed []changedRows // by clause
}

type changedRows struct {
	rows   []int32
	source []int32
}

func (w *rewriter) split(found *touched, index []int64) splitBatch {
	s := splitBatch{changed: make([]changedRows, len(w.clauses))}
	at := found.from(index[0])
	if at == len(found.index) || int64(found.index[at]) > index[len(index)-1] {
		return s
	}
	for row, i := range index {
		for at < len(found.index) && int64(found.index[at]) < i {
			at++
		}
		if at == len(found.index) || int64(found.index[at]) != i {
			s.kept = append(s.kept, int32(row))
			continue
		}
		s.touched++
		to := &s.changed[found.clause(at)]
		to.rows = append(to.rows, int32(row))
		if found.source != nil {
			to.source = append(to.source, found.source[at])
		}
	}
	return s
}

// giveKept passes on rows that stay as they are.
func (w *rewriter) giveKept(rows arrow.RecordBatch) (ok bool, err error) {
	if rows.NumRows() == 0 {
		return true, nil
	}
	rows, ids := w.ofTable(rows)
	rows, err = w.asAfter(rows)
	return err == nil && w.give(rows, ids), err
}

// asAfter gives rows of the table the columns that it has after the change.
func (w *rewriter) asAfter(rows arrow.RecordBatch) (_ arrow.RecordBatch, err error) {
	if w.keep == nil {
		w.keep, err = newStage(w.ctx, w.kept, func(op exec.Operator) (exec.Operator, error) { return conform(op, w.schema, w.opts.Eval) })
		if err != nil {
			return nil, err
		}
	}
	return w.keep.run(rows)
}

// giveChanged passes on what becomes of rows of a clause.
func (w *rewriter) giveChanged(i int, rows arrow.RecordBatch, source []int32) (ok bool, err error) {
	cl := &w.clauses[i]
	rows, ids := w.ofTable(rows)
	if !w.quiet {
		kind := updatePreimage
		if cl.remove {
			kind = deletedRow
		}
		before, err := w.asAfter(rows)
		if err == nil {
			err = w.changes.put(w.ctx, before, kind)
		}
		if err != nil {
			return false, err
		}
	}
	if cl.remove {
		return true, nil
	}
	if w.makers == nil {
		w.makers = make([]rowMaker, len(w.clauses))
	}
	if w.makers[i] == nil {
		w.makers[i] = cl.rows()
	}
	made, err := w.makers[i](rows, source)
	if err != nil {
		return false, err
	}
	if made, err = w.demand(w.updated, i, cl.schema, made, true); err != nil {
		return false, err
	}
	if !w.quiet {
		if err := w.changes.put(w.ctx, made, updatePostimage); err != nil {
			return false, err
		}
	}
	return w.give(made, ids[:min(1, len(ids))]), nil // changed rows keep their ids, and are of this version
}

// demand holds new rows, of a schema, against what the table demands of them.
func (w *rewriter) demand(stages map[int]*stage, i int, schema types.Struct, rows arrow.RecordBatch, rewriting bool) (arrow.RecordBatch, error) {
	if stages[i] == nil {
		s, err := newStage(w.ctx, schema, func(op exec.Operator) (exec.Operator, error) {
			return enforced(op, w.meta, enforcement{Eval: w.opts.Eval, Identity: w.counter, Rewriting: rewriting})
		})
		if err != nil {
			return nil, err
		}
		stages[i] = s
	}
	return stages[i].run(rows)
}
