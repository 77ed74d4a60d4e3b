package expr

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// A Keyer appends bytes that are the same for two rows exactly when their values are equal as Spark
// groups them: null equals null, NaN equals NaN, -0.0 equals 0.0.
type Keyer func(dst []byte, i int) []byte

// NewKeyer makes keys of a column's values.
func NewKeyer(arr arrow.Array) Keyer {
	f := valueKeyer(arr)
	if arr.NullN() == 0 && arr.DataType().ID() != arrow.NULL {
		return func(dst []byte, i int) []byte { return f(append(dst, 1), i) }
	}
	return func(dst []byte, i int) []byte {
		if isNull(arr, i) {
			return append(dst, 0)
		}
		return f(append(dst, 1), i)
	}
}

func valueKeyer(arr arrow.Array) Keyer {
	switch arr := arr.(type) {
	case *array.Null:
		return func(dst []byte, _ int) []byte { return dst }
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return append(dst, byte(b2u(arr.Value(i)))) }
	case *array.String, *array.Binary:
		values := textsOf(Vector{Values: arr})
		return func(dst []byte, i int) []byte {
			s := values.at(i)
			return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
		}
	case *array.Float32:
		return func(dst []byte, i int) []byte {
			return binary.LittleEndian.AppendUint64(dst, floatKey(float64(arr.Value(i))))
		}
	case *array.Float64:
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint64(dst, floatKey(arr.Value(i))) }
	case *array.Decimal128:
		values := fixedValues[decimal128.Num](arr)
		return func(dst []byte, i int) []byte {
			dst = binary.LittleEndian.AppendUint64(dst, values[i].LowBits())
			return binary.LittleEndian.AppendUint64(dst, uint64(values[i].HighBits()))
		}
	case *array.MonthDayNanoInterval:
		return func(dst []byte, i int) []byte {
			v := arr.Value(i)
			dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Months))
			dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Days))
			return binary.LittleEndian.AppendUint64(dst, uint64(v.Nanoseconds))
		}
	case *array.Struct:
		return structKeyer(arr)
	case list:
		return listKeyer(arr)
	}
	return integerKeyer(arr)
}

func floatKey(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case math.IsNaN(f):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f)
}

func integerKeyer(arr arrow.Array) Keyer {
	switch arr.DataType().(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		values := fixedValues[int8](arr)
		return func(dst []byte, i int) []byte { return append(dst, byte(values[i])) }
	case 16:
		values := fixedValues[int16](arr)
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint16(dst, uint16(values[i])) }
	case 32:
		values := fixedValues[int32](arr)
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(values[i])) }
	default:
		values := fixedValues[int64](arr)
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(values[i])) }
	}
}

func structKeyer(arr *array.Struct) Keyer {
	fields := make([]Keyer, arr.NumField())
	for i := range fields {
		fields[i] = NewKeyer(arr.Field(i))
	}
	return func(dst []byte, i int) []byte {
		for _, f := range fields {
			dst = f(dst, i)
		}
		return dst
	}
}

func listKeyer(arr list) Keyer {
	elements := NewKeyer(elementsOf(arr))
	return func(dst []byte, i int) []byte {
		start, end := arr.ValueOffsets(i)
		dst = binary.AppendUvarint(dst, uint64(end-start))
		for e := start; e < end; e++ {
			dst = elements(dst, int(e))
		}
		return dst
	}
}
