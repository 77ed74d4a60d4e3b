package csvio

import (
	"bytes"
	"math"
	"unicode/utf8"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// readable tells whether a value can be read into a column of the type: one that has no values in it.
func readable(t types.Type) bool {
	switch t.(type) {
	case types.Array, types.Map, types.Struct:
		return false
	}
	return t != types.Type(types.Null)
}

// convert adds a value to its column. It reports false, and adds nothing, when the value does not fit.
func (r *rows) convert(b *records.Builder, text []byte) bool {
	switch b.Kind {
	case records.String, records.Binary:
		if !utf8.Valid(text) {
			return false
		}
		b.AppendBytes(text)
	case records.Variant:
		return r.variantColumn(b, text)
	case records.Float32, records.Float64:
		f, ok := r.d.opts.Values.float(text, b.FloatBits())
		if !ok {
			return false
		}
		b.AppendFloat(f)
	case records.Bool:
		isTrue := bytes.EqualFold(text, []byte("true"))
		if !isTrue && !bytes.EqualFold(text, []byte("false")) {
			return false
		}
		b.Bools = append(b.Bools, isTrue)
		b.Len++
	default:
		return b.AppendText(text, &r.d.opts.Formats)
	}
	return true
}

// float reads a number, or a text that stands for one, with space around it as Java allows.
func (v *valueTexts) float(text []byte, bits int) (float64, bool) {
	text = records.TrimText(text)
	switch string(text) {
	case v.nan:
		return math.NaN(), true
	case v.positiveInf:
		return math.Inf(1), true
	case v.negativeInf:
		return math.Inf(-1), true
	}
	return records.ParseFloat(text, bits)
}
