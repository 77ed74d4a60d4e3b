package medallion

import (
	"fmt"
	"time"

	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A Column is an expression over a frame's columns. Make one with [Col], [Lit], [Expr] or a function.
type Column struct {
	expr plan.Expression
	err  error
}

// Col names a column, or a field of one: "name", "address.city", "t.id".
func Col(name string) Column {
	if name == "*" {
		return Column{expr: &plan.UnresolvedStar{}}
	}
	parts, err := sql.ParseTableName(name)
	return Column{expr: &plan.UnresolvedAttribute{Parts: parts}, err: err}
}

// Expr is an expression as SQL text: "value / 100", "explode(items) AS item".
func Expr(text string) Column {
	e, err := sql.ParseNamedExpression(text)
	return Column{expr: e, err: err}
}

// Lit is a constant: nil, bool, int, int32, int64, float64, string, []byte or time.Time (a timestamp).
func Lit(value any) Column {
	lit := &plan.Literal{Value: value}
	switch v := value.(type) {
	case Column:
		return v
	case nil:
		lit.Type = types.Null
	case bool:
		lit.Type = types.Boolean
	case int32:
		lit.Type = types.Integer
	case int64:
		lit.Type = types.Long
	case int:
		lit.Type, lit.Value = types.Long, int64(v)
		if int(int32(v)) == v { // as Spark takes the literals of a program
			lit.Type, lit.Value = types.Integer, int32(v)
		}
	case float64:
		lit.Type = types.Double
	case string:
		lit.Type = types.String
	case []byte:
		lit.Type = types.Binary
	case time.Time:
		lit.Type, lit.Value = types.Timestamp, v.UnixMicro()
	default:
		return Column{expr: lit, err: fmt.Errorf("no literal of Go type %T", value)}
	}
	return Column{expr: lit}
}

// Call calls any function by its SQL name.
func Call(name string, args ...Column) Column {
	f := &plan.UnresolvedFunction{Name: name}
	c := Column{expr: f}
	for _, a := range args {
		f.Args = append(f.Args, a.expr)
		if c.err == nil {
			c.err = a.err
		}
	}
	return c
}

func (c Column) call(name string, others ...any) Column {
	args := []Column{c}
	for _, o := range others {
		args = append(args, Lit(o))
	}
	return Call(name, args...)
}

// As names the column; Alias is the same.
func (c Column) As(name string) Column {
	return Column{expr: &plan.Alias{Child: c.expr, Names: []string{name}}, err: c.err}
}

// Alias names the column.
func (c Column) Alias(name string) Column { return c.As(name) }

// Cast converts to a type given as DDL: "double", "array<int>".
func (c Column) Cast(ddl string) Column {
	t, err := types.ParseType(ddl)
	if c.err == nil {
		c.err = err
	}
	return Column{expr: &plan.Cast{Child: c.expr, To: t}, err: c.err}
}

// The operators take a Column or a constant that [Lit] takes.

// Eq is c = other.
func (c Column) Eq(other any) Column { return c.call("==", other) }

// NotEq is c != other.
func (c Column) NotEq(other any) Column { return c.call("!=", other) }

// Gt is c > other.
func (c Column) Gt(other any) Column { return c.call(">", other) }

// Geq is c >= other.
func (c Column) Geq(other any) Column { return c.call(">=", other) }

// Lt is c < other.
func (c Column) Lt(other any) Column { return c.call("<", other) }

// Leq is c <= other.
func (c Column) Leq(other any) Column { return c.call("<=", other) }

// EqNullSafe is c <=> other: two nulls are equal.
func (c Column) EqNullSafe(other any) Column { return c.call("<=>", other) }

// And is c AND other.
func (c Column) And(other any) Column { return c.call("and", other) }

// Or is c OR other.
func (c Column) Or(other any) Column { return c.call("or", other) }

// Not is NOT c.
func (c Column) Not() Column { return c.call("not") }

// Plus is c + other.
func (c Column) Plus(other any) Column { return c.call("+", other) }

// Minus is c - other.
func (c Column) Minus(other any) Column { return c.call("-", other) }

// Multiply is c * other.
func (c Column) Multiply(other any) Column { return c.call("*", other) }

// Divide is c / other.
func (c Column) Divide(other any) Column { return c.call("/", other) }

// IsNull is c IS NULL.
func (c Column) IsNull() Column { return c.call("isnull") }

// IsNotNull is c IS NOT NULL.
func (c Column) IsNotNull() Column { return c.call("isnotnull") }

// GetField is a field of a struct, or a map's value.
func (c Column) GetField(name string) Column {
	return Column{expr: &plan.UnresolvedExtractValue{
		Child: c.expr, Extraction: &plan.Literal{Value: name, Type: types.String},
	}, err: c.err}
}

// Asc and Desc order by the column.
func (c Column) Asc() SortOrder { return SortOrder{c, false} }

// Desc orders by the column, largest first.
func (c Column) Desc() SortOrder { return SortOrder{c, true} }

// A SortOrder is a column to sort by.
type SortOrder struct {
	column     Column
	descending bool
}
