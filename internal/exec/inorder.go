package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/semaphore"

	"lakehouse/internal/batch"
)

// A flowing operator makes of each sequence of its input one of its own, as rows come. It keeps their
// order and asks nothing of other sequences.
type flowing interface {
	Operator
	input() Operator
	flow(worker int, in batch.Seq) batch.Seq
}

// InOrder runs an operator with up to n goroutines and gives its rows as one sequence. Where rows only flow,
// from a scan through filters, projections, generators, unions and limits, they come in the order of files
// and rows, as one goroutine would give them; a sort's come sorted; those of joins and groups in any order. Stopping
// early cancels the work and waits for its end.
func InOrder(ctx context.Context, op Operator, n int) batch.Seq {
	if n <= 1 {
		return gatherOne(ctx, op)
	}
	return batch.Guarded(func(yield func(arrow.RecordBatch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		o := &inOrder{workers: n}
		o.rows(ctx, op, unchanged)(yield)
	})
}

// inOrder is one run of InOrder. Its own goroutine alone touches it.
type inOrder struct {
	workers int
	pieces  int // so far, in all scans: a piece's number is its worker's
}

func unchanged(_ int, in batch.Seq) batch.Seq { return in }

// rows is an operator's rows, with what flows above it done beside the reading.
func (o *inOrder) rows(ctx context.Context, op Operator, above func(worker int, in batch.Seq) batch.Seq) batch.Seq {
	switch op := op.(type) {
	case flowing:
		return o.rows(ctx, op.input(), func(worker int, in batch.Seq) batch.Seq { return above(worker, op.flow(worker, in)) })
	case *scan:
		return o.scan(ctx, op, above)
	case *limit:
		return above(0, op.cutter()(o.rows(ctx, op.child, unchanged)))
	case *offset:
		return above(0, op.skipper()(o.rows(ctx, op.child, unchanged)))
	case *union:
		parts := make([]batch.Seq, len(op.children))
		for i, child := range op.children {
			parts[i] = o.rows(ctx, child, func(worker int, in batch.Seq) batch.Seq { return above(worker, op.named(in)) })
		}
		return chain(parts)
	}
	return Gather(ctx, &beneath{op, above}, o.workers)
}

// beneath is an operator with what flows above it.
type beneath struct {
	Operator
	above func(worker int, in batch.Seq) batch.Seq
}

func (b *beneath) Execute(ctx context.Context, n int) []batch.Seq {
	return each(b.Operator.Execute(ctx, n), b.above)
}

// Each piece that is read ahead of its turn holds at most so much.
const (
	aheadBytes   = 16 << 20
	aheadBatches = 256
)

// scan reads as many pieces at once as there are workers, and gives them one after the other.
func (o *inOrder) scan(ctx context.Context, s *scan, above func(worker int, in batch.Seq) batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var reading []*readAhead
		ctx, cancel := context.WithCancel(ctx)
		defer func() {
			cancel()
			for _, r := range reading {
				r.drain()
			}
		}()
		for piece, err := range s.relation.Source.Scan(ctx, s.relation.Options) {
			if err != nil {
				reading = append(reading, failed(s.named(err)))
				break
			}
			if len(reading) == o.workers {
				if !reading[0].give(ctx, yield) {
					return
				}
				reading = reading[1:]
			}
			rows := func(yield func(arrow.RecordBatch, error) bool) { s.readPiece(ctx, piece, yield) }
			reading = append(reading, startReading(ctx, above(o.pieces, rows)))
			o.pieces++
		}
		for ; len(reading) > 0; reading = reading[1:] {
			if !reading[0].give(ctx, yield) {
				return
			}
		}
	}
}

// readAhead is a sequence that a goroutine walks before its turn has come.
type readAhead struct {
	results chan result
	room    *semaphore.Weighted // in bytes
}

func startReading(ctx context.Context, in batch.Seq) *readAhead {
	r := &readAhead{results: make(chan result, aheadBatches), room: semaphore.NewWeighted(aheadBytes)}
	go func() {
		defer close(r.results)
		for b, err := range batch.Guarded(in) {
			if r.room.Acquire(ctx, weight(b)) != nil {
				return
			}
			select {
			case r.results <- result{b, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// failed is a sequence that holds only an error, for its turn.
func failed(err error) *readAhead {
	r := &readAhead{results: make(chan result, 1), room: semaphore.NewWeighted(aheadBytes)}
	r.results <- result{nil, err}
	close(r.results)
	return r
}

// weight is the room that a batch takes; a large one takes all.
func weight(b arrow.RecordBatch) int64 {
	if b == nil {
		return 0
	}
	return min(batchBytes(b), aheadBytes)
}

// give hands the rows on, and reports whether to go on with the next sequence.
func (r *readAhead) give(ctx context.Context, yield func(arrow.RecordBatch, error) bool) bool {
	for got := range r.results {
		if got.batch != nil {
			r.room.Release(weight(got.batch))
		}
		if !yield(got.batch, got.err) || got.err != nil {
			return false
		}
	}
	if err := context.Cause(ctx); err != nil { // the sequence may have been cut short
		yield(nil, err)
		return false
	}
	return true
}

// drain waits until the goroutine has ended.
func (r *readAhead) drain() {
	for range r.results {
	}
}
