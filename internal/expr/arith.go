package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// An arithOp is a binary operator on numbers.
type arithOp struct {
	symbol  string // as printed between the operands
	try     string // the function that gives null instead of an error
	kernels map[types.Type]arithKernel
	decimal *decimalOp
	// wrong makes the error for two values that the operator cannot take; it is asked only for rows
	// of a batch whose loop reported one, and answers nil for the innocent.
	zeroDivides bool
}

// An arithKernel computes an operator on one type. A nil loop is missing.
type arithKernel struct {
	run  func(op *arithOp, t types.Type, fail onFailure) kernel
	safe bool // cannot fail on any value
}

// lanes makes the kernel of an operator from its loops. bad tells which pair of values made them report.
func lanes[T number](vv func(dst, a, b []T) bool, vc func(dst, a []T, b T) bool, bad func(a, b T) bool) arithKernel {
	run := func(op *arithOp, t types.Type, fail onFailure) kernel {
		return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			valid := validAll(n, args)
			dst := make([]T, n)
			var reported bool
			if args[1].Const && vc != nil && !args[0].Const {
				reported = vc(dst, fixedValues[T](args[0].Values), fixedValues[T](args[1].Values)[0])
			} else {
				reported = vv(dst, broadcast[T](args[0], n), broadcast[T](args[1], n))
			}
			if reported && bad != nil {
				var err error
				if valid, err = explain(op, t, fail, n, valid, args, bad); err != nil {
					return nil, err
				}
			}
			return newFixed(t, dst, valid), nil
		}
	}
	return arithKernel{run: run, safe: bad == nil}
}

// broadcast is the vector's values for n rows.
func broadcast[T fixed](v Vector, n int) []T {
	values := fixedValues[T](v.Values)
	if !v.Const || n == 1 {
		return values
	}
	out := make([]T, n)
	for i := range out {
		out[i] = values[0]
	}
	return out
}

// explain goes over the rows of a batch whose loop reported trouble: the first valid one to blame
// makes the error, or all of them become null.
func explain[T number](op *arithOp, t types.Type, fail onFailure, n int, valid mask, args []Vector, bad func(a, b T) bool) (mask, error) {
	a, b := fixedValues[T](args[0].Values), fixedValues[T](args[1].Values)
	var out mask
	for i := range n {
		x, y := args[0].at(i), args[1].at(i)
		if !valid.has(i) || !bad(a[x], b[y]) {
			continue
		}
		zero := op.zeroDivides && b[y] == 0
		if fail == failError {
			return nil, op.failure(args, x, y, t, zero)
		}
		if fail == failWrap && !zero {
			continue
		}
		if out == nil {
			if out = valid.clone(); valid == nil {
				out = fullMask(n)
			}
		}
		out.clear(i)
	}
	if out == nil {
		return valid, nil
	}
	return out, nil
}

func (op *arithOp) failure(args []Vector, x, y int, t types.Type, zero bool) error {
	switch {
	case zero:
		return divideByZero(op.try)
	case t == types.Byte || t == types.Short:
		return errclass.BinaryArithmeticOverflow.New("%s %s %s caused overflow.",
			sqlValue(args[0].Values, x, t), op.symbol, sqlValue(args[1].Values, y, t)).
			WithHint("Use '%s' to tolerate overflow and return NULL instead.", op.try)
	}
	return overflow(t, op.try)
}

// overflow is the error for int and bigint; try names the tolerant function, if there is one.
func overflow(t types.Type, try string) error {
	name := "integer"
	if t != types.Integer {
		name = "long"
	}
	return overflowError(name+" overflow.", try)
}

func overflowError(what, try string) error {
	hint := ""
	if try != "" {
		hint = "Use '" + try + "' to tolerate overflow and return NULL instead. "
	}
	return errclass.ArithmeticOverflow.New("%s", what).
		WithHint("%sIf necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.", hint)
}

