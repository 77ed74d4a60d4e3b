package expr

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

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

// perElement evaluates the lambda function for each element of the arrays, with its index as the
// second variable.
func (e *lambdaEval) perElement(l *Lambda, v Vector) (spreading, arrow.Array, error) {
	x := spread(v, e.n)
	values := []arrow.Array{x.take(elementsOf(v.Values)), newFixed(types.Integer, x.positions, nil)}
	out, err := e.apply(l, x.rows, values[:len(l.Params)]...)
	return x, out, err
}

// lengths turns the rows of a spreading into offsets.
func (x *spreading) lengths(n int) []int32 {
	offsets := make([]int32, n+1)
	for _, r := range x.rows {
		offsets[r+1]++
	}
	for i := range n {
		offsets[i+1] += offsets[i]
	}
	return offsets
}

func buildTransform(b *builder) (Expr, error) {
	if _, err := b.arrayType(0); err != nil {
		return nil, err
	}
	l, err := b.lambda(1)
	if err != nil {
		return nil, err
	}
	t := types.Array{Element: l.Type(), ContainsNull: l.Nullable()}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, out, err := e.perElement(e.lambdas[1], args[0])
		if err != nil {
			return nil, err
		}
		at := types.ToArrow(t).(*arrow.ListType)
		return newListLike(at, x.lengths(e.n), retype(out, at.Elem()), args[0].valid(e.n)), nil
	}), nil
}

func buildFilter(b *builder) (Expr, error) {
	t, err := b.arrayType(0)
	if err != nil {
		return nil, err
	}
	if _, err := b.condition(1); err != nil {
		return nil, err
	}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, out, err := e.perElement(e.lambdas[1], args[0])
		if err != nil {
			return nil, err
		}
		kept := x.where(truthOf(Vector{Values: out}, out.Len()).yes)
		at := types.ToArrow(t).(*arrow.ListType)
		return newListLike(at, kept.lengths(e.n), retype(Take(elementsOf(args[0].Values), kept.elements), at.Elem()), args[0].valid(e.n)), nil
	}), nil
}

// where keeps the marked elements.
func (x *spreading) where(m mask) spreading {
	var out spreading
	for i := range x.rows {
		if m.get(i) {
			out.rows = append(out.rows, x.rows[i])
			out.elements = append(out.elements, x.elements[i])
		}
	}
	return out
}

// buildQuantifier is exists and forall, in three-valued logic.
func buildQuantifier(exists bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		if _, err := b.arrayType(0); err != nil {
			return nil, err
		}
		l, err := b.condition(1)
		if err != nil {
			return nil, err
		}
		c := b.lambdaCall(types.Boolean, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
			x, out, err := e.perElement(e.lambdas[1], args[0])
			if err != nil {
				return nil, err
			}
			found := truthOf(Vector{Values: out}, out.Len())
			return quantified(exists, e.n, x, found).masked(args[0].valid(e.n), e.n), nil
		})
		c.nullable = c.nullable || l.Nullable()
		return c, nil
	}
}

// quantified folds the elements' truths by OR (exists) or AND.
func quantified(exists bool, n int, x spreading, found truth) truth {
	out := truth{yes: newMask(n), no: newMask(n)}
	unknown := newMask(n)
	decide, other := out.yes, out.no
	decisive := found.yes
	if !exists {
		decide, other, decisive = out.no, out.yes, found.no
	}
	for i, r := range x.rows {
		if decisive.get(i) {
			decide.set(int(r))
		} else if !found.yes.get(i) && !found.no.get(i) {
			unknown.set(int(r))
		}
	}
	for i := range other {
		other[i] = ^(decide[i] | unknown[i])
	}
	if len(other) > 0 {
		other.trim(n)
	}
	return out
}

func (t truth) masked(valid mask, n int) arrow.Array {
	return truth{yes: t.yes.and(valid), no: t.no.and(valid)}.array(n)
}

