package expr

import (
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A roundMode divides an unscaled number and rounds the quotient.
type roundMode struct {
	divide func(v, by *big.Int) *big.Int
	small  func(v, by int64) int64 // the same of small numbers; nil: missing
	whole  func(v float64) float64
}

var (
	halfUp   = roundMode{divide: bigHalfUp, small: smallHalfUp}
	halfEven = roundMode{divide: bigHalfEven}
	ceiling  = roundMode{divide: bigCeil, whole: math.Ceil}
	flooring = roundMode{divide: bigFloor, whole: math.Floor}
)

func smallHalfUp(v, by int64) int64 {
	q, r := v/by, v%by
	switch {
	case r >= by-r:
		return q + 1
	case -r >= by+r:
		return q - 1
	}
	return q
}

func bigHalfEven(v, by *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(v, by, new(big.Int))
	half := new(big.Int).Abs(r)
	if c := half.Lsh(half, 1).CmpAbs(by); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(v.Sign())))
	}
	return q
}

func bigFloor(v, by *big.Int) *big.Int { return new(big.Int).Div(v, by) } // by is positive

func bigCeil(v, by *big.Int) *big.Int {
	q := new(big.Int).Div(new(big.Int).Neg(v), by)
	return q.Neg(q)
}

// rounding is ceil and floor: to bigint, or a decimal without fraction; with a scale, to that scale.
func rounding(m roundMode, printed string) function {
	return built(1, 2, func(b *builder) (Expr, error) {
		if len(b.args) == 2 {
			b.fn.text = callText
			return b.roundNumber(m, true)
		}
		b.fn.text = func(_ string, args []Expr) string { return callText(printed, args) }
		if err := b.coerceTo(aNumber); err != nil {
			return nil, err
		}
		switch t := b.args[0].Type().(type) {
		case types.Decimal:
			r := bounded(t.Precision-t.Scale+1, 0)
			if t.Scale == 0 {
				r = t
			}
			return b.make(r, roundDecimal(m, t, r, 0)), nil
		default:
			if isInteger(t) {
				var err error
				b.args[0], err = implicit(b.ctx, b.args[0], types.Long)
				if err != nil {
					return nil, err
				}
				return b.make(types.Long, map1(types.Long, func(v int64) int64 { return v })), nil
			}
			var err error
			if b.args[0], err = implicit(b.ctx, b.args[0], types.Double); err != nil {
				return nil, err
			}
			return b.make(types.Long, map1(types.Long, func(v float64) int64 { return javaLong(m.whole(v)) })), nil
		}
	})
}

// javaLong is Java's cast of a double to long: it saturates, NaN is 0.
func javaLong(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// roundTo is round and bround.
func roundTo(m roundMode) function {
	return built(1, 2, func(b *builder) (Expr, error) {
		if len(b.args) == 1 {
			b.args = append(b.args, &Constant{Value: int32(0), DataType: types.Integer})
		}
		return b.roundNumber(m, false)
	})
}

// roundNumber rounds to a scale that is known beforehand. Integers and floats become decimals first
// when asDecimal is set, as ceil and floor with a scale do.
func (b *builder) roundNumber(m roundMode, asDecimal bool) (Expr, error) {
	if err := b.coerceTo(aNumber, anInt); err != nil {
		return nil, err
	}
	v, ok := buildValue(b.args[1], b.ctx)
	if !ok {
		return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `scale` should be a foldable \"INT\" expression; however, got \"%s\".", b.args[1].String())
	}
	n, known := v.(int32)
	if !known {
		b.fn.null = nullMaybe
		t := b.args[0].Type()
		return b.make(t, nullKernel(t)), nil
	}
	scale := int(n)
	t := b.args[0].Type()
	if d, ok := decimalFor(t); asDecimal && ok && !isDecimal(t) {
		var err error
		if b.args[0], err = implicit(b.ctx, b.args[0], d); err != nil {
			return nil, err
		}
		t = d
	}
	switch t := t.(type) {
	case types.Decimal:
		r := roundedDecimal(t, scale)
		return b.make(r, roundDecimal(m, t, r, scale)), nil
	default:
		return b.make(t, roundKernel(m, t, scale, b.ctx.ANSI)), nil
	}
}

func isDecimal(t types.Type) bool { _, ok := t.(types.Decimal); return ok }

