package expr

import "lakehouse/internal/types"

// Conjuncts is the conditions that AND joins to e.
func Conjuncts(e Expr) []Expr {
	if j, ok := e.(*junction); ok && !j.or {
		return append(Conjuncts(j.left), Conjuncts(j.right)...)
	}
	return []Expr{e}
}

// Parts is Conjuncts that takes x BETWEEN low AND high apart, too.
func Parts(e Expr) []Expr {
	switch e := e.(type) {
	case *junction:
		if !e.or {
			return append(Parts(e.left), Parts(e.right)...)
		}
	case *rename:
		if parts := Parts(e.Expr); len(parts) > 1 {
			return parts
		}
	}
	return []Expr{e}
}

// Conjunction joins conditions by AND; nil where there are none.
func Conjunction(conditions []Expr) Expr {
	if len(conditions) == 0 {
		return nil
	}
	e := conditions[0]
	for _, c := range conditions[1:] {
		e = &junction{left: e, right: c}
	}
	return e
}

// EqualSides is the sides of a = b or, with nullSafe, of a <=> b.
func EqualSides(e Expr) (left, right Expr, nullSafe, ok bool) {
	switch e := e.(type) {
	case *comparisonCall:
		if e.op.symbol == equalTo.symbol {
			return e.args[0], e.args[1], false, true
		}
	case *call:
		if (e.name == "<=>" || e.name == "equal_null") && len(e.args) == 2 && e.result == types.Boolean {
			return e.args[0], e.args[1], true, true
		}
	}
	return nil, nil, false, false
}

// NullIfNull marks columns of which a null makes the expression null. It knows comparisons, casts, fields and arithmetic, and says
// nothing of the rest.
func NullIfNull(e Expr, mark func(column int)) {
	switch e := e.(type) {
	case *Column:
		mark(e.Index)
	case *rename:
		NullIfNull(e.Expr, mark)
	case *Cast:
		NullIfNull(e.child, mark)
	case *GetField:
		NullIfNull(e.child, mark)
	case *comparisonCall:
		NullIfNull(e.args[0], mark)
		NullIfNull(e.args[1], mark)
	case *call:
		if nullIfNull[e.name] {
			for _, a := range e.args {
				NullIfNull(a, mark)
			}
		}
	}
}

// FailsOnNull marks columns of which a null makes the condition null or false.
func FailsOnNull(condition Expr, mark func(column int)) {
	if t, ok := condition.(*nullTest); ok && t.not {
		NullIfNull(t.args[0], mark)
		return
	}
	NullIfNull(condition, mark)
}

// nullIfNull are functions whose result is null when an argument is.
var nullIfNull = map[string]bool{"+": true, "-": true, "*": true, "lower": true, "upper": true, "length": true}

// IsNotNull is e IS NOT NULL.
func IsNotNull(e Expr) Expr { return builtTest("isnotnull", e) }

// IsNull is e IS NULL.
func IsNull(e Expr) Expr { return builtTest("isnull", e) }

func builtTest(name string, e Expr) Expr {
	out, err := Build(&BuildContext{}, name, []Expr{e})
	if err != nil {
		panic("internal error: " + err.Error()) // it takes any type
	}
	return out
}
