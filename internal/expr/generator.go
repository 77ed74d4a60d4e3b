package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// generators holds the functions that make rows. The _outer forms differ in the operator only, which
// adds a row of nulls where nothing was generated ([Outer] tells).
var generators = map[string]func(b *builder) (Generator, error){
	"explode": buildExplode, "explode_outer": buildExplode, "posexplode": buildExplode, "posexplode_outer": buildExplode,
	"inline": buildInline, "inline_outer": buildInline,
	"stack":           buildStack,
	"variant_explode": buildVariantExplode, "variant_explode_outer": buildVariantExplode,
}

// BuildGenerator resolves a generator call.
func BuildGenerator(ctx *BuildContext, name string, args []Expr) (Generator, error) {
	build, ok := generators[name]
	if !ok {
		return nil, unresolvedRoutine(name)
	}
	b := &builder{ctx: ctx, name: name, args: append([]Expr(nil), args...)}
	if name != "stack" && len(args) != 1 {
		return nil, wrongCount(name, "1", len(args))
	}
	return build(b)
}

// Outer reports whether a generator call keeps input rows for which nothing is generated.
func Outer(name string) bool { return strings.HasSuffix(name, "_outer") }

// An explode is explode and posexplode of an array or a map.
type explode struct {
	name     string
	arg      Expr
	position bool
}

func buildExplode(b *builder) (Generator, error) {
	if err := b.coerceTo(anArrayOrMap); err != nil {
		return nil, err
	}
	return &explode{name: b.name, arg: b.args[0], position: strings.HasPrefix(b.name, "pos")}, nil
}

func (e *explode) Args() []Expr   { return []Expr{e.arg} }
func (e *explode) String() string { return e.name + "(" + e.arg.String() + ")" }
func (e *explode) WithArgs(args []Expr) Generator {
	return &explode{name: e.name, arg: args[0], position: e.position}
}

func (e *explode) Schema() types.Struct {
	var fields []types.Field
	outer := Outer(e.name)
	if e.position {
		fields = append(fields, field("pos", types.Integer, outer))
	}
	switch t := e.arg.Type().(type) {
	case types.Array:
		fields = append(fields, field("col", t.Element, t.ContainsNull || outer))
	case types.Map:
		fields = append(fields, field("key", t.Key, outer), field("value", t.Value, t.ValueContainsNull || outer))
	}
	return types.Struct{Fields: fields}
}

