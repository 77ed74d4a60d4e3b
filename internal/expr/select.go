package expr

import (
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// fallible expressions answer for themselves alone, not for their children.
type infallibleExpr interface{ infallible() bool }

// infallible reports whether no row can make e, or anything below it, fail.
func infallible(e Expr) bool {
	switch e := e.(type) {
	case *Column, *Constant, *folded, *LambdaVariable:
		return true
	case infallibleExpr:
		if !e.infallible() {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(e.Children(), func(c Expr) bool { return !infallible(c) })
}

// cheap expressions are better computed for all rows than for a part of them.
func cheap(e Expr) bool {
	return infallible(e) && IsDeterministic(e)
}

// evalWhere evaluates e for the wanted rows; the others hold anything. Where e may fail, it sees no
// row that is not wanted.
func evalWhere(ctx *Context, e Expr, in arrow.RecordBatch, wanted mask) (Vector, error) {
	n := int(in.NumRows())
	switch count := wanted.count(); {
	case count == n || cheap(e):
		return e.Eval(ctx, in)
	case count == 0:
		return nullConst(e.Type()), nil
	}
	rows := rowsOf(wanted, n)
	sub, subContext := narrowTo(ctx, e, in, rows)
	v, err := e.Eval(subContext, sub)
	if err != nil || v.Const {
		return v, err
	}
	back := make([]int32, n)
	for i := range back {
		back[i] = -1
	}
	for i, r := range rows {
		back[r] = int32(i)
	}
	return Vector{Values: Take(v.Values, back)}, nil
}

// narrowTo is the part of a batch, and of the lambda variables around, that e sees of some rows.
func narrowTo(ctx *Context, e Expr, in arrow.RecordBatch, rows []int32) (arrow.RecordBatch, *Context) {
	if len(ctx.Lambda) > 0 {
		inner := *ctx
		inner.Lambda = slices.Clone(ctx.Lambda)
		for i, v := range inner.Lambda {
			if v.Values != nil && !v.Const {
				inner.Lambda[i].Values = Take(v.Values, rows)
			}
		}
		ctx = &inner
	}
	return takeBatch(in, rows, columnsOf(e)), ctx
}

func rowsOf(m mask, n int) []int32 {
	rows := make([]int32, 0, n)
	for i := range n {
		if m.get(i) {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// columnsOf is the positions of the input's columns that e reads.
func columnsOf(e Expr) map[int]bool {
	if c, ok := e.(*Column); ok {
		return map[int]bool{c.Index: true}
	}
	all := map[int]bool{}
	for _, child := range e.Children() {
		maps.Copy(all, columnsOf(child))
	}
	return all
}

// A choice is a column put together of rows from several vectors.
type choice struct {
	from []Vector
	pick []int32 // for each row, which vector; -1: null
}

// array gathers the rows.
func (c *choice) array(t arrow.DataType) (arrow.Array, error) {
	n := len(c.pick)
	if len(c.from) == 0 {
		return types.NullArray(t, n), nil
	}
	if only, ok := c.single(); ok {
		return retype(c.from[only].Expand(n), t), nil
	}
	if fixedWidth, ok := t.(arrow.FixedWidthDataType); ok && t.ID() != arrow.BOOL {
		switch fixedWidth.BitWidth() {
		case 32:
			return pickFixed[int32](c, t), nil
		case 64:
			return pickFixed[int64](c, t), nil
		}
	}
	parts := make([]arrow.Array, 0, len(c.from))
	start := make([]int32, len(c.from))
	at := int32(0)
	for i, v := range c.from {
		start[i] = at
		parts = append(parts, retype(v.Values, t))
		at += int32(v.Values.Len())
	}
	all, err := Concat(parts)
	if err != nil {
		return nil, err
	}
	rows := make([]int32, n)
	for i, p := range c.pick {
		rows[i] = -1
		if p >= 0 {
			rows[i] = start[p] + int32(c.from[p].at(i))
		}
	}
	return Take(all, rows), nil
}

// single finds the one vector that all rows come from.
func (c *choice) single() (int32, bool) {
	if len(c.pick) == 0 || len(c.from) == 0 || c.pick[0] < 0 {
		return 0, false
	}
	for _, p := range c.pick {
		if p != c.pick[0] {
			return 0, false
		}
	}
	return c.pick[0], true
}

// pickFixed gathers values of fixed width straight from their vectors.
func pickFixed[T int32 | int64](c *choice, t arrow.DataType) arrow.Array {
	n := len(c.pick)
	values, index, valid := make([][]T, len(c.from)), make([]int, len(c.from)), make([]mask, len(c.from))
	for k, v := range c.from {
		values[k], index[k] = operand[T](v)
		if v.Values.NullN() > 0 || v.Values.DataType().ID() == arrow.NULL {
			valid[k] = validOf(v.Values)
		}
	}
	out := make([]T, n)
	m := newMask(n)
	for i, p := range c.pick {
		if p < 0 {
			continue
		}
		at := i & index[p]
		out[i] = values[p][at]
		m[i>>6] |= b2u(valid[p].has(at)) << (i & 63)
	}
	if m.nulls(n) == 0 {
		m = nil
	}
	return makeArray(t, n, m, fixedBuffer(out))
}
