package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var operatorFunctions = table{
	"+": arithmetic(addOp), "-": subtractOrNegate(), "*": arithmetic(mulOp), "/": arithmetic(divOp), "%": arithmetic(modOp),
	"div": integralDiv(),
	"mod": built(2, 2, func(b *builder) (Expr, error) { return b.arithmetic(modOp, failureOf(0, b.ctx.ANSI)) }),
	"pmod": built(2, 2, func(b *builder) (Expr, error) {
		return b.arithmetic(pmodOp, failureOf(0, b.ctx.ANSI))
	}),
	"try_add": tolerant(addOp), "try_subtract": tolerant(subOp), "try_multiply": tolerant(mulOp),
	"try_divide": tolerant(divOp), "try_mod": tolerant(modOp),

	"=": compared(equalTo), "==": compared(equalTo), "!=": compared(notEqualTo), "<>": compared(notEqualTo),
	"<": compared(lessThan), "<=": compared(lessOrEqual), ">": compared(greaterThan), ">=": compared(greaterOrEqual),
	"<=>":        nullSafeEqual().named(operatorText("<=>")),
	"equal_null": nullSafeEqual(),

	"and": buildJunction(false), "or": buildJunction(true), "not": notFunction, "!": notFunction,
	"isnull": isNullFunction(false), "isnotnull": isNullFunction(true),
	"istrue": isTruth(true, false), "isnottrue": isTruth(true, true),
	"isfalse": isTruth(false, false), "isnotfalse": isTruth(false, true),
	"between": betweenFunction,

	"negative": negated(func(_ string, args []Expr) string { return "(- " + args[0].String() + ")" }),
	"positive": built(1, 1, func(b *builder) (Expr, error) {
		return renamed(b.args[0], "(+ "+b.args[0].String()+")"), nil
	}),

	"&": bitwise("&", andBits[int8], andBits[int16], andBits[int32], andBits[int64]),
	"|": bitwise("|", orBits[int8], orBits[int16], orBits[int32], orBits[int64]),
	"^": bitwise("^", xorBits[int8], xorBits[int16], xorBits[int32], xorBits[int64]),
	"~": invertBits(),

	"shiftleft":          shift(shiftLeft32, shiftLeft64),
	"shiftright":         shift(shiftRight32, shiftRight64),
	"shiftrightunsigned": shift(shiftUnsigned32, shiftUnsigned64),
	"<<":                 shift(shiftLeft32, shiftLeft64).named(operatorText("<<")),
	">>":                 shift(shiftRight32, shiftRight64).named(operatorText(">>")),
	">>>":                shift(shiftUnsigned32, shiftUnsigned64).named(operatorText(">>>")),
}

// subtractOrNegate is a - b, or -a with one argument.
func subtractOrNegate() function {
	f := arithmetic(subOp)
	f.min = 1
	binary := f.build
	f.build = func(b *builder) (Expr, error) {
		if len(b.args) == 1 {
			return b.sub("negative", b.args...)
		}
		return binary(b)
	}
	return f
}

// negated is -x, printed (- x).
func negated(text func(string, []Expr) string) function {
	f := built(1, 1, func(b *builder) (Expr, error) {
		if b.args[0].Type() == types.String || b.args[0].Type() == types.Null {
			var err error
			if b.args[0], err = implicit(b.ctx, b.args[0], types.Double); err != nil {
				return nil, err
			}
		}
		t := b.args[0].Type()
		strict := b.ctx.ANSI
		if d, ok := t.(types.Decimal); ok {
			return b.make(d, map1[decimal128.Num](d, decimal128.Num.Negate)), nil
		}
		if i, ok := t.(types.Interval); ok {
			if i.YearMonth() {
				return b.make(t, negate[int32](t, true)), nil
			}
			return b.make(t, negate[int64](t, true)), nil
		}
		switch t {
		case types.Byte:
			return b.make(t, negate[int8](t, strict)), nil
		case types.Short:
			return b.make(t, negate[int16](t, strict)), nil
		case types.Integer:
			return b.make(t, negate[int32](t, strict)), nil
		case types.Long:
			return b.make(t, negate[int64](t, strict)), nil
		case types.Float:
			return b.make(t, map1[float32](t, func(f float32) float32 { return -f })), nil
		case types.Double:
			return b.make(t, map1[float64](t, func(f float64) float64 { return -f })), nil
		case types.CalendarInterval:
			return b.make(t, map1[arrow.MonthDayNanoInterval](t, func(v arrow.MonthDayNanoInterval) arrow.MonthDayNanoInterval {
				return arrow.MonthDayNanoInterval{Months: -v.Months, Days: -v.Days, Nanoseconds: -v.Nanoseconds}
			})), nil
		}
		return nil, b.wrongInput(0, `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`)
	})
	return f.named(text)
}