func (e *explode) Generate(ctx *Context, in arrow.RecordBatch) ([]int32, []arrow.Array, error) {
	v, err := e.arg.Eval(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	x := spread(v, int(in.NumRows()))
	var columns []arrow.Array
	if e.position {
		columns = append(columns, newFixed(types.Integer, x.positions, nil))
	}
	if m, ok := v.Values.(*array.Map); ok {
		return x.rows, append(columns, x.take(m.Keys()), x.take(m.Items())), nil
	}
	return x.rows, append(columns, x.take(elementsOf(v.Values))), nil
}

// A spreading says, for each element of the rows' arrays, where it is and where it belongs.
type spreading struct {
	rows      []int32 // the input row
	positions []int32 // in its array
	elements  []int32 // among all elements
	whole     bool    // the elements are all of a column's, in order
}

func spread(v Vector, n int) spreading {
	arr := v.Values.(list)
	total := 0
	for i := range n {
		if !v.null(i) {
			start, end := arr.ValueOffsets(v.at(i))
			total += int(end - start)
		}
	}
	x := spreading{rows: make([]int32, 0, total), positions: make([]int32, 0, total), elements: make([]int32, 0, total)}
	for i := range n {
		if v.null(i) {
			continue
		}
		start, end := arr.ValueOffsets(v.at(i))
		for e := start; e < end; e++ {
			x.rows = append(x.rows, int32(i))
			x.positions = append(x.positions, int32(e-start))
			x.elements = append(x.elements, int32(e))
		}
	}
	return x
}

// take picks the elements; where they are a run of the column, it is a slice without a copy.
func (x *spreading) take(arr arrow.Array) arrow.Array {
	n := len(x.elements)
	if n > 0 && !x.whole {
		x.whole = true
		for i, e := range x.elements {
			if e != x.elements[0]+int32(i) {
				x.whole = false
				break
			}
		}
	}
	if n > 0 && x.whole {
		return array.NewSlice(arr, int64(x.elements[0]), int64(x.elements[0])+int64(n))
	}
	return Take(arr, x.elements)
}

// An inline is inline of an array of structs: a column for each field.
type inline struct {
	name string
	arg  Expr
}

func buildInline(b *builder) (Generator, error) {
	t, ok := b.args[0].Type().(types.Array)
	if ok {
		_, ok = t.Element.(types.Struct)
	}
	if !ok {
		return nil, b.wrongInput(0, `"ARRAY<STRUCT>"`)
	}
	return &inline{name: b.name, arg: b.args[0]}, nil
}

func (g *inline) Args() []Expr                   { return []Expr{g.arg} }
func (g *inline) String() string                 { return g.name + "(" + g.arg.String() + ")" }
func (g *inline) WithArgs(args []Expr) Generator { return &inline{name: g.name, arg: args[0]} }

func (g *inline) Schema() types.Struct {
	t := g.arg.Type().(types.Array)
	s := t.Element.(types.Struct)
	fields := make([]types.Field, len(s.Fields))
	for i, f := range s.Fields {
		fields[i] = field(f.Name, f.Type, f.Nullable || t.ContainsNull || Outer(g.name))
	}
	return types.Struct{Fields: fields}
}

func (g *inline) Generate(ctx *Context, in arrow.RecordBatch) ([]int32, []arrow.Array, error) {
	v, err := g.arg.Eval(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	x := spread(v, int(in.NumRows()))
	elements := elementsOf(v.Values).(*array.Struct)
	columns := make([]arrow.Array, elements.NumField())
	for i := range columns {
		columns[i] = x.take(fieldOf(elements, i))
	}
	return x.rows, columns, nil
}

// A stack is stack(n, a, b, c, …): n rows of the values in turn.
type stack struct {
	n    int
	args []Expr // with the count first
	cols []types.Type
}

func buildStack(b *builder) (Generator, error) {
	if len(b.args) < 2 {
		return nil, wrongCount(b.name, "> 1", len(b.args))
	}
	v, ok := buildValue(b.args[0], b.ctx)
	n, isInt := v.(int32)
	if !ok || !isInt {
		return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `n` should be a foldable \"INT\" expression; however, got \"%s\".", b.args[0].String())
	}
	if n < 1 {
		return nil, b.mismatch(errclass.DatatypeMismatchRange, "The `n` must be between (0, 2147483647] (current value = %d).", n)
	}
	values := b.args[1:]
	width := (len(values) + int(n) - 1) / int(n)
	s := &stack{n: int(n), args: b.args, cols: make([]types.Type, width)}
	for c := range width {
		var column []types.Type
		for i := c; i < len(values); i += width {
			column = append(column, values[i].Type())
		}
		wide, ok := WiderAll(column, b.ctx.ANSI)
		if !ok {
			return nil, b.mismatch(errclass.DatatypeMismatchDataDiff, "Input to `stack` should all be the same type, but it's %s.", quoteAll(column))
		}
		s.cols[c] = wide
		for i := c; i < len(values); i += width {
			var err error
			if values[i], err = implicit(b.ctx, values[i], wide); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *stack) Args() []Expr   { return s.args }
func (s *stack) String() string { return callText("stack", s.args) }
func (s *stack) WithArgs(args []Expr) Generator {
	return &stack{n: s.n, args: args, cols: s.cols}
}

func (s *stack) Schema() types.Struct {
	fields := make([]types.Field, len(s.cols))
	for i, t := range s.cols {
		fields[i] = field("col"+strconv.Itoa(i), t, true)
	}
	return types.Struct{Fields: fields}
}

func (s *stack) Generate(ctx *Context, in arrow.RecordBatch) ([]int32, []arrow.Array, error) {
	values, _, err := evalAll(ctx, in, s.args[1:])
	if err != nil {
		return nil, nil, err
	}
	n := int(in.NumRows())
	rows := make([]int32, 0, n*s.n)
	for i := range n {
		for range s.n {
			rows = append(rows, int32(i))
		}
	}
	columns := make([]arrow.Array, len(s.cols))
	for c := range columns {
		pieces := make([]arrow.Array, s.n)
		for k := range pieces {
			at := k*len(s.cols) + c
			pieces[k] = nulls(s.cols[c], n)
			if at < len(values) {
				pieces[k] = retype(values[at].Expand(n), types.ToArrow(s.cols[c]))
			}
		}
		all, err := Concat(pieces)
		if err != nil {
			return nil, nil, err
		}
		order := make([]int32, 0, len(rows))
		for i := range n {
			for k := range s.n {
				order = append(order, int32(k*n+i))
			}
		}
		columns[c] = Take(all, order)
	}
	return rows, columns, nil
}
