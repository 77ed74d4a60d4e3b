package expr

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A decimalOp computes on unscaled values a and b of types x and y into type r. ok is false where the
// result has too many digits.
type decimalOp struct {
	result func(x, y types.Decimal) types.Decimal
	apply  func(a, b decimal128.Num, x, y, r types.Decimal) (v decimal128.Num, ok bool)
}

// toDecimals makes decimals of both operands, each of just enough digits.
func (b *builder) toDecimals() error {
	for i, a := range b.args {
		t, ok := decimalFor(a.Type())
		if !ok {
			t = types.Decimal{Precision: 38, Scale: 18}
			if a.Type() == types.Null {
				other := b.args[1-i].Type()
				t, _ = decimalFor(other)
			}
		}
		if c, literal := a.(*Constant); literal && isInteger(a.Type()) && c.Value != nil {
			t = types.Decimal{Precision: digitsOf(c)}
		}
		e, err := implicit(b.ctx, a, t)
		if err != nil {
			return err
		}
		b.args[i] = e
	}
	return nil
}

// digitsOf is the length of an integer literal.
func digitsOf(c *Constant) int {
	text := formatConstant(c)
	if text[0] == '-' {
		text = text[1:]
	}
	return len(text)
}

func (b *builder) decimalArithmetic(op *arithOp, x, y types.Decimal, fail onFailure) Expr {
	r := op.decimal.result(x, y)
	if fail == failWrap {
		fail = failNull // a decimal that does not fit is null in legacy mode
		b.fn.null = nullMaybe
	}
	b.fn.safe = fail != failError
	return b.make(r, decimalKernel(op, x, y, r, fail))
}

func decimalKernel(op *arithOp, x, y, r types.Decimal, fail onFailure) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[decimal128.Num](args[0])
		b, bi := operand[decimal128.Num](args[1])
		return tryRows(r, n, args, func(i int) (decimal128.Num, bool, error) {
			u, v := a[i&ai], b[i&bi]
			if op.zeroDivides && v.Sign() == 0 {
				if fail == failError {
					return v, false, divideByZero(op.try)
				}
				return v, false, nil
			}
			out, ok := op.decimal.apply(u, v, x, y, r)
			if !ok && fail == failError {
				return out, false, decimalRangeError(bigResult(op, u, v, x, y), r)
			}
			return out, ok, nil
		})
	}
}

// bigResult is the exact result as text, for the error.
func bigResult(op *arithOp, u, v decimal128.Num, x, y types.Decimal) string {
	a, b := u.BigInt(), v.BigInt()
	scale := max(x.Scale, y.Scale)
	var sum *big.Int
	switch op.symbol {
	case "*":
		sum, scale = new(big.Int).Mul(a, b), x.Scale+y.Scale
	case "-":
		sum = new(big.Int).Sub(alignBig(a, x.Scale, scale), alignBig(b, y.Scale, scale))
	default:
		sum = new(big.Int).Add(alignBig(a, x.Scale, scale), alignBig(b, y.Scale, scale))
	}
	text := sum.String()
	if scale > 0 && len(text) > scale {
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	return text
}

func alignBig(v *big.Int, from, to int) *big.Int { return new(big.Int).Mul(v, bigTen(to-from)) }

var decimalAdd = &decimalOp{
	result: func(x, y types.Decimal) types.Decimal {
		scale := max(x.Scale, y.Scale)
		return bounded(max(x.Precision-x.Scale, y.Precision-y.Scale)+scale+1, scale)
	},
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		return addDecimals(a, b, x, y, r)
	},
}

var decimalSub = &decimalOp{
	result: decimalAdd.result,
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		return addDecimals(a, b.Negate(), x, y, r)
	},
}

func addDecimals(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
	scale := max(x.Scale, y.Scale)
	u, ok := rescale(a, x.Scale, scale, 37)
	v, ok2 := rescale(b, y.Scale, scale, 37)
	if ok && ok2 {
		return rescale(u.Add(v), scale, r.Scale, r.Precision)
	}
	sum := alignBig(a.BigInt(), x.Scale, scale)
	return fromBig(sum.Add(sum, alignBig(b.BigInt(), y.Scale, scale)), scale, r.Scale, r.Precision)
}

