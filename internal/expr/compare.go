package expr

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A comparison is one of the six relations, made of "equal" and "less".
type comparison struct {
	symbol string
	equal  bool // test for equality, else for less
	swap   bool // of the operands
	not    bool // turn the result
}

var (
	equalTo        = comparison{symbol: "=", equal: true}
	notEqualTo     = comparison{symbol: "!=", equal: true, not: true}
	lessThan       = comparison{symbol: "<"}
	lessOrEqual    = comparison{symbol: "<=", swap: true, not: true}
	greaterThan    = comparison{symbol: ">", swap: true}
	greaterOrEqual = comparison{symbol: ">=", not: true}
)

// bits compares n rows; under a null a bit may be anything.
func (c comparison) bits(n int, a, b Vector) mask {
	dst := newMask(n)
	swap := c.swap
	if a.Const && !b.Const {
		a, b, swap = b, a, !swap
	}
	c.loop(dst, n, a, b, swap)
	if c.not {
		dst.flip(n)
	}
	return dst
}

func (c comparison) loop(dst mask, n int, a, b Vector, swap bool) {
	switch a.Values.DataType().ID() {
	case arrow.INT8:
		compareOrdered[int8](c, dst, n, a, b, swap)
	case arrow.INT16:
		compareOrdered[int16](c, dst, n, a, b, swap)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		compareOrdered[int32](c, dst, n, a, b, swap)
	case arrow.INT64, arrow.TIMESTAMP, arrow.DURATION:
		compareOrdered[int64](c, dst, n, a, b, swap)
	case arrow.FLOAT32:
		compareFloatVectors[float32](c, dst, n, a, b, swap)
	case arrow.FLOAT64:
		compareFloatVectors[float64](c, dst, n, a, b, swap)
	case arrow.STRING, arrow.BINARY:
		x, y := textsOf(a), textsOf(b)
		if swap {
			x, y = y, x
		}
		if c.equal {
			equalTextLoop(dst, x, y, n)
		} else {
			lessTextLoop(dst, x, y, n)
		}
	default:
		c.compareAny(dst, n, a, b, swap)
	}
}

func compareOrdered[T integer](c comparison, dst mask, n int, a, b Vector, swap bool) {
	x := broadcast[T](a, n)
	switch y := fixedValues[T](b.Values); {
	case c.equal && b.Const:
		equalConstLoop(dst, x, y[0])
	case c.equal:
		equalLoop(dst, x, y)
	case b.Const && swap:
		greaterConstLoop(dst, x, y[0])
	case b.Const:
		lessConstLoop(dst, x, y[0])
	case swap:
		lessLoop(dst, y, x)
	default:
		lessLoop(dst, x, y)
	}
}

func compareFloatVectors[T float32 | float64](c comparison, dst mask, n int, a, b Vector, swap bool) {
	x, y := broadcast[T](a, n), broadcast[T](b, n)
	switch {
	case b.Const && n > 0 && y[0] == y[0] && c.equal:
		equalConstLoop(dst, x, y[0])
	case b.Const && n > 0 && y[0] == y[0] && !swap:
		lessConstLoop(dst, x, y[0])
	case c.equal:
		equalFloatLoop(dst, x, y)
	case swap:
		lessFloatLoop(dst, y, x)
	default:
		lessFloatLoop(dst, x, y)
	}
}

// compareAny goes row by row, for decimals, booleans and nested values.
func (c comparison) compareAny(dst mask, n int, a, b Vector, swap bool) {
	order := newComparer(a.Values, b.Values)
	if a.Values.DataType().ID() == arrow.DECIMAL128 {
		x, y := fixedValues[decimal128.Num](a.Values), fixedValues[decimal128.Num](b.Values)
		order = func(i, j int) int {
			if h := cmp.Compare(x[i].HighBits(), y[j].HighBits()); h != 0 {
				return h
			}
			return cmp.Compare(x[i].LowBits(), y[j].LowBits())
		}
	}
	for i := range n {
		o := order(a.at(i), b.at(i))
		if swap {
			o = -o
		}
		dst[i>>6] |= b2u(c.equal && o == 0 || !c.equal && o < 0) << (i & 63)
	}
}

