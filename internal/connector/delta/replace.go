package delta

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// ReplaceOptions says how a write puts rows in the place of some of the table's.
type ReplaceOptions struct {
	ChangeOptions
	Parameter deltalog.Parameter // predicate, replaceOnCond or replaceUsingCols: what the history tells of the rows that went
	Widening  Widening
	AutoMerge bool // columns that the table lacks are added, as with the option mergeSchema
}

// ReplaceWhere puts rows in the place of those for which a condition over the table's columns holds. It must hold for the new rows,
// too.
func ReplaceWhere(ctx context.Context, t Table, condition expr.Expr, rows exec.Operator, opts ReplaceOptions) (Changed, error) {
	c, err := beginChange(t, opts.ChangeOptions, "WRITE")
	if err != nil {
		return Changed{}, err
	}
	if err := c.removable(); err != nil {
		return Changed{}, err
	}
	if done, err := c.once(ctx); err != nil || done {
		return Changed{Version: c.snap.Version(), Skipped: true}, err
	}
	if err := c.settleColumns(rows.Schema(), opts); err != nil {
		return Changed{}, err
	}
	if c.counter, err = newIdentity(c.meta); err != nil {
		return Changed{}, err
	}
	c.inserts = everyRow{rows, max(1, opts.Workers)}
	c.mustHold = &demanded{condition: condition, text: opts.Parameter.Value}
	if err := c.replaceWhere(ctx, settled(condition)); err != nil {
		return Changed{}, err
	}
	version, err := c.commit(ctx, opts.parameters(), c.replaceMetrics())
	return Changed{Version: version, Deleted: c.counts.deleted, Inserted: c.counts.inserted}, err
}

// ReplaceMatching puts the rows of a source in the place of those of the table that the source's rows meet: the merge says where they
// do, and what becomes of the source's.
func ReplaceMatching(ctx context.Context, t Table, m *logical.Merge, source exec.Operator, opts ReplaceOptions) (Changed, error) {
	c, err := beginChange(t, opts.ChangeOptions, "WRITE")
	if err != nil {
		return Changed{}, err
	}
	if err := c.removable(); err != nil {
		return Changed{}, err
	}
	if done, err := c.once(ctx); err != nil || done {
		return Changed{Version: c.snap.Version(), Skipped: true}, err
	}
	g := &merging{change: c, Merge: m, width: len(c.schema.Fields), everything: true}
	if err := g.evolve(); err != nil {
		return Changed{}, err
	}
	if c.counter, err = newIdentity(c.meta); err != nil {
		return Changed{}, err
	}
	if err := g.hold(ctx, source); err != nil {
		return Changed{}, err
	}
	defer g.source.Release()
	if err := g.run(ctx); err != nil {
		return Changed{}, err
	}
	version, err := c.commit(ctx, opts.parameters(), c.replaceMetrics())
	return Changed{Version: version, Deleted: c.counts.deleted, Inserted: c.counts.inserted}, err
}

func (o ReplaceOptions) parameters() deltalog.Parameters {
	return deltalog.Parameters{}.With("mode", "Overwrite").With("partitionBy", "[]").With(o.Parameter.Name, o.Parameter.Value)
}

// settleColumns holds the columns of new rows against the table's, as an append does.
func (c *change) settleColumns(rows types.Struct, opts ReplaceOptions) error {
	stored, err := c.meta.Schema()
	if err != nil {
		return err
	}
	w := &writing{table: c.table, snap: c.snap, txn: c.txn, meta: c.meta, parts: c.meta.PartitionColumns, opts: WriteOptions{
		SessionSettings: SessionSettings{Widening: opts.Widening, AutoMerge: opts.AutoMerge}, Options: opts.Options, Operation: "WRITE",
	}}
	if err := w.settle(stored, nullable(rows)); err != nil {
		return err
	}
	c.meta = w.meta
	return nil
}

func (c *change) replaceWhere(ctx context.Context, condition settledCondition) error {
	var files []deltalog.AddFile
	if condition != never {
		s := selectionOf(condition.expr(), c.schema, c.snap.Metadata().PartitionColumns)
		var err error
		if files, err = c.files(ctx, s); err != nil {
			return err
		}
		if len(s.rest) == 0 {
			for i := range files {
				c.counts.deleted += max(0, liveRows(&files[i]))
			}
			c.removed, files = files, nil
		} else {
			c.find = newByCondition(c.schema, expr.Conjunction(s.rest), c.opts.Eval)
			c.clauses = []clause{{remove: true}}
		}
	}
	return c.run(ctx, files)
}

// replaceMetrics are those of a write that replaces some rows.
func (c *change) replaceMetrics() map[string]string {
	n := &c.counts
	return map[string]string{
		"numFiles": count(n.addedFiles), "numOutputBytes": count(n.addedBytes), "numOutputRows": count(n.inserted + n.copied),
		"numRemovedFiles": count(n.removedFiles), "numRemovedBytes": count(n.removedBytes),
		"numDeletedRows": count(n.deleted), "numCopiedRows": count(n.copied), "numAddedChangeFiles": count(n.changeFiles),
	}
}

// everyRow is the rows of an operator, all of them new.
type everyRow struct {
	rows    exec.Operator
	workers int
}

// insertions are as many as there are workers: the sequences of an operator may wait for each other.
func (e everyRow) insertions(ctx context.Context) []insertion {
	schema := e.rows.Schema()
	seqs := e.rows.Execute(ctx, e.workers)
	all := make([]insertion, len(seqs))
	for i, seq := range seqs {
		all[i] = func(_ context.Context, yield func(newRows) bool) error {
			for b, err := range seq {
				if err != nil {
					return err
				}
				if b.NumRows() > 0 && !yield(newRows{0, schema, b}) {
					return nil
				}
			}
			return nil
		}
	}
	return all
}

// demanded is a condition that new rows must fulfil.
type demanded struct {
	condition expr.Expr // over the table's columns; nil: none
	text      any
}

func (d *demanded) check(eval *expr.Context, rows arrow.RecordBatch) error {
	if d == nil || d.condition == nil {
		return nil
	}
	v, err := d.condition.Eval(eval, rows)
	if err != nil {
		return err
	}
	if n := int(rows.NumRows()); len(trueRows(v, n)) < n {
		return errclass.DeltaReplaceWhereMismatch.New("Written data does not conform to partial table overwrite condition or constraint '%v'.", d.text).
			WithHint("Filter the rows by the condition, or widen it.")
	}
	return nil
}
