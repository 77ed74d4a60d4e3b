package logical

import (
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// limitSort makes a limit of a sort the sort's own. The limit above stays: it costs nothing.
func limitSort(node Node) Node {
	l, ok := node.(*Limit)
	if !ok {
		return node
	}
	switch in := l.Input.(type) {
	case *Sort:
		return &Sort{Input: in.Input, Order: in.Order, Limit: smaller(in.Limit, l.N)}
	case *Project:
		if s, ok := in.Input.(*Sort); ok {
			return &Project{Input: &Sort{Input: s.Input, Order: s.Order, Limit: smaller(s.Limit, l.N)}, Columns: in.Columns}
		}
	case *Offset:
		if s, ok := in.Input.(*Sort); ok && l.N+in.N >= l.N {
			s = &Sort{Input: s.Input, Order: s.Order, Limit: smaller(s.Limit, l.N+in.N)}
			return &Limit{Input: &Offset{Input: s, N: in.N}, N: l.N}
		}
	}
	return node
}

// smaller of two limits, of which the first may be none.
func smaller(limit, n int64) int64 {
	if limit < 0 {
		return n
	}
	return min(limit, n)
}

// pushFilters moves conditions down, as far as what they read is still there.
func pushFilters(node Node) Node {
	return transform(node, func(n Node) Node {
		if f, ok := n.(*Filter); ok {
			return sink(f.Input, expr.Conjuncts(f.Condition))
		}
		return n
	})
}

// filtered is a filter, where there is a condition.
func filtered(node Node, conditions []expr.Expr) Node {
	if len(conditions) == 0 {
		return node
	}
	return &Filter{Input: node, Condition: expr.Conjunction(conditions)}
}

// sink puts conditions over a node's columns below the node where that keeps their meaning.
func sink(node Node, conditions []expr.Expr) Node {
	switch n := node.(type) {
	case *Filter:
		return sink(n.Input, append(expr.Conjuncts(n.Condition), conditions...))
	case *Project:
		return sinkProject(n, conditions)
	case *Generate:
		if n.Drop != nil {
			break
		}
		below, above := split(conditions, len(n.Input.Schema().Fields))
		if len(below) > 0 {
			return filtered(n.WithChildren([]Node{sink(n.Input, below)}), above)
		}
	case *Sort:
		if n.Limit < 0 {
			return n.WithChildren([]Node{sink(n.Input, conditions)})
		}
	case *Union:
		return sinkUnion(n, conditions)
	case *Join:
		return sinkJoin(n, conditions)
	case *Watermark:
		return sinkWatermark(n, conditions)
	case *Aggregate:
		return sinkAggregate(n, conditions)
	}
	return filtered(node, conditions)
}

// sinkAggregate moves conditions over columns that are grouped by below the grouping: what fails them makes no group, and
// a stream need not remember it.
func sinkAggregate(n *Aggregate, conditions []expr.Expr) Node {
	if n.Session != nil { // its windows grow by the rows that they meet
		return filtered(n, conditions)
	}
	var below, above []expr.Expr
	for _, c := range conditions {
		read, keys := 0, expr.IsDeterministic(c)
		columnsIn(c, func(i int) { read, keys = read+1, keys && i < len(n.Keys) && isPath(n.Keys[i].Expr) })
		if keys && read > 0 {
			below = append(below, substitute(c, n.Keys))
		} else {
			above = append(above, c)
		}
	}
	if len(below) == 0 {
		return filtered(n, above)
	}
	return filtered(n.WithChildren([]Node{sink(n.Input, below)}), above)
}

// sinkWatermark keeps conditions over the event time above: the rows that they drop move the watermark, as in Spark.
func sinkWatermark(n *Watermark, conditions []expr.Expr) Node {
	var below, above []expr.Expr
	for _, c := range conditions {
		moves := expr.IsDeterministic(c)
		columnsIn(c, func(i int) { moves = moves && i != n.Column })
		if moves {
			below = append(below, c)
		} else {
			above = append(above, c)
		}
	}
	if len(below) == 0 {
		return filtered(n, above)
	}
	return filtered(n.WithChildren([]Node{sink(n.Input, below)}), above)
}

// split tells conditions that read only the first columns, and may be moved, from the rest.
func split(conditions []expr.Expr, width int) (below, above []expr.Expr) {
	for _, c := range conditions {
		if onLeft(c, width) && expr.IsDeterministic(c) {
			below = append(below, c)
		} else {
			above = append(above, c)
		}
	}
	return below, above
}

// sinkProject writes conditions over the projected columns in what these are made of. What is not just a
// column or a field would be computed twice, and what is not deterministic must not be.
func sinkProject(n *Project, conditions []expr.Expr) Node {
	var below, above []expr.Expr
	for _, c := range conditions {
		cheap := expr.IsDeterministic(c)
		columnsIn(c, func(i int) { cheap = cheap && isPath(n.Columns[i].Expr) })
		if !cheap {
			above = append(above, c)
			continue
		}
		below = append(below, substitute(c, n.Columns))
	}
	if len(below) == 0 {
		return filtered(n, above)
	}
	return filtered(n.WithChildren([]Node{sink(n.Input, below)}), above)
}

// isPath reports whether an expression only picks a column or a field of one.
func isPath(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Column:
		return true
	case *expr.GetField:
		return isPath(e.Child())
	}
	return false
}

