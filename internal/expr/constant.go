package expr

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// NewLiteral is the constant that a literal stands for.
func NewLiteral(l *plan.Literal) *Constant { return &Constant{Value: l.Value, DataType: l.Type} }

// Type is the literal's.
func (c *Constant) Type() types.Type { return c.DataType }

// Nullable reports whether the constant is NULL.
func (c *Constant) Nullable() bool { return c.Value == nil }

// Children is empty.
func (c *Constant) Children() []Expr { return nil }

// WithChildren is the constant itself.
func (c *Constant) WithChildren([]Expr) Expr { return c }

// Eval is one value for all rows.
func (c *Constant) Eval(*Context, arrow.RecordBatch) (Vector, error) { return c.vector(), nil }

func (c *Constant) vector() Vector {
	if c.Value == nil {
		return nullConst(c.DataType)
	}
	return Vector{Values: oneValue(c.DataType, c.Value), Const: true}
}

// oneValue is a column of one row.
func oneValue(t types.Type, v any) arrow.Array {
	switch v := v.(type) {
	case bool:
		return store(t, []bool{v}, nil)
	case int8:
		return store(t, []int8{v}, nil)
	case int16:
		return store(t, []int16{v}, nil)
	case int32:
		return store(t, []int32{v}, nil)
	case int64:
		return store(t, []int64{v}, nil)
	case float32:
		return store(t, []float32{v}, nil)
	case float64:
		return store(t, []float64{v}, nil)
	case string:
		return store(t, []string{v}, nil)
	case []byte:
		return store(t, []string{string(v)}, nil)
	case decimal128.Num:
		return store(t, []decimal128.Num{v}, nil)
	case arrow.MonthDayNanoInterval:
		return store(t, []arrow.MonthDayNanoInterval{v}, nil)
	}
	return nulls(t, 1)
}

// String is the literal as it appears in generated column names: text bare, dates with their keyword.
func (c *Constant) String() string {
	switch v := c.Value.(type) {
	case nil:
		return "NULL"
	case string:
		return v
	case []byte:
		return "X'" + strings.ToUpper(hex.EncodeToString(v)) + "'"
	case bool:
		return strconv.FormatBool(v)
	}
	text := formatConstant(c)
	switch t := c.DataType.(type) {
	case types.Primitive:
		if keyword := literalKeywords[t]; keyword != "" {
			return keyword + " '" + text + "'"
		}
	}
	return text
}

var literalKeywords = map[types.Primitive]string{
	types.Date: "DATE", types.Timestamp: "TIMESTAMP", types.TimestampNTZ: "TIMESTAMP_NTZ", types.CalendarInterval: "INTERVAL",
}

// folded is what constant folding leaves of an expression: its value, its type and its name.
type folded struct {
	value arrow.Array // one row
	of    Expr
}

func (f *folded) Type() types.Type         { return f.of.Type() }
func (f *folded) Nullable() bool           { return isNull(f.value, 0) }
func (f *folded) String() string           { return f.of.String() }
func (f *folded) Children() []Expr         { return nil }
func (f *folded) WithChildren([]Expr) Expr { return f }
func (f *folded) Eval(*Context, arrow.RecordBatch) (Vector, error) {
	return Vector{Values: f.value, Const: true}, nil
}

// NewKnown is an expression whose value, the one of a column of one row, was found beforehand.
func NewKnown(value arrow.Array, t types.Type, name string) Expr {
	return &folded{value: Relabel(value, types.ToArrow(t)), of: NewColumn(0, name, t, true)}
}
