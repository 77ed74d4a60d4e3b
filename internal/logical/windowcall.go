package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// arguments is all that a call reads but for the partition and the order.
func (c *windowCall) arguments() expr.Expr {
	inner := *c
	inner.partitionBy, inner.orderBy = nil, nil
	children := inner.Children()
	return &listed{children: children}
}

// listed only holds other expressions, to search in them.
type listed struct {
	expr.Constant
	children []expr.Expr
}

func (l *listed) Children() []expr.Expr { return l.children }

// sameWindow reports whether two calls share partitions and order.
func (c *windowCall) sameWindow(o *windowCall) bool {
	if len(c.partitionBy) != len(o.partitionBy) || len(c.orderBy) != len(o.orderBy) {
		return false
	}
	for i := range c.partitionBy {
		if !Same(c.partitionBy[i], o.partitionBy[i]) {
			return false
		}
	}
	for i, k := range c.orderBy {
		l := o.orderBy[i]
		if k.Descending != l.Descending || k.NullsFirst != l.NullsFirst || !Same(k.Expr, l.Expr) {
			return false
		}
	}
	return true
}

// window resolves a function OVER a window.
func (x *expressions) window(w *plan.Window) (expr.Expr, error) {
	f, ok := w.Function.(*plan.UnresolvedFunction)
	if !ok {
		return nil, errclass.UnsupportedFeature.New("OVER belongs behind a function.")
	}
	call := &windowCall{}
	var err error
	if call.partitionBy, err = x.all(w.PartitionBy); err != nil {
		return nil, err
	}
	if call.orderBy, err = x.sortKeys(w.OrderBy); err != nil {
		return nil, err
	}
	kind, known := expr.Lookup(f.Name)
	switch {
	case known && kind == expr.AggregateKind:
		err = x.windowAggregate(call, f, w.Frame)
	case known && kind == expr.WindowKind:
		err = x.windowFunction(call, f, w.Frame)
	default:
		return nil, errclass.UnsupportedFeature.New("%s is not a function for windows.", f.Name)
	}
	return call, err
}

func (x *expressions) windowAggregate(call *windowCall, f *plan.UnresolvedFunction, frame *plan.WindowFrame) error {
	inner := *x
	inner.overGroups = true
	e, err := inner.function(f)
	if err != nil {
		return err
	}
	a, ok := e.(*aggregateCall)
	if !ok || a.Distinct {
		return errclass.UnsupportedFeature.New("DISTINCT is not supported in window functions: %s.", e)
	}
	call.Aggregate, call.Filter = a.Function, a.Filter
	call.DataType, call.Null = a.Type(), a.Nullable()
	if call.Frame, err = x.frame(call, frame); err != nil {
		return err
	}
	call.Text = a.String() + call.over(frameText(call.Frame))
	return nil
}

// rankings is the text, type and frame that Spark gives functions of the window alone.
var rankings = map[string]struct {
	text  string
	typ   types.Type
	frame string
}{
	"row_number":   {"row_number()", types.Integer, "ROWS"},
	"rank":         {"RANK()", types.Integer, "ROWS"},
	"dense_rank":   {"DENSE_RANK()", types.Integer, "ROWS"},
	"percent_rank": {"PERCENT_RANK()", types.Double, "ROWS"},
	"cume_dist":    {"cume_dist()", types.Double, "RANGE"},
}

func (x *expressions) windowFunction(call *windowCall, f *plan.UnresolvedFunction, frame *plan.WindowFrame) (err error) {
	call.Function, call.SkipNulls = f.Name, f.IgnoreNull
	if call.Args, err = x.all(f.Args); err != nil {
		return err
	}
	if len(call.orderBy) == 0 {
		return errclass.WindowUnordered.New("Window function %s requires window to be ordered, please add ORDER BY clause. For example SELECT %s OVER (PARTITION BY window_partition ORDER BY window_ordering) from table.", f.Name, f.Name)
	}
	if r, ok := rankings[f.Name]; ok {
		call.Args, call.DataType = nil, r.typ
		call.Text = r.text + call.over(r.frame+" BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
		return nil
	}
	switch f.Name {
	case "ntile":
		call.DataType = types.Integer
		if len(call.Args) == 0 {
			call.Args = []expr.Expr{&expr.Constant{Value: int32(1), DataType: types.Integer}}
		}
		call.Text = "ntile(" + call.Args[0].String() + ")" + call.over("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
		return nil
	case "nth_value":
		if len(call.Args) != 2 {
			return errclass.WrongNumArgs.New("The `nth_value` requires 2 parameters but the actual number is %d.", len(call.Args))
		}
		if call.Frame, err = x.frame(call, frame); err != nil {
			return err
		}
		call.DataType, call.Null = call.Args[0].Type(), true
		call.Text = "nth_value(" + call.Args[0].String() + ", " + call.Args[1].String() + ")" + call.over(frameText(call.Frame))
		return nil
	}
	return x.shift(call)
}

// shift is lag and lead.
func (x *expressions) shift(call *windowCall) error {
	if n := len(call.Args); n < 1 || n > 3 {
		return errclass.WrongNumArgs.New("The `%s` requires [1, 2, 3] parameters but the actual number is %d.", call.Function, n)
	}
	distance, fallback := "1", "NULL"
	if len(call.Args) > 1 {
		distance = call.Args[1].String()
	}
	call.DataType, call.Null = call.Args[0].Type(), true
	if len(call.Args) > 2 {
		fallback = call.Args[2].String()
		var err error
		if call.Args[2], err = expr.NewCast(call.Args[2], call.DataType, plan.EvalDefault, x.build.ANSI, true); err != nil {
			return err
		}
		call.Null = call.Args[0].Nullable() || call.Args[2].Nullable()
	}
	bound := distance
	if call.Function == "lag" {
		bound = strings.TrimPrefix("-"+distance, "--")
	}
	call.Text = fmt.Sprintf("%s(%s, %s, %s)", call.Function, call.Args[0], distance, fallback) +
		call.over(fmt.Sprintf("ROWS BETWEEN %s FOLLOWING AND %s FOLLOWING", bound, bound))
	return nil
}

// over is the window as Spark prints it behind the function.
func (c *windowCall) over(frame string) string {
	var parts []string
	if len(c.partitionBy) > 0 {
		parts = append(parts, "PARTITION BY "+strings.Trim(join(c.partitionBy), "[]"))
	}
	if len(c.orderBy) > 0 {
		parts = append(parts, "ORDER BY "+strings.Trim(join(c.orderBy), "[]"))
	}
	return " OVER (" + strings.Join(append(parts, frame), " ") + ")"
}