var decimalMul = &decimalOp{
	result: func(x, y types.Decimal) types.Decimal {
		return bounded(x.Precision+y.Precision+1, x.Scale+y.Scale)
	},
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		scale := x.Scale + y.Scale
		u, ok := fits64(a)
		v, ok2 := fits64(b)
		if ok && ok2 {
			return rescale(mul64(u, v), scale, r.Scale, r.Precision)
		}
		product := a.BigInt()
		return fromBig(product.Mul(product, b.BigInt()), scale, r.Scale, r.Precision)
	},
}

var decimalDiv = &decimalOp{
	result: func(x, y types.Decimal) types.Decimal {
		scale := max(6, x.Scale+y.Precision+1)
		return bounded(x.Precision-x.Scale+y.Scale+scale, scale)
	},
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		// a/10^xs / (b/10^ys) at scale rs is a * 10^(rs-xs+ys) / b.
		up := r.Scale - x.Scale + y.Scale
		num, den := a.BigInt(), b.BigInt()
		if up >= 0 {
			num.Mul(num, bigTen(up))
		} else {
			den.Mul(den, bigTen(-up))
		}
		return fromBig(bigHalfUp(num, den), 0, 0, r.Precision)
	},
}

var decimalMod = &decimalOp{
	result: func(x, y types.Decimal) types.Decimal {
		scale := max(x.Scale, y.Scale)
		return bounded(min(x.Precision-x.Scale, y.Precision-y.Scale)+scale, scale)
	},
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		scale := max(x.Scale, y.Scale)
		num, den := alignBig(a.BigInt(), x.Scale, scale), alignBig(b.BigInt(), y.Scale, scale)
		return fromBig(num.Rem(num, den), scale, r.Scale, r.Precision)
	},
}

var decimalPmod = &decimalOp{
	result: decimalMod.result,
	apply: func(a, b decimal128.Num, x, y, r types.Decimal) (decimal128.Num, bool) {
		scale := max(x.Scale, y.Scale)
		num, den := alignBig(a.BigInt(), x.Scale, scale), alignBig(b.BigInt(), y.Scale, scale)
		if num.Rem(num, den); num.Sign() < 0 {
			num.Add(num, den).Rem(num, den)
		}
		return fromBig(num, scale, r.Scale, r.Precision)
	},
}

// integralDiv is DIV: bigint for decimals too.
func integralDiv() function {
	return built(2, 2, func(b *builder) (Expr, error) {
		left, right := b.args[0].Type(), b.args[1].Type()
		wide, ok := numberFor(left, right, b.ctx.ANSI)
		if _, decimal := wide.(types.Decimal); !ok || !decimal {
			return b.arithmetic(integralDivOp, failureOf(0, b.ctx.ANSI))
		}
		if err := b.toDecimals(); err != nil {
			return nil, err
		}
		quotient := &decimalOp{
			result: func(x, y types.Decimal) types.Decimal { return bounded(x.Precision-x.Scale+y.Scale, 0) },
			apply: func(a, d decimal128.Num, x, y, _ types.Decimal) (decimal128.Num, bool) {
				scale := max(x.Scale, y.Scale)
				num, den := alignBig(a.BigInt(), x.Scale, scale), alignBig(d.BigInt(), y.Scale, scale)
				return fromBig(num.Quo(num, den), 0, 0, types.MaxPrecision)
			},
		}
		op := &arithOp{symbol: "div", try: "try_divide", zeroDivides: true, decimal: quotient}
		x, y := b.args[0].Type().(types.Decimal), b.args[1].Type().(types.Decimal)
		return NewCast(b.decimalArithmetic(op, x, y, failureOf(0, b.ctx.ANSI)), types.Long, plan.EvalDefault, b.ctx.ANSI, true)
	}).named(operatorText("div"))
}
