package exec

import (
	"context"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// filter keeps the rows for which the condition is true; null is not true (SQL's WHERE).
type filter struct {
	child     Operator
	condition expr.Expr
	env       *Env
}

func (f *filter) Schema() types.Struct { return f.child.Schema() }

func (f *filter) input() Operator { return f.child }

func (f *filter) Execute(ctx context.Context, n int) []batch.Seq {
	return each(f.child.Execute(ctx, n), f.flow)
}

func (f *filter) flow(worker int, in batch.Seq) batch.Seq {
	eval := f.env.eval(worker)
	return batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		return keep(eval, f.condition, b)
	})
}

// keep is the rows of a batch for which the condition is true.
func keep(eval *expr.Context, condition expr.Expr, in arrow.RecordBatch) (arrow.RecordBatch, error) {
	v, err := condition.Eval(eval, in)
	if err != nil {
		return nil, err
	}
	rows, all := trueRows(v, int(in.NumRows()))
	if all {
		return in, nil
	}
	return takeRows(in, rows), nil
}

// trueRows lists the rows where a condition is true, or says that it is for all n.
func trueRows(v expr.Vector, n int) (rows []int32, all bool) {
	values, ok := v.Values.(*array.Boolean)
	if !ok {
		return nil, n == 0 // a bare NULL is never true
	}
	if v.Const {
		return nil, n == 0 || values.IsValid(0) && values.Value(0)
	}
	words := trueWords(values)
	count := 0
	for _, w := range words {
		count += bits.OnesCount64(w)
	}
	if count == n {
		return nil, true
	}
	rows = make([]int32, 0, count)
	for i, w := range words {
		for ; w != 0; w &= w - 1 {
			rows = append(rows, int32(i*64+bits.TrailingZeros64(w)))
		}
	}
	return rows, false
}

// trueWords is a bit for each row: set where it is true and not null.
func trueWords(values *array.Boolean) []uint64 {
	n := values.Len()
	words := bitWords(values.Data().Buffers()[1].Bytes(), values.Data().Offset(), n)
	if values.NullN() > 0 {
		for i, w := range bitWords(values.NullBitmapBytes(), values.Data().Offset(), n) {
			words[i] &= w
		}
	}
	return words
}

// bitWords copies n bits from an offset into words; bits past n are clear.
func bitWords(raw []byte, offset, n int) []uint64 {
	words := make([]uint64, (n+63)/64)
	if n == 0 {
		return words
	}
	bitutil.CopyBitmap(raw, offset, n, arrow.Uint64Traits.CastToBytes(words), 0)
	if r := n % 64; r != 0 {
		words[len(words)-1] &= 1<<r - 1
	}
	return words
}
