package state

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// maxLongDigits is the largest precision of decimals that lie in a slot as a long.
const maxLongDigits = 18

// slotSize is how many bytes of a slot a value of the type fills, and how far its elements lie
// apart in an array; 0: the value lies behind the slots.
func slotSize(t types.Type) int {
	switch t := t.(type) {
	case types.Primitive:
		return primitiveSize[t]
	case types.Decimal:
		if t.Precision <= maxLongDigits {
			return 8
		}
	case types.Interval:
		if t.YearMonth() {
			return 4
		}
		return 8
	}
	return 0
}

var primitiveSize = [...]int{
	types.Null: 8, types.Boolean: 1, types.Byte: 1, types.Short: 2, types.Integer: 4, types.Long: 8,
	types.Float: 4, types.Double: 8, types.String: 0, types.Binary: 0, types.Date: 4,
	types.Timestamp: 8, types.TimestampNTZ: 8, types.CalendarInterval: 0, types.Variant: 0,
}

func isFixed(t types.Type) bool { return slotSize(t) > 0 }

// fixedBits gives the bits of each value, as they lie in its slot. Under a null lies anything.
func fixedBits(column arrow.Array, t types.Type) []uint64 {
	bits := make([]uint64, column.Len())
	switch c := column.(type) {
	case *array.Null:
	case *array.Boolean:
		for i := range bits {
			if c.Value(i) {
				bits[i] = 1
			}
		}
	case *array.Int8:
		for i, v := range c.Values() {
			bits[i] = uint64(uint8(v))
		}
	case *array.Int16:
		for i, v := range c.Values() {
			bits[i] = uint64(uint16(v))
		}
	case *array.Int32:
		words32(bits, c.Values())
	case *array.Date32:
		words32(bits, c.Values())
	case *array.MonthInterval:
		for i := range bits {
			bits[i] = uint64(uint32(c.Value(i)))
		}
	case *array.Int64:
		words64(bits, c.Values())
	case *array.Timestamp:
		words64(bits, c.Values())
	case *array.Duration:
		words64(bits, c.Values())
	case *array.Float32:
		for i, v := range c.Values() {
			bits[i] = float32Bits(v)
		}
	case *array.Float64:
		for i, v := range c.Values() {
			bits[i] = float64Bits(v)
		}
	case *array.Decimal128:
		for i, v := range c.Values() {
			bits[i] = v.LowBits()
		}
	default:
		panic(fmt.Sprintf("internal error: no slots for %v in %T", t, column))
	}
	return bits
}

func words32[T ~int32](bits []uint64, values []T) {
	for i, v := range values {
		bits[i] = uint64(uint32(v))
	}
}

func words64[T ~int64](bits []uint64, values []T) {
	for i, v := range values {
		bits[i] = uint64(v)
	}
}

// fixedArray makes the column whose values have these bits.
func fixedArray(bits []uint64, valid validity, t types.Type) arrow.Array {
	dt := types.ToArrow(t)
	n := len(bits)
	if dt.ID() == arrow.NULL {
		return array.NewNull(n)
	}
	var values []byte
	switch dt.ID() {
	case arrow.BOOL:
		values = make([]byte, bitutil.BytesForBits(int64(n)))
		for i, v := range bits {
			bitutil.SetBitTo(values, i, v&1 != 0)
		}
	case arrow.INT8:
		values = arrow.Int8Traits.CastToBytes(cut[int8](bits))
	case arrow.INT16:
		values = arrow.Int16Traits.CastToBytes(cut[int16](bits))
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		values = arrow.Int32Traits.CastToBytes(cut[int32](bits))
	case arrow.INT64, arrow.TIMESTAMP, arrow.DURATION:
		values = arrow.Int64Traits.CastToBytes(cut[int64](bits))
	case arrow.FLOAT32:
		floats := make([]float32, n)
		for i, v := range bits {
			floats[i] = math.Float32frombits(uint32(v))
		}
		values = arrow.Float32Traits.CastToBytes(floats)
	case arrow.FLOAT64:
		floats := make([]float64, n)
		for i, v := range bits {
			floats[i] = math.Float64frombits(v)
		}
		values = arrow.Float64Traits.CastToBytes(floats)
	case arrow.DECIMAL128:
		decimals := make([]decimal128.Num, n)
		for i, v := range bits {
			decimals[i] = decimal128.FromI64(int64(v))
		}
		values = arrow.Decimal128Traits.CastToBytes(decimals)
	default:
		panic(fmt.Sprintf("internal error: %v does not lie in slots", t))
	}
	return valid.array(dt, n, memory.NewBufferBytes(values))
}

func cut[T int8 | int16 | int32 | int64](bits []uint64) []T {
	values := make([]T, len(bits))
	for i, v := range bits {
		values[i] = T(v)
	}
	return values
}

// validity is which rows of a column have a value.
type validity struct {
	bits  []byte // nil: all
	nulls int
}

// setNull marks a row of n.
func (v *validity) setNull(i, n int) {
	if v.bits == nil {
		v.bits = make([]byte, bitutil.BytesForBits(int64(n)))
		bitutil.SetBitsTo(v.bits, 0, int64(n), true)
	}
	if bitutil.BitIsSet(v.bits, i) {
		bitutil.ClearBit(v.bits, i)
		v.nulls++
	}
}

func (v *validity) buffer() *memory.Buffer {
	if v.bits == nil {
		return nil
	}
	return memory.NewBufferBytes(v.bits)
}

func (v *validity) array(dt arrow.DataType, n int, buffers ...*memory.Buffer) arrow.Array {
	all := append([]*memory.Buffer{v.buffer()}, buffers...)
	return array.MakeFromData(array.NewData(dt, n, all, nil, v.nulls, 0))
}
