package logical

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// NewLocalRelation is a leaf whose rows are at hand.
func NewLocalRelation(schema types.Struct, rows []arrow.RecordBatch) *Relation {
	for _, b := range rows {
		for _, c := range b.Columns() {
			expr.SettleNulls(c)
		}
	}
	return &Relation{Source: &localSource{schema: schema, rows: rows}}
}

// oneRow is a relation of one row without columns: SELECT without FROM.
func oneRow() *Relation {
	schema := types.Struct{}
	row := array.NewRecordBatch(types.ToArrowSchema(schema), nil, 1)
	return NewLocalRelation(schema, []arrow.RecordBatch{row})
}

type localSource struct {
	schema types.Struct
	rows   []arrow.RecordBatch
}

func (s *localSource) Schema() types.Struct { return s.schema }

func (s *localSource) String() string {
	return "LocalRelation [" + strings.Join(s.schema.Names(), ", ") + "]"
}

func (s *localSource) Scan(_ context.Context, opts ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		for _, rows := range s.rows {
			if !yield(localPiece{s.narrow(rows, opts.Columns)}, nil) {
				return
			}
		}
	}
}

func (s *localSource) narrow(rows arrow.RecordBatch, columns []string) arrow.RecordBatch {
	if columns == nil {
		return rows
	}
	arrays := make([]arrow.Array, len(columns))
	for i, name := range columns {
		arrays[i] = rows.Column(s.schema.Index(name))
	}
	return array.NewRecordBatch(types.ToArrowSchema(narrow(s.schema, columns)), arrays, rows.NumRows())
}

type localPiece struct{ rows arrow.RecordBatch }

func (p localPiece) Size() int64 { return p.rows.NumRows() }

func (p localPiece) Read(context.Context) batch.Seq { return batch.Of(p.rows) }

// rangeSource holds the longs from start to before end, as column id.
type rangeSource struct{ start, end, step int64 }

var rangeSchema = types.Struct{Fields: []types.Field{{Name: "id", Type: types.Long}}}

func (s rangeSource) Schema() types.Struct { return rangeSchema }

func (s rangeSource) String() string {
	return fmt.Sprintf("Range (%d, %d, step=%d)", s.start, s.end, s.step)
}

// rows is how many there are.
func (s rangeSource) rows() uint64 {
	switch {
	case s.step > 0 && s.start < s.end:
		return (uint64(s.end)-uint64(s.start)-1)/uint64(s.step) + 1
	case s.step < 0 && s.start > s.end:
		return (uint64(s.start)-uint64(s.end)-1)/(-uint64(s.step)) + 1
	}
	return 0
}

// rangePieceRows is how many rows a worker takes at a time.
const rangePieceRows = 16 * batch.TargetRows

func (s rangeSource) Scan(_ context.Context, opts ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		total := s.rows()
		for first := uint64(0); first < total; first += rangePieceRows {
			p := rangePiece{source: s, first: first, rows: min(rangePieceRows, total-first), columns: 1}
			if opts.Columns != nil {
				p.columns = len(opts.Columns)
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

type rangePiece struct {
	source      rangeSource
	first, rows uint64
	columns     int
}

func (p rangePiece) Size() int64 { return int64(p.rows) * 8 }

func (p rangePiece) Read(context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for done := uint64(0); done < p.rows; done += batch.TargetRows {
			if !yield(p.batch(p.first+done, min(batch.TargetRows, p.rows-done)), nil) {
				return
			}
		}
	}
}

func (p rangePiece) batch(first, rows uint64) arrow.RecordBatch {
	if p.columns == 0 {
		return array.NewRecordBatch(types.ToArrowSchema(types.Struct{}), nil, int64(rows))
	}
	values := make([]int64, rows)
	for i := range values {
		values[i] = p.source.start + int64(first+uint64(i))*p.source.step
	}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(values, nil)
	return array.NewRecordBatch(types.ToArrowSchema(rangeSchema), []arrow.Array{b.NewArray()}, int64(rows))
}
