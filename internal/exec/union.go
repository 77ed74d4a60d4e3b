package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// union gives the rows of its children one after the other.
type union struct {
	children []Operator
	schema   types.Struct
}

func (u *union) Schema() types.Struct { return u.schema }

func (u *union) Execute(ctx context.Context, n int) []batch.Seq {
	parts := make([][]batch.Seq, n)
	for _, c := range u.children {
		for i, seq := range c.Execute(ctx, n) {
			parts[i] = append(parts[i], seq)
		}
	}
	seqs := make([]batch.Seq, n)
	for i, part := range parts {
		seqs[i] = u.named(chain(part))
	}
	return seqs
}

// named gives a child's rows the names of the union's columns.
func (u *union) named(in batch.Seq) batch.Seq {
	target := types.ToArrowSchema(u.schema)
	return batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		return newBatch(target, b.Columns(), int(b.NumRows())), nil
	})
}

// chain walks sequences one after the other.
func chain(seqs []batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, seq := range seqs {
			for b, err := range seq {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}
