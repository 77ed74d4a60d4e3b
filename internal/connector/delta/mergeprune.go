package delta

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/predicate"
)

// fewKeys is how many keys are looked for one by one in statistics; of more only the least and the greatest are.
const fewKeys = 64

// keyRange is what the source's keys say of the rows of the table that may be partners: files, and row groups, whose statistics refute it
// are not opened. possible is false where no row can be one.
func (g *merging) keyRange() (where predicate.Predicate, possible bool, err error) {
	if g.matcher.Rows().NumRows() == 0 {
		return nil, false, nil
	}
	for i, k := range g.Keys {
		values, err := g.matcher.Keys(i)
		if err != nil {
			return nil, false, err
		}
		if k.NullSafe && values.NullN() > 0 {
			continue // null is no bound
		}
		bound, some, err := g.keyBound(k, values)
		if err != nil {
			return nil, false, err
		}
		if !some {
			return nil, false, nil // each key is null, which equals nothing
		}
		where = conjunction(where, bound)
	}
	return where, true, nil
}

func conjunction(a, b predicate.Predicate) predicate.Predicate {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return predicate.And{a, b}
}

// keyBound is a condition on one key of the table; nil where statistics cannot refute any.
func (g *merging) keyBound(k logical.JoinKey, values arrow.Array) (bound predicate.Predicate, some bool, err error) {
	all := keyConstants(k, values)
	if all == nil {
		return nil, values.NullN() < values.Len(), nil
	}
	if len(all) == 0 {
		return nil, false, nil
	}
	build := &expr.BuildContext{ANSI: g.opts.Eval.ANSI, TimeZone: g.opts.Eval.TimeZone}
	path := pathIn(g.schema)
	if values.Len()-values.NullN() <= fewKeys {
		in, err := expr.NewIn(build, k.Left, all)
		if err != nil {
			return nil, true, err
		}
		return expr.ToPredicate(in, path), true, nil
	}
	low, err := expr.Build(build, ">=", []expr.Expr{k.Left, all[0]})
	if err != nil {
		return nil, true, err
	}
	high, err := expr.Build(build, "<=", []expr.Expr{k.Left, all[1]})
	if err != nil {
		return nil, true, err
	}
	return conjunction(expr.ToPredicate(low, path), expr.ToPredicate(high, path)), true, nil
}

// keyConstants are the values of a key as constants, without null: all of them where they are few, else the least and the greatest. Nil:
// the type has none.
func keyConstants(k logical.JoinKey, values arrow.Array) []expr.Expr {
	var ordered []any
	switch a := values.(type) {
	case *array.Int8:
		ordered = bounds(a, a.Value)
	case *array.Int16:
		ordered = bounds(a, a.Value)
	case *array.Int32:
		ordered = bounds(a, a.Value)
	case *array.Int64:
		ordered = bounds(a, a.Value)
	case *array.Date32:
		ordered = bounds(a, func(i int) int32 { return int32(a.Value(i)) })
	case *array.Timestamp:
		ordered = bounds(a, func(i int) int64 { return int64(a.Value(i)) })
	case *array.String:
		ordered = bounds(a, a.Value)
	case *array.Decimal128:
		ordered = decimalBounds(a)
	default:
		return nil
	}
	out := make([]expr.Expr, len(ordered))
	for i, v := range ordered {
		out[i] = expr.NewLiteral(&plan.Literal{Value: v, Type: k.Left.Type()})
	}
	return out
}

func bounds[T cmp.Ordered](a arrow.Array, value func(int) T) []any {
	few := a.Len()-a.NullN() <= fewKeys
	all := []any{}
	var least, greatest T
	seen := false
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		v := value(i)
		switch {
		case few:
			all = append(all, v)
		case !seen:
			least, greatest, seen = v, v, true
		case v < least:
			least = v
		case v > greatest:
			greatest = v
		}
	}
	if few {
		return all
	}
	return []any{least, greatest}
}

func decimalBounds(a *array.Decimal128) []any {
	few := a.Len()-a.NullN() <= fewKeys
	all := []any{}
	var least, greatest decimal128.Num
	seen := false
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		v := a.Value(i)
		switch {
		case few:
			all = append(all, v)
		case !seen:
			least, greatest, seen = v, v, true
		case v.Less(least):
			least = v
		case greatest.Less(v):
			greatest = v
		}
	}
	if few {
		return all
	}
	return []any{least, greatest}
}