// buildFold is aggregate(array, zero, merge[, finish]).
func buildFold(b *builder) (Expr, error) {
	if _, err := b.arrayType(0); err != nil {
		return nil, err
	}
	merge, err := b.lambda(2)
	if err != nil {
		return nil, err
	}
	acc := b.args[1].Type()
	body, err := implicit(b.ctx, merge.Body, acc)
	if err != nil {
		return nil, err
	}
	b.args[2] = NewLambda(merge.Params, body)
	result := acc
	var shown []Expr
	if len(b.args) == 4 {
		finish, err := b.lambda(3)
		if err != nil {
			return nil, err
		}
		result = finish.Type()
	} else {
		v := NewLambdaVariable(0, LambdaParam{"id", acc, true})
		shown = []Expr{NewLambda([]*LambdaVariable{v}, v)}
	}
	c := b.lambdaCall(result, foldArrays)
	c.shown, c.nullable = shown, true
	return c, nil
}

// foldArrays goes over all rows at once, element by element.
func foldArrays(e *lambdaEval, args []Vector) (arrow.Array, error) {
	arr := args[0].Values.(list)
	items := elementsOf(arr)
	acc := args[1].Values
	active := rowsOf(orFull(args[0].valid(e.n), e.n), e.n)
	for k := int64(0); len(active) > 0; k++ {
		active = slices.DeleteFunc(active, func(r int32) bool {
			start, end := arr.ValueOffsets(int(r))
			return k >= end-start
		})
		if len(active) == 0 {
			break
		}
		elements := make([]int32, len(active))
		for i, r := range active {
			start, _ := arr.ValueOffsets(int(r))
			elements[i] = int32(start + k)
		}
		next, err := e.apply(e.lambdas[2], active, Take(acc, active), Take(items, elements))
		if err != nil {
			return nil, err
		}
		if acc, err = replaced(acc, active, retype(next, acc.DataType())); err != nil {
			return nil, err
		}
	}
	if len(e.lambdas) == 4 && e.lambdas[3] != nil {
		all := rowsOf(fullMask(e.n), e.n)
		var err error
		if acc, err = e.apply(e.lambdas[3], all, acc); err != nil {
			return nil, err
		}
	}
	return nulled(acc, args[0].valid(e.n)), nil
}

func orFull(m mask, n int) mask {
	if m == nil {
		return fullMask(n)
	}
	return m
}

// replaced is a column with other values in some rows.
func replaced(arr arrow.Array, rows []int32, by arrow.Array) (arrow.Array, error) {
	if len(rows) == arr.Len() {
		return by, nil
	}
	all, err := Concat([]arrow.Array{arr, by})
	if err != nil {
		return nil, err
	}
	take := make([]int32, arr.Len())
	for i := range take {
		take[i] = int32(i)
	}
	for i, r := range rows {
		take[r] = int32(arr.Len() + i)
	}
	return Take(all, take), nil
}

// nulled is a column that is null also where valid says so.
func nulled(arr arrow.Array, valid mask) arrow.Array {
	if valid == nil {
		return arr
	}
	return withValid(arr, valid.and(validOf(arr)))
}

// buildZipWith pairs the elements of two arrays up; the shorter one ends in nulls.
func buildZipWith(b *builder) (Expr, error) {
	for i := range 2 {
		if _, err := b.arrayType(i); err != nil {
			return nil, err
		}
	}
	l, err := b.lambda(2)
	if err != nil {
		return nil, err
	}
	t := types.Array{Element: l.Type(), ContainsNull: l.Nullable()}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, y := arrayOf(args[0]), arrayOf(args[1])
		valid := validAll(e.n, args[:2])
		var rows, left, right []int32
		offsets := []int32{0}
		for i := range e.n {
			if valid.has(i) {
				xs, xe := x.span(i)
				ys, ye := y.span(i)
				for k := range max(xe-xs, ye-ys) {
					rows = append(rows, int32(i))
					left = append(left, elementOr(xs+k, xe))
					right = append(right, elementOr(ys+k, ye))
				}
			}
			offsets = append(offsets, int32(len(rows)))
		}
		out, err := e.apply(e.lambdas[2], rows, Take(x.items, left), Take(y.items, right))
		if err != nil {
			return nil, err
		}
		at := types.ToArrow(t).(*arrow.ListType)
		return newListLike(at, offsets, retype(out, at.Elem()), valid), nil
	}), nil
}

