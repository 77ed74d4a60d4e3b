package expr

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// castRules say how values become values of another type.
type castRules struct {
	fail   onFailure
	byName bool // a struct's fields are paired by their names, as a table's columns are; else by position
}

// pair gives, for each field of a struct, the field that it is made of; -1: none, it is null. Nil: the two do not fit.
func (r castRules) pair(from, to types.Struct) []int {
	at := make([]int, len(to.Fields))
	if !r.byName {
		for i := range at {
			at[i] = i
		}
		if len(from.Fields) != len(to.Fields) {
			return nil
		}
		return at
	}
	found := 0
	for i, f := range to.Fields {
		at[i] = from.Index(f.Name)
		if at[i] >= 0 {
			found++
		} else if !f.Nullable {
			return nil
		}
	}
	if found < len(from.Fields) {
		return nil // a field that has no place would be lost
	}
	return at
}

// NewStore converts child to the type of the table's column that is to hold it: a value that does not fit is an error,
// and fields inside are matched by name. What the value lacks is null; what the column lacks is refused.
func NewStore(child Expr, to types.Type) (Expr, error) {
	if types.Equal(child.Type(), to) {
		return child, nil
	}
	if convert := findConversion(child.Type(), to, castRules{byName: true}); convert != nil {
		return &Cast{child: child, to: to, implicit: true, convert: convert}, nil
	}
	if findConversion(child.Type(), to, castRules{}) == nil && !isNested(to) {
		return nil, castTypeError(child, to, plan.EvalANSI, true)
	}
	return nil, errclass.DeltaSchemaMismatch.New("the column `%s` is %s, which does not fit into the table's %s.", child, child.Type(), to).
		WithHint("Give the fields the table's names and types.")
}

func isNested(t types.Type) bool {
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
		return true
	}
	return false
}
