package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// single is a subquery that stands for one value: one row, of nulls where there is none.
type single struct {
	child  Operator
	schema types.Struct
	env    *Env
}

func (s *single) Schema() types.Struct { return s.schema }

func (s *single) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = func(yield func(arrow.RecordBatch, error) bool) { yield(s.row(ctx)) }
	return seqs
}

func (s *single) row(ctx context.Context) (arrow.RecordBatch, error) {
	var row arrow.RecordBatch
	err := walk(Gather(ctx, s.child, s.env.workers()), func(b arrow.RecordBatch) error {
		if b.NumRows() > 1 || row != nil && b.NumRows() > 0 {
			return errclass.ScalarSubqueryTooManyRows.New("More than one row returned by a subquery used as an expression.")
		}
		row = b
		return nil
	})
	if err != nil || row != nil {
		return row, err
	}
	target := types.ToArrowSchema(s.schema)
	columns := make([]arrow.Array, len(s.schema.Fields))
	for i := range columns {
		columns[i] = nulls(target.Field(i).Type, 1)
	}
	return newBatch(target, columns, 1), nil
}
