package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

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
