package expr

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A higherFunction is a function of which some arguments are lambda functions.
type higherFunction struct {
	min, max int
	// params gives, for each argument that is a lambda function, the variables it may have; nil for
	// other arguments. A lambda function may leave out the last ones where optional says so.
	params func(b *builder) ([][]LambdaParam, error)
	build  func(b *builder) (Expr, error)
}

var higherOrder = map[string]higherFunction{
	"transform": {2, 2, overElements(true), buildTransform},
	"filter":    {2, 2, overElements(true), buildFilter},
	"exists":    {2, 2, overElements(false), buildQuantifier(true)},
	"forall":    {2, 2, overElements(false), buildQuantifier(false)},
	"aggregate": {3, 4, overFold, buildFold}, "reduce": {3, 4, overFold, buildFold},
	"zip_with":         {3, 3, overPairs, buildZipWith},
	"transform_keys":   {2, 2, overEntries, buildTransformEntries(true)},
	"transform_values": {2, 2, overEntries, buildTransformEntries(false)},
	"map_filter":       {2, 2, overEntries, buildMapFilter},
	"map_zip_with":     {3, 3, overTwoMaps, buildMapZipWith},
	"array_sort":       {1, 2, overComparison, buildArraySort},
}

// LambdaParams gives, for each argument of a higher-order function that is a lambda function, the
// variables it may have, and nil for the others. In args the lambda functions are still nil.
func LambdaParams(ctx *BuildContext, name string, args []Expr) ([][]LambdaParam, error) {
	f, ok := higherOrder[name]
	if !ok {
		return nil, errclass.InvalidLambda.New("A lambda function should only be used in a higher order function. However, its class is `%s`, which is not a higher order function.", name)
	}
	b := &builder{ctx: ctx, all: scalars, name: name, args: slices.Clone(args)}
	if len(args) < f.min || len(args) > f.max {
		return nil, wrongCount(name, countText(f.min, f.max), len(args))
	}
	return f.params(b)
}

// IsHigherOrder reports whether a function takes lambda functions.
func IsHigherOrder(name string) bool { _, ok := higherOrder[name]; return ok }

func buildHigherOrder(ctx *BuildContext, name string, args []Expr) (Expr, error) {
	f := higherOrder[name]
	if len(args) < f.min || len(args) > f.max {
		return nil, wrongCount(name, countText(f.min, f.max), len(args))
	}
	return f.build(&builder{ctx: ctx, all: scalars, name: name, args: slices.Clone(args)})
}

// arrayType is an argument's array type.
func (b *builder) arrayType(i int) (types.Array, error) {
	if b.args[i].Type() == types.Null {
		return types.Array{Element: types.Null, ContainsNull: true}, nil
	}
	t, ok := b.args[i].Type().(types.Array)
	if !ok {
		return t, b.wrongInput(i, `"ARRAY"`)
	}
	return t, nil
}

func (b *builder) mapType(i int) (types.Map, error) {
	t, ok := b.args[i].Type().(types.Map)
	if !ok {
		return t, b.wrongInput(i, `"MAP"`)
	}
	return t, nil
}

// text of arguments, of which lambda functions may still be missing.
func (b *builder) dropMissing() {
	b.args = slices.DeleteFunc(b.args, func(e Expr) bool { return e == nil })
}

func overElements(indexed bool) func(b *builder) ([][]LambdaParam, error) {
	return func(b *builder) ([][]LambdaParam, error) {
		b.dropMissing()
		t, err := b.arrayType(0)
		if err != nil {
			return nil, err
		}
		params := []LambdaParam{{"x", t.Element, t.ContainsNull}}
		if indexed {
			params = append(params, LambdaParam{"i", types.Integer, false})
		}
		return [][]LambdaParam{nil, params}, nil
	}
}

func overFold(b *builder) ([][]LambdaParam, error) {
	zero := b.args[1]
	n := len(b.args)
	b.dropMissing()
	t, err := b.arrayType(0)
	if err != nil {
		return nil, err
	}
	acc := LambdaParam{"acc", zero.Type(), true}
	out := [][]LambdaParam{nil, nil, {acc, {"x", t.Element, t.ContainsNull}}, {acc}}
	return out[:n], nil
}

func overPairs(b *builder) ([][]LambdaParam, error) {
	b.dropMissing()
	x, err := b.arrayType(0)
	if err != nil {
		return nil, err
	}
	y, err := b.arrayType(1)
	if err != nil {
		return nil, err
	}
	return [][]LambdaParam{nil, nil, {{"x", x.Element, true}, {"y", y.Element, true}}}, nil
}