// roundedDecimal is the type of a decimal rounded to a scale.
func roundedDecimal(t types.Decimal, scale int) types.Decimal {
	whole := t.Precision - t.Scale + 1
	if scale < 0 {
		return types.Decimal{Precision: min(max(whole, -scale+1), types.MaxPrecision)}
	}
	kept := min(t.Scale, scale)
	return types.Decimal{Precision: min(whole+kept, types.MaxPrecision), Scale: kept}
}

func roundDecimal(m roundMode, t, r types.Decimal, scale int) kernel {
	return try1(r, func(_ *Context, v decimal128.Num) (decimal128.Num, bool, error) {
		if drop := t.Scale - scale; drop > 0 {
			q := m.divide(v.BigInt(), bigTen(min(drop, 400)))
			out, ok := fromBig(q, scale, r.Scale, r.Precision)
			if !ok {
				return out, false, decimalRangeError(string(appendDecimal(nil, v, t.Scale)), r)
			}
			return out, true, nil
		}
		out, ok := rescale(v, t.Scale, r.Scale, r.Precision)
		return out, ok, nil
	})
}

func roundKernel(m roundMode, t types.Type, scale int, strict bool) kernel {
	switch t {
	case types.Byte:
		return roundInteger[int8](m, t, scale, strict)
	case types.Short:
		return roundInteger[int16](m, t, scale, strict)
	case types.Integer:
		return roundInteger[int32](m, t, scale, strict)
	case types.Long:
		return roundInteger[int64](m, t, scale, strict)
	case types.Float:
		return map1(t, func(v float32) float32 { return float32(roundFloat(m, float64(v), scale, 32)) })
	default:
		return map1(t, func(v float64) float64 { return roundFloat(m, v, scale, 64) })
	}
}

func roundInteger[T integer](m roundMode, t types.Type, scale int, strict bool) kernel {
	return try1(t, func(_ *Context, v T) (T, bool, error) {
		if scale >= 0 {
			return v, true, nil
		}
		ten := bigTen(min(-scale, 40))
		q := m.divide(big.NewInt(int64(v)), ten)
		q.Mul(q, ten)
		out := T(q.Int64())
		if strict && (!q.IsInt64() || int64(out) != q.Int64()) {
			return 0, false, overflow(t, "")
		}
		return out, true, nil
	})
}

// roundFloat rounds the shortest decimal that stands for the float, as Java's BigDecimal does.
func roundFloat(m roundMode, v float64, scale, size int) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v == math.Trunc(v) && scale >= 0 {
		return v
	}
	if f, ok := roundSmall(m, v, scale, size); ok {
		return f
	}
	digits, exact, negative, ok := decimalParts(string(appendFloat(nil, v, size)))
	if !ok || exact <= scale {
		return v
	}
	n, _ := new(big.Int).SetString(digits, 10)
	if negative {
		n.Neg(n)
	}
	q := m.divide(n, bigTen(min(exact-scale, 800)))
	r := new(big.Rat).SetInt(q)
	if scale >= 0 {
		r.Quo(r, new(big.Rat).SetInt(bigTen(min(scale, 400))))
	} else {
		r.Mul(r, new(big.Rat).SetInt(bigTen(min(-scale, 400))))
	}
	if size == 32 {
		f, _ := r.Float32()
		return float64(f)
	}
	f, _ := r.Float64()
	return f
}

// roundSmall does the same without big numbers, where the digits fit 64 bits.
func roundSmall(m roundMode, v float64, scale, size int) (float64, bool) {
	if a := math.Abs(v); m.small == nil || scale < 0 || scale > 22 || a >= 1e15 || a < 1e-3 {
		return 0, false
	}
	var buffer [32]byte
	text := strconv.AppendFloat(buffer[:0], v, 'f', -1, size)
	digits, behind, pointed := int64(0), 0, false
	for _, c := range text {
		switch {
		case c == '.':
			pointed = true
		case c != '-':
			digits = digits*10 + int64(c-'0') // at most 17 digits and 3 zeros before them
			behind += b2i(pointed)
		}
	}
	if behind <= scale {
		return v, true
	}
	if behind-scale > 18 {
		return 0, false
	}
	if v < 0 {
		digits = -digits
	}
	q := m.small(digits, int64(tens[behind-scale].LowBits()))
	if q <= -1<<53 || q >= 1<<53 {
		return 0, false
	}
	f := float64(q) / tensFloat[scale] // both exact, so the quotient is rounded once
	if size == 32 {
		f = float64(float32(f))
	}
	return f, true
}
