package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// describeLeaf sets the physical and the logical type, the old and the new one, that Spark writes.
func describeLeaf(e *format.SchemaElement, t types.Type) bool {
	set := func(physical format.Type) { e.Type = thrift.New(physical) }
	logical := func(converted deprecated.ConvertedType, value format.LogicalTypeValue) {
		e.ConvertedType = thrift.New(converted)
		e.LogicalType = format.LogicalType{Value: value}
	}
	switch t := t.(type) {
	case types.Decimal:
		set(describeDecimal(e, t))
		logical(deprecated.Decimal, &format.DecimalType{Scale: int32(t.Scale), Precision: int32(t.Precision)})
		return t.Precision > 0 && t.Precision <= types.MaxPrecision && t.Scale >= 0 && t.Scale <= t.Precision
	case types.Interval:
		set(format.Int64)
		if t.YearMonth() {
			set(format.Int32)
		}
		return true
	}
	switch t {
	case types.Boolean:
		set(format.Boolean)
	case types.Byte:
		set(format.Int32)
		logical(deprecated.Int8, &format.IntType{BitWidth: 8, IsSigned: true})
	case types.Short:
		set(format.Int32)
		logical(deprecated.Int16, &format.IntType{BitWidth: 16, IsSigned: true})
	case types.Integer:
		set(format.Int32)
	case types.Long:
		set(format.Int64)
	case types.Float:
		set(format.Float)
	case types.Double:
		set(format.Double)
	case types.String:
		set(format.ByteArray)
		logical(deprecated.UTF8, &format.StringType{})
	case types.Binary:
		set(format.ByteArray)
	case types.Date:
		set(format.Int32)
		logical(deprecated.Date, &format.DateType{})
	case types.Timestamp:
		set(format.Int64)
		logical(deprecated.TimestampMicros, timestampMicros(true))
	case types.TimestampNTZ:
		// The old annotation means an instant: leaving it out keeps old readers from a wrong answer.
		set(format.Int64)
		e.LogicalType = format.LogicalType{Value: timestampMicros(false)}
	default:
		return false
	}
	return true
}

func timestampMicros(instant bool) *format.TimestampType {
	return &format.TimestampType{IsAdjustedToUTC: instant, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}
}

func describeDecimal(e *format.SchemaElement, t types.Decimal) format.Type {
	e.Scale, e.Precision = thrift.New(int32(t.Scale)), thrift.New(int32(t.Precision))
	switch {
	case t.Precision <= 9:
		return format.Int32
	case t.Precision <= 18:
		return format.Int64
	default:
		e.TypeLength = thrift.New(int32(decimalBytes(t.Precision)))
		return format.FixedLenByteArray
	}
}

// newEncoder makes the encoder of a type that describeLeaf knows.
func newEncoder(t types.Type, seed uint64) valueEncoder {
	integer32 := func(v int32) predicate.Value { return int64(v) }
	integer64 := func(v int64) predicate.Value { return v }
	switch t := t.(type) {
	case types.Decimal:
		return newDecimalEncoder(t, seed)
	case types.Interval:
		if t.YearMonth() {
			return newNumberEncoder(loadAs(view[int32, arrow.MonthInterval]), integer32, seed)
		}
		return newNumberEncoder(loadAs(view[int64, arrow.Duration]), integer64, seed)
	}
	switch t {
	case types.Boolean:
		return &boolEncoder{}
	case types.Byte:
		return newNumberEncoder(loadWidened[int8], integer32, seed)
	case types.Short:
		return newNumberEncoder(loadWidened[int16], integer32, seed)
	case types.Integer:
		return newNumberEncoder(loadAs(view[int32, int32]), integer32, seed)
	case types.Date:
		return newNumberEncoder(loadAs(view[int32, arrow.Date32]), integer32, seed)
	case types.Long:
		return newNumberEncoder(loadAs(view[int64, int64]), integer64, seed)
	case types.Timestamp, types.TimestampNTZ:
		return newNumberEncoder(loadAs(view[int64, arrow.Timestamp]), integer64, seed)
	case types.Float:
		return newNumberEncoder(loadAs(view[float32, float32]), func(v float32) predicate.Value { return float64(v) }, seed)
	case types.Double:
		return newNumberEncoder(loadAs(view[float64, float64]), func(v float64) predicate.Value { return v }, seed)
	case types.String:
		e := newBytesEncoder(loadBytes, func(v []byte) predicate.Value { return string(v) }, seed)
		e.text = true
		return e
	default:
		return newBytesEncoder(loadBytes, func(v []byte) predicate.Value { return v }, seed)
	}
}

func newDecimalEncoder(t types.Decimal, seed uint64) valueEncoder {
	switch {
	case t.Precision <= 9:
		return newNumberEncoder(loadDecimal[int32], func(v int32) predicate.Value { return decimal128.FromI64(int64(v)) }, seed)
	case t.Precision <= 18:
		return newNumberEncoder(loadDecimal[int64], func(v int64) predicate.Value { return decimal128.FromI64(v) }, seed)
	}
	size := decimalBytes(t.Precision)
	e := newBytesEncoder(loadWideDecimal(size), func(v []byte) predicate.Value { return decimalOf(v) }, seed)
	e.fixed = size
	e.page.flip, e.chunk.flip, e.file.flip = signBit, signBit, signBit
	return e
}

// decimalOf reads a big-endian number of at most 16 bytes.
func decimalOf(v []byte) decimal128.Num {
	var low, high uint64
	if len(v) > 0 && v[0] >= 0x80 {
		low, high = ^uint64(0), ^uint64(0)
	}
	for _, b := range v {
		high = high<<8 | low>>56
		low = low<<8 | uint64(b)
	}
	return decimal128.New(int64(high), low)
}
