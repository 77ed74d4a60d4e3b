package expr

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// at is the position of row i: a constant holds one value for all.
func (v Vector) at(i int) int {
	if v.Const {
		return 0
	}
	return i
}

func (v Vector) null(i int) bool { return isNull(v.Values, v.at(i)) }

// Expand is the vector as an array of n rows.
func (v Vector) Expand(n int) arrow.Array {
	if !v.Const {
		return v.Values
	}
	if n == 1 {
		return v.Values
	}
	return Take(v.Values, make([]int32, n))
}

func isNull(arr arrow.Array, i int) bool {
	return arr.DataType().ID() == arrow.NULL || arr.IsNull(i)
}

// fixed are the value types that Arrow keeps in slices of equal width.
type fixed interface {
	int8 | int16 | int32 | int64 | float32 | float64 | decimal128.Num | arrow.MonthDayNanoInterval
}

// fixedValues is the array's values without a copy: int32 also for dates and year-month intervals,
// int64 also for timestamps and day-time intervals. Under a null a slot may hold anything.
func fixedValues[T fixed](arr arrow.Array) []T {
	n := arr.Len()
	if n == 0 || arr.DataType().ID() == arrow.NULL {
		return make([]T, n)
	}
	raw := arr.Data().Buffers()[1].Bytes()
	var zero T
	all := unsafe.Slice((*T)(unsafe.Pointer(&raw[0])), len(raw)/int(unsafe.Sizeof(zero)))
	return all[arr.Data().Offset():][:n]
}

// newFixed makes a column from its values.
func newFixed[T fixed](t types.Type, values []T, valid mask) arrow.Array {
	return makeArray(types.ToArrow(t), len(values), valid, fixedBuffer(values))
}

func fixedBuffer[T fixed](values []T) *memory.Buffer {
	if len(values) == 0 {
		return memory.NewBufferBytes(nil)
	}
	return memory.NewBufferBytes(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0]))))
}

func makeArray(t arrow.DataType, n int, valid mask, buffers ...*memory.Buffer) arrow.Array {
	all := append([]*memory.Buffer{valid.buffer()}, buffers...)
	return array.MakeFromData(array.NewData(t, n, all, nil, valid.nulls(n), 0))
}

// boolBits is the values of a boolean array as a mask.
func boolBits(arr arrow.Array) mask {
	n := arr.Len()
	if n == 0 || arr.DataType().ID() == arrow.NULL {
		return newMask(n)
	}
	return bitsOf(arr.Data().Buffers()[1].Bytes(), arr.Data().Offset(), n)
}

// bits is the values of a boolean vector over n rows.
func (v Vector) bits(n int) mask {
	if !v.Const {
		return boolBits(v.Values)
	}
	if v.Values.DataType().ID() == arrow.BOOL && v.Values.(*array.Boolean).Value(0) && v.Values.IsValid(0) {
		return fullMask(n)
	}
	return newMask(n)
}

func newBools(values, valid mask, n int) arrow.Array {
	return makeArray(arrow.FixedWidthTypes.Boolean, n, valid, memory.NewBufferBytes(values.bytes()))
}

// textValues is the values of a string or binary array, sharing its bytes.
func textValues(arr arrow.Array) []string {
	out := make([]string, arr.Len())
	switch arr := arr.(type) {
	case *array.String:
		for i := range out {
			out[i] = arr.Value(i)
		}
	case *array.Binary:
		for i := range out {
			out[i] = arr.ValueString(i)
		}
	}
	return out
}

// A textBuilder makes a string or binary column by appending to one buffer.
type textBuilder struct {
	data    []byte
	offsets []int32
	valid   mask
}

func newTextBuilder(n int) *textBuilder {
	return &textBuilder{offsets: make([]int32, 1, n+1), valid: fullMask(n)}
}

// end closes the row whose bytes were appended to data; a null row drops them.
func (b *textBuilder) end(ok bool) {
	i := len(b.offsets) - 1
	if !ok {
		b.data = b.data[:b.offsets[i]]
		b.valid.clear(i)
	}
	b.offsets = append(b.offsets, int32(len(b.data)))
}

