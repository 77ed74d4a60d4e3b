package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var arrayFunctions = table{
	"array": built(0, -1, buildArray),
	"size":  sizeFunction(), "cardinality": sizeFunction(),
	"array_size":     fn(types.Integer, sizeKernel, anArray).infallible(),
	"array_contains": comparing(elementFunction(types.Boolean, buildContains)),
	"array_position": comparing(elementFunction(types.Long, buildPosition)),
	"array_remove":   comparing(built(2, 2, buildRemove)),
	"array_append":   built(2, 2, buildAppend(false)), "array_prepend": built(2, 2, buildAppend(true)),
	"array_insert": built(3, 3, buildInsert),
	"array_compact": rebuilt(func(g *gatherer, a *arrayArg, _ []Vector, i int) error {
		start, end := a.span(i)
		for e := start; e < end; e++ {
			if !isNull(a.items, int(e)) {
				g.emit(0, e)
			}
		}
		return nil
	}).infallible(),
	"array_distinct": comparing(built(1, 1, func(b *builder) (Expr, error) { return b.setOperation(func(*setRow) {}) })),
	"array_union": built(2, 2, func(b *builder) (Expr, error) {
		return b.setOperation(func(s *setRow) { s.each(1, func(key string, e int64) { s.keep(1, key, e) }) })
	}),
	"array_intersect": comparing(built(2, 2, func(b *builder) (Expr, error) { return b.filterBySet(true) })),
	"array_except":    comparing(built(2, 2, func(b *builder) (Expr, error) { return b.filterBySet(false) })),
	"arrays_overlap":  comparing(built(2, 2, buildOverlap)),
	"reverse_array": rebuilt(func(g *gatherer, a *arrayArg, _ []Vector, i int) error {
		start, end := a.span(i)
		for e := end - 1; e >= start; e-- {
			g.emit(0, e)
		}
		return nil
	}).infallible().as("reverse"),
	"slice":        rebuilt(sliceArray, anInt, anInt),
	"array_repeat": built(2, 2, buildRepeat),
	"flatten":      built(1, 1, buildFlatten),
	"array_max":    extremeElement(1), "array_min": extremeElement(-1),
	"sort_array": built(1, 2, buildSortArray),
	"array_join": built(2, 3, buildArrayJoin),
	"arrays_zip": built(1, -1, buildArraysZip),
	"sequence":   built(2, 3, buildSequence),
}

// buildArray is array(a, b, …).
func buildArray(b *builder) (Expr, error) {
	b.fn.safe = true
	var t types.Type = types.Null
	if len(b.args) > 0 {
		var err error
		if t, err = b.unify(0); err != nil {
			return nil, err
		}
	}
	result := types.Array{Element: t}
	for _, a := range b.args {
		result.ContainsNull = result.ContainsNull || a.Nullable()
	}
	b.fn.null = nullNever
	return b.make(result, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		g := newGatherer(n, nil)
		g.add(nulls(t, 0))
		for _, a := range args {
			g.add(a.Values)
		}
		for i := range n {
			for k, a := range args {
				g.emit(k+1, int64(a.at(i)))
			}
			g.end()
		}
		return g.array(result)
	}), nil
}

// sizeFunction is size of an array or map; in legacy mode that of null is -1.
func sizeFunction() function {
	return built(1, 1, func(b *builder) (Expr, error) {
		if err := b.coerceTo(anArrayOrMap); err != nil {
			return nil, err
		}
		b.fn.safe = true
		if b.ctx.ANSI {
			return b.make(types.Integer, sizeKernel), nil
		}
		b.fn.null = nullNever
		return b.make(types.Integer, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			sizes, err := sizeKernel(ctx, n, args)
			if err != nil {
				return nil, err
			}
			values := fixedValues[int32](sizes)
			for i := range values {
				if sizes.IsNull(i) {
					values[i] = -1
				}
			}
			return newFixed(types.Integer, values, nil), nil
		}), nil
	})
}

