package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
)

// An outlet is where an operator puts rows as it makes them, for the goroutines that walk its sequences. Who puts waits until
// somebody takes: however many rows a batch gives, few are in memory.
type outlet struct{ rows chan result }

// give hands rows on, in pieces of the usual size. Several goroutines may.
func (o *outlet) give(ctx context.Context, rows arrow.RecordBatch) error {
	for part := range cut(rows) {
		select {
		case o.rows <- result{batch: part}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// spread runs something that puts rows into an outlet, once, and shares the rows out over n sequences. The first sequence owns the
// run: when it is left, by whoever stops early too, the run is cancelled and has ended. All the others end with the run.
func spread(ctx context.Context, n int, run func(ctx context.Context, out *outlet) error) []batch.Seq {
	out := &outlet{rows: make(chan result, n)}
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = func(yield func(arrow.RecordBatch, error) bool) {
			if i == 0 {
				ctx, cancel := context.WithCancel(ctx)
				go out.fill(ctx, run)
				defer func() {
					cancel()
					for range out.rows { // until the run has ended
					}
				}()
			}
			out.drain(ctx, yield)
		}
	}
	return seqs
}

// fill is the goroutine of the run. The error, if there is one, comes last.
func (o *outlet) fill(ctx context.Context, run func(ctx context.Context, out *outlet) error) {
	defer close(o.rows)
	if err := batch.Guard(func() error { return run(ctx, o) }); err != nil {
		select {
		case o.rows <- result{err: err}:
		case <-ctx.Done():
		}
	}
}

func (o *outlet) drain(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	for {
		select {
		case r, more := <-o.rows:
			if !more || !yield(r.batch, r.err) || r.err != nil {
				return
			}
		case <-ctx.Done():
			yield(nil, context.Cause(ctx))
			return
		}
	}
}
