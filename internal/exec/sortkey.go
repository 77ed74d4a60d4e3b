package exec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// A keyEncoder appends the value of a row so that encodings compare, byte by byte, as Spark orders
// the values ascending. Equal values have equal encodings, and no encoding is the beginning of another.
type keyEncoder func(dst []byte, row int) []byte

// Markers before a value that may be null.
const (
	nullFirst = 0x00
	present   = 0x01
	nullLast  = 0x02
)

// newKeyEncoder encodes a column with nulls before (nullFirst) or behind (nullLast) all values.
func newKeyEncoder(arr arrow.Array, null byte) keyEncoder {
	if arr.DataType().ID() == arrow.NULL {
		return func(dst []byte, _ int) []byte { return append(dst, null) }
	}
	value := newValueEncoder(arr)
	if arr.NullN() == 0 {
		return func(dst []byte, row int) []byte { return value(append(dst, present), row) }
	}
	return func(dst []byte, row int) []byte {
		if arr.IsNull(row) {
			return append(dst, null)
		}
		return value(append(dst, present), row)
	}
}

// newDescendingEncoder is newKeyEncoder with the values, but not the nulls, the other way round.
func newDescendingEncoder(arr arrow.Array, null byte) keyEncoder {
	ascending := newKeyEncoder(arr, null)
	return func(dst []byte, row int) []byte {
		from := len(dst) + 1
		dst = ascending(dst, row)
		for i := from; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
		return dst
	}
}

func newValueEncoder(arr arrow.Array) keyEncoder {
	switch arr := arr.(type) {
	case *array.Boolean:
		return func(dst []byte, row int) []byte { return append(dst, boolByte(arr.Value(row))) }
	case *array.Float32:
		values := arr.Float32Values()
		return func(dst []byte, row int) []byte {
			return binary.BigEndian.AppendUint64(dst, floatRank(float64(values[row])))
		}
	case *array.Float64:
		values := arr.Float64Values()
		return func(dst []byte, row int) []byte { return binary.BigEndian.AppendUint64(dst, floatRank(values[row])) }
	case *array.String, *array.Binary:
		offsets, data := textOf(arr)
		return func(dst []byte, row int) []byte { return appendText(dst, data[offsets[row]:offsets[row+1]]) }
	case *array.Decimal128:
		values := fixedValues[decimal128.Num](arr)
		return func(dst []byte, row int) []byte {
			dst = binary.BigEndian.AppendUint64(dst, uint64(values[row].HighBits())^signBit)
			return binary.BigEndian.AppendUint64(dst, values[row].LowBits())
		}
	case *array.MonthDayNanoInterval:
		return intervalEncoder(arr)
	case *array.Struct:
		return structEncoder(arr)
	case *array.Map: // before List, which it embeds
		return mapEncoder(arr)
	case *array.List:
		return listEncoder(arr, arr.Data().Children()[0])
	}
	return integerEncoder(arr)
}

const signBit = 1 << 63

// integerEncoder is for all types that are kept as integers.
func integerEncoder(arr arrow.Array) keyEncoder {
	switch width := arr.DataType().(arrow.FixedWidthDataType).BitWidth(); width {
	case 8:
		return signedEncoder(fixedValues[int8](arr))
	case 16:
		return signedEncoder(fixedValues[int16](arr))
	case 32:
		return signedEncoder(fixedValues[int32](arr))
	case 64:
		return signedEncoder(fixedValues[int64](arr))
	default:
		panic(fmt.Sprintf("internal error: no order for values of %v", arr.DataType()))
	}
}

func signedEncoder[T int8 | int16 | int32 | int64](values []T) keyEncoder {
	return func(dst []byte, row int) []byte {
		return binary.BigEndian.AppendUint64(dst, uint64(int64(values[row]))^signBit)
	}
}

// floatRank orders floats as Spark does: -0.0 equals 0.0, all NaN are equal and behind everything.
func floatRank(f float64) uint64 {
	switch {
	case f == 0:
		return signBit
	case math.IsNaN(f):
		return math.MaxUint64
	}
	bits := math.Float64bits(f)
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

// appendText escapes zero bytes, so that two of them can end the text.
func appendText(dst, text []byte) []byte {
	for _, c := range text {
		if dst = append(dst, c); c == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0, 0)
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func intervalEncoder(arr *array.MonthDayNanoInterval) keyEncoder {
	return func(dst []byte, row int) []byte {
		v := arr.Value(row)
		dst = binary.BigEndian.AppendUint64(dst, uint64(int64(v.Months))^signBit)
		dst = binary.BigEndian.AppendUint64(dst, uint64(int64(v.Days))^signBit)
		return binary.BigEndian.AppendUint64(dst, uint64(v.Nanoseconds)^signBit)
	}
}

func structEncoder(arr *array.Struct) keyEncoder {
	fields := make([]keyEncoder, arr.NumField())
	for i := range fields {
		fields[i] = newKeyEncoder(arr.Field(i), nullFirst)
	}
	return func(dst []byte, row int) []byte {
		for _, f := range fields {
			dst = f(dst, row)
		}
		return dst
	}
}

func listEncoder(arr array.ListLike, elements arrow.ArrayData) keyEncoder {
	element := newKeyEncoder(array.MakeFromData(elements), nullFirst)
	return func(dst []byte, row int) []byte {
		start, end := arr.ValueOffsets(row)
		for i := start; i < end; i++ {
			dst = element(append(dst, present), int(i))
		}
		return append(dst, nullFirst) // a shorter list comes first
	}
}

// mapEncoder is for grouping, which asks whether maps are equal: their entries have no order.
func mapEncoder(arr *array.Map) keyEncoder {
	entry := newKeyEncoder(array.MakeFromData(arr.Data().Children()[0]), nullFirst)
	return func(dst []byte, row int) []byte {
		start, end := arr.ValueOffsets(row)
		entries := make([][]byte, 0, end-start)
		for i := start; i < end; i++ {
			entries = append(entries, entry([]byte{present}, int(i)))
		}
		slices.SortFunc(entries, bytes.Compare)
		for _, e := range entries {
			dst = append(dst, e...)
		}
		return append(dst, nullFirst)
	}
}