func divideByZero(try string) error {
	if try == "try_mod" {
		return errclass.RemainderByZero.New("Remainder by zero.").
			WithHint("Use `try_mod` to tolerate divisor being 0 and return NULL instead. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.")
	}
	return errclass.DivideByZero.New("Division by zero.").
		WithHint("Use `try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.")
}

func addBad[T integer](a, b T) bool { s := a + b; return (a^s)&(b^s) < 0 }
func subBad[T integer](a, b T) bool { d := a - b; return (a^b)&(a^d) < 0 }
func mulBad[T int8 | int16 | int32](a, b T) bool {
	p := int64(a) * int64(b)
	return p != int64(T(p))
}
func zeroBad[T number](_, b T) bool { return b == 0 }
func divBad(a, b int64) bool        { return b == 0 || b == -1 && a == math.MinInt64 }

var addOp = &arithOp{symbol: "+", try: "try_add", decimal: decimalAdd, kernels: map[types.Type]arithKernel{
	types.Byte:    lanes(addChecked[int8], addCheckedConst[int8], addBad[int8]),
	types.Short:   lanes(addChecked[int16], addCheckedConst[int16], addBad[int16]),
	types.Integer: lanes(addChecked[int32], addCheckedConst[int32], addBad[int32]),
	types.Long:    lanes(addChecked[int64], addCheckedConst[int64], addBad[int64]),
	types.Float:   lanes(addFloat[float32], addFloatConst[float32], nil),
	types.Double:  lanes(addFloat[float64], addFloatConst[float64], nil),
}}

var subOp = &arithOp{symbol: "-", try: "try_subtract", decimal: decimalSub, kernels: map[types.Type]arithKernel{
	types.Byte:    lanes(subChecked[int8], subCheckedConst[int8], subBad[int8]),
	types.Short:   lanes(subChecked[int16], subCheckedConst[int16], subBad[int16]),
	types.Integer: lanes(subChecked[int32], subCheckedConst[int32], subBad[int32]),
	types.Long:    lanes(subChecked[int64], subCheckedConst[int64], subBad[int64]),
	types.Float:   lanes(subFloat[float32], subFloatConst[float32], nil),
	types.Double:  lanes(subFloat[float64], subFloatConst[float64], nil),
}}

var mulOp = &arithOp{symbol: "*", try: "try_multiply", decimal: decimalMul, kernels: map[types.Type]arithKernel{
	types.Byte:    lanes(mulChecked[int8], mulCheckedConst[int8], mulBad[int8]),
	types.Short:   lanes(mulChecked[int16], mulCheckedConst[int16], mulBad[int16]),
	types.Integer: lanes(mulChecked[int32], mulCheckedConst[int32], mulBad[int32]),
	types.Long:    lanes(mulChecked64, mulChecked64Const, overflowsMul),
	types.Float:   lanes(mulFloat[float32], mulFloatConst[float32], nil),
	types.Double:  lanes(mulFloat[float64], mulFloatConst[float64], nil),
}}

var divOp = &arithOp{symbol: "/", try: "try_divide", zeroDivides: true, decimal: decimalDiv, kernels: map[types.Type]arithKernel{
	types.Double: lanes(divFloat, divFloatConst, zeroBad[float64]),
}}

var modOp = &arithOp{symbol: "%", try: "try_mod", zeroDivides: true, decimal: decimalMod, kernels: map[types.Type]arithKernel{
	types.Byte:    lanes(modInteger[int8], modIntegerConst[int8], zeroBad[int8]),
	types.Short:   lanes(modInteger[int16], modIntegerConst[int16], zeroBad[int16]),
	types.Integer: lanes(modInteger[int32], modIntegerConst[int32], zeroBad[int32]),
	types.Long:    lanes(modInteger[int64], modIntegerConst[int64], zeroBad[int64]),
	types.Float:   lanes(modFloat[float32], modFloatConst[float32], zeroBad[float32]),
	types.Double:  lanes(modFloat[float64], modFloatConst[float64], zeroBad[float64]),
}}