func sinkUnion(n *Union, conditions []expr.Expr) Node {
	for _, c := range conditions {
		if !expr.IsDeterministic(c) {
			return filtered(n, conditions)
		}
	}
	inputs := make([]Node, len(n.Inputs))
	for i, in := range n.Inputs {
		inputs[i] = sink(in, conditions)
	}
	return &Union{Inputs: inputs}
}

// sinkJoin moves conditions to the side they read, where that side keeps or loses a row no matter
// what the other side has.
func sinkJoin(n *Join, conditions []expr.Expr) Node {
	width := len(n.Left.Schema().Fields)
	leftFree, rightFree := filterable(n.Type)
	var left, right, above []expr.Expr
	for _, c := range conditions {
		switch {
		case !expr.IsDeterministic(c):
			above = append(above, c)
		case leftFree && onLeft(c, width):
			left = append(left, c)
		case rightFree && onRight(c, width):
			right = append(right, shifted(c, -width))
		default:
			above = append(above, c)
		}
	}
	if len(left)+len(right) == 0 {
		return filtered(n, above)
	}
	out := n.WithChildren([]Node{sink(n.Left, left), sink(n.Right, right)})
	return filtered(out, above)
}

// filterable says which sides of a join may be filtered before it.
func filterable(how plan.JoinType) (left, right bool) {
	switch how {
	case plan.InnerJoin, plan.CrossJoin:
		return true, true
	case plan.LeftOuterJoin, plan.LeftSemiJoin, plan.LeftAntiJoin:
		return true, false
	case plan.RightOuterJoin:
		return false, true
	default: // FullOuterJoin
		return false, false
	}
}

// joinConditions makes a filter above an inner or cross join part of the join: FROM a, b WHERE a.id =
// b.id.
func joinConditions(node Node) Node {
	f, ok := node.(*Filter)
	if !ok {
		return node
	}
	j, ok := f.Input.(*Join)
	if !ok || j.Type != plan.InnerJoin && j.Type != plan.CrossJoin {
		return node
	}
	width := len(j.Left.Schema().Fields)
	var between, rest []expr.Expr
	for _, c := range expr.Conjuncts(f.Condition) {
		if expr.IsDeterministic(c) && !onLeft(c, width) && !onRight(c, width) && has[*expr.Column](c) {
			between = append(between, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(between) == 0 {
		return node
	}
	if j.Condition != nil {
		between = append([]expr.Expr{j.Condition}, between...)
	}
	out := newJoin(j.Left, j.Right, plan.InnerJoin, between)
	out.Keys = append(append([]JoinKey(nil), j.Keys...), out.Keys...)
	return filtered(out, rest)
}

// pushPredicates tells a source what the filter above it will keep. The filter stays: the source may
// give more.
func pushPredicates(node Node) Node {
	f, ok := node.(*Filter)
	if !ok {
		return node
	}
	switch in := f.Input.(type) {
	case *Relation:
		out := *in
		out.Options.Where = expr.ToPredicateOf(f.Condition, in.known())
		return &Filter{Input: &out, Condition: f.Condition}
	case *StreamRelation:
		out := *in
		out.Options.Where = expr.ToPredicate(f.Condition, pathsOf(in))
		return &Filter{Input: &out, Condition: f.Condition}
	}
	return node
}

func pathsOf(node Node) func(int) []string {
	schema := node.Schema()
	return func(i int) []string { return []string{schema.Fields[i].Name} }
}
