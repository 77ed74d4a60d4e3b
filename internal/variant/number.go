package variant

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// maxPrecision is the most digits of a decimal, and the largest scale.
const maxPrecision = 38

// WholeNumber adds a text that is a whole number of 64 bits, as Spark reads such values of CSV and XML; else it adds nothing.
func (b *Builder) WholeNumber(text []byte) bool {
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || strings.IndexByte(string(text), '_') >= 0 {
		return false
	}
	b.Long(v)
	return true
}

// ExactNumber adds a text that is a decimal of at most 38 digits: with a fraction, an exponent, or commas, which mean nothing.
// Else it adds nothing.
func (b *Builder) ExactNumber(text []byte) bool {
	digits, scale, ok := decimalText(strings.ReplaceAll(string(text), ",", ""))
	if !ok || scale < -maxPrecision || scale > maxPrecision {
		return false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return false
	}
	if scale < 0 {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		scale = 0
	}
	if n.BitLen() > 127 {
		return false
	}
	d := decimal128.FromBigInt(n)
	if !d.FitsInPrecision(maxPrecision) {
		return false
	}
	b.Decimal(d, scale)
	return true
}

// decimalText takes a number apart: its digits with their sign, and how many of them stand behind the point.
func decimalText(text string) (digits string, scale int, ok bool) {
	const longest = 1000 // of a number that somebody has written
	if len(text) > longest {
		return "", 0, false
	}
	mantissa := text
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		exponent, err := strconv.ParseInt(text[e+1:], 10, 32)
		if err != nil || strings.IndexByte(text[e+1:], '_') >= 0 {
			return "", 0, false
		}
		mantissa, scale = text[:e], -int(exponent)
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = strings.TrimPrefix(mantissa[:1], "+"), mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	scale += len(fraction)
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", 0, false
	}
	return sign + digits, scale, true
}
