package expr_test

import (
	"fmt"
	"time"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// rowsOf evaluates SELECT of one expression for all its rows, and shows them.
func rowsOf(query string) (string, error) { return rowsIn(query, testContext()) }

func legacyRowsOf(query string) (string, error) {
	ctx := testContext()
	ctx.ANSI = false
	return rowsIn(query, ctx)
}

func rowsIn(query string, ctx *expr.Context) (string, error) {
	statement, err := sql.Parse(query)
	if err != nil {
		return "", err
	}
	input, list := selectList(statement.(*plan.Query).Relation)
	r := resolver{ctx: &expr.BuildContext{ANSI: ctx.ANSI, TimeZone: ctx.TimeZone}, in: expr.OneRow}
	if alias, ok := input.(*plan.SubqueryAlias); ok {
		if err := r.from(alias); err != nil {
			return "", err
		}
	}
	e, err := r.expr(list[0])
	if err != nil {
		return "", err
	}
	v, err := e.Eval(ctx, r.in)
	if err != nil {
		return "", err
	}
	n := int(r.in.NumRows())
	arr := v.Expand(n)
	var shown []string
	for i := range n {
		shown = append(shown, expr.FormatValue(arr, i, e.Type(), ctx.TimeZone))
	}
	return fmt.Sprint(shown), nil
}

func inZone(name string) *expr.Context {
	ctx := testContext()
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	ctx.TimeZone = loc
	return ctx
}
