package delta

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

// rewriting is the rows that a change writes into data files: those of files that are written anew, and new ones. To walk it is to do
// both passes.
type rewriting struct {
	*change
	list   *worklist
	schema types.Struct // of the rows, as the table has it after the change
	finds  *deltalog.RowReader
	reads  *deltalog.RowReader
	kept   types.Struct  // of the rows that are read
	ids    []types.Field // the columns in which copied rows keep what row tracking calls them; nil: the table does not track its rows
	quiet  bool          // changes are not recorded, though the table wants it: readers take them from the vectors
}

// A candidate is a file on its way through the two passes.
type candidate struct {
	file  deltalog.AddFile
	left  int       // pieces that nobody has looked into; under the change's mu, as are parts
	parts []touched // what was found, by piece
	rows  int64     // how many rows were looked at
	found touched   // all of it
}

func (c *change) newRewriting(files []deltalog.AddFile) (*rewriting, error) {
	after, err := c.meta.Schema()
	if err != nil {
		return nil, err
	}
	r := &rewriting{change: c, schema: after, kept: c.schema, quiet: !c.feed || c.find == nil}
	index := []deltalog.RowMetadata{deltalog.RowIndex}
	read := index
	if r.ids = c.meta.TrackedFields(); r.ids != nil {
		read = []deltalog.RowMetadata{deltalog.RowID, deltalog.RowCommitVersion, deltalog.RowIndex}
	}
	if r.reads, err = c.snap.Reader(deltalog.ReadOptions{Metadata: read}); err != nil {
		return nil, err
	}
	var steps []step
	if c.find != nil {
		if r.finds, err = c.snap.Reader(deltalog.ReadOptions{Columns: c.find.columns(), Metadata: index, Where: c.find.where()}); err != nil {
			return nil, err
		}
		for _, f := range files {
			steps = append(steps, r.lookInto(f))
		}
	}
	r.list = newWorklist(steps, r.lastSteps)
	if c.feed && c.vectors && c.onlyDeletes() && allCounted(files) {
		r.quiet = true
	}
	if !r.quiet {
		c.changes, err = newChangeWriter(c.table, c.meta, c.opts)
	}
	return r, err
}

func (c *change) onlyDeletes() bool {
	for _, cl := range c.clauses {
		if !cl.remove {
			return false
		}
	}
	return c.inserts == nil
}

// allCounted reports whether all files tell how many rows they have, as those with a vector must.
func allCounted(files []deltalog.AddFile) bool {
	for i := range files {
		if deltalog.ParseStats(files[i].Stats, types.Struct{}).NumRecords < 0 {
			return false
		}
	}
	return true
}

// lastSteps come when it is known what becomes of all files.
func (r *rewriting) lastSteps(ctx context.Context) []step {
	r.mu.Lock()
	r.scanned = time.Since(r.begun)
	untouched := len(r.removed)+len(r.marked) == 0
	r.mu.Unlock()
	if r.inserts == nil {
		return nil
	}
	record := !r.quiet && !untouched // a version that only adds rows tells of itself what is new
	var steps []step
	for _, rows := range r.inserts.insertions(ctx) {
		steps = append(steps, func(w *rewriter) bool { return w.insert(rows, record) })
	}
	return steps
}

// Schema is the table's after the change, and the columns of row tracking.
func (r *rewriting) Schema() types.Struct {
	return types.Struct{Fields: append(slices.Clip(r.schema.Fields), r.ids...)}
}

// Execute gives the rows, shared out among n workers.
func (r *rewriting) Execute(ctx context.Context, n int) []batch.Seq {
	context.AfterFunc(ctx, r.list.wake)
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Coalesce(func(yield func(arrow.RecordBatch, error) bool) {
			w := &rewriter{rewriting: r, ctx: ctx, yield: yield, updated: map[int]*stage{}, added: map[int]*stage{}}
			defer w.close()
			w.work()
		})
	}
	return seqs
}

// A rewriter is one worker.
type rewriter struct {
	*rewriting
	ctx     context.Context //nolint:containedctx // it lives for one walk of one sequence
	yield   func(arrow.RecordBatch, error) bool
	search  search
	makers  []rowMaker
	keep    *stage         // gives rows that stay the columns that the table has after the change
	updated map[int]*stage // by clause
	added   map[int]*stage // by clause of the inserter
}

func (w *rewriter) work() {
	for {
		s, leads := w.list.take(w.ctx)
		if s == nil {
			if err := w.ctx.Err(); err != nil {
				w.yield(nil, context.Cause(w.ctx))
			}
			return
		}
		ok := s(w)
		if leads {
			w.list.leave()
		}
		if !ok {
			return
		}
	}
}

func (w *rewriter) close() {
	w.keep.close()
	for _, s := range w.updated {
		s.close()
	}
	for _, s := range w.added {
		s.close()
	}
}

// fail ends the sequence.
func (w *rewriter) fail(err error) bool {
	w.yield(nil, err)
	return false
}

// lookInto shares a file out for the first pass.
func (r *rewriting) lookInto(file deltalog.AddFile) step {
	return func(w *rewriter) bool {
		pieces, err := r.finds.Pieces(w.ctx, file)
		if err != nil {
			return w.fail(err)
		}
		c := &candidate{file: file, left: len(pieces), parts: make([]touched, len(pieces))}
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
	c.found, c.parts = joinTouched(c.parts), nil
	return w.decide(c)
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
			columns = append(columns, array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, int(rows.NumRows())))
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

// insert passes on rows that are new.
func (w *rewriter) insert(rows insertion, record bool) (ok bool) {
	ok = true
	var failed error
	err := rows(w.ctx, func(made newRows) bool {
		b, err := w.demand(w.added, made.clause, made.schema, made.rows, false)
		if err == nil {
			eval := w.opts.Eval
			err = w.mustHold.check(&eval, b)
		}
		if err == nil && record {
			err = w.changes.put(w.ctx, b, insertedRow)
		}
		if failed = err; err != nil {
			return false
		}
		w.mu.Lock()
		w.counts.inserted += b.NumRows()
		w.mu.Unlock()
		ok = w.give(b, nil)
		return ok
	})
	if err = cmp.Or(failed, err); err != nil {
		return w.fail(err)
	}
	return ok
}