func overEntries(b *builder) ([][]LambdaParam, error) {
	b.dropMissing()
	t, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	return [][]LambdaParam{nil, {{"k", t.Key, false}, {"v", t.Value, t.ValueContainsNull}}}, nil
}

func overTwoMaps(b *builder) ([][]LambdaParam, error) {
	b.dropMissing()
	x, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	y, err := b.mapType(1)
	if err != nil {
		return nil, err
	}
	return [][]LambdaParam{nil, nil, {{"k", x.Key, false}, {"v1", x.Value, true}, {"v2", y.Value, true}}}, nil
}

func overComparison(b *builder) ([][]LambdaParam, error) {
	n := len(b.args)
	b.dropMissing()
	t, err := b.arrayType(0)
	if err != nil {
		return nil, err
	}
	out := [][]LambdaParam{nil, {{"left", t.Element, t.ContainsNull}, {"right", t.Element, t.ContainsNull}}}
	return out[:n], nil
}

// lambda is an argument that must be a lambda function.
func (b *builder) lambda(i int) (*Lambda, error) {
	l, ok := b.args[i].(*Lambda)
	if !ok {
		return nil, b.wrongInput(i, `"LAMBDA"`)
	}
	return l, nil
}

// condition is a lambda function that must give a boolean.
func (b *builder) condition(i int) (*Lambda, error) {
	l, err := b.lambda(i)
	if err != nil {
		return nil, err
	}
	body, err := implicit(b.ctx, l.Body, types.Boolean)
	if err != nil {
		return nil, b.wrongInput(i, `"BOOLEAN"`)
	}
	l = NewLambda(l.Params, body)
	b.args[i] = l
	return l, nil
}

// A lambdaCall is a resolved call of a higher-order function: run gets the arguments that are no lambda
// functions evaluated, and a way to evaluate the others.
type lambdaCall struct {
	name     string
	args     []Expr
	shown    []Expr // as printed, where more than the arguments is
	text     string // printed instead of all; empty: the call
	result   types.Type
	nullable bool
	run      func(e *lambdaEval, args []Vector) (arrow.Array, error)
}

// lambdaEval is one evaluation of a lambdaCall.
type lambdaEval struct {
	ctx     *Context
	in      arrow.RecordBatch
	n       int
	lambdas []*Lambda // by argument
}

func (c *lambdaCall) Type() types.Type { return c.result }
func (c *lambdaCall) Nullable() bool   { return c.nullable }
func (c *lambdaCall) Children() []Expr { return c.args }
func (c *lambdaCall) String() string {
	if c.text != "" {
		return c.text
	}
	return callText(c.name, append(slices.Clone(c.args), c.shown...))
}

func (c *lambdaCall) WithChildren(children []Expr) Expr {
	out := *c
	out.args = children
	return &out
}

func (c *lambdaCall) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	e := &lambdaEval{ctx: ctx, in: in, n: int(in.NumRows()), lambdas: make([]*Lambda, len(c.args))}
	args := make([]Vector, len(c.args))
	for i, a := range c.args {
		if l, ok := a.(*Lambda); ok {
			e.lambdas[i] = l
			continue
		}
		v, err := a.Eval(ctx, in)
		if err != nil {
			return Vector{}, err
		}
		args[i] = Vector{Values: v.Expand(e.n)}
	}
	out, err := c.run(e, args)
	return Vector{Values: out}, err
}

// apply evaluates a lambda function for rows of the input, with the variables' values for each.
func (e *lambdaEval) apply(l *Lambda, rows []int32, values ...arrow.Array) (arrow.Array, error) {
	in, ctx := narrowTo(e.ctx, l.Body, e.in, rows)
	inner := *ctx
	top := len(inner.Lambda)
	for _, p := range l.Params {
		top = max(top, p.Index+1)
	}
	inner.Lambda = append(slices.Clone(inner.Lambda), make([]Vector, top-len(inner.Lambda))...)
	for i, p := range l.Params {
		inner.Lambda[p.Index] = Vector{Values: values[i]}
	}
	v, err := l.Body.Eval(&inner, in)
	if err != nil {
		return nil, err
	}
	return v.Expand(len(rows)), nil
}

func (b *builder) lambdaCall(t types.Type, run func(e *lambdaEval, args []Vector) (arrow.Array, error)) *lambdaCall {
	c := &lambdaCall{name: b.name, args: b.args, result: t, run: run}
	for _, a := range b.args {
		if _, ok := a.(*Lambda); !ok {
			c.nullable = c.nullable || a.Nullable()
		}
	}
	return c
}
