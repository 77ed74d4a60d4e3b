package records

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// AppendJSONFloat writes a number as Java does: 0.15, 1.0E10. What is no number stands in quotes.
func AppendJSONFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	start := len(dst)
	if size := math.Abs(f); size != 0 && (size < 1e-3 || size >= 1e7) {
		return javaExponent(strconv.AppendFloat(dst, f, 'e', -1, bits), start)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	if slices.Contains(dst[start:], '.') {
		return dst
	}
	return append(dst, ".0"...)
}

// javaExponent turns 1e+10 from start on into 1.0E10.
func javaExponent(dst []byte, start int) []byte {
	text := string(dst[start:])
	mantissa, exponent, _ := strings.Cut(text, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	negative := exponent[0] == '-'
	exponent = strings.TrimLeft(exponent, "+-0")
	dst = append(append(dst[:start], mantissa...), 'E')
	if negative {
		dst = append(dst, '-')
	}
	return append(dst, exponent...)
}
