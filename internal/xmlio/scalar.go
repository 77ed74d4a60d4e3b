package xmlio

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unsafe"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// scalar adds a text to a column; null where it does not fit.
func (r *rows) scalar(b *records.Builder, text []byte) (fits bool) {
	if r.d.opts.Trim {
		text = trim(text)
	}
	if r.d.opts.HasNull && string(text) == r.d.opts.NullValue {
		b.AppendNull()
		return true
	}
	if b.Kind == records.String {
		b.AppendBytes(text)
		return true
	}
	if b.Kind == records.Null || !r.convert(b, text) {
		b.AppendNull()
		if b.Kind == records.Null {
			return true
		}
		r.wrong(b)
		return false
	}
	return true
}

// trim takes off what Java's trim does.
func trim(text []byte) []byte {
	return bytes.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}

func (r *rows) convert(b *records.Builder, text []byte) bool {
	switch b.Kind {
	case records.Int8, records.Int16, records.Int32, records.Int64:
		return appendInteger(b, text)
	case records.Float32, records.Float64:
		return appendFloat(b, text)
	case records.Bool:
		isTrue := bytes.EqualFold(text, []byte("true")) || string(text) == "1"
		if !isTrue && !bytes.EqualFold(text, []byte("false")) && string(text) != "0" {
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
	case records.Binary:
		return appendHex(b, text)
	default:
		return false
	}
	b.Len++
	return true
}

// appendHex reads bytes as Spark's binary parser does: hexadecimal digits, perhaps in brackets with blanks between.
func appendHex(b *records.Builder, text []byte) bool {
	digits := bytes.ReplaceAll(bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("[")), []byte("]")), []byte(" "), nil)
	before := len(b.Bytes)
	decoded, err := hex.AppendDecode(b.Bytes, digits)
	if err != nil {
		b.Bytes = b.Bytes[:before]
		return false
	}
	b.Bytes = decoded
	b.CloseBytes()
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

func appendFloat(b *records.Builder, text []byte) bool {
	bits := 64
	if b.Kind == records.Float32 {
		bits = 32
	}
	f, ok := parseFloat(text, bits)
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

// parseFloat reads a number, or Java's names for those that are none.
func parseFloat(text []byte, bits int) (float64, bool) {
	switch string(text) {
	case "NaN", "+NaN", "-NaN":
		return math.NaN(), true
	case "Infinity", "+Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	for _, c := range text {
		if c-'0' > 9 && bytes.IndexByte([]byte("+-.eE"), c) < 0 {
			return 0, false // strconv would take more: 0x1p-2, 1_000, nan
		}
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), bits)
	return f, err == nil
}
