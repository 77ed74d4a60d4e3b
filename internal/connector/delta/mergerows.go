package delta

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// relabelled makes a batch of columns whose nested fields may be called otherwise.
func relabelled(schema *arrow.Schema, columns []arrow.Array, n int) arrow.RecordBatch {
	for i, c := range columns {
		if want := schema.Field(i).Type; !arrow.TypeEqual(c.DataType(), want) {
			columns[i] = expr.Relabel(c, want)
		}
	}
	return array.NewRecordBatch(schema, columns, int64(n))
}

// maker computes columns over rows of the table with their partners beside them.
func (g *merging) maker(columns []logical.Named) rowMaker {
	eval := g.opts.Eval
	beside, moved := g.partnerColumns(columns)
	schema := namedSchema(columns)
	all := types.Struct{Fields: append([]types.Field{}, g.schema.Fields...)}
	for _, c := range beside {
		all.Fields = append(all.Fields, g.source.Schema().Fields[c])
	}
	pairs := types.ToArrowSchema(nullable(all))
	return func(rows arrow.RecordBatch, partners []int32) (arrow.RecordBatch, error) {
		n := int(rows.NumRows())
		paired := append([]arrow.Array{}, rows.Columns()...)
		sources, err := g.source.TakeColumns(beside, partners)
		if err != nil {
			return nil, err
		}
		return compute(&eval, moved, schema, relabelled(pairs, append(paired, sources...), n))
	}
}

// partnerColumns finds which columns of the source expressions read, and moves the expressions to these, behind the table's.
func (g *merging) partnerColumns(columns []logical.Named) (beside []int, moved []logical.Named) {
	places := map[int]int{}
	for _, c := range columns {
		eachColumn(c.Expr, func(c *expr.Column) {
			if _, known := places[c.Index]; !known && c.Index >= g.width {
				places[c.Index] = g.width + len(beside)
				beside = append(beside, c.Index-g.width)
			}
		})
	}
	for _, c := range columns {
		c.Expr = moveColumns(c.Expr, func(i int) int {
			if i < g.width {
				return i
			}
			return places[i]
		})
		moved = append(moved, c)
	}
	return beside, moved
}

// insertions are the rows of the source without a partner, found among some thousand at a time.
func (g *merging) insertions(context.Context) []insertion {
	var all []insertion
	const some = 16 * batch.TargetRows
	for first := 0; first < g.source.NumRows(); first += some {
		end := min(first+some, g.source.NumRows())
		all = append(all, func(ctx context.Context, yield func(newRows) bool) error {
			return g.insertRows(ctx, g.alone(first, end), yield)
		})
	}
	return all
}

// alone are those of some rows of the source that are new.
func (g *merging) alone(first, end int) []int32 {
	var rows []int32
	for row := int32(first); row < int32(end); row++ {
		if g.everything || !g.met.has(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// insertRows makes new rows of rows of the source.
func (g *merging) insertRows(ctx context.Context, rows []int32, yield func(newRows) bool) error {
	eval := g.opts.Eval
	for len(rows) > 0 && ctx.Err() == nil {
		some := rows[:min(len(rows), batch.TargetRows)]
		rows = rows[len(some):]
		taken, err := g.source.TakeRows(some)
		if err != nil {
			return err
		}
		if ok, err := g.insertBatch(&eval, taken, yield); !ok || err != nil {
			return err
		}
	}
	return nil
}

// insertBatch lets the clauses look at rows one after the other: each takes those that fulfil its condition.
func (g *merging) insertBatch(eval *expr.Context, left arrow.RecordBatch, yield func(newRows) bool) (ok bool, err error) {
	for i := range g.NotMatched {
		c := &g.NotMatched[i]
		chosen := left
		if c.Condition != nil {
			v, err := c.Condition.Eval(eval, left)
			if err != nil {
				return false, err
			}
			at := trueRows(v, int(left.NumRows()))
			chosen, left = batch.TakeRows(left, at), batch.TakeRows(left, others(at, int(left.NumRows())))
		}
		if chosen.NumRows() > 0 {
			schema := namedSchema(c.Columns)
			made, err := compute(eval, c.Columns, schema, chosen)
			if err != nil {
				return false, err
			}
			if !yield(newRows{i, schema, made}) {
				return false, nil
			}
		}
		if c.Condition == nil || left.NumRows() == 0 {
			break
		}
	}
	return true, nil
}

// others are the rows of n that are not among some in ascending order.
func others(some []int32, n int) []int32 {
	var rest []int32
	for row := range int32(n) {
		if len(some) > 0 && some[0] == row {
			some = some[1:]
			continue
		}
		rest = append(rest, row)
	}
	return rest
}
