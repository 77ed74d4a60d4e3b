package delta

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

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
	last   bool          // no turn of the finder comes behind this one
	spill  *exec.Spill   // of what was found in earlier turns
	quiet  bool          // changes are not recorded, though the table wants it: readers take them from the vectors
}

func (c *change) newRewriting(files []deltalog.AddFile) (*rewriting, error) {
	after, err := c.meta.Schema()
	if err != nil {
		return nil, err
	}
	r := &rewriting{change: c, spill: &exec.Spill{}, schema: after, kept: c.schema, quiet: !c.feed || c.find == nil}
	index := []deltalog.RowMetadata{deltalog.RowIndex}
	read := index
	if r.ids = c.meta.TrackedFields(); r.ids != nil {
		read = []deltalog.RowMetadata{deltalog.RowID, deltalog.RowCommitVersion, deltalog.RowIndex}
	}
	if r.reads, err = c.snap.Reader(deltalog.ReadOptions{Metadata: read}); err != nil {
		return nil, err
	}
	var phases []phase
	if c.find != nil {
		if r.finds, err = c.snap.Reader(deltalog.ReadOptions{Columns: c.find.columns(), Metadata: index, Where: c.find.where()}); err != nil {
			return nil, err
		}
		phases = r.turns(files)
	}
	r.list = newWorklist(append(phases, r.insertions)...)
	if c.feed && c.vectors && c.onlyDeletes() && allCounted(files) {
		r.quiet = true
	}
	if r.quiet {
		return r, nil
	}
	protocol, err := c.txn.Protocol()
	if err != nil {
		return nil, err
	}
	c.changes, err = newChangeWriter(c.table, protocol, c.meta, c.opts)
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

// insertions are the last steps: it is known what becomes of all files.
func (r *rewriting) insertions(ctx context.Context) []step {
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
