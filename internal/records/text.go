package records

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"lakehouse/internal/types"
)

var intBits = [...]int{Int8: 8, Int16: 16, Int32: 32, Int64: 64}

// AppendText adds the value that a text of CSV or XML stands for to a column of whole numbers, decimals, dates or times.
// It reports false, and adds nothing, where the text does not fit and for columns of all other kinds.
func (b *Builder) AppendText(text []byte, formats *Formats) (ok bool) {
	var micros int64
	switch b.Kind {
	case Int8, Int16, Int32, Int64:
		return b.appendInteger(text)
	case Decimal:
		return b.appendDecimal(text)
	case Date:
		var days int32
		if days, ok = formats.ParseDate(text); ok {
			b.Int32s = append(b.Int32s, days)
			b.Len++
		}
		return ok
	case Timestamp:
		micros, ok = formats.ParseTimestamp(text)
	case TimestampNTZ:
		micros, ok = formats.ParseTimestampNTZ(text)
	default:
		return false
	}
	if ok {
		b.Int64s = append(b.Int64s, micros)
		b.Len++
	}
	return ok
}

func (b *Builder) appendInteger(text []byte) bool {
	v, err := strconv.ParseInt(unsafe.String(unsafe.SliceData(text), len(text)), 10, intBits[b.Kind])
	if err != nil {
		return false
	}
	switch b.Kind {
	case Int8:
		b.Int8s = append(b.Int8s, int8(v))
	case Int16:
		b.Int16s = append(b.Int16s, int16(v))
	case Int32:
		b.Int32s = append(b.Int32s, int32(v))
	default:
		b.Int64s = append(b.Int64s, v)
	}
	b.Len++
	return true
}

// appendDecimal reads a decimal, whose digits may stand in groups between commas.
func (b *Builder) appendDecimal(text []byte) bool {
	t := b.Type.(types.Decimal)
	v, ok := ParseDecimal(bytes.ReplaceAll(text, []byte(","), nil), t.Precision, t.Scale)
	if ok {
		b.Decimals = append(b.Decimals, v)
		b.Len++
	}
	return ok
}

// AppendFloat adds a number to a column of floats or doubles.
func (b *Builder) AppendFloat(f float64) {
	if b.Kind == Float32 {
		b.Float32s = append(b.Float32s, float32(f))
	} else {
		b.Float64s = append(b.Float64s, f)
	}
	b.Len++
}

// FloatBits is the size of the numbers of a column of floats or doubles.
func (b *Builder) FloatBits() int {
	if b.Kind == Float32 {
		return 32
	}
	return 64
}

// ParseFloat reads a number, or Java's names for those that are none. A number too large is refused: it never becomes
// infinite.
func ParseFloat(text []byte, bits int) (float64, bool) {
	switch string(text) {
	case "NaN":
		return math.NaN(), true
	case "Infinity", "+Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	for _, c := range text {
		if (c < '0' || c > '9') && bytes.IndexByte([]byte("+-.eE"), c) < 0 {
			return 0, false // strconv would take more: 0x1p-2, 1_000, nan
		}
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), bits)
	return f, err == nil
}

// TrimText takes off a text's ends what Java's String.trim does.
func TrimText(text []byte) []byte {
	if n := len(text); n > 0 && text[0] > ' ' && text[n-1] > ' ' { // most texts
		return text
	}
	return bytes.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}
