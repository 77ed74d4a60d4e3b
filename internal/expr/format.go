package expr

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
)

// ShowValue is a value as Spark's show() prints it: 1.0E10, 2025-01-31 10:00:00, {a, 1}, {k -> v}, [1, NULL], and for
// binary [53 70].
func ShowValue(arr arrow.Array, i int, t types.Type, tz *time.Location) string {
	if isNull(arr, i) {
		return "NULL"
	}
	return string(look{zone: tz, null: "NULL", hex: true}.formatter(arr, t)(nil, i))
}

// FormatValue is a value as CAST(x AS STRING) gives it, but for null, which is NULL, and for binary, which is [53 70].
// Inside others a null is null.
func FormatValue(arr arrow.Array, i int, t types.Type, tz *time.Location) string {
	if isNull(arr, i) {
		return "NULL"
	}
	if raw, ok := arr.(*array.Binary); ok {
		return formatBinary(raw.Value(i))
	}
	return string(newFormatter(arr, t, tz)(nil, i))
}

func formatBinary(raw []byte) string {
	parts := make([]string, len(raw))
	for i, b := range raw {
		parts[i] = strings.ToUpper(string([]byte{hexDigits[b>>4], hexDigits[b&15]}))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

const hexDigits = "0123456789abcdef"

func formatConstant(c *Constant) string {
	return string(newFormatter(oneValue(c.DataType, c.Value), c.DataType, time.UTC)(nil, 0))
}

// A formatter appends the text of row i, which is not null, as CAST(x AS STRING) gives it.
type formatter func(dst []byte, i int) []byte

func newFormatter(arr arrow.Array, t types.Type, tz *time.Location) formatter {
	return look{zone: tz, null: "null"}.formatter(arr, t)
}

// A look is in what show() and a cast to text differ.
type look struct {
	zone *time.Location
	null string // inside others
	hex  bool   // of binary
}

func (l look) formatter(arr arrow.Array, t types.Type) formatter {
	switch t := t.(type) {
	case types.Primitive:
		return l.primitive(arr, t)
	case types.Decimal:
		values := fixedValues[decimal128.Num](arr)
		return func(dst []byte, i int) []byte { return appendDecimal(dst, values[i], t.Scale) }
	case types.Interval:
		return intervalFormatter(arr, t)
	case types.Array:
		return l.array(arr.(list), t)
	case types.Map:
		return l.mapping(arr.(*array.Map), t)
	case types.Struct:
		return l.structure(arr.(*array.Struct), t)
	}
	return func(dst []byte, _ int) []byte { return dst }
}

func (l look) primitive(arr arrow.Array, t types.Primitive) formatter {
	if t == types.Binary && l.hex {
		values := textValues(arr)
		return func(dst []byte, i int) []byte { return append(dst, formatBinary([]byte(values[i]))...) }
	}
	switch t {
	case types.Boolean:
		values := boolBits(arr)
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, values.get(i)) }
	case types.Byte:
		return integerFormatter(fixedValues[int8](arr))
	case types.Short:
		return integerFormatter(fixedValues[int16](arr))
	case types.Integer:
		return integerFormatter(fixedValues[int32](arr))
	case types.Long:
		return integerFormatter(fixedValues[int64](arr))
	case types.Float:
		values := fixedValues[float32](arr)
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(values[i]), 32) }
	case types.Double:
		values := fixedValues[float64](arr)
		return func(dst []byte, i int) []byte { return appendFloat(dst, values[i], 64) }
	case types.String, types.Binary:
		values := textValues(arr)
		return func(dst []byte, i int) []byte { return append(dst, values[i]...) }
	case types.Date:
		values := fixedValues[int32](arr)
		return func(dst []byte, i int) []byte { return appendDate(dst, int64(values[i])) }
	case types.Timestamp:
		values, z := fixedValues[int64](arr), newZone(l.zone)
		return func(dst []byte, i int) []byte { return appendTimestamp(dst, z.Local(values[i])) }
	case types.TimestampNTZ:
		values := fixedValues[int64](arr)
		return func(dst []byte, i int) []byte { return appendTimestamp(dst, values[i]) }
	case types.Variant:
		return l.variant(arr)
	case types.CalendarInterval:
		values := fixedValues[arrow.MonthDayNanoInterval](arr)
		return func(dst []byte, i int) []byte { return appendCalendarInterval(dst, values[i]) }
	default:
		return func(dst []byte, _ int) []byte { return append(dst, l.null...) }
	}
}

