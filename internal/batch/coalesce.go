package batch

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A batch costs its readers, and the memory, some kilobytes before its first row. Batches of less than smallRows are
// gathered, up to TargetRows/2 rows or mostGathered batches, whichever comes first.
const (
	smallRows    = TargetRows / 8
	mostGathered = 256
)

// Coalesce makes few batches of many small ones, such as those of a folder of files of a row each. Rows stay in their
// order. Batches that are large enough pass as they are. Of the small ones the first passes at once, then two are
// gathered, then four and so on: who wants few rows does not wait for many files.
func Coalesce(in Seq) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		held := small{most: 1}
		for b, err := range in {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case b.NumRows() >= smallRows:
				if !held.flush(yield) || !yield(b, nil) {
					return
				}
			case held.add(b) && !held.flush(yield):
				return
			}
		}
		held.flush(yield)
	}
}

// small is a run of small batches.
type small struct {
	batches []arrow.RecordBatch
	rows    int64
	most    int // batches to gather
}

// add reports whether the run is long enough.
func (s *small) add(b arrow.RecordBatch) bool {
	s.batches = append(s.batches, b)
	s.rows += b.NumRows()
	return s.rows >= TargetRows/2 || len(s.batches) >= s.most
}

// flush gives the run as one batch, and reports whether more is wanted.
func (s *small) flush(yield func(arrow.RecordBatch, error) bool) bool {
	if len(s.batches) == 0 {
		return true
	}
	b, err := concatenate(s.batches, s.rows)
	*s = small{most: min(2*s.most, mostGathered)}
	return yield(b, err) && err == nil
}

func concatenate(batches []arrow.RecordBatch, rows int64) (arrow.RecordBatch, error) {
	if len(batches) == 1 {
		return batches[0], nil
	}
	schema := batches[0].Schema()
	columns := make([]arrow.Array, schema.NumFields())
	parts := make([]arrow.Array, len(batches))
	for c := range columns {
		for i, b := range batches {
			parts[i] = b.Column(c)
		}
		joined, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			return nil, fmt.Errorf("concatenate column %s: %w", schema.Field(c).Name, err)
		}
		columns[c] = joined
	}
	return array.NewRecordBatch(schema, columns, rows), nil
}
