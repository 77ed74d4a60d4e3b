package expr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A function gives for columns what it gives for constants: every documented example, with its literals
// turned into columns of which some rows are null, has the example's answer in the others. The
// columns are slices, so that offsets count, and mixed with constants.
func TestColumnsAgreeWithConstants(t *testing.T) {
	compared := 0
	for _, a := range sparkAnswers(t) {
		if a.Error != "" || present[a.Function] {
			continue
		}
		for _, keep := range []int{-1, 0, 1} { // which literal stays a constant
			err := compareColumns(a.SQL, keep)
			if err == nil {
				compared++
			} else if !errors.Is(err, errNotAsked) {
				t.Errorf("%s, literal %d constant\n\t%v", a.SQL, keep, err)
			}
		}
	}
	t.Logf("%d compared", compared)
	if compared < 1000 {
		t.Errorf("only %d compared", compared)
	}
}

func compareColumns(query string, keep int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	statement, err := sql.Parse(query)
	if err != nil {
		return errNotAsked
	}
	q, ok := statement.(*plan.Query)
	if !ok {
		return errNotAsked
	}
	input, list := selectList(q.Relation)
	if len(list) != 1 || !oneRow(input) {
		return errNotAsked
	}
	ctx := testContext()
	plain := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, in: expr.OneRow}
	constant, err := plain.expr(list[0])
	if err != nil || !expr.IsDeterministic(constant) {
		return errNotAsked
	}
	want, err := constant.Eval(ctx, expr.OneRow)
	if err != nil {
		return errNotAsked
	}
	c := columnMaker{keep: keep}
	mixed := resolver{ctx: plain.ctx, literal: c.column}
	e, err := mixed.expr(list[0])
	if err != nil || len(c.columns) == 0 || !types.EqualIgnoringNullability(e.Type(), constant.Type()) {
		return errNotAsked // needs its arguments beforehand
	}
	return c.compare(ctx, e, show(want.Expand(1), constant.Type()))
}

// A columnMaker turns literals into columns of six rows: value, null, value, all null, value, value.
type columnMaker struct {
	keep, seen int
	columns    []arrow.Array
	fields     []types.Field
}

var kept = []int{0, 2, 4, 5} // rows in which no column is null

func (c *columnMaker) column(l *plan.Literal) expr.Expr {
	c.seen++
	if l.Value == nil || c.seen-1 == c.keep {
		return expr.NewLiteral(l)
	}
	v, err := expr.NewLiteral(l).Eval(nil, nil)
	if err != nil {
		panic(err)
	}
	rows := []int32{-1, 0, -1, 0, -1, 0, 0, -1}
	if len(c.columns)%2 == 1 {
		rows[2] = 0 // not all columns are null in the same rows
	}
	arr := expr.Take(v.Values, rows)
	name := fmt.Sprintf("c%d", len(c.columns))
	c.columns = append(c.columns, array.NewSlice(arr, 1, 7))
	c.fields = append(c.fields, types.Field{Name: name, Type: l.Type, Nullable: true})
	return expr.NewColumn(len(c.columns)-1, name, l.Type, true)
}

func (c *columnMaker) compare(ctx *expr.Context, e expr.Expr, want *string) error {
	in := array.NewRecordBatch(types.ToArrowSchema(types.Struct{Fields: c.fields}), c.columns, 6)
	v, err := e.Eval(ctx, in)
	if err != nil {
		if strings.Contains(err.Error(), "NULL_MAP_KEY") || strings.Contains(err.Error(), "USER_RAISED") || strings.Contains(err.Error(), "DUPLICATED_MAP_KEY") ||
			strings.Contains(err.Error(), "COMPARATOR_RETURNS_NULL") {
			return nil // the rows of nulls are wrong here
		}
		return err
	}
	arr := v.Expand(6)
	if !arrow.TypeEqual(arr.DataType(), types.ToArrow(e.Type())) {
		return fmt.Errorf("column of %v for type %v", arr.DataType(), e.Type())
	}
	if !e.Nullable() && arr.NullN() > 0 {
		return fmt.Errorf("null in a column that says it has none: %v", arr)
	}
	for _, row := range kept {
		got := show(array.NewSlice(arr, int64(row), int64(row)+1), e.Type())
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			return fmt.Errorf("row %d: got %v, want %v", row, text(got), text(want))
		}
	}
	return compareEmpty(ctx, e, in)
}

// compareEmpty evaluates for no rows at all.
func compareEmpty(ctx *expr.Context, e expr.Expr, in arrow.RecordBatch) error {
	v, err := e.Eval(ctx, in.NewSlice(0, 0))
	if err != nil {
		return fmt.Errorf("no rows: %w", err)
	}
	if n := v.Expand(0).Len(); n != 0 {
		return fmt.Errorf("no rows gave %d", n)
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return "NULL"
	}
	return *s
}
