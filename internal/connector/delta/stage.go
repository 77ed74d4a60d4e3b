package delta

import (
	"context"
	"errors"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

// A stage puts single batches through an operator that makes one batch of each: those that come are not known beforehand. It belongs to
// one goroutine.
type stage struct {
	schema types.Struct // of the batches given to it
	given  arrow.RecordBatch
	next   func() (arrow.RecordBatch, error, bool)
	stop   func()
}

func newStage(ctx context.Context, schema types.Struct, build func(exec.Operator) (exec.Operator, error)) (*stage, error) {
	s := &stage{schema: schema}
	op, err := build(s)
	if err != nil {
		return nil, err
	}
	if op == exec.Operator(s) {
		return s, nil
	}
	s.next, s.stop = iter.Pull2(op.Execute(ctx, 1)[0])
	return s, nil
}

// Schema is that of the batches given to the stage.
func (s *stage) Schema() types.Struct { return s.schema }

// Execute is the stage's own beginning.
func (s *stage) Execute(_ context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = func(yield func(arrow.RecordBatch, error) bool) {
			for s.given != nil {
				b := s.given
				s.given = nil
				if !yield(b, nil) {
					return
				}
			}
		}
	}
	return seqs
}

// run gives what becomes of a batch.
func (s *stage) run(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	if s.next == nil || b.NumRows() == 0 {
		return b, nil
	}
	s.given = b
	out, err, ok := s.next()
	if err == nil && !ok {
		err = errors.New("internal error: a stage has ended")
	}
	return out, err
}

func (s *stage) close() {
	if s != nil && s.stop != nil {
		s.stop()
	}
}
