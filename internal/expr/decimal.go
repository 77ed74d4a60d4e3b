package expr

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// powers of ten that fit a decimal, and the same as float64.
var (
	tens      = makeTens()
	tensFloat = makeTensFloat()
	maxOf     = makeMaxOf()
)

func makeTens() (t [39]decimal128.Num) {
	v := big.NewInt(1)
	for i := range t {
		t[i] = decimal128.FromBigInt(v)
		v.Mul(v, big.NewInt(10))
	}
	return t
}

func makeTensFloat() (t [39]float64) {
	for i := range t {
		t[i] = math.Pow10(i)
	}
	return t
}

// makeMaxOf gives 10^p - 1, the largest unscaled value of each precision.
func makeMaxOf() (t [39]decimal128.Num) {
	for i := range t {
		t[i] = makeTens()[i].Sub(decimal128.FromI64(1))
	}
	return t
}

// fits reports whether an unscaled value has at most that many digits.
func fits(v decimal128.Num, precision int) bool {
	top := maxOf[precision]
	return v.Cmp(top) <= 0 && v.Cmp(top.Negate()) >= 0
}

// fits64 gives the value as an int64 where it is one.
func fits64(v decimal128.Num) (int64, bool) {
	low := int64(v.LowBits())
	return low, v.HighBits() == low>>63
}

// mul64 is the exact product of two int64.
func mul64(a, b int64) decimal128.Num {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	signed := int64(hi)
	if a < 0 {
		signed -= b
	}
	if b < 0 {
		signed -= a
	}
	return decimal128.New(signed, lo)
}

// rescale moves an unscaled value from one scale to another, rounding half away from zero. It fails
// where the result has more than precision digits.
func rescale(v decimal128.Num, from, to, precision int) (decimal128.Num, bool) {
	switch {
	case from < to:
		up := to - from
		if up > types.MaxPrecision {
			return v, v == decimal128.Num{}
		}
		if small, ok := fits64(v); ok && up <= 18 {
			v = mul64(small, int64(tens[up].LowBits()))
		} else {
			if !fits(v, types.MaxPrecision-up) {
				return v, false
			}
			v = v.Mul(tens[up])
		}
	case from > to:
		v = divideHalfUp(v, from-to)
	}
	return v, fits(v, precision)
}

// divideHalfUp divides by 10^digits, rounding half away from zero.
func divideHalfUp(v decimal128.Num, digits int) decimal128.Num {
	if digits > types.MaxPrecision {
		return decimal128.Num{}
	}
	if small, ok := fits64(v); ok && digits <= 18 {
		by := int64(tens[digits].LowBits())
		q, r := small/by, small%by
		if r >= by-r {
			q++
		} else if -r >= by+r {
			q--
		}
		return decimal128.FromI64(q)
	}
	q, r := v.Div(tens[digits])
	if twice := r.Abs().Add(r.Abs()); twice.Cmp(tens[digits]) >= 0 {
		if v.Sign() < 0 {
			return q.Sub(decimal128.FromI64(1))
		}
		return q.Add(decimal128.FromI64(1))
	}
	return q
}

// fromBig makes a decimal of an unscaled big integer at some scale, rounded half away from zero.
func fromBig(v *big.Int, from, to, precision int) (decimal128.Num, bool) {
	switch {
	case from < to:
		if to-from > 400 {
			return decimal128.Num{}, v.Sign() == 0
		}
		v = new(big.Int).Mul(v, bigTen(to-from))
	case from > to:
		v = bigHalfUp(v, bigTen(from-to))
	}
	if v.BitLen() > 127 {
		return decimal128.Num{}, false
	}
	d := decimal128.FromBigInt(v)
	return d, fits(d, precision)
}

func bigTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// bigHalfUp is v / by rounded half away from zero.
func bigHalfUp(v, by *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(v, by, new(big.Int))
	if r.Abs(r).Lsh(r, 1).CmpAbs(by) >= 0 {
		sign := int64(v.Sign() * by.Sign())
		q.Add(q, big.NewInt(sign))
	}
	return q
}

func decimalToFloat(v decimal128.Num, scale int) float64 {
	if small, ok := fits64(v); ok && small > -1<<53 && small < 1<<53 && scale <= 22 {
		return float64(small) / tensFloat[scale] // both exact, so the quotient is rounded once
	}
	f, _ := strconv.ParseFloat(string(appendDecimal(nil, v, scale)), 64) // our own text
	return f
}

// appendDecimal writes a decimal without exponent.
func appendDecimal(dst []byte, v decimal128.Num, scale int) []byte {
	if small, ok := fits64(v); ok && scale == 0 {
		return strconv.AppendInt(dst, small, 10)
	}
	var digits []byte
	if small, ok := fits64(v.Abs()); ok {
		digits = strconv.AppendInt(make([]byte, 0, 40), small, 10)
	} else {
		digits = v.Abs().BigInt().Append(make([]byte, 0, 40), 10)
	}
	if v.Sign() < 0 {
		dst = append(dst, '-')
	}
	if scale <= 0 {
		return append(dst, digits...)
	}
	if len(digits) <= scale {
		dst = append(dst, '0', '.')
		for range scale - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	point := len(digits) - scale
	dst = append(append(dst, digits[:point]...), '.')
	return append(dst, digits[point:]...)
}

// bounded is a decimal type cut to 38 digits. Digits are taken from the fraction, of which six stay
// where there were as many: Spark's adjustPrecisionScale.
func bounded(precision, scale int) types.Decimal {
	if precision <= types.MaxPrecision {
		return types.Decimal{Precision: precision, Scale: scale}
	}
	whole := precision - scale
	keep := min(scale, 6)
	return types.Decimal{Precision: types.MaxPrecision, Scale: max(types.MaxPrecision-whole, keep)}
}

// decimalFor is the decimal type that holds every value of an integer type; ok is false for others.
func decimalFor(t types.Type) (types.Decimal, bool) {
	switch t {
	case types.Byte:
		return types.Decimal{Precision: 3}, true
	case types.Short:
		return types.Decimal{Precision: 5}, true
	case types.Integer:
		return types.Decimal{Precision: 10}, true
	case types.Long:
		return types.Decimal{Precision: 20}, true
	}
	d, ok := t.(types.Decimal)
	return d, ok
}
