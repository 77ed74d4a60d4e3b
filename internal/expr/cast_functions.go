package expr

import "lakehouse/internal/types"

// castFunctions are the types' names as functions: int('1'), timestamp('2025-01-31').
var castFunctions = table{
	"boolean": castFunction(types.Boolean), "tinyint": castFunction(types.Byte), "smallint": castFunction(types.Short),
	"int": castFunction(types.Integer), "bigint": castFunction(types.Long), "float": castFunction(types.Float),
	"double": castFunction(types.Double), "decimal": castFunction(types.Decimal{Precision: 10}), "date": castFunction(types.Date),
	"timestamp": castFunction(types.Timestamp), "binary": castFunction(types.Binary), "string": castFunction(types.String),
}

func castFunction(to types.Type) function {
	return built(1, 1, func(b *builder) (Expr, error) { return NewCast(b.args[0], to, coerceMode, b.ctx.ANSI, true) })
}
