package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// project computes columns, batch by batch.
type project struct {
	child  Operator
	exprs  []expr.Expr
	schema types.Struct
	env    *Env
}

func (p *project) Schema() types.Struct { return p.schema }

func (p *project) input() Operator { return p.child }

func (p *project) Execute(ctx context.Context, n int) []batch.Seq {
	return each(p.child.Execute(ctx, n), p.flow)
}

func (p *project) flow(worker int, in batch.Seq) batch.Seq {
	target, eval := types.ToArrowSchema(p.schema), p.env.eval(worker)
	return batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		columns, err := evaluate(eval, p.exprs, b)
		if err != nil {
			return nil, err
		}
		return newBatch(target, columns, int(b.NumRows())), nil
	})
}

// each wraps every sequence.
func each(seqs []batch.Seq, wrap func(worker int, in batch.Seq) batch.Seq) []batch.Seq {
	out := make([]batch.Seq, len(seqs))
	for i, s := range seqs {
		out[i] = wrap(i, s)
	}
	return out
}