func sizeKernel(_ *Context, n int, args []Vector) (arrow.Array, error) {
	l := args[0].Values.(list)
	valid := args[0].valid(n)
	out := make([]int32, n)
	for i := range out {
		if valid.has(i) {
			start, end := l.ValueOffsets(args[0].at(i))
			out[i] = int32(end - start)
		}
	}
	return newFixed(types.Integer, out, valid), nil
}

// withElement brings an array and a value to the same element type.
func (b *builder) withElement(value int) (types.Array, error) {
	t, ok := b.args[0].Type().(types.Array)
	if b.args[0].Type() == types.Null {
		t, ok = types.Array{Element: b.args[value].Type(), ContainsNull: true}, true
	}
	if !ok {
		return t, b.wrongInput(0, `"ARRAY"`)
	}
	wide, ok := Wider(t.Element, b.args[value].Type(), b.ctx.ANSI)
	if !ok {
		return t, b.mismatch(errclass.DatatypeMismatchArrayElement,
			"Input to `%s` should have been \"ARRAY\" followed by a value with same element type, but it's [\"%s\", \"%s\"].",
			b.name, types.SQL(t), types.SQL(b.args[value].Type()))
	}
	t.Element = wide
	var err error
	if b.args[0], err = implicit(b.ctx, b.args[0], t); err != nil {
		return t, err
	}
	b.args[value], err = implicit(b.ctx, b.args[value], wide)
	return t, err
}

// elementFunction is a function of an array and a value of its element type.
func elementFunction(result types.Type, k func(t types.Array) kernel) function {
	return built(2, 2, func(b *builder) (Expr, error) {
		t, err := b.withElement(1)
		if err != nil {
			return nil, err
		}
		b.fn.safe = true
		if t.ContainsNull && result == types.Boolean {
			b.fn.null = nullMaybe
		}
		return b.make(result, k(t)), nil
	})
}

// buildContains is null where the value is not found but a null is.
func buildContains(types.Array) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		order := newComparer(a.items, args[1].Values)
		return tryRows(types.Boolean, n, args, func(i int) (bool, bool, error) {
			start, end := a.span(i)
			sawNull := false
			for e := start; e < end; e++ {
				if isNull(a.items, int(e)) {
					sawNull = true
				} else if order(int(e), args[1].at(i)) == 0 {
					return true, true, nil
				}
			}
			return false, !sawNull, nil
		})
	}
}

func buildPosition(types.Array) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		order := newComparer(a.items, args[1].Values)
		return tryRows(types.Long, n, args, func(i int) (int64, bool, error) {
			start, end := a.span(i)
			for e := start; e < end; e++ {
				if !isNull(a.items, int(e)) && order(int(e), args[1].at(i)) == 0 {
					return e - start + 1, true, nil
				}
			}
			return 0, true, nil
		})
	}
}

// buildArrayJoin is array_join(array, separator[, for nulls]).
func buildArrayJoin(b *builder) (Expr, error) {
	ofText := param{`"ARRAY<STRING>"`, func(t types.Type, _ bool) (types.Type, bool) {
		a, ok := t.(types.Array)
		return types.Array{Element: types.String, ContainsNull: a.ContainsNull}, ok || t == types.Null
	}}
	if err := b.coerceTo(ofText, aString, aString); err != nil {
		return nil, err
	}
	b.fn.safe = true
	return b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		values := textValues(a.items)
		separator := textsOf(args[1])
		var forNull texts
		if len(args) == 3 {
			forNull = textsOf(args[2])
		}
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			start, end := a.span(i)
			first := true
			for e := start; e < end; e++ {
				null := isNull(a.items, int(e))
				if null && len(args) < 3 {
					continue
				}
				if !first {
					dst = append(dst, separator.at(i)...)
				}
				first = false
				if null {
					dst = append(dst, forNull.at(i)...)
				} else {
					dst = append(dst, values[e]...)
				}
			}
			return dst, true, nil
		})
	}), nil
}