// elementOr is an element's position, or that of a null past the end.
func elementOr(at, end int64) int32 {
	if at >= end {
		return -1
	}
	return int32(at)
}

// perEntry evaluates a lambda function for each entry of the maps.
func (e *lambdaEval) perEntry(l *Lambda, v Vector) (spreading, arrow.Array, error) {
	m := v.Values.(*array.Map)
	x := spread(v, e.n)
	out, err := e.apply(l, x.rows, x.take(m.Keys()), x.take(m.Items()))
	return x, out, err
}

func buildTransformEntries(keys bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		t, err := b.mapType(0)
		if err != nil {
			return nil, err
		}
		l, err := b.lambda(1)
		if err != nil {
			return nil, err
		}
		if keys {
			t.Key = l.Type()
		} else {
			t.Value, t.ValueContainsNull = l.Type(), l.Nullable()
		}
		return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
			x, out, err := e.perEntry(e.lambdas[1], args[0])
			if err != nil {
				return nil, err
			}
			m := args[0].Values.(*array.Map)
			k, v := out, x.take(m.Items())
			if !keys {
				k, v = x.take(m.Keys()), out
			}
			return x.maps(t, e.n, k, v, args[0].valid(e.n), keys)
		}), nil
	}
}

// maps puts entries, in the order of the rows, together. New keys are checked.
func (x *spreading) maps(t types.Map, n int, keys, values arrow.Array, valid mask, check bool) (arrow.Array, error) {
	offsets := x.lengths(n)
	if check {
		keyer := NewKeyer(keys)
		seen := map[string]struct{}{}
		var key []byte
		for i := range n {
			clear(seen)
			for k := offsets[i]; k < offsets[i+1]; k++ {
				if isNull(keys, int(k)) {
					return nil, errclass.NullMapKey.New("Cannot use null as map key.")
				}
				key = keyer(key[:0], int(k))
				if _, dup := seen[string(key)]; dup {
					return nil, duplicateKey(keys, int(k))
				}
				seen[string(key)] = struct{}{}
			}
		}
	}
	at := types.ToArrow(t).(*arrow.MapType)
	entries := newStructLike(at.Elem(), []arrow.Array{retype(keys, at.KeyType()), retype(values, at.ItemType())}, nil, keys.Len())
	return newListLike(at, offsets, entries, valid), nil
}

func buildMapFilter(b *builder) (Expr, error) {
	t, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	if _, err := b.condition(1); err != nil {
		return nil, err
	}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, out, err := e.perEntry(e.lambdas[1], args[0])
		if err != nil {
			return nil, err
		}
		kept := x.where(truthOf(Vector{Values: out}, out.Len()).yes)
		m := args[0].Values.(*array.Map)
		return kept.maps(t, e.n, Take(m.Keys(), kept.elements), Take(m.Items(), kept.elements), args[0].valid(e.n), false)
	}), nil
}

