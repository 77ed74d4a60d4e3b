package delta

import (
	"context"
	"strconv"

	"lakehouse/deltalog"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// Delete takes the rows out of a table for which a condition over its columns holds; nil: all rows.
func Delete(ctx context.Context, t Table, condition expr.Expr, opts ChangeOptions) (Changed, error) {
	c, err := beginChange(t, opts, "DELETE")
	if err != nil {
		return Changed{}, err
	}
	if err := c.removable(); err != nil {
		return Changed{}, err
	}
	if done, err := c.once(ctx); err != nil || done {
		return Changed{Version: c.snap.Version(), Skipped: true}, err
	}
	d := &deletion{change: c, condition: condition}
	return d.run(ctx)
}

type deletion struct {
	*change
	condition expr.Expr
	whole     bool // files were deleted without a look inside
	unknown   bool // of which not all tell their rows
}

func (d *deletion) run(ctx context.Context) (Changed, error) {
	condition := settled(d.condition)
	if condition != never {
		s := selectionOf(condition.expr(), d.schema, d.meta.PartitionColumns)
		files, err := d.files(ctx, s)
		if err != nil {
			return Changed{}, err
		}
		if err := d.take(ctx, s, files); err != nil {
			return Changed{}, err
		}
	}
	version, err := d.commit(ctx, deltalog.Parameters{}.With("predicate", predicateText(d.condition)), d.metrics())
	return Changed{Version: version, Deleted: d.counts.deleted, Unknown: d.unknown}, err
}

// take deletes whole files where the condition is about partitions alone, else rows.
func (d *deletion) take(ctx context.Context, s selection, files []deltalog.AddFile) error {
	if len(s.rest) == 0 {
		d.whole = true
		for i := range files {
			rows := liveRows(&files[i])
			d.unknown = d.unknown || rows < 0
			d.counts.deleted += rows
		}
		d.removed = files
		return d.settle(ctx)
	}
	d.find = newByCondition(d.schema, expr.Conjunction(s.rest), d.opts.Eval)
	d.clauses = []clause{{remove: true}}
	return d.change.run(ctx, files)
}

// liveRows is how many rows of a file are in the table, -1 where it does not tell.
func liveRows(f *deltalog.AddFile) int64 {
	rows := deltalog.ParseStats(f.Stats, types.Struct{}).NumRecords
	if rows >= 0 && f.DeletionVector != nil {
		rows -= f.DeletionVector.Cardinality
	}
	return rows
}

func (d *deletion) metrics() map[string]string {
	m := d.fileMetrics()
	m["numDeletedRows"], m["numCopiedRows"] = count(d.counts.deleted), count(d.counts.copied)
	if d.unknown {
		delete(m, "numDeletedRows")
		delete(m, "numCopiedRows")
		delete(m, "numAddedFiles")
	}
	return m
}

// fileMetrics are what DELETE and UPDATE tell of files, and of times.
func (c *change) fileMetrics() map[string]string {
	n := &c.counts
	m := map[string]string{
		"numAddedFiles": count(n.addedFiles), "numAddedBytes": count(n.addedBytes),
		"numRemovedFiles": count(n.removedFiles), "numRemovedBytes": count(n.removedBytes),
		"numAddedChangeFiles": count(n.changeFiles),
		// As Spark counts them: a vector that takes the place of another is added, the other removed.
		"numDeletionVectorsAdded":   count(n.vectorsAdded + n.vectorsUpdated),
		"numDeletionVectorsRemoved": count(n.vectorsRemoved + n.vectorsUpdated),
		"numDeletionVectorsUpdated": count(n.vectorsUpdated),
	}
	c.times(m)
	return m
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// A settledCondition is a condition of which it may be known already whether it holds.
type settledCondition struct{ e expr.Expr }

// never is a condition that holds for no row.
var never = settledCondition{&expr.Constant{Value: false, DataType: types.Boolean}}

// expr is the condition; nil: it holds for every row.
func (s settledCondition) expr() expr.Expr { return s.e }

func settled(e expr.Expr) settledCondition {
	constant, ok := e.(*expr.Constant)
	switch {
	case !ok:
		return settledCondition{e}
	case constant.Value == true:
		return settledCondition{}
	}
	return never
}
