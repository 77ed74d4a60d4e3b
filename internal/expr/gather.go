package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

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

func (g *gatherer) emitAll(a *arrayArg, i int) {
	start, end := a.span(i)
	for e := start; e < end; e++ {
		g.emit(0, e)
	}
}
