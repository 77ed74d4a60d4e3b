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
	var node Node
	var err error
	switch w := window.(type) {
	case *expr.TimeWindow:
		var present expr.Expr
		if present, err = expr.Build(&r.build, "isnotnull", []expr.Expr{w.Time}); err == nil {
			node, err = r.computeWindow(&Filter{Input: input.node, Condition: present}, w)
		}
	case *expr.SessionWindow:
		node, err = r.computeSession(input.node, w)
	default:
		err = errclass.UnsupportedFeature.New("%s is not supported.", window)
	}
	if err != nil {
		return nil, err
	}
	out := &scope{node: node, columns: slices.Clip(input.columns), window: window}
	fields := node.Schema().Fields
	made := column{Field: fields[len(fields)-1]}
	made.hidden = len(input.matches(nil, made.Name)) > 0 // the name is that of the input's
	out.columns = append(out.columns, made)
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

// computeSession gives each row the session that it would make alone. Rows without a time, or with a gap that is not positive, make none.
func (r *resolver) computeSession(input Node, w *expr.SessionWindow) (Node, error) {
	width := len(input.Schema().Fields)
	project := &Project{Input: input, Columns: append(passThrough(input.Schema()), Named{Expr: w, Name: expr.SessionColumn})}
	made := expr.NewColumn(width, expr.SessionColumn, w.Type(), true)
	present, err := expr.Build(&r.build, "isnotnull", []expr.Expr{made})
	return &Filter{Input: project, Condition: present}, err
}

// isSession reports whether a column of a node is a session window.
func isSession(node Node, column int) bool {
	switch n := node.(type) {
	case *Project:
		switch e := n.Columns[column].Expr.(type) {
		case *expr.SessionWindow:
			return true
		case *expr.Column:
			return isSession(n.Input, e.Index)
		}
	case *Filter, *Watermark, *Sort, *Limit, *Deduplicate:
		return isSession(node.Children()[0], column)
	}
	return false
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
