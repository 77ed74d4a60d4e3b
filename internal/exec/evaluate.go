package exec

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
)

// evaluate computes expressions for each row of a batch, as whole columns.
func evaluate(ctx *expr.Context, exprs []expr.Expr, in arrow.RecordBatch) ([]arrow.Array, error) {
	columns := make([]arrow.Array, len(exprs))
	for i, e := range exprs {
		v, err := e.Eval(ctx, in)
		if err != nil {
			return nil, err
		}
		columns[i] = v.Expand(int(in.NumRows()))
	}
	return columns, nil
}

// evaluateVectors is evaluate for who can use constants.
func evaluateVectors(ctx *expr.Context, exprs []expr.Expr, in arrow.RecordBatch) ([]expr.Vector, error) {
	vectors := make([]expr.Vector, len(exprs))
	for i, e := range exprs {
		v, err := e.Eval(ctx, in)
		if err != nil {
			return nil, err
		}
		vectors[i] = v
	}
	return vectors, nil
}
