package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// expand makes of each batch one batch for each projection.
type expand struct {
	child       Operator
	projections [][]expr.Expr
	schema      types.Struct
	env         *Env
}

func (e *expand) Schema() types.Struct { return e.schema }

func (e *expand) input() Operator { return e.child }

func (e *expand) Execute(ctx context.Context, n int) []batch.Seq {
	return each(e.child.Execute(ctx, n), e.flow)
}

func (e *expand) flow(worker int, in batch.Seq) batch.Seq {
	target, eval := types.ToArrowSchema(e.schema), e.env.eval(worker)
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range in {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range e.projections {
				columns, err := evaluate(eval, p, b)
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(newBatch(target, columns, int(b.NumRows())), nil) {
					return
				}
			}
		}
	}
}