var pmodOp = &arithOp{symbol: "pmod", try: "try_mod", zeroDivides: true, decimal: decimalPmod, kernels: map[types.Type]arithKernel{
	types.Byte:    lanes(pmodInteger[int8], nil, zeroBad[int8]),
	types.Short:   lanes(pmodInteger[int16], nil, zeroBad[int16]),
	types.Integer: lanes(pmodInteger[int32], nil, zeroBad[int32]),
	types.Long:    lanes(pmodInteger[int64], nil, zeroBad[int64]),
	types.Float:   lanes(pmodFloat[float32], nil, zeroBad[float32]),
	types.Double:  lanes(pmodFloat[float64], nil, zeroBad[float64]),
}}

var integralDivOp = &arithOp{symbol: "div", try: "try_divide", zeroDivides: true, kernels: map[types.Type]arithKernel{
	types.Long: lanes(divInteger, nil, divBad),
}}

// arithmetic is the operator as a function of two arguments, printed (a + b).
func arithmetic(op *arithOp) function {
	return built(2, 2, func(b *builder) (Expr, error) { return b.arithmetic(op, failureOf(0, b.ctx.ANSI)) }).
		named(operatorText(op.symbol))
}

// tolerant is the try_ form: null instead of an error.
func tolerant(op *arithOp) function {
	return built(2, 2, func(b *builder) (Expr, error) {
		printed := callText(b.name, b.args)
		e, err := b.arithmetic(op, failNull)
		if err != nil {
			return nil, err
		}
		return renamed(e, printed), nil
	})
}

func (b *builder) arithmetic(op *arithOp, fail onFailure) (Expr, error) {
	if e, err := b.timeArithmetic(op, fail); e != nil || err != nil {
		return e, err
	}
	if err := b.unifyNumbers(op); err != nil {
		return nil, err
	}
	if fail != failError || op.zeroDivides && fail != failError {
		b.fn.null = nullMaybe
	}
	if d, ok := b.args[0].Type().(types.Decimal); ok && op.decimal != nil {
		return b.decimalArithmetic(op, d, b.args[1].Type().(types.Decimal), fail), nil
	}
	t := b.args[0].Type()
	k, ok := op.kernels[t]
	if !ok {
		return nil, b.mismatch(errclass.DatatypeMismatchBinaryType, "the binary operator requires the input type %s, not \"%s\".",
			`("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`, types.SQL(t))
	}
	b.fn.safe = k.safe || fail != failError
	return b.make(t, k.run(op, t, fail)), nil
}

// unifyNumbers brings both operands to the type that the operator computes in.
func (b *builder) unifyNumbers(op *arithOp) error {
	left, right := b.args[0].Type(), b.args[1].Type()
	wide, ok := numberFor(left, right, b.ctx.ANSI)
	if !ok {
		return b.mismatch(errclass.DatatypeMismatchBinary,
			"the left and right operands of the binary operator have incompatible types (\"%s\" and \"%s\").", types.SQL(left), types.SQL(right))
	}
	_, decimal := wide.(types.Decimal)
	if decimal && op.decimal != nil {
		return b.toDecimals()
	}
	switch op {
	case divOp:
		wide = types.Double
	case integralDivOp:
		wide = types.Long
	}
	args, err := implicitAll(b.ctx, b.args, wide)
	b.args = args
	return err
}

// numberFor is the type in which two operands meet; text counts as a number.
func numberFor(a, b types.Type, ansi bool) (types.Type, bool) {
	if a == types.Null && b == types.Null {
		return types.Double, true
	}
	if !ansi {
		if a == types.String {
			a = types.Double
		}
		if b == types.String {
			b = types.Double
		}
	}
	if a == types.String && b == types.String {
		return types.Double, true
	}
	wide, ok := Wider(a, b, ansi)
	if wide == types.String {
		return types.Double, true // text and NULL
	}
	return wide, ok
}
