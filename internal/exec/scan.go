package exec

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// scan reads a source. Its pieces go to whichever sequence asks next.
type scan struct {
	relation *logical.Relation
	env      *Env
}

func (s *scan) Schema() types.Struct { return s.relation.Schema() }

func (s *scan) Execute(ctx context.Context, n int) []batch.Seq {
	queue := &pieces{open: n}
	queue.next, queue.stop = iter.Pull2(s.relation.Source.Scan(ctx, s.relation.Options))
	context.AfterFunc(ctx, queue.close) // a sequence that is not walked to its end does not leave
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Coalesce(s.read(ctx, queue))
	}
	return seqs
}

func (s *scan) read(ctx context.Context, queue *pieces) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		defer queue.leave()
		for {
			piece, err := queue.take(ctx)
			if err != nil {
				yield(nil, s.named(err))
				return
			}
			if piece == nil || !s.readPiece(ctx, piece, yield) {
				return
			}
		}
	}
}

// readPiece reports whether to go on with the next piece.
func (s *scan) readPiece(ctx context.Context, piece batch.Piece, yield func(arrow.RecordBatch, error) bool) bool {
	for b, err := range piece.Read(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, s.named(err))
			return false
		}
		if s.env.OnRows != nil {
			s.env.OnRows(s.relation.Source, b.NumRows())
		}
		if b.NumRows() > 0 && !yield(b, nil) {
			return false
		}
	}
	return true
}

func (s *scan) named(err error) error { return fmt.Errorf("read %v: %w", s.relation.Source, err) }

// pieces is a queue that several goroutines take from.
type pieces struct {
	mu   sync.Mutex
	next func() (batch.Piece, error, bool) // under mu
	stop func()                            // under mu
	open int                               // sequences still reading; under mu
	done bool                              // under mu
}

// take is the next piece, nil at the end.
func (p *pieces) take(ctx context.Context) (batch.Piece, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.done {
		return nil, nil
	}
	piece, err, ok := p.next()
	p.done = !ok || err != nil
	if !ok {
		return nil, nil
	}
	return piece, err
}

// leave says that a sequence has ended; the last one closes the listing.
func (p *pieces) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open--; p.open == 0 {
		p.stop()
	}
}

func (p *pieces) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	p.stop()
}
