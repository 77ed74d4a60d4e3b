package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// generate appends the columns of a generator to each row, once for each row it makes.
type generate struct {
	child  Operator
	node   *logical.Generate
	schema types.Struct
	env    *Env
}

func (g *generate) Schema() types.Struct { return g.schema }

func (g *generate) input() Operator { return g.child }

func (g *generate) Execute(ctx context.Context, n int) []batch.Seq {
	return each(g.child.Execute(ctx, n), g.flow)
}

func (g *generate) flow(worker int, in batch.Seq) batch.Seq {
	target, eval := types.ToArrowSchema(g.schema), g.env.eval(worker)
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range in {
			if err == nil {
				b, err = g.apply(eval, target, b)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !give(b, yield) {
				return
			}
		}
	}
}

func (g *generate) apply(eval *expr.Context, target *arrow.Schema, in arrow.RecordBatch) (arrow.RecordBatch, error) {
	rows, made, err := g.node.Generator.Generate(eval, in)
	if err != nil {
		return nil, err
	}
	if g.node.Outer {
		var picks []int32
		rows, picks = withBarren(rows, int(in.NumRows()))
		made = takeColumns(made, picks)
	}
	var carried []arrow.Array
	for i, c := range in.Columns() {
		if g.node.Carries(i) {
			carried = append(carried, c)
		}
	}
	return newBatch(target, append(takeColumns(carried, rows), made...), len(rows)), nil
}

// withBarren adds the input rows that made nothing. It gives the input row of each output row, and the
// generated row, or -1 for nulls.
func withBarren(rows []int32, n int) (input, picks []int32) {
	next := int32(0)
	for i, r := range rows {
		for ; next < r; next++ {
			input, picks = append(input, next), append(picks, -1)
		}
		input, picks = append(input, r), append(picks, int32(i))
		next = r + 1
	}
	for ; next < int32(n); next++ {
		input, picks = append(input, next), append(picks, -1)
	}
	return input, picks
}