// buildMapZipWith goes over the keys of both maps, those of the first first.
func buildMapZipWith(b *builder) (Expr, error) {
	t, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	if _, err := b.mapType(1); err != nil {
		return nil, err
	}
	l, err := b.lambda(2)
	if err != nil {
		return nil, err
	}
	t = types.Map{Key: t.Key, Value: l.Type(), ValueContainsNull: l.Nullable()}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, y := args[0].Values.(*array.Map), args[1].Values.(*array.Map)
		valid := validAll(e.n, args[:2])
		var s spreading
		var left, right []int32
		all, err := Concat([]arrow.Array{x.Keys(), retype(y.Keys(), x.Keys().DataType())})
		if err != nil {
			return nil, err
		}
		keyer := NewKeyer(all)
		base := int64(x.Keys().Len())
		for i := range e.n {
			if !valid.has(i) {
				continue
			}
			at := map[string]int{}
			xs, xe := x.ValueOffsets(i)
			for k := xs; k < xe; k++ {
				at[string(keyer(nil, int(k)))] = len(left)
				s.rows, s.elements = append(s.rows, int32(i)), append(s.elements, int32(k))
				left, right = append(left, int32(k)), append(right, -1)
			}
			ys, ye := y.ValueOffsets(i)
			for k := ys; k < ye; k++ {
				if place, found := at[string(keyer(nil, int(base+k)))]; found {
					right[place] = int32(k)
					continue
				}
				s.rows, s.elements = append(s.rows, int32(i)), append(s.elements, int32(base+k))
				left, right = append(left, -1), append(right, int32(k))
			}
		}
		keys := Take(all, s.elements)
		out, err := e.apply(e.lambdas[2], s.rows, keys, Take(x.Items(), left), Take(y.Items(), right))
		if err != nil {
			return nil, err
		}
		return s.maps(t, e.n, keys, out, valid, false)
	}), nil
}

// defaultComparison is how array_sort without a lambda function prints.
const defaultComparison = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable())"

// buildArraySort is array_sort: nulls last, or as a lambda function compares.
func buildArraySort(b *builder) (Expr, error) {
	t, err := b.arrayType(0)
	if err != nil {
		return nil, err
	}
	if len(b.args) == 1 {
		if !orderable(t.Element) {
			return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `array_sort` does not support ordering on type \"%s\".", types.SQL(t))
		}
		c := b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
			items := elementsOf(args[0].Values)
			order := NewComparer(items, items)
			return e.sorted(t, args, func(_, x, y int32) (int, error) {
				if p, q := isNull(items, int(x)), isNull(items, int(y)); p || q {
					return b2i(p) - b2i(q), nil
				}
				return order(int(x), int(y)), nil
			})
		})
		c.text = "array_sort(" + b.args[0].String() + ", " + defaultComparison + ")"
		return c, nil
	}
	l, err := b.lambda(1)
	if err != nil {
		return nil, err
	}
	body, err := implicit(b.ctx, l.Body, types.Integer)
	if err != nil {
		return nil, err
	}
	b.args[1] = NewLambda(l.Params, body)
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		items := elementsOf(args[0].Values)
		return e.sorted(t, args, func(row, x, y int32) (int, error) {
			out, err := e.apply(e.lambdas[1], []int32{row}, Take(items, []int32{x}), Take(items, []int32{y}))
			if err != nil {
				return 0, err
			}
			if isNull(out, 0) {
				return 0, errclass.ComparatorReturnsNull.New("The comparator has returned a NULL for a comparison between %s and %s.", items.ValueStr(int(x)), items.ValueStr(int(y))).
					WithHint("It should return a positive integer for \"greater than\", 0 for \"equal\" and a negative integer for \"less than\".")
			}
			return int(fixedValues[int32](out)[0]), nil
		})
	}), nil
}

// sorted sorts each row's elements; the first error ends it.
func (e *lambdaEval) sorted(t types.Array, args []Vector, compare func(row, x, y int32) (int, error)) (arrow.Array, error) {
	var failed error
	out, err := rebuildKernel(t, func(g *gatherer, a *arrayArg, _ []Vector, i int) error {
		g.emitAll(a, i)
		slices.SortStableFunc(g.current(), func(x, y int32) int {
			if failed != nil {
				return 0
			}
			c, err := compare(int32(i), x, y)
			failed = err
			return c
		})
		return failed
	})(e.ctx, e.n, args[:1])
	return out, err
}
