package batch_test

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
)

var schema = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

func batchOf(values ...int64) arrow.RecordBatch {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(values, nil)
	return array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, int64(len(values)))
}

func numbers(batches []arrow.RecordBatch) []int64 {
	var all []int64
	for _, b := range batches {
		all = append(all, b.Column(0).(*array.Int64).Int64Values()...)
	}
	return all
}

// then is a sequence followed by an error.
func then(in batch.Seq, err error) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range in {
			if !yield(b, err) {
				return
			}
		}
		yield(nil, err)
	}
}

func keep(b arrow.RecordBatch) (arrow.RecordBatch, error) { return b, nil }

func TestCollectGivesAllOrTheError(t *testing.T) {
	got, err := batch.Collect(batch.Of(batchOf(1, 2), batchOf(3)))
	if want := []int64{1, 2, 3}; err != nil || !slices.Equal(numbers(got), want) {
		t.Errorf("Collect = %v, %v, want %v", numbers(got), err, want)
	}
	if got, err := batch.Collect(batch.Of()); err != nil || len(got) != 0 {
		t.Errorf("Collect of nothing = %v, %v", got, err)
	}
	if got, err := batch.Collect(then(batch.Of(batchOf(1)), io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) || got != nil {
		t.Errorf("Collect = %v, %v, want the error alone", got, err)
	}
	if got, err := batch.Collect(batch.Fail(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) || got != nil {
		t.Errorf("Collect of a failure = %v, %v", got, err)
	}
}

func TestTransformPassesOverEmptyResults(t *testing.T) {
	double := func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		var out []int64
		for _, n := range numbers([]arrow.RecordBatch{b}) {
			if n%2 == 0 {
				out = append(out, 2*n)
			}
		}
		return batchOf(out...), nil
	}
	got, err := batch.Collect(batch.Transform(batch.Of(batchOf(1, 2), batchOf(3, 5), batchOf(4)), double))
	if want := []int64{4, 8}; err != nil || len(got) != 2 || !slices.Equal(numbers(got), want) {
		t.Errorf("got %d batches with %v, %v, want 2 with %v", len(got), numbers(got), err, want)
	}
}

func TestTransformEndsWithTheFirstError(t *testing.T) {
	calls := 0
	failAtSecond := func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		if calls++; calls == 2 {
			return nil, io.ErrUnexpectedEOF
		}
		return b, nil
	}
	tests := []struct {
		name string
		seq  batch.Seq
		want []int64
	}{
		{"of the function", batch.Transform(batch.Of(batchOf(1), batchOf(2), batchOf(3)), failAtSecond), []int64{1}},
		{"of the input", batch.Transform(then(batch.Of(batchOf(1), batchOf(2)), io.ErrUnexpectedEOF), keep), []int64{1, 2}},
		{"at once", batch.Transform(batch.Fail(io.ErrUnexpectedEOF), keep), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int64
			var failed error
			for b, err := range test.seq {
				if failed != nil {
					t.Fatal("something follows the error")
				}
				if failed = err; err == nil {
					got = append(got, numbers([]arrow.RecordBatch{b})...)
				}
			}
			if !slices.Equal(got, test.want) || !errors.Is(failed, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, %v, want %v and the error", got, failed, test.want)
			}
		})
	}
}

// Who stops early runs the producer's defers, through any number of steps, and is given nothing more.
func TestStoppingEarlyEndsTheProducer(t *testing.T) {
	closed, made := false, 0
	source := func(yield func(arrow.RecordBatch, error) bool) {
		defer func() { closed = true }()
		for n := range int64(100) {
			made++
			if !yield(batchOf(n), nil) {
				return
			}
		}
	}
	given := takeOne(batch.Transform(batch.Transform(source, keep), keep))
	if !closed || made != 1 || given != 1 {
		t.Errorf("the producer made %d batches, gave %d, closed: %v; want 1, 1, true", made, given, closed)
	}
	if given := takeOne(batch.Of(batchOf(1), batchOf(2))); given != 1 {
		t.Errorf("Of gave %d batches to who wanted one", given)
	}
}

// takeOne stops after the first element, and tells how many it was given all the same.
func takeOne(in batch.Seq) (given int) {
	in(func(arrow.RecordBatch, error) bool {
		given++
		return false
	})
	return given
}