func negate[T integer](t types.Type, strict bool) kernel {
	return try1[T](t, func(_ *Context, v T) (T, bool, error) {
		if strict && v != 0 && -v == v {
			return 0, false, overflow(t, "")
		}
		return -v, true, nil
	})
}

func andBits[T integer](a, b T) T { return a & b }
func orBits[T integer](a, b T) T  { return a | b }
func xorBits[T integer](a, b T) T { return a ^ b }

// bitwise is an operator on two integers of one type.
func bitwise(symbol string, b8 func(a, b int8) int8, b16 func(a, b int16) int16, b32 func(a, b int32) int32, b64 func(a, b int64) int64) function {
	f := built(2, 2, func(b *builder) (Expr, error) {
		b.fn.params = []param{anInteger, anInteger}
		if err := b.coerce(); err != nil {
			return nil, err
		}
		t, err := b.unify(0)
		if err != nil {
			return nil, err
		}
		switch t {
		case types.Byte:
			return b.make(t, map2(t, b8)), nil
		case types.Short:
			return b.make(t, map2(t, b16)), nil
		case types.Integer:
			return b.make(t, map2(t, b32)), nil
		}
		return b.make(t, map2(t, b64)), nil
	})
	f.safe = true
	return f.named(operatorText(symbol))
}

func invertBits() function {
	f := fn(nil, nil, anInteger).infallible()
	f.resultOf = func(args []Expr) types.Type { return args[0].Type() }
	f.kernelOf = func(_ *BuildContext, args []Expr) (kernel, error) {
		switch t := args[0].Type(); t {
		case types.Byte:
			return map1(t, func(v int8) int8 { return ^v }), nil
		case types.Short:
			return map1(t, func(v int16) int16 { return ^v }), nil
		case types.Integer:
			return map1(t, func(v int32) int32 { return ^v }), nil
		default:
			return map1(t, func(v int64) int64 { return ^v }), nil
		}
	}
	return f.named(func(_ string, args []Expr) string { return "~" + args[0].String() })
}

func shiftLeft32(v, by int32) int32           { return v << (by & 31) }
func shiftLeft64(v int64, by int32) int64     { return v << (by & 63) }
func shiftRight32(v, by int32) int32          { return v >> (by & 31) }
func shiftRight64(v int64, by int32) int64    { return v >> (by & 63) }
func shiftUnsigned32(v, by int32) int32       { return int32(uint32(v) >> (by & 31)) }
func shiftUnsigned64(v int64, by int32) int64 { return int64(uint64(v) >> (by & 63)) }

// shift works on int and bigint; narrower values are widened.
func shift(b32 func(v, by int32) int32, b64 func(v int64, by int32) int64) function {
	f := built(2, 2, func(b *builder) (Expr, error) {
		b.fn.params = []param{anInteger, anInt}
		if err := b.coerce(); err != nil {
			return nil, err
		}
		if b.args[0].Type() == types.Long {
			return b.make(types.Long, map2(types.Long, b64)), nil
		}
		var err error
		if b.args[0], err = implicit(b.ctx, b.args[0], types.Integer); err != nil {
			return nil, err
		}
		return b.make(types.Integer, map2(types.Integer, b32)), nil
	})
	f.safe = true
	return f
}

// absValue is |v|; the lowest integer has none.
func absValue[T integer](t types.Type, strict bool) kernel {
	return try1(t, func(_ *Context, v T) (T, bool, error) {
		if v >= 0 {
			return v, true, nil
		}
		if strict && -v == v {
			return 0, false, overflow(t, "")
		}
		return -v, true, nil
	})
}

func absFloat[T float32 | float64](t types.Type) kernel {
	return map1(t, func(v T) T { return T(math.Abs(float64(v))) })
}

// timeArithmetic takes over where an operand is a date, a time or an interval; nil, nil: not the case.
func (b *builder) timeArithmetic(op *arithOp, fail onFailure) (Expr, error) {
	for _, a := range b.args {
		if _, interval := a.Type().(types.Interval); interval || isTimestamp(a.Type()) || a.Type() == types.Date || a.Type() == types.CalendarInterval {
			return b.onTimes(op, fail)
		}
	}
	return nil, nil
}

func (b *builder) incompatible() error {
	return b.mismatch(errclass.DatatypeMismatchBinary,
		"the left and right operands of the binary operator have incompatible types (\"%s\" and \"%s\").",
		types.SQL(b.args[0].Type()), types.SQL(b.args[1].Type()))
}
