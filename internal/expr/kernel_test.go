package expr

import (
	"cmp"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"lakehouse/internal/types"
)

var strict = &BuildContext{ANSI: true, TimeZone: time.UTC}

func runContext() *Context { return &Context{ANSI: true, TimeZone: time.UTC} }

// An operandColumn is a random column, or a constant, with what it holds.
type operandColumn[T any] struct {
	values []T
	valid  []bool
	vector Vector
}

func drawOperand[T value](t *rapid.T, label string, typ types.Type, n int, g *rapid.Generator[T]) operandColumn[T] {
	constant := rapid.Bool().Draw(t, label+" constant")
	size := n
	if constant {
		size = 1
	}
	values := rapid.SliceOfN(g, size, size).Draw(t, label)
	nullable := rapid.Bool().Draw(t, label+" nullable")
	valid := make([]bool, size)
	for i := range valid {
		valid[i] = !nullable || rapid.IntRange(0, 4).Draw(t, "null") > 0
	}
	out := operandColumn[T]{values, valid, Vector{Values: store(typ, values, maskOf(valid)), Const: constant}}
	if constant {
		out.values, out.valid = nil, nil
		for range n {
			out.values, out.valid = append(out.values, values[0]), append(out.valid, valid[0])
		}
	}
	return out
}

// given is an expression whose value is fixed.
type given struct {
	v Vector
	t types.Type
}

func (g *given) infallible() bool                                 { return true }
func (g *given) Type() types.Type                                 { return g.t }
func (g *given) Nullable() bool                                   { return true }
func (g *given) String() string                                   { return "given" }
func (g *given) Children() []Expr                                 { return nil }
func (g *given) WithChildren([]Expr) Expr                         { return g }
func (g *given) Eval(*Context, arrow.RecordBatch) (Vector, error) { return g.v, nil }

func rowsBatch(n int) arrow.RecordBatch {
	return array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, int64(n))
}

// edges are the integers where arithmetic breaks, among others.
func edges[T integer]() *rapid.Generator[T] {
	low, high := integerBounds[T]()
	return rapid.Custom(func(t *rapid.T) T {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return T(rapid.SampledFrom([]int64{low, low + 1, -1, 0, 1, 2, high - 1, high}).Draw(t, "edge"))
		case 1:
			return T(rapid.Int64Range(-20, 20).Draw(t, "small"))
		}
		return T(rapid.Int64Range(low, high).Draw(t, "any"))
	})
}

// twin is what an operator does with two integers, without bounds; ok false is a division by zero.
func twin(op string, a, b int64) (out *big.Int, ok bool) {
	x, y := big.NewInt(a), big.NewInt(b)
	switch op {
	case "+":
		return x.Add(x, y), true
	case "-":
		return x.Sub(x, y), true
	case "*":
		return x.Mul(x, y), true
	}
	if b == 0 {
		return nil, false
	}
	switch op {
	case "%":
		return x.Rem(x, y), true
	case "div":
		return x.Quo(x, y), true
	}
	panic(op)
}

// Arithmetic on integers agrees with arithmetic without bounds: an error in ANSI mode, null in the try_
// forms where a result does not fit, and only for rows where both operands have a value.
func testArithmetic[T integer](t *rapid.T, typ types.Type, op, try string) {
	n := rapid.IntRange(0, 130).Draw(t, "n")
	a := drawOperand(t, "a", typ, n, edges[T]())
	b := drawOperand(t, "b", typ, n, edges[T]())
	args := []Expr{&given{a.vector, typ}, &given{b.vector, typ}}
	tolerant, err := Build(strict, try, args)
	if err != nil {
		t.Fatal(err)
	}
	v, err := tolerant.Eval(runContext(), rowsBatch(n))
	if err != nil {
		t.Fatal(err)
	}
	got := v.Expand(n)
	fails := false
	for i := range n {
		if !a.valid[i] || !b.valid[i] {
			if got.IsValid(i) {
				t.Fatalf("row %d: %v %s null is not null", i, a.values[i], op)
			}
			continue
		}
		want, ok := twin(op, int64(a.values[i]), int64(b.values[i]))
		if ok {
			ok = want.IsInt64() && int64(T(want.Int64())) == want.Int64()
		}
		fails = fails || !ok
		if got.IsValid(i) != ok || ok && int64(fixedValues[T](got)[i]) != want.Int64() {
			t.Fatalf("row %d: %v %s %v = %v, want %v (%v)", i, a.values[i], op, b.values[i], got.ValueStr(i), want, ok)
		}
	}
	plain, err := Build(strict, op, args)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Eval(runContext(), rowsBatch(n)); (err != nil) != fails && n > 0 {
		t.Fatalf("%s: error %v, want one: %v", op, err, fails)
	}
}

