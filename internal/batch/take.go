package batch

import (
	"math/bits"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// TakeRows is the rows of a batch at the given positions, which lie in it.
func TakeRows(in arrow.RecordBatch, rows []int32) arrow.RecordBatch {
	columns := make([]arrow.Array, in.NumCols())
	for i := range columns {
		columns[i] = Take(in.Column(i), rows)
	}
	return array.NewRecordBatch(in.Schema(), columns, int64(len(rows)))
}

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

// validity has a bit for each row that is not null; nil: none is.
type validity []uint64

func (v validity) set(i int)      { v[i>>6] |= 1 << (i & 63) }
func (v validity) has(i int) bool { return v == nil || v[i>>6]>>(i&63)&1 != 0 }

func (v validity) nulls(n int) int {
	if v == nil {
		return 0
	}
	for _, word := range v {
		n -= bits.OnesCount64(word)
	}
	return n
}

func (v validity) buffer() *memory.Buffer {
	if v == nil {
		return nil
	}
	return bufferOf(v)
}

func bufferOf[T any](values []T) *memory.Buffer {
	if len(values) == 0 {
		return memory.NewBufferBytes(nil)
	}
	return memory.NewBufferBytes(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0]))))
}

func takeValid(arr arrow.Array, rows []int32) validity {
	negative := int32(0)
	for _, r := range rows {
		negative |= r
	}
	if negative >= 0 && arr.NullN() == 0 {
		return nil
	}
	valid := make(validity, (len(rows)+63)/64)
	for i, r := range rows { // looked up row by row: a few rows of a large column cost a few look-ups
		if r >= 0 && arr.IsValid(int(r)) {
			valid.set(i)
		}
	}
	return valid
}

func made(t arrow.DataType, n int, valid validity, children []arrow.ArrayData, buffers ...*memory.Buffer) arrow.Array {
	all := append([]*memory.Buffer{valid.buffer()}, buffers...)
	return array.MakeFromData(array.NewData(t, n, all, children, valid.nulls(n), 0))
}

func takeFixed[T int8 | int16 | int32 | int64 | decimal128.Num](arr arrow.Array, rows []int32, valid validity) arrow.Array {
	var values []T
	if raw := arr.Data().Buffers()[1]; raw != nil && raw.Len() > 0 {
		var zero T
		bytes := raw.Bytes()
		values = unsafe.Slice((*T)(unsafe.Pointer(&bytes[0])), len(bytes)/int(unsafe.Sizeof(zero)))[arr.Data().Offset():]
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		if r >= 0 {
			out[i] = values[r]
		}
	}
	return made(arr.DataType(), len(out), valid, nil, bufferOf(out))
}

func takeBool(arr *array.Boolean, rows []int32, valid validity) arrow.Array {
	values := make(validity, (len(rows)+63)/64)
	for i, r := range rows {
		if r >= 0 && arr.Value(int(r)) {
			values.set(i)
		}
	}
	return made(arr.DataType(), len(rows), valid, nil, bufferOf(values))
}

func takeText(arr arrow.Array, rows []int32, valid validity) arrow.Array {
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
	return made(arr.DataType(), len(rows), valid, nil, bufferOf(offsets), memory.NewBufferBytes(data))
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

// A list is an array or map column: row i holds the elements from start to end.
type list interface {
	arrow.Array
	ValueOffsets(i int) (start, end int64)
}

func takeList(arr list, rows []int32, valid validity) arrow.Array {
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
	inside := Take(array.MakeFromData(arr.Data().Children()[0]), elements)
	return made(arr.DataType(), len(rows), valid, []arrow.ArrayData{inside.Data()}, bufferOf(offsets))
}

func takeStruct(arr *array.Struct, rows []int32, valid validity) arrow.Array {
	fields := make([]arrow.ArrayData, arr.NumField())
	for i := range fields {
		fields[i] = Take(arr.Field(i), rows).Data()
	}
	return made(arr.DataType(), len(rows), valid, fields)
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
