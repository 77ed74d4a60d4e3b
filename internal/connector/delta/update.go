package delta

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// Update gives the rows of a table for which a condition over its columns holds new values; nil: all rows. Columns that are not among
// the new values are for the table to compute.
func Update(ctx context.Context, t Table, set []logical.Named, condition expr.Expr, opts ChangeOptions) (Changed, error) {
	c, err := beginChange(t, opts, "UPDATE")
	if err != nil {
		return Changed{}, err
	}
	if err := c.removable(); err != nil {
		return Changed{}, err
	}
	if done, err := c.once(ctx); err != nil || done {
		return Changed{Version: c.snap.Version(), Skipped: true}, err
	}
	settledTo := settled(condition)
	if settledTo != never {
		if err := c.update(ctx, set, settledTo.expr()); err != nil {
			return Changed{}, err
		}
	}
	m := c.fileMetrics()
	m["numRemovedFiles"] = count(c.counts.removedFiles + c.counts.vectorsAdded + c.counts.vectorsUpdated) // Spark counts all files with such rows
	m["numUpdatedRows"], m["numCopiedRows"] = count(c.counts.updated), count(c.counts.copied)
	predicate := "[]"
	if condition != nil {
		predicate = predicateText(condition)
	}
	parameters := deltalog.Parameters{}.With("predicate", predicate)
	version, err := c.commit(ctx, parameters, m)
	return Changed{Version: version, Updated: c.counts.updated}, err
}

func (c *change) update(ctx context.Context, set []logical.Named, condition expr.Expr) (err error) {
	s := selectionOf(condition, c.schema, c.meta.PartitionColumns)
	files, err := c.files(ctx, s)
	if err != nil {
		return err
	}
	if c.counter, err = newIdentity(c.meta); err != nil {
		return err
	}
	rest := expr.Conjunction(s.rest)
	if rest == nil {
		rest = &expr.Constant{Value: true, DataType: types.Boolean}
	}
	c.find = newByCondition(c.schema, rest, c.opts.Eval)
	schema := namedSchema(set)
	c.clauses = []clause{{schema: schema, rows: func() rowMaker { return c.maker(set, schema) }}}
	return c.run(ctx, files)
}

func namedSchema(columns []logical.Named) types.Struct {
	var s types.Struct
	for _, c := range columns {
		s.Fields = append(s.Fields, types.Field{Name: c.Name, Type: c.Expr.Type(), Nullable: true})
	}
	return s
}

// maker computes columns over rows of the table.
func (c *change) maker(columns []logical.Named, schema types.Struct) rowMaker {
	eval := c.opts.Eval
	return func(rows arrow.RecordBatch, _ []int32) (arrow.RecordBatch, error) {
		return compute(&eval, columns, schema, rows)
	}
}

// compute evaluates columns over a batch.
func compute(eval *expr.Context, columns []logical.Named, schema types.Struct, rows arrow.RecordBatch) (arrow.RecordBatch, error) {
	n := int(rows.NumRows())
	made := make([]arrow.Array, len(columns))
	to := types.ToArrowSchema(schema)
	for i, c := range columns {
		v, err := c.Expr.Eval(eval, rows)
		if err != nil {
			return nil, overflowing(err, c)
		}
		made[i] = expr.Relabel(v.Expand(n), to.Field(i).Type)
	}
	return array.NewRecordBatch(to, made, int64(n)), nil
}

// overflowing says of an overflow which column it was for.
func overflowing(err error, c logical.Named) error {
	if children := c.Expr.Children(); errors.Is(err, errclass.CastOverflow) && len(children) > 0 {
		return errclass.DeltaCastOverflow.New("Failed to write a value of \"%s\" type into the \"%s\" type column `%s` due to an overflow.",
			types.SQL(children[0].Type()), types.SQL(c.Expr.Type()), c.Name).
			WithHint("Use `try_cast` on the input value to tolerate overflow and return NULL instead.")
	}
	return err
}
