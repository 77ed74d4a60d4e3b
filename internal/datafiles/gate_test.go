package datafiles

import (
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
)

// Whatever the workers' pace, each row passes the gate once: it is written by one worker, or left for
// the single file; and it is left only when all rows together are few.
func TestGatePassesEachRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const room = 10
		g := newGate(room)
		workers := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(1, 6), 0, 5), 1, 4).Draw(t, "rows of each batch of each worker")
		var next int64
		var mu sync.Mutex
		var written []int64
		var group sync.WaitGroup
		for _, sizes := range workers {
			var own []arrow.RecordBatch
			for _, n := range sizes {
				own = append(own, numbered(next, n))
				next += int64(n)
			}
			group.Go(func() {
				for b, err := range g.filter(batch.Of(own...)) {
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					written = append(written, numbersOf(b)...)
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if (next > room) != (len(g.held) == 0) && next > 0 {
			t.Fatalf("%d rows: %d batches are left for the single file", next, len(g.held))
		}
		for _, b := range g.held {
			written = append(written, numbersOf(b)...)
		}
		slices.Sort(written)
		for i, n := range written {
			if n != int64(i) {
				t.Fatalf("row %d came as %d", i, n)
			}
		}
		if len(written) != int(next) {
			t.Fatalf("%d rows of %d", len(written), next)
		}
	})
}

func numbered(from int64, n int) arrow.RecordBatch {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	for i := range n {
		b.Append(from + int64(i))
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, int64(n))
}

func numbersOf(b arrow.RecordBatch) []int64 { return b.Column(0).(*array.Int64).Int64Values() }
