package expr

import (
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A gatherer makes a column of arrays out of elements of others, without looking into them.
type gatherer struct {
	sources []arrow.Array
	base    []int32
	rows    []int32 // into all sources together; -1: null
	offsets []int32
	valid   mask
	next    int32
}

func newGatherer(n int, valid mask, sources ...arrow.Array) *gatherer {
	g := &gatherer{valid: valid, offsets: make([]int32, 1, n+1)}
	for _, s := range sources {
		g.add(s)
	}
	return g
}

// add makes a column a source, and gives its number.
func (g *gatherer) add(s arrow.Array) int {
	g.sources = append(g.sources, s)
	g.base = append(g.base, g.next)
	g.next += int32(s.Len())
	return len(g.sources) - 1
}

// emit appends an element of a source to the current row's array.
func (g *gatherer) emit(source int, element int64) {
	g.rows = append(g.rows, g.base[source]+int32(element))
}

func (g *gatherer) emitNull() { g.rows = append(g.rows, -1) }

// end closes the row.
func (g *gatherer) end() { g.offsets = append(g.offsets, int32(len(g.rows))) }

// current is the positions emitted for the current row.
func (g *gatherer) current() []int32 { return g.rows[g.offsets[len(g.offsets)-1]:] }

func (g *gatherer) elements(t arrow.DataType) (arrow.Array, error) {
	parts := make([]arrow.Array, len(g.sources))
	for i, s := range g.sources {
		parts[i] = retype(s, t)
	}
	all, err := Concat(parts)
	if err != nil {
		return nil, err
	}
	return Take(all, g.rows), nil
}

func (g *gatherer) array(t types.Array) (arrow.Array, error) {
	elements, err := g.elements(types.ToArrow(t.Element))
	if err != nil {
		return nil, err
	}
	return newListLike(types.ToArrow(t), g.offsets, elements, g.valid), nil
}

// An arrayArg is an argument that holds arrays.
type arrayArg struct {
	Vector
	list
	items arrow.Array
}

func arrayOf(v Vector) arrayArg {
	l := v.Values.(list)
	return arrayArg{v, l, elementsOf(l)}
}

// span is where the elements of row i lie.
func (a *arrayArg) span(i int) (start, end int64) { return a.ValueOffsets(a.at(i)) }

// rebuilt is a function of an array, and more, that makes arrays out of its elements.
func rebuilt(f func(g *gatherer, a *arrayArg, args []Vector, i int) error, params ...param) function {
	out := fn(nil, nil, append([]param{anArray}, params...)...)
	out.resultOf = func(args []Expr) types.Type { return args[0].Type() }
	out.kernelOf = func(_ *BuildContext, args []Expr) (kernel, error) {
		return rebuildKernel(args[0].Type().(types.Array), f), nil
	}
	return out
}

func rebuildKernel(t types.Array, f func(g *gatherer, a *arrayArg, args []Vector, i int) error) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		valid := validAll(n, args)
		g := newGatherer(n, valid, a.items)
		for i := range n {
			if valid.has(i) {
				if err := f(g, &a, args, i); err != nil {
					return nil, err
				}
			}
			g.end()
		}
		return g.array(t)
	}
}

var arrayFunctions = table{
	"array": built(0, -1, buildArray),
	"size":  sizeFunction(), "cardinality": sizeFunction(),
	"array_size":     fn(types.Integer, sizeKernel, anArray).infallible(),
	"array_contains": elementFunction(types.Boolean, buildContains),
	"array_position": elementFunction(types.Long, buildPosition),
	"array_remove":   built(2, 2, buildRemove),
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
	"array_distinct": built(1, 1, func(b *builder) (Expr, error) { return b.setOperation(func(*setRow) {}) }),
	"array_union": built(2, 2, func(b *builder) (Expr, error) {
		return b.setOperation(func(s *setRow) { s.each(1, func(key string, e int64) { s.keep(1, key, e) }) })
	}),
	"array_intersect": built(2, 2, func(b *builder) (Expr, error) { return b.filterBySet(true) }),
	"array_except":    built(2, 2, func(b *builder) (Expr, error) { return b.filterBySet(false) }),
	"arrays_overlap":  built(2, 2, buildOverlap),
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
		order := NewComparer(a.items, args[1].Values)
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
		order := NewComparer(a.items, args[1].Values)
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

func buildRemove(b *builder) (Expr, error) {
	t, err := b.withElement(1)
	if err != nil {
		return nil, err
	}
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		order := NewComparer(elementsOf(args[0].Values), args[1].Values)
		return rebuildKernel(t, func(g *gatherer, a *arrayArg, args []Vector, i int) error {
			start, end := a.span(i)
			for e := start; e < end; e++ {
				if isNull(a.items, int(e)) || order(int(e), args[1].at(i)) != 0 {
					g.emit(0, e)
				}
			}
			return nil
		})(nil, n, args)
	}), nil
}

