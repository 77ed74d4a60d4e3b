package csvio

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// convert adds a value to its column. It reports false, and adds nothing, when the value does not fit.
func (r *rows) convert(b *records.Builder, text []byte) bool {
	switch b.Kind {
	case records.String, records.Binary:
		if !utf8.Valid(text) {
			return false
		}
		b.AppendBytes(text)
		return true
	case records.Int8, records.Int16, records.Int32, records.Int64:
		return appendInteger(b, text)
	case records.Float32, records.Float64:
		return r.appendFloat(b, text)
	case records.Bool:
		isTrue := bytes.EqualFold(text, []byte("true"))
		if !isTrue && !bytes.EqualFold(text, []byte("false")) {
			return false
		}
		b.Bools = append(b.Bools, isTrue)
	case records.Decimal:
		t := b.Type.(types.Decimal)
		v, ok := records.ParseDecimal(bytes.ReplaceAll(text, []byte(","), nil), t.Precision, t.Scale)
		if !ok {
			return false
		}
		b.Decimals = append(b.Decimals, v)
	case records.Date:
		v, ok := r.d.opts.Formats.ParseDate(text)
		if !ok {
			return false
		}
		b.Int32s = append(b.Int32s, v)
	case records.Timestamp:
		v, ok := r.d.opts.Formats.ParseTimestamp(text)
		if !ok {
			return false
		}
		b.Int64s = append(b.Int64s, v)
	case records.TimestampNTZ:
		v, ok := r.d.opts.Formats.ParseTimestampNTZ(text)
		if !ok {
			return false
		}
		b.Int64s = append(b.Int64s, v)
	default:
		return false
	}
	b.Len++
	return true
}

var intBits = [...]int{records.Int8: 8, records.Int16: 16, records.Int32: 32, records.Int64: 64}

func appendInteger(b *records.Builder, text []byte) bool {
	v, err := strconv.ParseInt(unsafe.String(unsafe.SliceData(text), len(text)), 10, intBits[b.Kind])
	if err != nil {
		return false
	}
	switch b.Kind {
	case records.Int8:
		b.Int8s = append(b.Int8s, int8(v))
	case records.Int16:
		b.Int16s = append(b.Int16s, int16(v))
	case records.Int32:
		b.Int32s = append(b.Int32s, int32(v))
	default:
		b.Int64s = append(b.Int64s, v)
	}
	b.Len++
	return true
}

func (r *rows) appendFloat(b *records.Builder, text []byte) bool {
	bits := 64
	if b.Kind == records.Float32 {
		bits = 32
	}
	f, ok := r.d.opts.Values.float(text, bits)
	if !ok {
		return false
	}
	if b.Kind == records.Float32 {
		b.Float32s = append(b.Float32s, float32(f))
	} else {
		b.Float64s = append(b.Float64s, f)
	}
	b.Len++
	return true
}

// float reads a number, or a text that stands for one, with space around it as Java allows. A number too large is
// refused: it never becomes infinite.
func (v *valueTexts) float(text []byte, bits int) (float64, bool) {
	text = bytes.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	switch string(text) {
	case v.nan:
		return math.NaN(), true
	case v.positiveInf:
		return math.Inf(1), true
	case v.negativeInf:
		return math.Inf(-1), true
	}
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
