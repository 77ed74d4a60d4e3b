package logical

import (
	"strings"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// A Named is an expression with the name of the column that it makes.
type Named struct {
	Expr     expr.Expr
	Name     string
	Metadata map[string]any

	qualifier []string // of a plain column, while a selection is resolved
}

func (n Named) field() types.Field {
	return types.Field{Name: n.Name, Type: n.Expr.Type(), Nullable: n.Expr.Nullable(), Metadata: n.Metadata}
}

// String is the expression, with AS where its name is not its text.
func (n Named) String() string {
	if text := n.Expr.String(); text != n.Name {
		return text + " AS " + n.Name
	}
	return n.Name
}

func schemaOf(columns []Named) types.Struct {
	fields := make([]types.Field, len(columns))
	for i, c := range columns {
		fields[i] = c.field()
	}
	return types.Struct{Fields: fields}
}

// columnOf is the i-th column of a relation with that schema.
func columnOf(schema types.Struct, i int) *expr.Column {
	f := schema.Fields[i]
	return expr.NewColumn(i, f.Name, f.Type, f.Nullable)
}

// passThrough is the columns of a relation as they are.
func passThrough(schema types.Struct) []Named {
	columns := make([]Named, len(schema.Fields))
	for i, f := range schema.Fields {
		columns[i] = Named{Expr: columnOf(schema, i), Name: f.Name, Metadata: f.Metadata}
	}
	return columns
}

// nullable is the schema with every column nullable: an outer join's other side.
func nullable(schema types.Struct) types.Struct {
	fields := make([]types.Field, len(schema.Fields))
	for i, f := range schema.Fields {
		f.Nullable = true
		fields[i] = f
	}
	return types.Struct{Fields: fields}
}

func concat(a, b types.Struct) types.Struct {
	fields := make([]types.Field, 0, len(a.Fields)+len(b.Fields))
	return types.Struct{Fields: append(append(fields, a.Fields...), b.Fields...)}
}

// join lists things for a node's one line.
func join[T interface{ String() string }](items []T) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = item.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