// buildAppend is array_append and array_prepend. Only a null array makes a null.
func buildAppend(front bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		t, err := b.withElement(1)
		if err != nil {
			return nil, err
		}
		t.ContainsNull = t.ContainsNull || b.args[1].Nullable()
		b.fn.safe = true
		out := b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			a := arrayOf(args[0])
			valid := args[0].valid(n)
			g := newGatherer(n, valid, a.items, args[1].Values)
			for i := range n {
				if valid.has(i) {
					if front {
						g.emit(1, int64(args[1].at(i)))
					}
					start, end := a.span(i)
					for e := start; e < end; e++ {
						g.emit(0, e)
					}
					if !front {
						g.emit(1, int64(args[1].at(i)))
					}
				}
				g.end()
			}
			return g.array(t)
		})
		out.nullable = b.args[0].Nullable()
		return out, nil
	}
}

// maxArray bounds what a function may make of one row.
const maxArray = 1<<31 - 16

// buildInsert puts a value at a position; past the ends, nulls fill the gap.
func buildInsert(b *builder) (Expr, error) {
	t, err := b.withElement(2)
	if err != nil {
		return nil, err
	}
	if b.args[1], err = implicit(b.ctx, b.args[1], types.Integer); err != nil {
		return nil, err
	}
	t.ContainsNull = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		pos, step := operand[int32](args[1])
		valid := validAll(n, args[:2])
		g := newGatherer(n, valid, a.items, args[2].Values)
		for i := range n {
			if valid.has(i) {
				if err := g.insert(&a, i, int64(pos[i&step]), int64(args[2].at(i))); err != nil {
					return nil, err
				}
			}
			g.end()
		}
		return g.array(t)
	}), nil
}

func (g *gatherer) insert(a *arrayArg, i int, pos, value int64) error {
	start, end := a.span(i)
	length := end - start
	if pos == 0 {
		return errclass.InvalidIndexOfZero.New("The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).")
	}
	if pos > maxArray || pos < -maxArray {
		return errclass.InvalidArrayIndex.New("The index %d is out of bounds. The array has %d elements.", pos, length)
	}
	at := pos - 1
	if pos < 0 {
		at = length + pos + 1
	}
	if at < 0 {
		g.emit(1, value)
		for ; at < 0; at++ {
			g.emitNull()
		}
		at = -1 // already there
	}
	for e := range length {
		if e == at {
			g.emit(1, value)
		}
		g.emit(0, start+e)
	}
	if at >= length {
		for range at - length {
			g.emitNull()
		}
		g.emit(1, value)
	}
	return nil
}

// A setRow keeps the distinct elements of one row.
type setRow struct {
	g     *gatherer
	arrs  []arrayArg
	keys  []Keyer
	seen  map[string]struct{}
	row   int
	bytes []byte
}

// each hands out the elements of one argument's array with their keys.
func (s *setRow) each(arg int, f func(key string, e int64)) {
	start, end := s.arrs[arg].span(s.row)
	for e := start; e < end; e++ {
		s.bytes = s.keys[arg](s.bytes[:0], int(e))
		f(string(s.bytes), e)
	}
}

// keep emits an element unless its like was kept before.
func (s *setRow) keep(arg int, key string, e int64) {
	if _, dup := s.seen[key]; !dup {
		s.seen[key] = struct{}{}
		s.g.emit(arg, e)
	}
}

// setOperation keeps the distinct elements of the first array, and what more adds.
func (b *builder) setOperation(more func(s *setRow)) (Expr, error) {
	return b.overSets(func(s *setRow) {
		s.each(0, func(key string, e int64) { s.keep(0, key, e) })
		more(s)
	})
}

// filterBySet keeps the distinct elements of the first array that are, or are not, in the second.
func (b *builder) filterBySet(wanted bool) (Expr, error) {
	return b.overSets(func(s *setRow) {
		other := map[string]struct{}{}
		s.each(1, func(key string, _ int64) { other[key] = struct{}{} })
		s.each(0, func(key string, e int64) {
			if _, found := other[key]; found == wanted {
				s.keep(0, key, e)
			}
		})
	})
}

