package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var errNoDictionary = errors.New("the page uses a dictionary, and the chunk has none")

// newValueReader makes the reader of a leaf as the wanted type. Beside the type that Spark infers
// it knows the widenings that lose nothing: of integers and float, of decimals, and of integers to decimals.
func newValueReader(leaf *node, want types.Type, old rebase) (valueReader, error) {
	r := old.readerOf(leaf.element, want)
	if r == nil {
		r = readerOf(leaf.element, want)
	}
	if r == nil {
		return nil, errclass.FailedReadFile.New("Column %s is %s in the file and cannot be read as %s.",
			leaf.path, leaf.element, types.SQL(want)).
			WithHint("Read it with the type that the file has, and cast.")
	}
	return r, nil
}

// readerOf gives nil where the file's type does not convert.
func readerOf(e element, want types.Type) valueReader {
	if d, ok := want.(types.Decimal); ok {
		return decimalReaderOf(e, d)
	}
	switch e.physical {
	case format.Boolean:
		if want == types.Boolean {
			return fixed[uint8, uint8](want, nil)
		}
	case format.Int32:
		return int32ReaderOf(e, want)
	case format.Int64:
		return int64ReaderOf(e, want)
	case format.Int96:
		if want == types.Timestamp || want == types.TimestampNTZ {
			return fixed(want, convertInt96)
		}
	case format.Float:
		switch want {
		case types.Float:
			return fixed[float32, float32](want, nil)
		case types.Double:
			return fixed(want, convertNumber[float32, float64])
		}
	case format.Double:
		if want == types.Double {
			return fixed[float64, float64](want, nil)
		}
	case format.ByteArray, format.FixedLenByteArray:
		return bytesReaderOf(e, want)
	}
	return nil
}

func fixed[P physicalValue, T fixedValue](want types.Type, convert func([]T, []P) error) *fixedReader[P, T] {
	return &fixedReader[P, T]{typ: types.ToArrow(want), convert: convert}
}

func int32ReaderOf(e element, want types.Type) valueReader {
	if i, ok := want.(types.Interval); ok {
		if i.YearMonth() && inferLeaf(e) == types.Integer {
			return fixed[int32, int32](want, nil)
		}
		return nil
	}
	from := inferLeaf(e)
	if from == types.Date {
		switch want {
		case types.Date:
			return fixed[int32, int32](want, nil)
		case types.TimestampNTZ:
			return fixed(want, convertDays)
		}
		return nil
	}
	if bits, _ := e.integer(); bits == 0 && from == types.Integer {
		switch want { // a writer that does not annotate
		case types.Byte:
			return fixed(want, convertNarrow[int8])
		case types.Short:
			return fixed(want, convertNarrow[int16])
		}
	}
	rank, isInteger := integerRank(from)
	wantRank, wantInteger := integerRank(want)
	if !isInteger || wantInteger && wantRank < rank {
		return nil
	}
	if from == types.Long && want == types.Long { // unsigned, 32 bits
		return fixed(want, convertUint32)
	}
	switch want {
	case types.Byte:
		return fixed(want, convertNumber[int32, int8])
	case types.Short:
		return fixed(want, convertNumber[int32, int16])
	case types.Integer:
		return fixed[int32, int32](want, nil)
	case types.Long:
		return fixed(want, convertNumber[int32, int64])
	case types.Double:
		if from != types.Long {
			return fixed(want, convertNumber[int32, float64])
		}
	}
	return nil
}

// integerRank orders the integers by width.
func integerRank(t types.Type) (int, bool) {
	switch t {
	case types.Byte:
		return 1, true
	case types.Short:
		return 2, true
	case types.Integer:
		return 3, true
	case types.Long:
		return 4, true
	}
	return 0, false
}

func int64ReaderOf(e element, want types.Type) valueReader {
	if i, ok := want.(types.Interval); ok {
		if !i.YearMonth() && inferLeaf(e) == types.Long {
			return fixed[int64, int64](want, nil)
		}
		return nil
	}
	from := inferLeaf(e)
	switch {
	case from == types.Long && want == types.Long:
		return fixed[int64, int64](want, nil)
	case (from == types.Timestamp || from == types.TimestampNTZ) && (want == types.Timestamp || want == types.TimestampNTZ):
		return timestampReaderOf(e, want)
	}
	return nil
}

func timestampReaderOf(e element, want types.Type) valueReader {
	switch unit, _ := e.timestamp(); unit {
	case unitMillis:
		return fixed(want, convertMillis)
	case unitMicros:
		return fixed[int64, int64](want, nil)
	case unitNanos:
		return fixed(want, convertNanos)
	}
	return nil
}

func bytesReaderOf(e element, want types.Type) valueReader {
	if _, isDecimal := e.decimal(); isDecimal || want != types.String && want != types.Binary {
		return nil
	}
	if e.physical == format.ByteArray {
		return &bytesReader{typ: types.ToArrow(want)}
	}
	if e.typeLength <= 0 || want != types.Binary {
		return nil
	}
	return &bytesReader{typ: types.ToArrow(want), fixed: int(e.typeLength)}
}

