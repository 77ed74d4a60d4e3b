package expr

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

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