func (b *builder) overSets(f func(s *setRow)) (Expr, error) {
	b.fn.params = []param{anArray}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	wide, err := b.unify(0)
	if err != nil {
		return nil, err
	}
	b.fn.safe = true
	t := wide.(types.Array)
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := validAll(n, args)
		s := &setRow{g: newGatherer(n, valid)}
		for _, a := range args {
			arr := arrayOf(a)
			s.arrs, s.keys = append(s.arrs, arr), append(s.keys, NewKeyer(arr.items))
			s.g.add(arr.items)
		}
		for s.row = range n {
			if valid.has(s.row) {
				s.seen = map[string]struct{}{}
				f(s)
			}
			s.g.end()
		}
		return s.g.array(t)
	}), nil
}

// buildOverlap is arrays_overlap: null where nothing common is found but one of them holds a null.
func buildOverlap(b *builder) (Expr, error) {
	b.fn.params = []param{anArray}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	if _, err := b.unify(0); err != nil {
		return nil, err
	}
	b.fn.null, b.fn.safe = nullMaybe, true
	return b.make(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		x, y := arrayOf(args[0]), arrayOf(args[1])
		kx, ky := NewKeyer(x.items), NewKeyer(y.items)
		var key []byte
		return tryRows(types.Boolean, n, args, func(i int) (bool, bool, error) {
			set := map[string]struct{}{}
			sawNull := false
			xs, xe := x.span(i)
			ys, ye := y.span(i)
			for e := xs; e < xe; e++ {
				if isNull(x.items, int(e)) {
					sawNull = true
					continue
				}
				key = kx(key[:0], int(e))
				set[string(key)] = struct{}{}
			}
			for e := ys; e < ye; e++ {
				if isNull(y.items, int(e)) {
					sawNull = true
					continue
				}
				key = ky(key[:0], int(e))
				if _, found := set[string(key)]; found {
					return true, true, nil
				}
			}
			return false, !sawNull || xs == xe || ys == ye, nil
		})
	}), nil
}

// sliceArray is slice(array, start, length), counted from 1 or from the end.
func sliceArray(g *gatherer, a *arrayArg, args []Vector, i int) error {
	from, length := fixedValues[int32](args[1].Values)[args[1].at(i)], fixedValues[int32](args[2].Values)[args[2].at(i)]
	start, end := a.span(i)
	switch {
	case from == 0:
		return errclass.InvalidSliceStart.New("The value of parameter(s) `start` in `slice` is invalid: Expects a positive or a negative value for `start`, but got 0.")
	case length < 0:
		return errclass.InvalidSliceLength.New("The value of parameter(s) `length` in `slice` is invalid: Expects `length` greater than or equal to 0, but got %d.", length)
	}
	at := start + int64(from) - 1
	if from < 0 {
		at = end + int64(from)
	}
	if at < start {
		return nil
	}
	for e := at; e < min(end, at+int64(length)); e++ {
		g.emit(0, e)
	}
	return nil
}

func buildRepeat(b *builder) (Expr, error) {
	if err := b.coerceTo(anything, anInt); err != nil {
		return nil, err
	}
	t := types.Array{Element: b.args[0].Type(), ContainsNull: b.args[0].Nullable()}
	out := b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		count, step := operand[int32](args[1])
		valid := args[1].valid(n)
		g := newGatherer(n, valid, args[0].Values)
		for i := range n {
			if valid.has(i) {
				if int64(len(g.rows))+int64(count[i&step]) > maxArray/8 {
					return nil, errclass.CollectionTooLarge.New("Can't create array with %d elements which exceeding the array size limit %d.", count[i&step], maxArray/8)
				}
				for range max(count[i&step], 0) {
					g.emit(0, int64(args[0].at(i)))
				}
			}
			g.end()
		}
		return g.array(t)
	})
	out.nullable = b.args[1].Nullable()
	return out, nil
}

// buildFlatten puts the arrays in an array behind each other; a null among them makes a null.
func buildFlatten(b *builder) (Expr, error) {
	outer, ok := b.args[0].Type().(types.Array)
	t, ok2 := types.Array{}, false
	if ok {
		t, ok2 = outer.Element.(types.Array)
	}
	if !ok2 {
		return nil, b.wrongInput(0, `"ARRAY" of "ARRAY"`)
	}
	b.fn.safe = true
	if outer.ContainsNull {
		b.fn.null = nullMaybe
	}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		middle := a.items.(list)
		valid := args[0].valid(n)
		if valid == nil {
			valid = fullMask(n)
		} else {
			valid = valid.clone()
		}
		g := newGatherer(n, valid, elementsOf(middle))
		for i := range n {
			if valid.has(i) {
				start, end := a.span(i)
				for e := start; e < end; e++ {
					if middle.IsNull(int(e)) {
						valid.clear(i)
						continue
					}
					from, to := middle.ValueOffsets(int(e))
					for k := from; k < to; k++ {
						g.emit(0, k)
					}
				}
			}
			g.end()
		}
		return g.array(t)
	}), nil
}

