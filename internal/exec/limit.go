package exec

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// limit lets n rows pass, the first ones of all sequences together.
type limit struct {
	child Operator
	n     int64
}

func (l *limit) Schema() types.Struct { return l.child.Schema() }

func (l *limit) Execute(ctx context.Context, n int) []batch.Seq {
	cut := l.cutter()
	return each(l.child.Execute(ctx, n), func(_ int, in batch.Seq) batch.Seq { return cut(in) })
}

// cutter lets rows pass in the sequences that it wraps, n in all.
func (l *limit) cutter() func(in batch.Seq) batch.Seq {
	left := new(atomic.Int64)
	left.Store(l.n)
	return func(in batch.Seq) batch.Seq {
		return func(yield func(arrow.RecordBatch, error) bool) {
			for b, err := range in {
				if err != nil {
					yield(nil, err)
					return
				}
				after := left.Add(-b.NumRows())
				if after < 0 {
					b = b.NewSlice(0, max(b.NumRows()+after, 0))
				}
				if b.NumRows() > 0 && !yield(b, nil) || after <= 0 {
					return
				}
			}
		}
	}
}

// offset drops n rows, the first ones of all sequences together.
type offset struct {
	child Operator
	n     int64
}

func (o *offset) Schema() types.Struct { return o.child.Schema() }

func (o *offset) Execute(ctx context.Context, n int) []batch.Seq {
	skip := o.skipper()
	return each(o.child.Execute(ctx, n), func(_ int, in batch.Seq) batch.Seq { return skip(in) })
}

// skipper drops rows of the sequences that it wraps, n in all.
func (o *offset) skipper() func(in batch.Seq) batch.Seq {
	left := new(atomic.Int64)
	left.Store(o.n)
	return func(in batch.Seq) batch.Seq {
		return batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
			before := left.Add(-b.NumRows()) + b.NumRows()
			if before <= 0 {
				return b, nil
			}
			return b.NewSlice(min(before, b.NumRows()), b.NumRows()), nil
		})
	}
}
