package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// fieldsOf lists the fields of a struct.
func fieldsOf(e expr.Expr) ([]string, error) {
	s, ok := e.Type().(types.Struct)
	if !ok {
		return nil, errclass.CannotResolveStar.New("Can only star expand struct data types. Attribute: `%s`.", e)
	}
	return s.Names(), nil
}
