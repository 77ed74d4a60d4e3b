package records

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// ParseDecimal reads a number as a decimal of that precision and scale. It refuses one that does not
// fit exactly: digits are never lost in silence.
func ParseDecimal(text []byte, precision, scale int) (decimal128.Num, bool) {
	n, ok := scanDecimal(text)
	if !ok {
		return decimal128.Num{}, false
	}
	if n.digits == 0 {
		return decimal128.Num{}, true
	}
	shift := n.exponent + scale
	if shift < 0 || n.digits+shift > precision {
		return decimal128.Num{}, false
	}
	for range shift {
		n.hi, n.lo = timesTenPlus(n.hi, n.lo, 0)
	}
	num := decimal128.New(int64(n.hi), n.lo)
	if n.negative {
		num = num.Negate()
	}
	return num, true
}

// DecimalShape is how many digits a number has in all and after the point, as java.math.BigDecimal counts them;
// ok is false for what is not a number.
func DecimalShape(text []byte) (precision, scale int, ok bool) {
	return decimalShape(text)
}

// scanned is a number: digits × 10^exponent, without zeros at either end.
type scanned struct {
	negative bool
	hi, lo   uint64
	digits   int // 0: the number is zero
	exponent int
}

const (
	maxDigits   = 38
	maxExponent = 1 << 20
)

func scanDecimal(text []byte) (n scanned, ok bool) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		n.negative = text[0] == '-'
		text = text[1:]
	}
	zeros, seen, point := 0, false, false
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen = true
		if point {
			n.exponent--
		}
		if c == '0' {
			zeros++ // kept back: it counts only when a digit follows
			continue
		}
		if n.digits == 0 {
			zeros = 0
		}
		if n.digits+zeros+1 > maxDigits {
			return n, false
		}
		for ; zeros > 0; zeros-- {
			n.hi, n.lo = timesTenPlus(n.hi, n.lo, 0)
			n.digits++
		}
		n.hi, n.lo = timesTenPlus(n.hi, n.lo, uint64(c-'0'))
		n.digits++
	}
	n.exponent += zeros
	if !seen {
		return n, false
	}
	if i == len(text) {
		return n, true
	}
	e, ok := scanExponent(text[i:])
	n.exponent += e
	return n, ok
}

func scanExponent(text []byte) (e int, ok bool) {
	if len(text) < 2 || text[0]|0x20 != 'e' {
		return 0, false
	}
	text = text[1:]
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		e = min(e*10+int(c-'0'), maxExponent)
	}
	if negative {
		e = -e
	}
	return e, len(text) > 0
}

func decimalShape(text []byte) (precision, scale int, ok bool) {
	if _, ok := scanDecimal(text); !ok {
		return 0, 0, false
	}
	leading, point := true, false
	for i, c := range text {
		switch {
		case c == '.':
			point = true
		case c >= '0' && c <= '9':
			if point {
				scale++
			}
			if leading = leading && c == '0'; !leading {
				precision++
			}
		case c|0x20 == 'e':
			e, _ := scanExponent(text[i:])
			return max(precision, 1), scale - e, true
		}
	}
	return max(precision, 1), scale, true
}

// timesTenPlus is the 128-bit number times ten, plus a digit.
func timesTenPlus(hi, lo, digit uint64) (uint64, uint64) {
	carry, low := bits.Mul64(lo, 10)
	low, c := bits.Add64(low, digit, 0)
	return hi*10 + carry + c, low
}