// compared is a comparison operator as a function of two arguments.
func compared(c comparison) function {
	k := func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		return newBools(c.bits(n, args[0], args[1]), validAll(n, args), n), nil
	}
	f := built(2, 2, func(b *builder) (Expr, error) {
		if err := b.unifyOperands(); err != nil {
			return nil, err
		}
		if e := flippedNot(c, b); e != nil {
			return e, nil
		}
		out := b.make(types.Boolean, k)
		return &comparisonCall{call: out, op: c}, nil
	})
	f.safe = true
	return f.named(operatorText(c.symbol))
}

// flippedNot prints a != b as Spark does: (NOT (a = b)).
func flippedNot(c comparison, b *builder) Expr {
	if !c.equal || !c.not {
		return nil
	}
	b.fn.text = func(_ string, args []Expr) string { return "(NOT (" + joinText(args, " = ") + "))" }
	out := b.make(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		return newBools(c.bits(n, args[0], args[1]), validAll(n, args), n), nil
	})
	return &comparisonCall{call: out, op: c}
}

// A comparisonCall keeps which relation it is, for statistics.
type comparisonCall struct {
	*call
	op comparison
}

func (c *comparisonCall) WithChildren(children []Expr) Expr {
	return &comparisonCall{call: c.call.WithChildren(children).(*call), op: c.op}
}

// nullSafeEqual is <=>: null equals null, and the result is never null.
func nullSafeEqual() function {
	k := func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		equal := equalTo.bits(n, args[0], args[1])
		a, b := args[0].valid(n), args[1].valid(n)
		if a == nil {
			a = fullMask(n)
		}
		if b == nil {
			b = fullMask(n)
		}
		for i := range equal {
			equal[i] = equal[i]&a[i]&b[i] | ^(a[i] | b[i])
		}
		if len(equal) > 0 {
			equal.trim(n)
		}
		return newBools(equal, nil, n), nil
	}
	f := built(2, 2, func(b *builder) (Expr, error) {
		if err := b.unifyOperands(); err != nil {
			return nil, err
		}
		return b.make(types.Boolean, k), nil
	})
	f.safe = true
	return f.never()
}

// unifyOperands brings both sides of a comparison to one type.
func (b *builder) unifyOperands() error {
	left, right := b.args[0].Type(), b.args[1].Type()
	wide, ok := comparable2(left, right, b.ctx.ANSI)
	if !ok {
		return b.mismatch(errclass.DatatypeMismatchBinary,
			"the left and right operands of the binary operator have incompatible types (\"%s\" and \"%s\").", types.SQL(left), types.SQL(right))
	}
	if !orderable(wide) {
		return b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(wide))
	}
	args, err := implicitAll(b.ctx, b.args, wide)
	b.args = args
	return err
}

// comparable2 is the type in which two values are compared. In legacy mode text meets numbers as
// numbers and times as times.
func comparable2(a, b types.Type, ansi bool) (types.Type, bool) {
	if a == types.Null && b == types.Null {
		return types.Boolean, true
	}
	if !ansi && (a == types.String) != (b == types.String) {
		other := a
		if a == types.String {
			other = b
		}
		if _, dec := other.(types.Decimal); dec {
			return types.Double, true
		}
		if isAtomic(other) {
			return other, true
		}
	}
	if (a == types.Binary && b == types.String) || (a == types.String && b == types.Binary) {
		return types.Binary, true
	}
	return Wider(a, b, ansi)
}

// orderable reports whether values of the type can be compared; maps and variants cannot.
func orderable(t types.Type) bool {
	switch t := t.(type) {
	case types.Array:
		return orderable(t.Element)
	case types.Map:
		return false
	case types.Struct:
		for _, f := range t.Fields {
			if !orderable(f.Type) {
				return false
			}
		}
	}
	return t != types.Variant
}
