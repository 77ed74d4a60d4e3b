package delta

import (
	"fmt"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// KeyCurrentDefault is the metadata key of a column's default, that of rows to come. Rows from before the column was added have null.
const KeyCurrentDefault = "CURRENT_DEFAULT"

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
