package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A GetField is a field of a struct: person.name.
type GetField struct {
	child Expr
	index int
	field types.Field
	text  string // the field's name as written
}

// NewGetField resolves child.name: a field of a struct, that field of each struct in an array, or a
// map's value under the name.
func NewGetField(ctx *BuildContext, child Expr, name string) (Expr, error) {
	switch t := child.Type().(type) {
	case types.Struct:
		index, err := fieldIndex(t, name)
		if err != nil {
			return nil, err
		}
		return &GetField{child: child, index: index, field: t.Fields[index], text: name}, nil
	case types.Array:
		if element, ok := t.Element.(types.Struct); ok {
			index, err := fieldIndex(element, name)
			if err != nil {
				return nil, err
			}
			return newFieldOfEach(child, t, element.Fields[index], index), nil
		}
	case types.Map:
		return NewExtract(ctx, child, &Constant{Value: name, DataType: types.String})
	}
	return nil, errclass.InvalidExtractBase.New("Can't extract a value from \"%s\".", child.String()).
		WithHint("Need a complex type [STRUCT, ARRAY, MAP] but got \"%s\".", types.SQL(child.Type()))
}

func fieldIndex(t types.Struct, name string) (int, error) {
	index := t.Index(name)
	if index >= 0 {
		return index, nil
	}
	quoted := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		quoted[i] = "`" + f.Name + "`"
	}
	err := errclass.FieldNotFound.New("No such struct field `%s` in %s.", name, strings.Join(quoted, ", "))
	if hint := errclass.DidYouMean(name, t.Names()); hint != "" {
		return -1, err.WithHint("%s", hint)
	}
	return -1, err
}

// Child is the struct.
func (g *GetField) Child() Expr { return g.child }

// Name is the field's, as the schema spells it.
func (g *GetField) Name() string { return g.field.Name }

// Type is the field's.
func (g *GetField) Type() types.Type { return g.field.Type }

// Nullable reports whether the struct or the field may be null.
func (g *GetField) Nullable() bool { return g.child.Nullable() || g.field.Nullable }

// String is the struct and the field as the query spelled it: "address.City".
func (g *GetField) String() string { return g.child.String() + "." + g.text }

// Children is the struct.
func (g *GetField) Children() []Expr { return []Expr{g.child} }

// WithChildren is the same field of another struct. The field is found again by name, so that the
// struct may have lost others (column pruning).
func (g *GetField) WithChildren(children []Expr) Expr {
	out := &GetField{child: children[0], index: g.index, field: g.field, text: g.text}
	if t, ok := children[0].Type().(types.Struct); ok {
		if i := t.Index(g.field.Name); i >= 0 {
			out.index, out.field = i, t.Fields[i]
		}
	}
	return out
}

func (g *GetField) infallible() bool { return true }

// Eval is the field's column, null where the struct is.
func (g *GetField) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	v, err := g.child.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	return Vector{Values: fieldOf(v.Values.(*array.Struct), g.index), Const: v.Const}, nil
}

// fieldOf is a struct column's field, null also where the struct is.
func fieldOf(s *array.Struct, index int) arrow.Array {
	f := s.Field(index)
	if s.NullN() == 0 {
		return f
	}
	return withValid(f, validOf(s).and(validOf(f)))
}

// withValid is the same values under another validity.
func withValid(arr arrow.Array, valid mask) arrow.Array {
	data := arr.Data()
	if data.DataType().ID() == arrow.NULL {
		return arr
	}
	if data.Offset() != 0 { // the bitmap would have to be shifted as well
		shifted := newMask(data.Offset() + data.Len())
		for i := range data.Len() {
			if valid.has(i) {
				shifted.set(data.Offset() + i)
			}
		}
		buffers := append(data.Buffers()[:0:0], data.Buffers()...)
		buffers[0] = shifted.buffer()
		return array.MakeFromData(array.NewData(data.DataType(), data.Len(), buffers, data.Children(), valid.nulls(data.Len()), data.Offset()))
	}
	buffers := append(data.Buffers()[:0:0], data.Buffers()...)
	buffers[0] = valid.buffer()
	return array.MakeFromData(array.NewData(data.DataType(), data.Len(), buffers, data.Children(), valid.nulls(data.Len()), 0))
}

// newFieldOfEach is items.price of an array of structs: an array of the prices.
func newFieldOfEach(child Expr, t types.Array, f types.Field, index int) Expr {
	result := types.Array{Element: f.Type, ContainsNull: t.ContainsNull || f.Nullable}
	k := func(_ *Context, _ int, args []Vector) (arrow.Array, error) {
		arr := args[0].Values
		return withElements(arr, types.ToArrow(result), fieldOf(elementsOf(arr).(*array.Struct), index)), nil
	}
	return &call{
		name: f.Name, args: []Expr{child}, result: result, nullable: child.Nullable(), kernel: k, safe: true,
		text: func(_ string, args []Expr) string { return args[0].String() + "." + f.Name },
	}
}

