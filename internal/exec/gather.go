package exec

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// Gather runs an operator with n goroutines and gives its rows as one sequence, in no order but that of
// each sequence. With n = 1 the order is the operator's. A sorted operator's rows stay sorted: they
// are all in one sequence. Stopping early cancels the work and waits for its end.
func Gather(ctx context.Context, op Operator, n int) batch.Seq {
	if n <= 1 {
		return gatherOne(ctx, op)
	}
	return batch.Guarded(func(yield func(arrow.RecordBatch, error) bool) {
		outer := ctx
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		results := make(chan result, n)
		var walkers sync.WaitGroup
		for _, seq := range op.Execute(ctx, n) {
			walkers.Go(func() { send(ctx, seq, results) })
		}
		go func() { walkers.Wait(); close(results) }()
		defer func() {
			cancel()
			for range results { // until the walkers have ended
			}
		}()
		for r := range results {
			if !yield(r.batch, r.err) || r.err != nil {
				return
			}
		}
		if err := context.Cause(outer); err != nil { // the walkers may have left rows behind
			yield(nil, err)
		}
	})
}

// FirstRow is the first row that an operator gives, or none.
func FirstRow(ctx context.Context, op Operator) (arrow.RecordBatch, error) {
	for b, err := range InOrder(ctx, op, 1) {
		if err != nil {
			return nil, err
		}
		if b.NumRows() > 0 {
			return takeRows(b, []int32{0}), nil
		}
	}
	schema := types.ToArrowSchema(op.Schema())
	return newBatch(schema, emptyColumns(schema), 0), nil
}

func gatherOne(ctx context.Context, op Operator) batch.Seq {
	return batch.Guarded(func(yield func(arrow.RecordBatch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		op.Execute(ctx, 1)[0](yield)
	})
}

type result struct {
	batch arrow.RecordBatch
	err   error
}

// send walks a sequence to its end, or to that of ctx.
func send(ctx context.Context, seq batch.Seq, to chan<- result) {
	for b, err := range batch.Guarded(seq) {
		select {
		case to <- result{b, err}:
		case <-ctx.Done():
			return
		}
	}
}

// gatherAll walks all sequences of an operator, one goroutine each, and calls take for every batch
// with the number of its sequence. It returns when all have ended; the first error ends the others.
func gatherAll(ctx context.Context, op Operator, n int, take func(worker int, b arrow.RecordBatch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var walkers sync.WaitGroup
	for i, seq := range op.Execute(ctx, n) {
		walkers.Go(func() {
			err := batch.Guard(func() error {
				return walk(seq, func(b arrow.RecordBatch) error { return take(i, b) })
			})
			if err != nil {
				cancel(err)
			}
		})
	}
	walkers.Wait()
	return context.Cause(ctx)
}

// walk calls take for each batch of a sequence.
func walk(seq batch.Seq, take func(arrow.RecordBatch) error) error {
	for b, err := range seq {
		if err == nil {
			err = take(b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
