package xmlio

import (
	"bytes"
	"encoding/hex"
	"math"

	"lakehouse/internal/records"
)

// scalar adds a text to a column; null where it does not fit.
func (r *rows) scalar(b *records.Builder, text []byte) (fits bool) {
	if r.d.opts.Trim {
		text = records.TrimText(text)
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

func (r *rows) convert(b *records.Builder, text []byte) bool {
	switch b.Kind {
	case records.Float32, records.Float64:
		f, ok := parseFloat(text, b.FloatBits())
		if !ok {
			return false
		}
		b.AppendFloat(f)
	case records.Bool:
		isTrue := bytes.EqualFold(text, []byte("true")) || string(text) == "1"
		if !isTrue && !bytes.EqualFold(text, []byte("false")) && string(text) != "0" {
			return false
		}
		b.Bools = append(b.Bools, isTrue)
		b.Len++
	case records.Binary:
		return appendHex(b, text)
	default:
		return b.AppendText(text, &r.d.opts.Formats)
	}
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

// parseFloat reads a number; that none is one may have a sign, as in Java.
func parseFloat(text []byte, bits int) (float64, bool) {
	if string(text) == "+NaN" || string(text) == "-NaN" {
		return math.NaN(), true
	}
	return records.ParseFloat(text, bits)
}
