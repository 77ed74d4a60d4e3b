package expr

import (
	"slices"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A Rising is a function of one column that never gives less for more, in whatever zone a session computes it.
type Rising struct {
	Column string
	// Of is the function of a bound of the column, for bounds that are above (upper) or below all values; ok is false where it fails.
	Of func(bound predicate.Value, upper bool) (v predicate.Value, ok bool)
}

// RisingOf tells whether an expression is such a function. Those that could go around the end of their type are not.
func RisingOf(e Expr) (Rising, bool) {
	l, ok := leafOf(e)
	if !ok || l.at == e && !l.day || zoned(e, l.at) || !plainlyRising(e, l.at) {
		return Rising{}, false
	}
	column, ok := l.column.(*Column)
	if !ok || column.DataType == types.Float || column.DataType == types.Double {
		return Rising{}, false
	}
	return Rising{column.Name, func(bound predicate.Value, upper bool) (predicate.Value, bool) {
		if l.day {
			if bound = dayOf(bound, upper); bound == nil {
				return nil, false
			}
		}
		v, ok := evalRow(e, func(at Expr) (predicate.Value, bool) { return bound, at == l.at })
		if !ok {
			return nil, false
		}
		return statOf(v)
	}}, true
}

func plainlyRising(e, leaf Expr) bool {
	if e == leaf {
		return true
	}
	switch e := e.(type) {
	case *rename:
		return plainlyRising(e.Expr, leaf)
	case *Cast:
		return plainlyRising(e.child, leaf)
	case *call:
		return slices.Contains([]string{"year", "trunc", "left", "substring"}, e.name) && plainlyRising(e.args[0], leaf)
	}
	return false
}
