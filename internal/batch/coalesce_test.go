package batch_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
)

// Coalesce keeps the rows and their order, and copies no large batch.
func TestCoalesceKeepsRowsAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 3), rapid.SampledFrom([]int{700, 1023, 1024, 5000}))).Draw(t, "sizes")
		var in []arrow.RecordBatch
		var want []int64
		for _, n := range sizes {
			rows := make([]int64, n)
			for i := range rows {
				rows[i] = int64(len(want) + i)
			}
			want = append(want, rows...)
			in = append(in, batchOf(rows...))
		}
		out, err := batch.Collect(batch.Coalesce(batch.Of(in...)))
		if err != nil || !slices.Equal(numbers(out), want) {
			t.Fatalf("%v: %d rows of %d", err, len(numbers(out)), len(want))
		}
		for i, b := range out {
			if !made(b, in) && b.NumRows() > 4096+1023 {
				t.Fatalf("batch %d has %d rows: a large one was copied", i, b.NumRows())
			}
		}
	})
}

func made(b arrow.RecordBatch, in []arrow.RecordBatch) bool { return slices.Contains(in, b) }

// A folder of ten thousand files of a row each becomes some fifty batches.
func TestCoalesceMakesFewOfMany(t *testing.T) {
	in := make([]arrow.RecordBatch, 10_000)
	for i := range in {
		in[i] = batchOf(int64(i))
	}
	out, err := batch.Collect(batch.Coalesce(batch.Of(in...)))
	if err != nil || len(out) != 47 || len(numbers(out)) != 10_000 {
		t.Errorf("%v: %d batches with %d rows", err, len(out), len(numbers(out)))
	}
}

// What came before an error need not be given, but the error is, once and last.
func TestCoalesceEndsWithTheError(t *testing.T) {
	wrong := errors.New("wrong")
	given := 0
	for b, err := range batch.Coalesce(then(batch.Of(batchOf(1), batchOf(2)), wrong)) {
		given++
		if given == 2 && (b != nil || !errors.Is(err, wrong)) {
			t.Errorf("got %v, %v", b, err)
		}
	}
	if given != 2 {
		t.Errorf("given %d elements, want the first batch and the error", given)
	}
}

func TestCoalesceStopsWhenToldTo(t *testing.T) {
	if given := takeOne(batch.Coalesce(batch.Of(batchOf(make([]int64, 2000)...), batchOf(make([]int64, 2000)...)))); given != 1 {
		t.Errorf("given %d batches, want 1", given)
	}
}