func (b *textBuilder) appendString(s string) {
	b.data = append(b.data, s...)
	b.end(true)
}

func (b *textBuilder) array(t types.Type) arrow.Array {
	n := len(b.offsets) - 1
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&b.offsets[0])), len(b.offsets)*4)
	valid := b.valid
	if valid.nulls(n) == 0 {
		valid = nil
	}
	return makeArray(types.ToArrow(t), n, valid, memory.NewBufferBytes(raw), memory.NewBufferBytes(b.data))
}

func newText(t types.Type, values []string, valid mask) arrow.Array {
	b := newTextBuilder(len(values))
	size := 0
	for _, s := range values {
		size += len(s)
	}
	b.data = make([]byte, 0, size)
	for i, s := range values {
		if valid.has(i) {
			b.data = append(b.data, s...)
		}
		b.end(valid.has(i))
	}
	return b.array(t)
}

// value are the Go types that functions of one row work on. Strings also stand for binary.
type value interface {
	bool | string | int8 | int16 | int32 | int64 | float32 | float64 | decimal128.Num | arrow.MonthDayNanoInterval
}

// load is the array's values as a slice.
func load[T value](arr arrow.Array) []T {
	var out any
	switch any(*new(T)).(type) {
	case bool:
		m := boolBits(arr)
		all := make([]bool, arr.Len())
		for i := range all {
			all[i] = m.get(i)
		}
		out = all
	case string:
		out = textValues(arr)
	case int8:
		out = fixedValues[int8](arr)
	case int16:
		out = fixedValues[int16](arr)
	case int32:
		out = fixedValues[int32](arr)
	case int64:
		out = fixedValues[int64](arr)
	case float32:
		out = fixedValues[float32](arr)
	case float64:
		out = fixedValues[float64](arr)
	case decimal128.Num:
		out = fixedValues[decimal128.Num](arr)
	case arrow.MonthDayNanoInterval:
		out = fixedValues[arrow.MonthDayNanoInterval](arr)
	}
	return out.([]T)
}

// store makes a column of type t.
func store[T value](t types.Type, values []T, valid mask) arrow.Array {
	if valid != nil && valid.nulls(len(values)) == 0 {
		valid = nil
	}
	switch values := any(values).(type) {
	case []bool:
		m := newMask(len(values))
		for i, b := range values {
			m[i>>6] |= b2u(b) << (i & 63)
		}
		return newBools(m, valid, len(values))
	case []string:
		return newText(t, values, valid)
	case []int8:
		return newFixed(t, values, valid)
	case []int16:
		return newFixed(t, values, valid)
	case []int32:
		return newFixed(t, values, valid)
	case []int64:
		return newFixed(t, values, valid)
	case []float32:
		return newFixed(t, values, valid)
	case []float64:
		return newFixed(t, values, valid)
	case []decimal128.Num:
		return newFixed(t, values, valid)
	case []arrow.MonthDayNanoInterval:
		return newFixed(t, values, valid)
	}
	panic(fmt.Sprintf("internal error: no column of %T", values))
}

// operand is a vector's values with the mask to find row i's at i & mask: 0 for a constant.
func operand[T value](v Vector) (values []T, index int) {
	if v.Const {
		return load[T](v.Values), 0
	}
	return load[T](v.Values), -1
}

// nulls is a column of n nulls.
func nulls(t types.Type, n int) arrow.Array {
	return batch.Nulls(types.ToArrow(t), n)
}

// nullConst is the constant null of a type.
func nullConst(t types.Type) Vector { return Vector{Values: nulls(t, 1), Const: true} }

// allocator makes all memory; what it makes is garbage-collected.
var allocator = memory.DefaultAllocator

// nullKernel gives nothing but nulls.
func nullKernel(t types.Type) kernel {
	return func(_ *Context, n int, _ []Vector) (arrow.Array, error) { return nulls(t, n), nil }
}
