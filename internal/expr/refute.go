package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// ToPredicate is what of a condition statistics can refute. It drops no row for which the condition is
// true. columnPath names the column at a position; nil for one without statistics.
func ToPredicate(e Expr, columnPath func(index int) []string) predicate.Predicate {
	r := refuter{columnPath}
	return r.of(e)
}

type refuter struct{ column func(index int) []string }

func (r refuter) of(e Expr) predicate.Predicate {
	switch e := e.(type) {
	case *rename:
		return r.of(e.Expr)
	case *junction:
		return r.junction(e)
	case *comparisonCall:
		return r.comparison(e)
	case *nullTest:
		if path := r.path(e.args[0]); path != nil {
			return predicate.IsNull{Column: path, Not: e.not}
		}
	case *inList:
		return r.in(e)
	}
	return nil
}

func (r refuter) junction(e *junction) predicate.Predicate {
	left, right := r.of(e.left), r.of(e.right)
	switch {
	case left != nil && right != nil && e.or:
		return predicate.Or{left, right}
	case left != nil && right != nil:
		return predicate.And{left, right}
	case e.or:
		return nil // one side may always hold
	case left != nil:
		return left
	}
	return right
}

var predicateOps = map[string]predicate.Op{
	"=": predicate.Equal, "!=": predicate.NotEqual, "<": predicate.Less, "<=": predicate.LessOrEqual,
	">": predicate.Greater, ">=": predicate.GreaterOrEqual,
}

// mirrored is the relation with its sides swapped.
var mirrored = map[predicate.Op]predicate.Op{
	predicate.Equal: predicate.Equal, predicate.NotEqual: predicate.NotEqual, predicate.Less: predicate.Greater,
	predicate.LessOrEqual: predicate.GreaterOrEqual, predicate.Greater: predicate.Less, predicate.GreaterOrEqual: predicate.LessOrEqual,
}

func (r refuter) comparison(e *comparisonCall) predicate.Predicate {
	op := predicateOps[e.op.symbol]
	column, constant := e.args[0], e.args[1]
	path := r.path(column)
	if path == nil {
		column, constant = constant, column
		if path = r.path(column); path == nil {
			return nil
		}
		op = mirrored[op]
	}
	value, ok := statValue(constant)
	if !ok {
		return nil
	}
	return predicate.Compare{Column: path, Op: op, Value: value}
}

func (r refuter) in(e *inList) predicate.Predicate {
	path := r.path(e.child)
	if path == nil {
		return nil
	}
	values := make([]predicate.Value, 0, len(e.values))
	for _, v := range e.values {
		value, ok := statValue(v)
		if !ok {
			return nil
		}
		values = append(values, value)
	}
	return predicate.In{Column: path, Values: values}
}

// path is the column that e reads, or nil for anything else. A widening cast that keeps the order and
// the kind of value is looked through.
func (r refuter) path(e Expr) []string {
	switch e := e.(type) {
	case *Column:
		return r.column(e.Index)
	case *GetField:
		if parent := r.path(e.child); parent != nil {
			return append(append([]string(nil), parent...), e.field.Name)
		}
	case *Cast:
		if isInteger(e.child.Type()) && isInteger(e.to) && upcast(e.child.Type(), e.to) ||
			e.child.Type() == types.Float && e.to == types.Double {
			return r.path(e.child)
		}
	}
	return nil
}

// statValue is a constant as statistics hold values.
func statValue(e Expr) (predicate.Value, bool) {
	var v any
	switch e := e.(type) {
	case *Constant:
		v = e.Value
	case *folded:
		v = literalAt(e.value, 0)
	case *Cast:
		if !IsFoldable(e) {
			return nil, false
		}
		var err error
		if v, err = Value(e, &Context{ANSI: true}); err != nil {
			return nil, false
		}
	}
	switch v := v.(type) {
	case bool, string, []byte, int64, decimal128.Num:
		return v, true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case float32:
		return float64(v), !math.IsNaN(float64(v))
	case float64:
		return v, !math.IsNaN(v)
	}
	return nil, false
}