// extremeElement is array_max (1) and array_min (-1): nulls are passed over.
func extremeElement(sign int) function {
	f := fn(nil, nil, anArray).nullable().infallible()
	f.resultOf = func(args []Expr) types.Type { return args[0].Type().(types.Array).Element }
	f.kernel = func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		order := NewComparer(a.items, a.items)
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = -1
			if args[0].null(i) {
				continue
			}
			start, end := a.span(i)
			for e := start; e < end; e++ {
				if !isNull(a.items, int(e)) && (rows[i] < 0 || sign*order(int(e), int(rows[i])) > 0) {
					rows[i] = int32(e)
				}
			}
		}
		return Take(a.items, rows), nil
	}
	return f
}

// buildSortArray is sort_array(array[, ascending]): nulls are the smallest.
func buildSortArray(b *builder) (Expr, error) {
	if len(b.args) == 1 {
		b.args = append(b.args, &Constant{Value: true, DataType: types.Boolean})
	}
	if err := b.coerceTo(anArray, aBool); err != nil {
		return nil, err
	}
	t := b.args[0].Type().(types.Array)
	if !orderable(t.Element) {
		return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `sort_array` does not support ordering on type \"%s\".", types.SQL(t))
	}
	b.fn.safe = true
	return b.make(t, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		items := elementsOf(args[0].Values)
		order := NewComparer(items, items)
		return rebuildKernel(t, func(g *gatherer, a *arrayArg, args []Vector, i int) error {
			g.emitAll(a, i)
			sign := 1
			if !args[1].Values.(*array.Boolean).Value(args[1].at(i)) {
				sign = -1
			}
			slices.SortStableFunc(g.current(), func(x, y int32) int { return sign * order(int(x), int(y)) })
			return nil
		})(ctx, n, args)
	}), nil
}

func (g *gatherer) emitAll(a *arrayArg, i int) {
	start, end := a.span(i)
	for e := start; e < end; e++ {
		g.emit(0, e)
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

// concatArrays is concat of arrays.
func (b *builder) concatArrays() (Expr, error) {
	wide, err := b.unify(0)
	if err != nil {
		return nil, err
	}
	t, ok := wide.(types.Array)
	if !ok {
		return nil, b.wrongInput(0, `"ARRAY"`)
	}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := validAll(n, args)
		arrs := make([]arrayArg, len(args))
		g := newGatherer(n, valid)
		for k, a := range args {
			arrs[k] = arrayOf(a)
			g.add(arrs[k].items)
		}
		for i := range n {
			if valid.has(i) {
				for k := range arrs {
					start, end := arrs[k].span(i)
					for e := start; e < end; e++ {
						g.emit(k, e)
					}
				}
			}
			g.end()
		}
		return g.array(t)
	}), nil
}

// buildArraysZip pairs the elements of arrays up; shorter ones end in nulls.
func buildArraysZip(b *builder) (Expr, error) {
	b.fn.params = []param{anArray}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	fields := make([]types.Field, len(b.args))
	for k, a := range b.args {
		name := strconv.Itoa(k)
		if own := ownName(a); own != "" {
			name = own
		}
		fields[k] = field(name, a.Type().(types.Array).Element, true)
	}
	t := types.Array{Element: types.Struct{Fields: fields}}
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := validAll(n, args)
		rows := make([][]int32, len(args))
		offsets := []int32{0}
		total := int32(0)
		for i := range n {
			longest := int64(0)
			if valid.has(i) {
				for _, a := range args {
					start, end := a.Values.(list).ValueOffsets(a.at(i))
					longest = max(longest, end-start)
				}
				for k, a := range args {
					start, end := a.Values.(list).ValueOffsets(a.at(i))
					for e := start; e < start+longest; e++ {
						if e < end {
							rows[k] = append(rows[k], int32(e))
						} else {
							rows[k] = append(rows[k], -1)
						}
					}
				}
			}
			total += int32(longest)
			offsets = append(offsets, total)
		}
		columns := make([]arrow.Array, len(args))
		for k, a := range args {
			columns[k] = Take(elementsOf(a.Values), rows[k])
		}
		structs := newStructLike(types.ToArrow(t.Element), columns, nil, int(total))
		return newListLike(types.ToArrow(t), offsets, structs, valid), nil
	}), nil
}

// ownName is the name that an expression brings along: a column's or a field's.
func ownName(e Expr) string {
	switch e := e.(type) {
	case *Column:
		return e.Name
	case *GetField:
		return e.field.Name
	case *LambdaVariable:
		return e.Param.Name
	}
	return ""
}
