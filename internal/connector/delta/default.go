package delta

import (
	"fmt"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// The metadata keys of a column's default: the one of rows to come, and the one that it had when it was added to the table.
const (
	KeyCurrentDefault = "CURRENT_DEFAULT"
	KeyExistsDefault  = "EXISTS_DEFAULT"
)

// defaultOf is the expression of a column's default.
func defaultOf(f types.Field) (text string, ok bool) {
	text, ok = f.Metadata[KeyCurrentDefault].(string)
	return text, ok
}

// defaultValue is a default in the type of its column. It sees no columns.
func (r textResolver) defaultValue(f types.Field, text string) (expr.Expr, error) {
	e, _, err := r.over(types.Struct{}, text)
	if err == nil {
		e, err = r.stored(e, f)
	}
	if err != nil {
		return nil, cannotEnforce(fmt.Sprintf("the DEFAULT of column `%s`", f.Name), text, err)
	}
	return e, nil
}
