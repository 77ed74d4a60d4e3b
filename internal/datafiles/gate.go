package datafiles

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
)

// smallBatch is how many rows one worker writes alone: a micro-batch of a few files becomes one data file, not one a core.
const smallBatch = 16 << 10

// gate stays shut until the rows of all workers together are enough to be worth a file for each.
type gate struct {
	mu   sync.Mutex
	room int64               // under mu; negative: the gate is open
	held []arrow.RecordBatch // of workers that ended before it opened; under mu
}

func newGate(rows int64) *gate { return &gate{room: rows} }

// pass counts rows and tells whether they may be written. With them goes what ended workers left.
func (g *gate) pass(rows int64) (open bool, left []arrow.RecordBatch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.room -= rows
	if g.room >= 0 {
		return false, nil
	}
	left, g.held = g.held, nil
	return true, left
}

// leave takes what a worker holds at its end; where the gate is open it is the worker's own to write.
func (g *gate) leave(own []arrow.RecordBatch) (write []arrow.RecordBatch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.room < 0 {
		return own
	}
	g.held = append(g.held, own...)
	return nil
}

// filter is a worker's rows, held back while the gate is shut.
func (g *gate) filter(seq batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var own []arrow.RecordBatch
		for b, err := range seq {
			if err != nil {
				yield(nil, err)
				return
			}
			own = append(own, b)
			open, left := g.pass(b.NumRows())
			if !open {
				continue
			}
			if !yieldAll(left, yield) || !yieldAll(own, yield) {
				return
			}
			own = nil // to be collected
		}
		yieldAll(g.leave(own), yield)
	}
}

func yieldAll(batches []arrow.RecordBatch, yield func(arrow.RecordBatch, error) bool) bool {
	for _, b := range batches {
		if !yield(b, nil) {
			return false
		}
	}
	return true
}