// variant shows a malformed one as such: who only looks shall see it.
func (l look) variant(arr arrow.Array) formatter {
	column, clock := variantsOf(Vector{Values: arr}), datetime.NewClock(l.zone)
	return func(dst []byte, i int) []byte {
		from := len(dst)
		dst, err := column.at(i).AppendJSON(dst, clock)
		if err != nil {
			return append(dst[:from], "<malformed variant>"...)
		}
		return dst
	}
}

func integerFormatter[T int8 | int16 | int32 | int64](values []T) formatter {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

func (l look) element(dst []byte, arr arrow.Array, f formatter, i int) []byte {
	if isNull(arr, i) {
		return append(dst, l.null...)
	}
	return f(dst, i)
}

func (l look) array(arr list, t types.Array) formatter {
	elements := elementsOf(arr)
	f := l.formatter(elements, t.Element)
	return func(dst []byte, i int) []byte {
		start, end := arr.ValueOffsets(i)
		dst = append(dst, '[')
		for e := start; e < end; e++ {
			if e > start {
				dst = append(dst, ", "...)
			}
			dst = l.element(dst, elements, f, int(e))
		}
		return append(dst, ']')
	}
}

func (l look) mapping(arr *array.Map, t types.Map) formatter {
	keys, values := arr.Keys(), arr.Items()
	k, v := l.formatter(keys, t.Key), l.formatter(values, t.Value)
	return func(dst []byte, i int) []byte {
		start, end := arr.ValueOffsets(i)
		dst = append(dst, '{')
		for e := start; e < end; e++ {
			if e > start {
				dst = append(dst, ", "...)
			}
			dst = append(k(dst, int(e)), " -> "...)
			dst = l.element(dst, values, v, int(e))
		}
		return append(dst, '}')
	}
}

func (l look) structure(arr *array.Struct, t types.Struct) formatter {
	fields := make([]formatter, len(t.Fields))
	for i, f := range t.Fields {
		fields[i] = l.formatter(arr.Field(i), f.Type)
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, '{')
		for f := range fields {
			if f > 0 {
				dst = append(dst, ", "...)
			}
			dst = l.element(dst, arr.Field(f), fields[f], i)
		}
		return append(dst, '}')
	}
}

// appendFloat writes a float as Java's toString does: plain between 0.001 and 10,000,000, otherwise
// with an exponent, always with a digit after the point.
func appendFloat(dst []byte, f float64, bitSize int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	start := len(dst)
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		dst = strconv.AppendFloat(dst, f, 'f', -1, bitSize)
		return withPoint(dst, start)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, bitSize)
	e := start + strings.IndexByte(string(dst[start:]), 'e')
	exponent, _ := strconv.Atoi(string(dst[e+1:])) // our own text
	dst = append(withPoint(dst[:e], start), 'E')
	return strconv.AppendInt(dst, int64(exponent), 10)
}

func withPoint(dst []byte, start int) []byte {
	if slices.Contains(dst[start:], '.') {
		return dst
	}
	return append(dst, ".0"...)
}

func appendPadded(dst []byte, v int64, width int) []byte { return datetime.AppendPadded(dst, v, width) }

func appendDate(dst []byte, day int64) []byte {
	year, month, dom := civil(day)
	if year > 9999 {
		dst = append(dst, '+')
	}
	dst = append(appendPadded(dst, year, 4), '-')
	dst = append(appendPadded(dst, int64(month), 2), '-')
	return appendPadded(dst, int64(dom), 2)
}

// appendTimestamp writes a wall-clock time, without trailing zeros in the fraction.
func appendTimestamp(dst []byte, local int64) []byte {
	day, micros := split(local)
	dst = append(appendDate(dst, day), ' ')
	dst = append(appendPadded(dst, micros/microsPerHour, 2), ':')
	dst = append(appendPadded(dst, micros/microsPerMinute%60, 2), ':')
	dst = appendPadded(dst, micros/microsPerSecond%60, 2)
	return appendFraction(dst, micros%microsPerSecond)
}

// appendFraction writes microseconds behind a point, without trailing zeros; nothing for 0.
func appendFraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPadded(dst, micros, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
