package expr

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// extremeElement is array_max (1) and array_min (-1): nulls are passed over.
func extremeElement(sign int) function {
	f := fn(nil, nil, anArray).nullable().infallible()
	f.resultOf = func(args []Expr) types.Type { return args[0].Type().(types.Array).Element }
	f.kernel = func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a := arrayOf(args[0])
		order := newComparer(a.items, a.items)
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
		order := newComparer(items, items)
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
			order := newComparer(items, items)
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
