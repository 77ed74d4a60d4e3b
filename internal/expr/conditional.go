package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A Case is CASE WHEN … THEN … ELSE … END: each branch is evaluated only for the rows that reach it.
type Case struct {
	branches []branch
	orElse   Expr // nil: NULL
	result   types.Type
	text     func(c *Case) string // nil: CASE WHEN …
}

type branch struct{ when, then Expr }

// NewCase resolves CASE of conditions and values; orElse may be nil. An operand (CASE x WHEN …) is
// compared with each condition's value beforehand.
func NewCase(ctx *BuildContext, whens, thens []Expr, orElse Expr) (Expr, error) {
	values := append([]Expr(nil), thens...)
	if orElse != nil {
		values = append(values, orElse)
	}
	wide, ok := WiderAll(typesOf(values), ctx.ANSI)
	if !ok {
		return nil, errclass.DatatypeMismatchDataDiff.New(
			"Cannot resolve \"%s\" due to data type mismatch: Input to `casewhen` should all be the same type, but it's %s.",
			(&Case{branches: branchesOf(whens, thens), orElse: orElse}).String(), "["+strings.ReplaceAll(strings.Trim(quoteAll(typesOf(values)), "()"), " or ", ", ")+"]")
	}
	values, err := implicitAll(ctx, values, wide)
	if err != nil {
		return nil, err
	}
	c := &Case{result: wide}
	for i, w := range whens {
		if w.Type() != types.Boolean {
			text := (&Case{branches: branchesOf(whens, thens), orElse: orElse}).String()
			return nil, unexpectedInput(text, 2*i, w, `"BOOLEAN"`) // never converted
		}
		c.branches = append(c.branches, branch{w, values[i]})
	}
	if orElse != nil {
		c.orElse = values[len(values)-1]
	}
	return c, nil
}

func branchesOf(whens, thens []Expr) []branch {
	out := make([]branch, len(whens))
	for i := range whens {
		out[i] = branch{whens[i], thens[i]}
	}
	return out
}

// Type is what all branches have been brought to.
func (c *Case) Type() types.Type { return c.result }

// Nullable reports whether a branch may be null, or is missing.
func (c *Case) Nullable() bool {
	for _, b := range c.branches {
		if b.then.Nullable() {
			return true
		}
	}
	return c.orElse == nil || c.orElse.Nullable()
}

// String is "CASE WHEN … END", or the function that stands for it, such as "if(a, b, c)".
func (c *Case) String() string {
	if c.text != nil {
		return c.text(c)
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range c.branches {
		b.WriteString(" WHEN " + w.when.String() + " THEN " + w.then.String())
	}
	if c.orElse != nil {
		b.WriteString(" ELSE " + c.orElse.String())
	}
	return b.String() + " END"
}

// Children is the conditions and values in turn, and the value of ELSE.
func (c *Case) Children() []Expr {
	var all []Expr
	for _, b := range c.branches {
		all = append(all, b.when, b.then)
	}
	if c.orElse != nil {
		all = append(all, c.orElse)
	}
	return all
}

// WithChildren takes them in the order of Children.
func (c *Case) WithChildren(children []Expr) Expr {
	out := &Case{result: c.result, text: c.text, branches: make([]branch, len(c.branches))}
	for i := range out.branches {
		out.branches[i] = branch{children[2*i], children[2*i+1]}
	}
	if c.orElse != nil {
		out.orElse = children[len(children)-1]
	}
	return out
}

func (c *Case) infallible() bool { return true } // if its branches are

// Eval walks the branches, each with the rows that no earlier one took.
func (c *Case) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	n := int(in.NumRows())
	left := fullMask(n)
	out := choice{pick: make([]int32, n)}
	for i := range out.pick {
		out.pick[i] = -1
	}
	for _, b := range c.branches {
		when, err := evalWhere(ctx, b.when, in, left)
		if err != nil {
			return Vector{}, err
		}
		hit := truthOf(when, n).yes.and(left)
		if err := out.add(ctx, b.then, in, hit); err != nil {
			return Vector{}, err
		}
		left = left.minus(hit)
	}
	if c.orElse != nil {
		if err := out.add(ctx, c.orElse, in, left); err != nil {
			return Vector{}, err
		}
	}
	arr, err := out.array(types.ToArrow(c.result))
	return Vector{Values: arr}, err
}

// add takes the marked rows from an expression.
func (c *choice) add(ctx *Context, e Expr, in arrow.RecordBatch, rows mask) error {
	if rows.count() == 0 {
		return nil
	}
	v, err := evalWhere(ctx, e, in, rows)
	if err != nil {
		return err
	}
	at := int32(len(c.from))
	c.from = append(c.from, v)
	for i := range c.pick {
		if rows.get(i) {
			c.pick[i] = at
		}
	}
	return nil
}

