package expr

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
)

// Take is [batch.Take].
func Take(arr arrow.Array, rows []int32) arrow.Array { return batch.Take(arr, rows) }

func offsetsBuffer(offsets []int32) *memory.Buffer {
	return memory.NewBufferBytes(unsafe.Slice((*byte)(unsafe.Pointer(&offsets[0])), len(offsets)*4))
}

// A list is an array or map column: row i holds the elements from start to end.
type list interface {
	arrow.Array
	ValueOffsets(i int) (start, end int64)
}

// elementsOf is the child of an array column, or the entries of a map column.
func elementsOf(arr arrow.Array) arrow.Array {
	return array.MakeFromData(arr.Data().Children()[0])
}

// newListLike makes an array or map column of that Arrow type.
func newListLike(t arrow.DataType, offsets []int32, elements arrow.Array, valid mask) arrow.Array {
	n := len(offsets) - 1
	data := array.NewData(t, n, []*memory.Buffer{valid.buffer(), offsetsBuffer(offsets)},
		[]arrow.ArrayData{elements.Data()}, valid.nulls(n), 0)
	return array.MakeFromData(data)
}

func newStructLike(t arrow.DataType, fields []arrow.Array, valid mask, n int) arrow.Array {
	children := make([]arrow.ArrayData, len(fields))
	for i, f := range fields {
		children[i] = f.Data()
	}
	return array.MakeFromData(array.NewData(t, n, []*memory.Buffer{valid.buffer()}, children, valid.nulls(n), 0))
}

// Concat puts columns of one type behind each other. Where they differ in the names and nullability of nested fields,
// the first one's hold.
func Concat(arrays []arrow.Array) (arrow.Array, error) {
	if len(arrays) == 1 {
		return arrays[0], nil
	}
	alike := make([]arrow.Array, len(arrays))
	for i, arr := range arrays {
		alike[i] = Relabel(arr, arrays[0].DataType())
	}
	arrays = alike
	return array.Concatenate(arrays, memory.DefaultAllocator)
}

// takeBatch is the rows of a batch, of which only the wanted columns are kept; the others are void.
func takeBatch(in arrow.RecordBatch, rows []int32, wanted map[int]bool) arrow.RecordBatch {
	fields := make([]arrow.Field, in.NumCols())
	columns := make([]arrow.Array, in.NumCols())
	for i := range fields {
		fields[i] = in.Schema().Field(i)
		if wanted[i] {
			columns[i] = Take(in.Column(i), rows)
		} else {
			fields[i].Type, columns[i] = arrow.Null, array.NewNull(len(rows))
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(len(rows)))
}

// Relabel is [batch.Relabel].
func Relabel(arr arrow.Array, to arrow.DataType) arrow.Array { return batch.Relabel(arr, to) }

// SettleNulls counts a column's nulls, at every depth. Arrow counts them when first asked and keeps the number: columns
// that several goroutines will ask are counted before.
func SettleNulls(arr arrow.Array) {
	arr.NullN()
	switch arr := arr.(type) {
	case array.ListLike:
		SettleNulls(arr.ListValues())
	case *array.Struct:
		for i := range arr.NumField() {
			SettleNulls(arr.Field(i))
		}
	}
}