// NewExtract resolves child[key]: an array's element counted from 0, or a map's value.
func NewExtract(ctx *BuildContext, child, key Expr) (Expr, error) {
	bracket := func(_ string, args []Expr) string { return args[0].String() + "[" + args[1].String() + "]" }
	b := &builder{ctx: ctx, name: "extract", args: []Expr{child, key}}
	b.fn.text = bracket
	switch t := child.Type().(type) {
	case types.Struct:
		if c, ok := key.(*Constant); ok {
			if name, ok := c.Value.(string); ok {
				return NewGetField(ctx, child, name)
			}
		}
	case types.Array:
		if name, ok := fieldName(t, key); ok {
			return NewGetField(ctx, child, name)
		}
		b.fn.params = []param{anArray, anInteger}
		if err := b.coerce(); err != nil {
			return nil, err
		}
		var err error
		if b.args[1], err = implicit(ctx, b.args[1], types.Integer); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		if ctx.ANSI && !t.ContainsNull {
			b.fn.null = nullIfAny
		}
		return b.make(t.Element, elementKernel(indexFromZero(ctx.ANSI))), nil
	case types.Map:
		return b.mapValue(t)
	}
	return nil, errclass.InvalidExtractBase.New("Can't extract a value from \"%s\".", child.String()).
		WithHint("Need a complex type [STRUCT, ARRAY, MAP] but got \"%s\".", types.SQL(child.Type()))
}

// fieldName is the name in x.name, where x is an array of structs.
func fieldName(t types.Array, key Expr) (string, bool) {
	_, structs := t.Element.(types.Struct)
	c, ok := key.(*Constant)
	if !ok || !structs {
		return "", false
	}
	name, ok := c.Value.(string)
	return name, ok
}

// mapValue is the value under a key.
func (b *builder) mapValue(t types.Map) (Expr, error) {
	var err error
	if b.args[1], err = implicit(b.ctx, b.args[1], t.Key); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	b.fn.safe = true
	return b.make(t.Value, mapValueKernel), nil
}

func mapValueKernel(_ *Context, n int, args []Vector) (arrow.Array, error) {
	m := args[0].Values.(*array.Map)
	keys, items := m.Keys(), m.Items()
	equal := newComparer(keys, args[1].Values)
	valid := validAll(n, args)
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = -1
		if !valid.has(i) {
			continue
		}
		start, end := m.ValueOffsets(args[0].at(i))
		for e := start; e < end; e++ {
			if equal(int(e), args[1].at(i)) == 0 {
				rows[i] = int32(e)
				break
			}
		}
	}
	return Take(items, rows), nil
}

// An elementIndex finds which of length elements an index means: -1 for none.
type elementIndex func(index int32, length int64) (int64, error)

func indexFromZero(strict bool) elementIndex {
	return func(index int32, length int64) (int64, error) {
		switch {
		case index >= 0 && int64(index) < length:
			return int64(index), nil
		case strict:
			return -1, errclass.InvalidArrayIndex.New("The index %d is out of bounds. The array has %d elements.", index, length).
				WithHint("Use the SQL function `get()` to tolerate accessing element at invalid index and return NULL instead.")
		}
		return -1, nil
	}
}

// elementKernel picks an element of each row's array.
func elementKernel(find elementIndex) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		arr := args[0].Values.(list)
		index, step := operand[int32](args[1])
		valid := validAll(n, args)
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = -1
			if !valid.has(i) {
				continue
			}
			start, end := arr.ValueOffsets(args[0].at(i))
			at, err := find(index[i&step], end-start)
			if err != nil {
				return nil, err
			}
			if at >= 0 {
				rows[i] = int32(start + at)
			}
		}
		return Take(elementsOf(arr), rows), nil
	}
}

var accessFunctions = table{
	"get": built(2, 2, func(b *builder) (Expr, error) {
		b.fn.params = []param{anArray, anInt}
		if err := b.coerce(); err != nil {
			return nil, err
		}
		b.fn.null, b.fn.safe = nullMaybe, true
		return b.make(b.args[0].Type().(types.Array).Element, elementKernel(indexFromZero(false))), nil
	}),
	"element_at":     elementAt(true),
	"try_element_at": elementAt(false),
}

// elementAt counts from 1, or from the end; of a map it gives the value.
func elementAt(strict bool) function {
	return built(2, 2, func(b *builder) (Expr, error) {
		t, isMap := b.args[0].Type().(types.Map)
		if isMap {
			return b.mapValue(t)
		}
		b.fn.params = []param{anArrayOrMap, anInt}
		if err := b.coerce(); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		b.fn.safe = !strict || !b.ctx.ANSI
		return b.make(b.args[0].Type().(types.Array).Element, elementKernel(indexFromOne(strict && b.ctx.ANSI))), nil
	})
}

func indexFromOne(strict bool) elementIndex {
	return func(index int32, length int64) (int64, error) {
		at := int64(index) - 1
		if index < 0 {
			at = length + int64(index)
		}
		switch {
		case index == 0:
			return -1, errclass.InvalidIndexOfZero.New("The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).")
		case at >= 0 && at < length:
			return at, nil
		case strict:
			return -1, errclass.InvalidArrayIndexInElementAt.New("The index %d is out of bounds. The array has %d elements.", index, length).
				WithHint("Use `try_element_at` to tolerate accessing element at invalid index and return NULL instead.")
		}
		return -1, nil
	}
}