func TestArithmeticAgreesWithItsTwin(t *testing.T) {
	for op, try := range map[string]string{"+": "try_add", "-": "try_subtract", "*": "try_multiply", "%": "try_mod"} {
		t.Run(op+" tinyint", rapid.MakeCheck(func(t *rapid.T) { testArithmetic[int8](t, types.Byte, op, try) }))
		t.Run(op+" smallint", rapid.MakeCheck(func(t *rapid.T) { testArithmetic[int16](t, types.Short, op, try) }))
		t.Run(op+" int", rapid.MakeCheck(func(t *rapid.T) { testArithmetic[int32](t, types.Integer, op, try) }))
		t.Run(op+" bigint", rapid.MakeCheck(func(t *rapid.T) { testArithmetic[int64](t, types.Long, op, try) }))
	}
}

var comparisons = map[string]func(c int) bool{
	"==": func(c int) bool { return c == 0 }, "!=": func(c int) bool { return c != 0 },
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
}

func testComparison[T value](t *rapid.T, typ types.Type, g *rapid.Generator[T], compare func(a, b T) int) {
	n := rapid.IntRange(1, 130).Draw(t, "n")
	a, b := drawOperand(t, "a", typ, n, g), drawOperand(t, "b", typ, n, g)
	for op, holds := range comparisons {
		e, err := Build(strict, op, []Expr{&given{a.vector, typ}, &given{b.vector, typ}})
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Eval(runContext(), rowsBatch(n))
		if err != nil {
			t.Fatal(err)
		}
		got := v.Expand(n).(*array.Boolean)
		for i := range n {
			valid := a.valid[i] && b.valid[i]
			if got.IsValid(i) != valid || valid && got.Value(i) != holds(compare(a.values[i], b.values[i])) {
				t.Fatalf("row %d: %v %s %v = %v", i, a.values[i], op, b.values[i], got.ValueStr(i))
			}
		}
	}
}

func TestComparisonAgreesWithItsTwin(t *testing.T) {
	floats := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1}))
	words := rapid.SampledFrom([]string{"", "a", "ab", "b", "ä", "zz"})
	t.Run("int", rapid.MakeCheck(func(t *rapid.T) { testComparison(t, types.Integer, edges[int32](), cmp.Compare[int32]) }))
	t.Run("bigint", rapid.MakeCheck(func(t *rapid.T) { testComparison(t, types.Long, edges[int64](), cmp.Compare[int64]) }))
	t.Run("double", rapid.MakeCheck(func(t *rapid.T) { testComparison(t, types.Double, floats, compareFloats[float64]) }))
	t.Run("string", rapid.MakeCheck(func(t *rapid.T) { testComparison(t, types.String, words, cmp.Compare[string]) }))
	t.Run("boolean", rapid.MakeCheck(func(t *rapid.T) {
		testComparison(t, types.Boolean, rapid.Bool(), func(a, b bool) int { return int(b2u(a)) - int(b2u(b)) })
	}))
}

// AND and OR follow three-valued logic, whatever the forms of their operands.
func TestLogicAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 130).Draw(t, "n")
		a, b := drawOperand(t, "a", types.Boolean, n, rapid.Bool()), drawOperand(t, "b", types.Boolean, n, rapid.Bool())
		for name, or := range map[string]bool{"and": false, "or": true} {
			e, err := Build(strict, name, []Expr{&given{a.vector, types.Boolean}, &given{b.vector, types.Boolean}})
			if err != nil {
				t.Fatal(err)
			}
			v, err := e.Eval(runContext(), rowsBatch(n))
			if err != nil {
				t.Fatal(err)
			}
			got := v.Expand(n).(*array.Boolean)
			for i := range n {
				value, valid := three(or, a.values[i], a.valid[i], b.values[i], b.valid[i])
				if got.IsValid(i) != valid || valid && got.Value(i) != value {
					t.Fatalf("row %d: %v,%v %s %v,%v = %v", i, a.values[i], a.valid[i], name, b.values[i], b.valid[i], got.ValueStr(i))
				}
			}
		}
	})
}

func three(or, a, aValid, b, bValid bool) (value, valid bool) {
	switch {
	case aValid && a == or || bValid && b == or:
		return or, true
	case aValid && bValid:
		return !or, true
	}
	return false, false
}
