package expr_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A function gives for columns what it gives row by row for constants: every documented example is asked
// again with its literals turned into columns of different values and nulls. The columns are slices,
// so that offsets count, and mixed with constants.
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
	if compared < 1000 {
		t.Errorf("only %d compared", compared)
	}
}

// Row r takes variant variants[r][k%2] of literal k: 0 the literal, 1 another value, 2 null.
var variants = [][2]int{{0, 0}, {2, 2}, {1, 0}, {0, 1}, {0, 2}, {0, 0}, {1, 1}, {2, 0}}

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
	rows, want := answersByRow(list[0], keep)
	if len(rows) == 0 {
		return errNotAsked
	}
	c := columnMaker{keep: keep, rows: rows}
	r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, literal: c.column}
	e, err := r.expr(list[0])
	if err != nil || len(c.columns) == 0 || !expr.IsDeterministic(e) {
		return errNotAsked // needs its arguments beforehand
	}
	return c.compare(e, want)
}

// answersByRow evaluates the expression with constants, for each row of variants that has an answer.
func answersByRow(e plan.Expression, keep int) (rows [][2]int, want []answered) {
	for _, v := range variants {
		seen := 0
		r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, literal: func(l *plan.Literal) expr.Expr {
			seen++
			if seen-1 == keep {
				return expr.NewLiteral(l)
			}
			return expr.NewLiteral(variant(l, v[(seen-1)%2]))
		}}
		constant, err := r.expr(e)
		if err != nil {
			continue
		}
		out, err := constant.Eval(testContext(), expr.OneRow)
		if err != nil {
			continue
		}
		rows = append(rows, v)
		want = append(want, answered{show(out.Expand(1), constant.Type()), constant.Type()})
	}
	return rows, want
}

type answered struct {
	text *string
	t    types.Type
}

// variant is the literal, another value of its type, or null.
func variant(l *plan.Literal, which int) *plan.Literal {
	out := *l
	switch {
	case l.Value == nil || which == 0:
	case which == 2:
		out.Value = nil
	default:
		switch v := l.Value.(type) {
		case bool:
			out.Value = !v
		case int32:
			out.Value = v + 1
		case int64:
			out.Value = v + 1000000
		case float64:
			out.Value = v + 0.25
		case string:
			out.Value = v + "1"
		case []byte:
			out.Value = append([]byte("1"), v...)
		case decimal128.Num:
			out.Value = v.Sub(decimal128.FromI64(1))
		}
	}
	return &out
}

// A columnMaker turns literals into columns, all but the kept one.
type columnMaker struct {
	keep, seen int
	rows       [][2]int
	columns    []arrow.Array
	fields     []types.Field
}

func (c *columnMaker) column(l *plan.Literal) expr.Expr {
	k := c.seen
	c.seen++
	if l.Value == nil || k == c.keep {
		return expr.NewLiteral(l)
	}
	var cells []arrow.Array
	for _, row := range append([][2]int{{0, 0}}, c.rows...) { // one row more, which slicing drops
		v, err := expr.NewLiteral(variant(l, row[k%2])).Eval(nil, nil)
		if err != nil {
			panic(err)
		}
		cells = append(cells, v.Values)
	}
	arr, err := expr.Concat(cells)
	if err != nil {
		panic(err)
	}
	name := fmt.Sprintf("c%d", len(c.columns))
	c.columns = append(c.columns, array.NewSlice(arr, 1, int64(len(cells))))
	c.fields = append(c.fields, types.Field{Name: name, Type: l.Type, Nullable: true})
	return expr.NewColumn(len(c.columns)-1, name, l.Type, true)
}

func (c *columnMaker) compare(e expr.Expr, want []answered) error {
	in := array.NewRecordBatch(types.ToArrowSchema(types.Struct{Fields: c.fields}), c.columns, int64(len(c.rows)))
	v, err := e.Eval(testContext(), in)
	if err != nil {
		return err
	}
	arr := v.Expand(len(c.rows))
	if !arrow.TypeEqual(arr.DataType(), types.ToArrow(e.Type())) {
		return fmt.Errorf("column of %v for type %v", arr.DataType(), e.Type())
	}
	if !e.Nullable() && arr.NullN() > 0 {
		return fmt.Errorf("null in a column that says it has none: %v", arr)
	}
	for i, w := range want {
		if !types.EqualIgnoringNullability(w.t, e.Type()) {
			continue // decimals of literals are of just their digits
		}
		got := show(array.NewSlice(arr, int64(i), int64(i)+1), e.Type())
		if (got == nil) != (w.text == nil) || got != nil && *got != *w.text {
			return fmt.Errorf("row %d (%v): got %v, want %v", i, c.rows[i], text(got), text(w.text))
		}
	}
	return compareEmpty(e, in)
}

// compareEmpty evaluates for no rows at all.
func compareEmpty(e expr.Expr, in arrow.RecordBatch) error {
	v, err := e.Eval(testContext(), in.NewSlice(0, 0))
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
