package exec

import (
	"fmt"
	"iter"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// newBatch makes a batch of columns. What rows were made of may have called nested fields otherwise, or known that they
// are never null: they are called as the schema says.
func newBatch(schema *arrow.Schema, columns []arrow.Array, rows int) arrow.RecordBatch {
	for i, c := range columns {
		if want := schema.Field(i).Type; !arrow.TypeEqual(c.DataType(), want) {
			columns = slices.Clone(columns)
			columns[i] = expr.Relabel(c, want)
		}
	}
	return array.NewRecordBatch(schema, columns, int64(rows))
}

// takeColumns is the rows of each column at the given positions; a negative one makes nulls.
func takeColumns(columns []arrow.Array, rows []int32) []arrow.Array {
	out := make([]arrow.Array, len(columns))
	for i, c := range columns {
		out[i] = expr.Take(c, rows)
	}
	return out
}

// takeRows is the rows of a batch at the given positions.
func takeRows(in arrow.RecordBatch, rows []int32) arrow.RecordBatch {
	return newBatch(in.Schema(), takeColumns(in.Columns(), rows), len(rows))
}

// Take is the rows of a batch at the given positions.
func Take(in arrow.RecordBatch, rows []int32) (arrow.RecordBatch, error) {
	for _, r := range rows {
		if r < 0 || int64(r) >= in.NumRows() {
			return nil, fmt.Errorf("internal error: row %d taken of %d", r, in.NumRows())
		}
	}
	return takeRows(in, rows), nil
}

// concatBatches puts batches behind each other as one.
func concatBatches(schema types.Struct, batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	if len(batches) == 1 {
		return batches[0], nil
	}
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	target := types.ToArrowSchema(schema)
	columns := make([]arrow.Array, len(schema.Fields))
	for i := range columns {
		var err error
		if columns[i], err = concatColumn(target.Field(i).Type, batches, i); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(target, columns, rows), nil
}

func concatColumn(t arrow.DataType, batches []arrow.RecordBatch, column int) (arrow.Array, error) {
	parts := make([]arrow.Array, len(batches))
	for i, b := range batches {
		parts[i] = b.Column(column)
	}
	return concatArrays(t, parts)
}

func concatArrays(t arrow.DataType, parts []arrow.Array) (arrow.Array, error) {
	if len(parts) == 0 {
		return emptyColumn(t), nil
	}
	alike := make([]arrow.Array, len(parts))
	for i, part := range parts {
		alike[i] = expr.Relabel(part, t)
	}
	return expr.Concat(alike)
}

func emptyColumn(t arrow.DataType) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	return b.NewArray()
}

func emptyColumns(schema *arrow.Schema) []arrow.Array {
	columns := make([]arrow.Array, schema.NumFields())
	for i := range columns {
		columns[i] = emptyColumn(schema.Field(i).Type)
	}
	return columns
}

// cut makes of a large batch batches of the usual size.
func cut(in arrow.RecordBatch) iter.Seq[arrow.RecordBatch] {
	return func(yield func(arrow.RecordBatch) bool) {
		for from := int64(0); from < in.NumRows(); from += batch.TargetRows {
			to := min(from+batch.TargetRows, in.NumRows())
			if !yield(in.NewSlice(from, to)) {
				return
			}
		}
	}
}

// give hands a large batch on in pieces, and reports whether more are wanted.
func give(in arrow.RecordBatch, yield func(arrow.RecordBatch, error) bool) bool {
	for part := range cut(in) {
		if !yield(part, nil) {
			return false
		}
	}
	return true
}

// batchBytes estimates the memory that a batch's columns hold.
func batchBytes(in arrow.RecordBatch) int64 {
	total := int64(0)
	for _, c := range in.Columns() {
		total += arrayBytes(c.Data())
	}
	return total
}

// arrayBytes counts a column's share of its buffers: a slice of a large array pays for its rows.
func arrayBytes(data arrow.ArrayData) int64 {
	total := int64(0)
	for _, b := range data.Buffers() {
		if b != nil {
			total += int64(b.Len())
		}
	}
	for _, c := range data.Children() {
		total += arrayBytes(c)
	}
	if full := int64(fullLength(data)); full > int64(data.Len()) && full > 0 {
		total = total * int64(data.Len()) / full
	}
	return total
}

// fullLength is how many values the array's buffers hold.
func fullLength(data arrow.ArrayData) int {
	buffers := data.Buffers()
	width, fixed := data.DataType().(arrow.FixedWidthDataType)
	switch {
	case fixed && len(buffers) > 1 && buffers[1] != nil && width.BitWidth() > 0:
		return buffers[1].Len() * 8 / width.BitWidth()
	case !fixed && len(buffers) > 1 && buffers[1] != nil:
		return buffers[1].Len()/4 - 1
	}
	return data.Len()
}

// fixedValues is the values of a column whose values have the width of T, without a copy. Under a
// null a slot may hold anything.
func fixedValues[T any](arr arrow.Array) []T {
	n := arr.Len()
	if n == 0 {
		return nil
	}
	raw := arr.Data().Buffers()[1].Bytes()
	var zero T
	all := unsafe.Slice((*T)(unsafe.Pointer(&raw[0])), len(raw)/int(unsafe.Sizeof(zero)))
	return all[arr.Data().Offset():][:n]
}

// textOf is the offsets into data of a string or binary column's values: value i is
// data[offsets[i]:offsets[i+1]].
func textOf(arr arrow.Array) (offsets []int32, data []byte) {
	buffers := arr.Data().Buffers()
	if arr.Len() == 0 || buffers[1] == nil || buffers[1].Len() == 0 {
		return make([]int32, arr.Len()+1), nil
	}
	raw := buffers[1].Bytes()
	all := unsafe.Slice((*int32)(unsafe.Pointer(&raw[0])), len(raw)/4)
	offsets = all[arr.Data().Offset():][:arr.Len()+1]
	if buffers[2] != nil {
		data = buffers[2].Bytes()
	}
	return offsets, data
}
