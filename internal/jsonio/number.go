package jsonio

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// number reads a number as RFC 8259 writes it. integer tells that it has neither fraction nor exponent.
func (p *parser) number() (token []byte, integer, ok bool) {
	start, i := p.pos, p.pos
	if i < len(p.data) && p.data[i] == '-' {
		i++
	}
	digits := i
	i = p.digits(i)
	if i == digits {
		p.fail("expected a value")
		return nil, false, false
	}
	if p.data[digits] == '0' && i-digits > 1 && !p.LeadingZeros {
		p.fail("a number begins with zeros")
		return nil, false, false
	}
	integer = true
	if i < len(p.data) && p.data[i] == '.' {
		integer = false
		point := i + 1
		if i = p.digits(point); i == point {
			p.fail("a number has no digits after its point")
			return nil, false, false
		}
	}
	if i < len(p.data) && p.data[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(p.data) && (p.data[i] == '+' || p.data[i] == '-') {
			i++
		}
		exponent := i
		if i = p.digits(i); i == exponent {
			p.fail("a number has no digits in its exponent")
			return nil, false, false
		}
	}
	p.pos = i
	return p.data[start:i], integer, true
}

func (p *parser) digits(i int) int {
	for i < len(p.data) && p.data[i]-'0' <= 9 {
		i++
	}
	return i
}

// simpleInteger reads a whole number of at most 18 digits. It reports false, and moves nowhere, when
// something else stands there.
func (p *parser) simpleInteger() (v int64, ok bool) {
	data, i := p.data, p.pos
	negative := i < len(data) && data[i] == '-'
	if negative {
		i++
	}
	start := i
	for i < len(data) {
		d := data[i] - '0'
		if d > 9 {
			break
		}
		v = v*10 + int64(d)
		i++
	}
	n := i - start
	if n == 0 || n > 18 || data[start] == '0' && n > 1 {
		return 0, false
	}
	if i < len(data) && (data[i] == '.' || data[i]|0x20 == 'e') {
		return 0, false
	}
	p.pos = i
	if negative {
		v = -v
	}
	return v, true
}

// simpleDouble reads a number of at most 19 digits without an exponent. It reports false, and moves nowhere, at anything else.
func (p *parser) simpleDouble() (f float64, ok bool) {
	data, i := p.data, p.pos
	negative := i < len(data) && data[i] == '-'
	if negative {
		i++
	}
	start := i
	var mantissa uint64
	for i < len(data) {
		d := data[i] - '0'
		if d > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(d)
		i++
	}
	n, scale := i-start, 0
	if n == 0 || data[start] == '0' && n > 1 {
		return 0, false
	}
	if i < len(data) && data[i] == '.' {
		point := i + 1
		for i = point; i < len(data); i++ {
			d := data[i] - '0'
			if d > 9 {
				break
			}
			mantissa = mantissa*10 + uint64(d)
		}
		if scale = i - point; scale == 0 {
			return 0, false
		}
	}
	if n+scale > 19 || i < len(data) && data[i]|0x20 == 'e' {
		return 0, false
	}
	p.pos = i
	if mantissa < 1<<53 {
		f = float64(mantissa) / powers[scale] // both are exact: the division alone rounds
	} else {
		f = quotient(mantissa, tens[scale])
	}
	if negative {
		f = -f
	}
	return f, true
}

var powers = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

var tens = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// quotient is the double nearest to a / b, neither of which is 0: at least 62 bits of it, the last of which tells whether
// anything follows, are rounded once.
func quotient(a, b uint64) float64 {
	up, down := bits.LeadingZeros64(a), bits.LeadingZeros64(b)
	a, b = a<<up, b<<down
	q, rest := bits.Div64(a>>1, a<<63, b) // a * 2^63 / b
	if rest != 0 {
		q |= 1
	}
	const bias, fraction = 1023, 52
	return float64(q) * math.Float64frombits(uint64(bias+down-up-63)<<fraction)
}

// parseFloat is the nearest double, or float. It reports false for numbers beyond the largest.
func parseFloat(token []byte, bitSize int) (float64, bool) {
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(token), len(token)), bitSize)
	return f, err == nil
}

func parseInt(token []byte, bitSize int) (int64, bool) {
	v, err := strconv.ParseInt(unsafe.String(unsafe.SliceData(token), len(token)), 10, bitSize)
	return v, err == nil
}
