package logical

import (
	"slices"

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
	w, ok := window.(*expr.TimeWindow)
	if !ok {
		return nil, errclass.UnsupportedFeature.New("%s is not supported.", window)
	}
	present, err := expr.Build(&r.build, "isnotnull", []expr.Expr{w.Time})
	if err != nil {
		return nil, err
	}
	node, err := r.computeWindow(&Filter{Input: input.node, Condition: present}, w)
	if err != nil {
		return nil, err
	}
	out := &scope{node: node, columns: slices.Clip(input.columns), window: window}
	fields := node.Schema().Fields
	out.columns = append(out.columns, column{Field: fields[len(fields)-1]})
	return out, nil
}

// computeWindow makes one window a row, or, of windows that overlap, a row for each.
func (r *resolver) computeWindow(input Node, w *expr.TimeWindow) (Node, error) {
	if w.Tumbling() {
		columns := append(passThrough(input.Schema()), Named{Expr: w, Name: expr.WindowColumn})
		return &Project{Input: input, Columns: columns}, nil
	}
	each, err := expr.BuildGenerator(&r.build, "explode", []expr.Expr{w.Windows()})
	if err != nil {
		return nil, err
	}
	return &Generate{Input: input, Generator: each, Names: []string{expr.WindowColumn}, window: true}, nil
}

// timeWindows finds the calls of window() in expressions.
func timeWindows(list []plan.Expression) []*plan.UnresolvedFunction {
	var found []*plan.UnresolvedFunction
	for _, e := range list {
		switch e := e.(type) {
		case *plan.UnresolvedFunction:
			if (e.Name == "window" || e.Name == "session_window") && len(e.Args) >= 2 {
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
