package delta

import (
	"context"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// A candidate is a file on its way through the two passes.
type candidate struct {
	file  deltalog.AddFile
	left  int       // pieces that nobody has looked into; under the change's mu, as are parts
	parts []touched // what was found, by piece
	rows  int64     // how many rows were looked at
	found touched   // all of it, in this turn and those before
}

// turns are the walks over the files that the finder wants.
func (r *rewriting) turns(files []deltalog.AddFile) []phase {
	candidates := make([]candidate, len(files))
	turns := make([]phase, r.find.turns())
	for n := range turns {
		turns[n] = func(context.Context) []step {
			if err := r.find.turn(n); err != nil {
				return []step{func(w *rewriter) bool { return w.fail(err) }}
			}
			r.last = n == len(turns)-1
			steps := make([]step, len(files))
			for i := range files {
				candidates[i].file = files[i]
				steps[i] = r.lookInto(&candidates[i])
			}
			return steps
		}
	}
	return turns
}

// lookInto shares a file out for the first pass.
func (r *rewriting) lookInto(c *candidate) step {
	return func(w *rewriter) bool {
		pieces, err := r.finds.Pieces(w.ctx, c.file)
		if err != nil {
			return w.fail(err)
		}
		c.left, c.rows, c.parts = len(pieces), 0, make([]touched, len(pieces))
		steps := make([]step, len(pieces))
		for i, p := range pieces {
			steps[i] = func(w *rewriter) bool { return w.findIn(c, i, p) }
		}
		r.list.find(steps...)
		return true
	}
}

// findIn looks for touched rows in a piece of a file. Who looks into the last one decides what becomes of the file.
func (w *rewriter) findIn(c *candidate, i int, piece batch.Piece) bool {
	if w.search == nil {
		w.search = w.find.worker()
	}
	var found touched
	rows := int64(0)
	for b, err := range piece.Read(w.ctx) {
		if err != nil {
			return w.fail(err)
		}
		h, err := w.search(b)
		if err == nil {
			err = found.add(b, h)
		}
		if err != nil {
			return w.fail(err)
		}
		rows += b.NumRows()
	}
	w.mu.Lock()
	c.parts[i] = found
	c.rows += rows
	c.left--
	last := c.left == 0
	w.mu.Unlock()
	if !last {
		return true
	}
	if err := w.learn(c); err != nil {
		return w.fail(err)
	}
	if !w.last {
		return true
	}
	done := &candidate{file: c.file, rows: c.rows, found: c.found}
	c.found = touched{} // other files need not wait for this one
	return w.decide(done)
}

// learn adds what was found in this turn to what is known of a file. What later turns must remember lies in mapped files.
func (w *rewriter) learn(c *candidate) error {
	found := joinTouched(c.parts)
	c.parts = nil
	if len(c.found.index) > 0 {
		found = mergeTouched(c.found, found)
	}
	if !w.last {
		var err error
		if found, err = found.spilled(w.spill); err != nil {
			return err
		}
	}
	c.found = found
	return nil
}

// decide says what becomes of a file, when it is known which of its rows change.
func (w *rewriter) decide(c *candidate) bool {
	if len(c.found.index) == 0 {
		return true
	}
	updates := w.count(&c.found)
	all := int64(len(c.found.index)) == w.live(c)
	marks := w.vectors && deltalog.ParseStats(c.file.Stats, types.Struct{}).NumRecords >= 0
	rewrites := !marks && (!all || updates > 0)
	w.mu.Lock()
	if marks && !all {
		w.marked = append(w.marked, markedFile{c.file, nil})
	} else {
		w.removed = append(w.removed, c.file)
	}
	at := len(w.marked) - 1
	w.mu.Unlock()
	if marks && !all {
		if err := w.mark(c, at); err != nil {
			return w.fail(err)
		}
	}
	if !rewrites && updates == 0 && w.quiet {
		return true
	}
	pieces, err := w.toRead(c, rewrites)
	if err != nil {
		return w.fail(err)
	}
	steps := make([]step, len(pieces))
	for i, p := range pieces {
		steps[i] = func(w *rewriter) bool { return w.rewrite(c, p, rewrites) }
	}
	w.list.write(steps...)
	return true
}

// count adds up what happens to the rows of a file, and tells how many of them become others.
func (w *rewriter) count(found *touched) (updates int) {
	n := make([]int64, max(1, len(w.clauses)))
	for i := range found.index {
		n[found.clause(i)]++
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.clauses {
		switch cl := &w.clauses[i]; {
		case cl.remove && cl.bySource:
			w.counts.bySourceDeleted += n[i]
			w.counts.deleted += n[i]
		case cl.remove:
			w.counts.deleted += n[i]
		default:
			if cl.bySource {
				w.counts.bySourceUpdated += n[i]
			}
			w.counts.updated += n[i]
			updates += int(n[i])
		}
	}
	return updates
}

// live is how many rows of a file are in the table; -1 where the file does not tell, and not all of it was looked at.
func (w *rewriter) live(c *candidate) int64 {
	rows := deltalog.ParseStats(c.file.Stats, types.Struct{}).NumRecords
	switch {
	case rows < 0 && w.find.where() == nil:
		return c.rows
	case rows < 0:
		return -1
	case c.file.DeletionVector != nil:
		return rows - c.file.DeletionVector.Cardinality
	}
	return rows
}

// mark gives a file a vector that takes its touched rows out, too.
func (w *rewriter) mark(c *candidate, at int) error {
	rows := c.found.rows(func(int) bool { return true })
	old, err := w.table.Log.ReadDeletionVector(w.ctx, c.file.DeletionVector)
	if err != nil {
		return err
	}
	if old != nil {
		rows.Or(old)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marked[at].rows = rows
	return nil
}

// toRead is what of a file the second pass reads: all of it, or, where rows that stay need not be written, the rows that become others or
// are recorded.
func (w *rewriter) toRead(c *candidate, rewrites bool) ([]batch.Piece, error) {
	if rewrites {
		return w.reads.Pieces(w.ctx, c.file)
	}
	return w.reads.PiecesOf(w.ctx, c.file, c.found.rows(func(i int) bool { return !w.quiet || !w.clauses[c.found.clause(i)].remove }))
}
