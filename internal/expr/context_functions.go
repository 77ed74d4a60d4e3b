package expr

import "lakehouse/internal/types"

var contextFunctions = table{
	"current_path": contextValue("current_path", types.String, func(ctx *Context) any {
		return "system.builtin,system.session," + ctx.Catalog + "." + ctx.Schema
	}),
	"collation": built(1, 1, func(b *builder) (Expr, error) {
		if err := b.coerceTo(aString); err != nil {
			return nil, err
		}
		return &folded{value: oneValue(types.String, "SYSTEM.BUILTIN.UTF8_BINARY"), of: b.make(types.String, nil)}, nil
	}),
}
