package expr

import (
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// ofDouble is a function of one double, printed in upper case as Spark does.
func ofDouble(f func(float64) float64) function {
	return fn(types.Double, map1(types.Double, f), aDouble).infallible().upperNamed()
}

// ofDoubles is a function of two doubles.
func ofDoubles(f func(a, b float64) float64) function {
	return fn(types.Double, map2(types.Double, f), aDouble, aDouble).infallible().upperNamed()
}

// ofDoubleAbove is a function of one double that is null where the argument is not above a bound.
func ofDoubleAbove(bound float64, f func(float64) float64) function {
	return fn(types.Double, try1(types.Double, func(_ *Context, v float64) (float64, bool, error) {
		return f(v), v > bound || math.IsNaN(v), nil
	}), aDouble).nullable().infallible().upperNamed()
}

func lowerNamed(name string, args []Expr) string { return callText(name, args) }

var mathFunctions = table{
	"acos": ofDouble(math.Acos), "acosh": ofDouble(math.Acosh), "asin": ofDouble(math.Asin), "asinh": ofDouble(math.Asinh),
	"atan": ofDouble(math.Atan), "atanh": ofDouble(math.Atanh), "atan2": ofDoubles(func(a, b float64) float64 { return math.Atan2(a+0, b+0) }),
	"cos": ofDouble(math.Cos), "cosh": ofDouble(math.Cosh), "sin": ofDouble(math.Sin), "sinh": ofDouble(math.Sinh),
	"tan": ofDouble(math.Tan), "tanh": ofDouble(math.Tanh),
	"cot":  ofDouble(func(v float64) float64 { return 1 / math.Tan(v) }),
	"sec":  ofDouble(func(v float64) float64 { return 1 / math.Cos(v) }),
	"csc":  ofDouble(func(v float64) float64 { return 1 / math.Sin(v) }),
	"cbrt": ofDouble(math.Cbrt), "exp": ofDouble(math.Exp), "expm1": ofDouble(math.Expm1), "sqrt": ofDouble(math.Sqrt),
	"degrees": ofDouble(func(v float64) float64 { return v * (180 / math.Pi) }),
	"radians": ofDouble(func(v float64) float64 { return v / 180 * math.Pi }),
	"rint":    ofDouble(math.RoundToEven).named(lowerNamed),
	"hypot":   ofDoubles(math.Hypot), "power": ofDoubles(pow), "pow": ofDoubles(pow).named(lowerNamed),
	"ln":    ofDoubleAbove(0, math.Log).named(lowerNamed),
	"log10": ofDoubleAbove(0, math.Log10), "log2": ofDoubleAbove(0, math.Log2), "log1p": ofDoubleAbove(-1, math.Log1p),
	"log":    built(1, 2, buildLog).upperNamed(),
	"e":      fn(types.Double, constantDouble(math.E)).never().infallible().upperNamed(),
	"pi":     fn(types.Double, constantDouble(math.Pi)).never().infallible().upperNamed(),
	"signum": signFunction().upperNamed(), "sign": signFunction(),

	"abs":  perNumber(absKernel),
	"ceil": rounding(ceiling, "CEIL"), "ceiling": rounding(ceiling, "ceiling"),
	"floor": rounding(flooring, "FLOOR"),
	"round": roundTo(halfUp), "bround": roundTo(halfEven),

	"greatest": extremeOf(1), "least": extremeOf(-1),
	"isnan": built(1, 1, func(b *builder) (Expr, error) {
		if b.args[0].Type() == types.Float {
			b.fn.null, b.fn.safe = nullNever, true
			return b.make(types.Boolean, nanTest[float32]), nil
		}
		if err := b.coerceTo(aDouble); err != nil {
			return nil, err
		}
		b.fn.null, b.fn.safe = nullNever, true
		return b.make(types.Boolean, nanTest[float64]), nil
	}),
	"nanvl": fn(types.Double, nanvl, aDouble, aDouble).infallible(),

	"factorial": fn(types.Long, try1(types.Long, func(_ *Context, n int32) (int64, bool, error) {
		if n < 0 || n > 20 {
			return 0, false, nil
		}
		out := int64(1)
		for i := int64(2); i <= int64(n); i++ {
			out *= i
		}
		return out, true, nil
	}), anInt).nullable().infallible(),
	"bin":                  fn(types.String, text1(func(dst []byte, v int64) ([]byte, bool) { return strconv.AppendUint(dst, uint64(v), 2), true }), aLong).infallible(),
	"bit_count":            built(1, 1, buildBitCount),
	"bitmap_count":         built(1, 1, buildBitmapCount),
	"bitmap_bit_position":  fn(types.Long, map1(types.Long, bitmapPosition), aLong).infallible(),
	"bitmap_bucket_number": fn(types.Long, map1(types.Long, bitmapBucket), aLong).infallible(),
	"bit_get":              getBit, "getbit": getBit,
	"width_bucket": built(4, 4, buildWidthBucket),
	"conv": fn(types.String, text3(func(dst []byte, s string, from, to int32) ([]byte, bool) { return appendConverted(dst, s, from, to) }),
		aString, anInt, anInt).nullable(),
}

// pow follows Java where it differs from C: 1 to the power of NaN is NaN.
func pow(a, b float64) float64 {
	if math.IsNaN(b) || (a == 1 || a == -1) && math.IsInf(b, 0) {
		return math.NaN()
	}
	return math.Pow(a, b)
}

func constantDouble(v float64) kernel {
	return func(_ *Context, n int, _ []Vector) (arrow.Array, error) {
		out := make([]float64, n)
		for i := range out {
			out[i] = v
		}
		return newFixed(types.Double, out, nil), nil
	}
}

// buildLog is log(x) and log(base, x).
func buildLog(b *builder) (Expr, error) {
	b.fn.null, b.fn.safe = nullMaybe, true
	if len(b.args) == 1 {
		if err := b.coerceTo(aDouble); err != nil {
			return nil, err
		}
		b.fn.text = func(_ string, args []Expr) string { return callText("ln", args) }
		return b.make(types.Double, try1(types.Double, func(_ *Context, v float64) (float64, bool, error) { return math.Log(v), v > 0, nil })), nil
	}
	if err := b.coerceTo(aDouble, aDouble); err != nil {
		return nil, err
	}
	return b.make(types.Double, try2(types.Double, func(_ *Context, base, v float64) (float64, bool, error) {
		return math.Log(v) / math.Log(base), v > 0 && base > 0, nil
	})), nil
}

func signFunction() function {
	f := built(1, 1, func(b *builder) (Expr, error) {
		b.fn.safe = true
		if t, ok := b.args[0].Type().(types.Interval); ok {
			if t.YearMonth() {
				return b.make(types.Double, map1(types.Double, func(v int32) float64 { return signOf(float64(v)) })), nil
			}
			return b.make(types.Double, map1(types.Double, func(v int64) float64 { return signOf(float64(v)) })), nil
		}
		if err := b.coerceTo(aDouble); err != nil {
			return nil, err
		}
		return b.make(types.Double, map1(types.Double, signOf)), nil
	})
	return f
}

func signOf(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}

// perNumber is a function of one number, or interval, into the same type.
func perNumber(pick func(t types.Type, strict bool) kernel) function {
	return built(1, 1, func(b *builder) (Expr, error) {
		if _, ok := b.args[0].Type().(types.Interval); !ok {
			if err := b.coerceTo(aNumber); err != nil {
				return nil, err
			}
		}
		t := b.args[0].Type()
		return b.make(t, pick(t, b.ctx.ANSI)), nil
	})
}

func absKernel(t types.Type, strict bool) kernel {
	switch t {
	case types.Byte:
		return absValue[int8](t, strict)
	case types.Short:
		return absValue[int16](t, strict)
	case types.Integer:
		return absValue[int32](t, strict)
	case types.Long:
		return absValue[int64](t, strict)
	case types.Float:
		return absFloat[float32](t)
	case types.Double:
		return absFloat[float64](t)
	}
	if i, ok := t.(types.Interval); ok {
		if i.YearMonth() {
			return absValue[int32](t, true)
		}
		return absValue[int64](t, true)
	}
	return map1(t, decimal128.Num.Abs)
}

func nanTest[T float32 | float64](_ *Context, n int, args []Vector) (arrow.Array, error) {
	values, step := operand[T](args[0])
	valid := args[0].valid(n)
	m := newMask(n)
	for i := range n {
		v := values[i&step]
		if v != v && valid.has(i) {
			m.set(i)
		}
	}
	return newBools(m, nil, n), nil
}

// nanvl is its first argument unless that is NaN.
func nanvl(_ *Context, n int, args []Vector) (arrow.Array, error) {
	a, ai := operand[float64](args[0])
	b, bi := operand[float64](args[1])
	first, second := args[0].valid(n), args[1].valid(n)
	out := make([]float64, n)
	valid := newMask(n)
	for i := range out {
		switch {
		case !first.has(i):
		case !math.IsNaN(a[i&ai]):
			out[i] = a[i&ai]
			valid.set(i)
		case second.has(i):
			out[i] = b[i&bi]
			valid.set(i)
		}
	}
	return store(types.Double, out, valid), nil
}

// extremeOf is greatest (1) and least (-1): nulls are passed over.
func extremeOf(sign int) function {
	return built(2, -1, func(b *builder) (Expr, error) {
		if all := typesOf(b.args); slices.Contains(all, types.Type(types.String)) &&
			slices.ContainsFunc(all, func(t types.Type) bool { return t != types.String && t != types.Null }) { // text meets no other type here
			return nil, b.mismatch(errclass.DatatypeMismatchDataDiff,
				"Input to `%s` should all be the same type, but it's %s.", b.name, quoteAll(all))
		}
		t, err := b.unify(0)
		if err != nil {
			return nil, err
		}
		if !orderable(t) {
			return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(t))
		}
		b.fn.safe = true
		out := b.make(t, extremeKernel(types.ToArrow(t), sign))
		out.nullable = true
		for _, a := range b.args {
			out.nullable = out.nullable && a.Nullable()
		}
		return out, nil
	})
}

func extremeKernel(t arrow.DataType, sign int) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		out := choice{from: args, pick: make([]int32, n)}
		order := make([][]Comparer, len(args))
		for a := range args {
			order[a] = make([]Comparer, len(args))
			for c := range a {
				order[a][c] = newComparer(args[a].Values, args[c].Values)
			}
		}
		for i := range n {
			best := -1
			for a := range args {
				if args[a].null(i) {
					continue
				}
				if best < 0 || sign*order[a][best](args[a].at(i), args[best].at(i)) > 0 {
					best = a
				}
			}
			out.pick[i] = int32(best)
		}
		return out.array(t)
	}
}
