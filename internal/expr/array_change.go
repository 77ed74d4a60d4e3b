package expr

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func buildRemove(b *builder) (Expr, error) {
	t, err := b.withElement(1)
	if err != nil {
		return nil, err
	}
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		order := newComparer(elementsOf(args[0].Values), args[1].Values)
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