// decimalReaderOf reads decimals of any layout, and integers, as a decimal that holds all of them.
func decimalReaderOf(e element, want types.Decimal) valueReader {
	have, ok := e.decimal()
	if !ok {
		if have, ok = integerAsDecimal(e); !ok {
			return nil
		}
	}
	up := want.Scale - have.Scale
	if up < 0 || want.Precision-want.Scale < have.Precision-have.Scale {
		return nil
	}
	factor := newDecimalFactor(up)
	switch e.physical {
	case format.Int32:
		return fixed(want, func(dst []decimalValue, src []int32) error { return scaleUp(factor, dst, src) })
	case format.Int64:
		if have.Precision == 20 { // unsigned, 64 bits
			return fixed(want, func(dst []decimalValue, src []int64) error { return scaleUnsigned(factor, dst, src) })
		}
		return fixed(want, func(dst []decimalValue, src []int64) error { return scaleUp(factor, dst, src) })
	case format.FixedLenByteArray:
		if e.typeLength <= 0 {
			return nil
		}
		return &decimalReader{bytesReader: bytesReader{fixed: int(e.typeLength)}, typ: types.ToArrow(want), factor: factor}
	case format.ByteArray:
		return &decimalReader{typ: types.ToArrow(want), factor: factor}
	default:
		return nil
	}
}

// integerAsDecimal is the least decimal that holds an integer type.
func integerAsDecimal(e element) (types.Decimal, bool) {
	switch inferLeaf(e) {
	case types.Byte:
		return types.Decimal{Precision: 3}, true
	case types.Short:
		return types.Decimal{Precision: 5}, true
	case types.Integer:
		return types.Decimal{Precision: 10}, true
	case types.Long:
		return types.Decimal{Precision: 20}, e.physical == format.Int64
	case types.Decimal{Precision: 20}:
		return types.Decimal{Precision: 20}, true
	}
	return types.Decimal{}, false
}

func convertNumber[P int32 | float32, T int8 | int16 | int64 | float64](dst []T, src []P) error {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = T(src[i])
	}
	return nil
}

// convertNarrow keeps what fits, and fails at what does not.
func convertNarrow[T int8 | int16](dst []T, src []int32) error {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = T(src[i])
		if int32(dst[i]) != src[i] {
			return fmt.Errorf("%d is out of the range of the column's type", src[i])
		}
	}
	return nil
}

func convertUint32(dst []int64, src []int32) error {
	for i, v := range src {
		dst[i] = int64(uint32(v))
	}
	return nil
}

const microsPerDay = 86_400_000_000

func convertDays(dst []int64, src []int32) error {
	for i, v := range src {
		dst[i] = int64(v) * microsPerDay
	}
	return nil
}

func convertMillis(dst, src []int64) error {
	for i, v := range src {
		dst[i] = v * 1000
		if dst[i]/1000 != v {
			return fmt.Errorf("timestamp of %d milliseconds is out of range", v)
		}
	}
	return nil
}

// convertNanos rounds down, before 1970 as after.
func convertNanos(dst, src []int64) error {
	for i, v := range src {
		micros := v / 1000
		if v%1000 < 0 {
			micros--
		}
		dst[i] = micros
	}
	return nil
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2_440_588

func convertInt96(dst []int64, src []int96) error {
	for i, v := range src {
		nanos := int64(binary.LittleEndian.Uint64(v[:8]))
		days := int64(int32(binary.LittleEndian.Uint32(v[8:]))) - julianEpoch
		if days > 106_751_991 || days < -106_751_991 {
			return fmt.Errorf("timestamp of Julian day %d is out of range", days+julianEpoch)
		}
		dst[i] = days*microsPerDay + nanos/1000
	}
	return nil
}

// A decimalFactor multiplies unscaled values by a power of ten.
type decimalFactor struct {
	by      decimal128.Num
	trivial bool
}

func newDecimalFactor(scaleUp int) decimalFactor {
	return decimalFactor{by: decimal128.GetScaleMultiplier(scaleUp), trivial: scaleUp == 0}
}

func (f decimalFactor) times(v decimal128.Num) decimalValue {
	if !f.trivial {
		v = v.Mul(f.by)
	}
	return decimalValue{v.LowBits(), uint64(v.HighBits())}
}

// of scales the number that big-endian bytes stand for, of which the last sixteen count.
func (f decimalFactor) of(v []byte) decimalValue { return f.times(decimalOf(v)) }

func scaleUp[P int32 | int64](f decimalFactor, dst []decimalValue, src []P) error {
	for i, v := range src {
		dst[i] = f.times(decimal128.FromI64(int64(v)))
	}
	return nil
}

func scaleUnsigned(f decimalFactor, dst []decimalValue, src []int64) error {
	for i, v := range src {
		dst[i] = f.times(decimal128.New(0, uint64(v)))
	}
	return nil
}
