package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// withTimeWindow computes the time window that expressions group or select by, window(time, '1 hour'), as a
// last column of their input, named window. Rows without a time have none and are dropped.
func (r *resolver) withTimeWindow(input *scope, list []plan.Expression) (*scope, error) {
	var window expr.Expr
	for _, call := range timeWindows(list) {
		e, err := r.over(input).function(call)
		if err != nil {
			return nil, placed(err, call.At)
		}
		if window != nil && !Same(window, e) {
			return nil, placed(errclass.UnsupportedFeature.New("Multiple time/session window expressions would result in a cartesian product of rows, therefore they are currently not supported."), call.At)
		}
		window = e
	}
	if window == nil {
		return input, nil
	}
	return r.addTimeWindow(input, window)
}

func (r *resolver) addTimeWindow(input *scope, window expr.Expr) (*scope, error) {
	present, err := expr.Build(&r.build, "isnotnull", window.Children()[:1])
	if err != nil {
		return nil, err
	}
	columns := append(passThrough(input.node.Schema()), Named{Expr: window, Name: "window"})
	node := &Project{Input: &Filter{Input: input.node, Condition: present}, Columns: columns}
	out := &scope{node: node, columns: input.columns[:len(input.columns):len(input.columns)], window: window}
	field := columns[len(columns)-1].field()
	field.Nullable = false
	out.columns = append(out.columns, column{Field: field})
	return out, nil
}

// timeWindows finds the calls of window() in expressions.
func timeWindows(list []plan.Expression) []*plan.UnresolvedFunction {
	var found []*plan.UnresolvedFunction
	for _, e := range list {
		switch e := e.(type) {
		case *plan.UnresolvedFunction:
			if e.Name == "window" && len(e.Args) >= 2 {
				found = append(found, e)
			} else {
				found = append(found, timeWindows(e.Args)...)
			}
		case *plan.Alias:
			found = append(found, timeWindows([]plan.Expression{e.Child})...)
		case *plan.Cast:
			found = append(found, timeWindows([]plan.Expression{e.Child})...)
		case *plan.UnresolvedExtractValue:
			found = append(found, timeWindows([]plan.Expression{e.Child})...)
		}
	}
	return found
}
