package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A junction is AND or OR. The right side is evaluated only where the left does not decide, when it
// may fail: a IS NOT NULL AND 1/a > 2 raises no error.
type junction struct {
	left, right Expr
	or          bool
}

func buildJunction(or bool) function {
	return built(2, 2, func(b *builder) (Expr, error) {
		b.fn.params = []param{aBool, aBool}
		symbol := "AND"
		if or {
			symbol = "OR"
		}
		b.fn.text = operatorText(symbol)
		if err := b.coerce(); err != nil {
			return nil, err
		}
		return &junction{left: b.args[0], right: b.args[1], or: or}, nil
	})
}

func (j *junction) Type() types.Type { return types.Boolean }
func (j *junction) Nullable() bool   { return j.left.Nullable() || j.right.Nullable() }
func (j *junction) Children() []Expr { return []Expr{j.left, j.right} }

func (j *junction) String() string {
	if j.or {
		return "(" + j.left.String() + " OR " + j.right.String() + ")"
	}
	return "(" + j.left.String() + " AND " + j.right.String() + ")"
}

func (j *junction) WithChildren(children []Expr) Expr {
	return &junction{left: children[0], right: children[1], or: j.or}
}

func (j *junction) infallible() bool { return true } // if its children are

// A truth is a boolean column as two masks: where it is true, and where it is false.
type truth struct{ yes, no mask }

func truthOf(v Vector, n int) truth {
	bits := v.bits(n)
	valid := v.valid(n)
	t := truth{yes: bits.and(valid), no: bits.clone()}
	t.no.flip(n)
	t.no = t.no.and(valid)
	return t
}

// array is the column; what is neither true nor false is null.
func (t truth) array(n int) arrow.Array {
	valid := newMask(n)
	for i := range valid {
		valid[i] = t.yes[i] | t.no[i]
	}
	if valid.nulls(n) == 0 {
		valid = nil
	}
	return newBools(t.yes, valid, n)
}

func (j *junction) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	left, err := j.left.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	n := int(in.NumRows())
	if left.Const {
		return j.evalConst(ctx, in, left)
	}
	l := truthOf(left, n)
	undecided := l.no.clone()
	if !j.or {
		undecided = l.yes.clone()
	}
	undecided = undecided.union(neither(l, n))
	right, err := evalWhere(ctx, j.right, in, undecided)
	if err != nil {
		return Vector{}, err
	}
	return Vector{Values: j.combine(l, truthOf(right, n)).array(n)}, nil
}

// evalConst takes a left side that is one value for all rows.
func (j *junction) evalConst(ctx *Context, in arrow.RecordBatch, left Vector) (Vector, error) {
	l := truthOf(left, 1)
	if decided := l.no; !j.or && decided.get(0) || j.or && l.yes.get(0) {
		return left, nil
	}
	right, err := j.right.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	n := int(in.NumRows())
	if right.Const {
		n = 1
	}
	return Vector{Values: j.combine(truthOf(left, n), truthOf(right, n)).array(n), Const: right.Const}, nil
}

func (j *junction) combine(l, r truth) truth {
	if j.or {
		return truth{yes: l.yes.union(r.yes), no: l.no.and(r.no)}
	}
	return truth{yes: l.yes.and(r.yes), no: l.no.union(r.no)}
}

func (m mask) union(o mask) mask {
	out := make(mask, len(m))
	for i := range out {
		out[i] = m[i] | o[i]
	}
	return out
}

// neither is where a truth is null.
func neither(t truth, n int) mask {
	m := t.yes.union(t.no)
	m.flip(n)
	return m
}

var notFunction = fn(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
	bits := args[0].bits(n)
	bits.flip(n)
	return newBools(bits, args[0].valid(n), n), nil
}, aBool).infallible().named(func(_ string, args []Expr) string { return "(NOT " + args[0].String() + ")" })

// isNull tests for null, or, negated, for a value.
func isNullFunction(not bool) function {
	text := " IS NULL)"
	if not {
		text = " IS NOT NULL)"
	}
	f := fn(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := args[0].valid(n)
		if valid == nil {
			valid = fullMask(n)
		} else {
			valid = valid.clone()
		}
		if !not {
			valid.flip(n)
		}
		return newBools(valid, nil, n), nil
	}, anything).never().infallible().named(func(_ string, args []Expr) string { return "(" + args[0].String() + text })
	f.build = func(b *builder) (Expr, error) {
		e, err := b.call()
		if err != nil {
			return nil, err
		}
		return &nullTest{call: e.(*call), not: not}, nil
	}
	return f
}

// A nullTest keeps which test it is, for statistics.
type nullTest struct {
	*call
	not bool
}

func (t *nullTest) WithChildren(children []Expr) Expr {
	return &nullTest{call: t.call.WithChildren(children).(*call), not: t.not}
}

// isTruth is IS [NOT] TRUE or FALSE: never null.
func isTruth(want, not bool) function {
	return fn(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		t := truthOf(args[0], n)
		bits := t.no
		if want {
			bits = t.yes
		}
		bits = bits.clone()
		if not {
			bits.flip(n)
		}
		return newBools(bits, nil, n), nil
	}, aBool).never().infallible().named(func(_ string, args []Expr) string {
		text := map[bool]string{true: "true", false: "false"}[want]
		if not {
			return "(NOT (" + args[0].String() + " <=> " + text + "))"
		}
		return "(" + args[0].String() + " <=> " + text + ")"
	})
}

// between is low <= x AND x <= high.
var betweenFunction = built(3, 3, func(b *builder) (Expr, error) {
	low, err := b.sub(">=", b.args[0], b.args[1])
	if err != nil {
		return nil, err
	}
	high, err := b.sub("<=", b.args[0], b.args[2])
	if err != nil {
		return nil, err
	}
	return renamed(&junction{left: low, right: high}, callText("between", b.args)), nil
})

// renamed is an expression under another name.
func renamed(e Expr, name string) Expr { return &rename{Expr: e, name: name} }

type rename struct {
	Expr
	name string
}

func (r *rename) String() string { return r.name }

// Children is the expression itself, not its children: it may be a column, which the plan above puts another in place of.
func (r *rename) Children() []Expr { return []Expr{r.Expr} }

func (r *rename) WithChildren(children []Expr) Expr { return &rename{Expr: children[0], name: r.name} }
func (r *rename) infallible() bool                  { return infallible(r.Expr) }
func (r *rename) deterministic() bool               { return IsDeterministic(r.Expr) }
func (r *rename) contextual() bool                  { return isContextual(r.Expr) }

// coerceMode is the eval mode of casts that nobody wrote.
const coerceMode = plan.EvalDefault
