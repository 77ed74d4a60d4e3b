package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// NewColumn is the input's column at that position.
func NewColumn(index int, name string, t types.Type, nullable bool) *Column {
	return &Column{Index: index, Name: name, DataType: t, Null: nullable}
}

// Type is the column's.
func (c *Column) Type() types.Type { return c.DataType }

// Nullable is the column's.
func (c *Column) Nullable() bool { return c.Null }

// String is the name without a table or quotes.
func (c *Column) String() string { return c.Name }

// Children is empty.
func (c *Column) Children() []Expr { return nil }

// WithChildren is the column itself.
func (c *Column) WithChildren([]Expr) Expr { return c }

// Eval is the input's column.
func (c *Column) Eval(_ *Context, in arrow.RecordBatch) (Vector, error) {
	return Vector{Values: in.Column(c.Index)}, nil
}
