package expr

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Take is the rows of the array at the given positions; a negative position makes a null.
func Take(arr arrow.Array, rows []int32) arrow.Array {
	t := arr.DataType()
	valid := takeValid(arr, rows)
	switch arr := arr.(type) {
	case *array.Null:
		return array.NewNull(len(rows))
	case *array.Boolean:
		return takeBool(arr, rows, valid)
	case *array.String, *array.Binary:
		return takeText(arr, rows, valid)
	case *array.List:
		return takeList(arr, rows, valid)
	case *array.Map:
		return takeList(arr, rows, valid)
	case *array.Struct:
		return takeStruct(arr, rows, valid)
	}
	switch t.(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return takeFixed[int8](arr, rows, valid)
	case 16:
		return takeFixed[int16](arr, rows, valid)
	case 32:
		return takeFixed[int32](arr, rows, valid)
	case 64:
		return takeFixed[int64](arr, rows, valid)
	default:
		return takeFixed[decimal128.Num](arr, rows, valid)
	}
}

func takeValid(arr arrow.Array, rows []int32) mask {
	negative := int32(0)
	for _, r := range rows {
		negative |= r
	}
	if negative >= 0 && arr.NullN() == 0 {
		return nil
	}
	m := newMask(len(rows))
	for i, r := range rows { // looked up row by row: a few rows of a large column cost a few look-ups
		if r >= 0 && arr.IsValid(int(r)) {
			m.set(i)
		}
	}
	return m
}

func takeFixed[T fixed](arr arrow.Array, rows []int32, valid mask) arrow.Array {
	values := fixedValues[T](arr)
	out := make([]T, len(rows))
	for i, r := range rows {
		if r >= 0 {
			out[i] = values[r]
		}
	}
	return makeArray(arr.DataType(), len(out), valid, fixedBuffer(out))
}

func takeBool(arr *array.Boolean, rows []int32, valid mask) arrow.Array {
	m := newMask(len(rows))
	for i, r := range rows {
		if r >= 0 && arr.Value(int(r)) {
			m.set(i)
		}
	}
	return newBools(m, valid, len(rows))
}

func takeText(arr arrow.Array, rows []int32, valid mask) arrow.Array {
	from, text := textOf(arr)
	size := 0
	for i, r := range rows {
		if valid.has(i) {
			size += int(from[r+1] - from[r])
		}
	}
	data := make([]byte, 0, size)
	offsets := make([]int32, len(rows)+1)
	for i, r := range rows {
		if valid.has(i) {
			data = append(data, text[from[r]:from[r+1]]...)
		}
		offsets[i+1] = int32(len(data))
	}
	return makeArray(arr.DataType(), len(rows), valid, offsetsBuffer(offsets), memory.NewBufferBytes(data))
}

// textOf is a string or binary column as Arrow keeps it: value i is text[offsets[i]:offsets[i+1]].
func textOf(arr arrow.Array) (offsets []int32, text []byte) {
	buffers := arr.Data().Buffers()
	if arr.Len() == 0 || buffers[1] == nil {
		return make([]int32, arr.Len()+1), nil
	}
	if buffers[2] != nil {
		text = buffers[2].Bytes()
	}
	return arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())[arr.Data().Offset():][:arr.Len()+1], text
}

func offsetsBuffer(offsets []int32) *memory.Buffer {
	return memory.NewBufferBytes(unsafe.Slice((*byte)(unsafe.Pointer(&offsets[0])), len(offsets)*4))
}

// A list is an array or map column: row i holds the elements from start to end.
type list interface {
	arrow.Array
	ValueOffsets(i int) (start, end int64)
}

func takeList(arr list, rows []int32, valid mask) arrow.Array {
	var elements []int32
	offsets := make([]int32, len(rows)+1)
	for i, r := range rows {
		if valid.has(i) {
			start, end := arr.ValueOffsets(int(r))
			for e := start; e < end; e++ {
				elements = append(elements, int32(e))
			}
		}
		offsets[i+1] = int32(len(elements))
	}
	return newListLike(arr.DataType(), offsets, Take(elementsOf(arr), elements), valid)
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

func takeStruct(arr *array.Struct, rows []int32, valid mask) arrow.Array {
	fields := make([]arrow.Array, arr.NumField())
	for i := range fields {
		fields[i] = Take(arr.Field(i), rows)
	}
	return newStructLike(arr.DataType(), fields, valid, len(rows))
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

// Relabel gives a column a type that differs from its own, if at all, in the names and nullability of nested fields. No
// value is touched.
func Relabel(arr arrow.Array, to arrow.DataType) arrow.Array {
	if arrow.TypeEqual(arr.DataType(), to) {
		return arr
	}
	return array.MakeFromData(relabelled(arr.Data(), to))
}

func relabelled(data arrow.ArrayData, to arrow.DataType) arrow.ArrayData {
	nested, ok := to.(arrow.NestedType)
	children := data.Children()
	if !ok || data.DataType().ID() != to.ID() || len(children) != nested.NumFields() {
		return data
	}
	changed := make([]arrow.ArrayData, len(children))
	for i, f := range nested.Fields() {
		changed[i] = relabelled(children[i], f.Type)
	}
	return array.NewData(to, data.Len(), data.Buffers(), changed, data.NullN(), data.Offset())
}
