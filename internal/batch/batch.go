// Package batch says how rows move: as Arrow record batches through Go iterators.
//
// Batches are immutable and garbage-collected (the Go allocator): nobody calls Retain or Release.
package batch

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
)

// TargetRows is how many rows a producer aims to put into one batch.
const TargetRows = 8192

// Seq is how rows move. A non-nil error is the last element. A sequence is walked once; who
// stops early has nothing to close: the producer's defers run when yield returns false.
type Seq = iter.Seq2[arrow.RecordBatch, error]

// A Piece is a part of an input that can be read on its own: some row groups of a Parquet file, a
// range of a JSON file cut at record borders. Pieces of one input may be read concurrently.
type Piece interface {
	// Size estimates the bytes to read, so that work can be spread evenly.
	Size() int64
	// Read gives the piece's rows in their order. It may be called again, for the same rows.
	Read(ctx context.Context) Seq
}

// Transform applies f to each batch of in. An empty result is passed over.
func Transform(in Seq, f func(arrow.RecordBatch) (arrow.RecordBatch, error)) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range in {
			if err == nil {
				b, err = f(b)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if b.NumRows() > 0 && !yield(b, nil) {
				return
			}
		}
	}
}

// Fail is a sequence that holds only an error.
func Fail(err error) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) { yield(nil, err) }
}

// Of is a sequence of batches already made.
func Of(batches ...arrow.RecordBatch) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, b := range batches {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Collect walks the sequence to its end.
func Collect(in Seq) ([]arrow.RecordBatch, error) {
	var all []arrow.RecordBatch
	for b, err := range in {
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}