func (m mask) minus(o mask) mask {
	out := make(mask, len(m))
	for i := range out {
		out[i] = m[i] &^ o[i]
	}
	return out
}

// A firstOf is coalesce: the first of its arguments that is not null, evaluated only as far as needed.
type firstOf struct {
	name   string // the name that was called: nvl, ifnull
	args   []Expr
	result types.Type
}

func (f *firstOf) Type() types.Type { return f.result }
func (f *firstOf) Nullable() bool {
	for _, a := range f.args {
		if !a.Nullable() {
			return false
		}
	}
	return true
}
func (f *firstOf) String() string   { return callText(f.name, f.args) }
func (f *firstOf) Children() []Expr { return f.args }
func (f *firstOf) infallible() bool { return true } // if its arguments are
func (f *firstOf) WithChildren(children []Expr) Expr {
	return &firstOf{name: f.name, args: children, result: f.result}
}

func (f *firstOf) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	n := int(in.NumRows())
	left := fullMask(n)
	out := choice{pick: make([]int32, n)}
	for i := range out.pick {
		out.pick[i] = -1
	}
	for _, a := range f.args {
		if left.count() == 0 {
			break
		}
		v, err := evalWhere(ctx, a, in, left)
		if err != nil {
			return Vector{}, err
		}
		hit := left.and(v.valid(n))
		at := int32(len(out.from))
		out.from = append(out.from, v)
		for i := range out.pick {
			if hit.get(i) {
				out.pick[i] = at
			}
		}
		left = left.minus(hit)
	}
	arr, err := out.array(types.ToArrow(f.result))
	return Vector{Values: arr}, err
}

func buildCoalesce(b *builder) (Expr, error) {
	wide, err := b.unify(0)
	if err != nil {
		return nil, err
	}
	return &firstOf{name: b.name, args: b.args, result: wide}, nil
}

// caseOf is a CASE that prints as something else.
func caseOf(b *builder, text string, whens, thens []Expr, orElse Expr) (Expr, error) {
	e, err := NewCase(b.ctx, whens, thens, orElse)
	if err != nil {
		return nil, err
	}
	return renamed(e, text), nil
}

// buildIf is if(condition, then, else).
func buildIf(b *builder) (Expr, error) {
	text := "(" + callText("IF", b.args) + ")"
	when := b.args[0]
	if when.Type() == types.Null {
		when = &Constant{DataType: types.Boolean}
	}
	if when.Type() != types.Boolean {
		return nil, unexpectedInput(text, 0, when, `"BOOLEAN"`)
	}
	return caseOf(b, text, []Expr{when}, []Expr{b.args[1]}, b.args[2])
}

// buildNullIf is nullif(a, b): null where they are equal.
func buildNullIf(b *builder) (Expr, error) {
	same, err := b.sub("==", b.args...)
	if err != nil {
		return nil, err
	}
	return caseOf(b, callText(b.name, b.args), []Expr{same}, []Expr{&Constant{DataType: b.args[0].Type()}}, b.args[0])
}

// buildNvl2 is nvl2(a, b, c): b where a has a value, else c.
func buildNvl2(b *builder) (Expr, error) {
	has, err := b.sub("isnotnull", b.args[0])
	if err != nil {
		return nil, err
	}
	return caseOf(b, callText(b.name, b.args), []Expr{has}, []Expr{b.args[1]}, b.args[2])
}

var conditionalFunctions = table{
	"coalesce": built(1, -1, buildCoalesce),
	"nvl":      built(2, 2, buildCoalesce),
	"ifnull":   built(2, 2, buildCoalesce),
	"if":       built(3, 3, buildIf),
	"nullif":   built(2, 2, buildNullIf),
	"nvl2":     built(3, 3, buildNvl2),
	"nullifzero": built(1, 1, func(b *builder) (Expr, error) {
		zero := &Constant{Value: int32(0), DataType: types.Integer}
		same, err := b.sub("==", b.args[0], zero)
		if err != nil {
			return nil, err
		}
		return caseOf(b, callText(b.name, b.args), []Expr{same}, []Expr{&Constant{DataType: b.args[0].Type()}}, b.args[0])
	}),
	"zeroifnull": built(1, 1, func(b *builder) (Expr, error) {
		inner := &builder{ctx: b.ctx, all: b.all, name: b.name, args: []Expr{b.args[0], &Constant{Value: int32(0), DataType: types.Integer}}}
		e, err := buildCoalesce(inner)
		if err != nil {
			return nil, err
		}
		return renamed(e, callText(b.name, b.args)), nil
	}),
}
