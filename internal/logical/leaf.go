package logical

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// values resolves an inline table: constant rows, brought to common types. Columns are col1, col2 ….
func (r *resolver) values(v *plan.Values) (*scope, error) {
	x := r.over(scopeOf(oneRow(), nil))
	rows := make([][]expr.Expr, len(v.Rows))
	for i, row := range v.Rows {
		var err error
		if rows[i], err = x.all(row); err != nil {
			return nil, err
		}
		if len(row) != len(v.Rows[0]) {
			return nil, placed(errclass.InvalidInlineTable.New("Invalid inline table. The number of columns of row %d is %d, the first row has %d.", i+1, len(row), len(v.Rows[0])), v.At)
		}
	}
	schema := types.Struct{}
	columns := make([]arrow.Array, len(v.Rows[0]))
	for c := range columns {
		field, column, err := r.valuesColumn(rows, c)
		if err != nil {
			return nil, placed(err, v.At)
		}
		schema.Fields = append(schema.Fields, field)
		columns[c] = expr.Relabel(column, types.ToArrowSchema(types.Struct{Fields: []types.Field{field}}).Field(0).Type)
	}
	batch := array.NewRecordBatch(types.ToArrowSchema(schema), columns, int64(len(rows)))
	return scopeOf(NewLocalRelation(schema, []arrow.RecordBatch{batch}), nil), nil
}

func (r *resolver) valuesColumn(rows [][]expr.Expr, c int) (types.Field, arrow.Array, error) {
	all := make([]types.Type, len(rows))
	for i, row := range rows {
		all[i] = row[c].Type()
	}
	wide, ok := expr.WiderAll(all, r.build.ANSI)
	if !ok {
		return types.Field{}, nil, errclass.InvalidInlineTable.New("Invalid inline table. Found incompatible types in the column `col%d` for inline table.", c+1)
	}
	field := types.Field{Name: fmt.Sprintf("col%d", c+1), Type: wide}
	parts := make([]arrow.Array, len(rows))
	for i, row := range rows {
		var cast bool
		e, err := r.castTo(row[c], wide, &cast)
		if err != nil {
			return field, nil, err
		}
		v, err := e.Eval(&r.eval, expr.OneRow)
		if err != nil {
			return field, nil, err
		}
		field.Nullable = field.Nullable || e.Nullable()
		parts[i] = v.Expand(1)
	}
	column, err := expr.Concat(parts)
	return field, column, err
}

// lateralView puts a generator's columns beside the input's.
func (r *resolver) lateralView(v *plan.LateralView) (*scope, error) {
	input, err := r.relation(v.Input)
	if err != nil {
		return nil, err
	}
	e, err := r.over(input).resolve(v.Generator)
	if err != nil {
		return nil, err
	}
	call, ok := e.(*generatorCall)
	if !ok {
		return nil, placed(errclass.UnsupportedGenerator.New("LATERAL VIEW takes a generator function, not %s.", e), v.At)
	}
	call.outer = call.outer || v.Outer
	var names []string
	if len(v.Columns) > 0 {
		names = v.Columns
	}
	node, err := newGenerate(input.node, call, names)
	if err != nil {
		return nil, placed(err, v.At)
	}
	out := &scope{node: node, columns: slices.Clip(input.columns)}
	for _, f := range node.Generated().Fields {
		out.columns = append(out.columns, column{Field: f, qualifier: qualifierOf(v.Table)})
	}
	return out, nil
}

func qualifierOf(name string) []string {
	if name == "" {
		return nil
	}
	return strings.Split(name, ".")
}
