package logical

import "lakehouse/internal/expr"

// mapExprs is the node with f applied to each of its own expressions.
func mapExprs(node Node, f func(expr.Expr) expr.Expr) Node {
	switch n := node.(type) {
	case *Project:
		return &Project{Input: n.Input, Columns: mapNamed(n.Columns, f)}
	case *Filter:
		return &Filter{Input: n.Input, Condition: f(n.Condition)}
	case *Sort:
		return &Sort{Input: n.Input, Order: mapSortKeys(n.Order, f), Limit: n.Limit}
	case *Aggregate:
		return &Aggregate{Input: n.Input, Keys: mapNamed(n.Keys, f), Calls: mapCalls(n.Calls, f), Session: n.Session}
	case *Generate:
		args := mapAll(n.Generator.Args(), f)
		return &Generate{Input: n.Input, Generator: n.Generator.WithArgs(args), Outer: n.Outer, Names: n.Names, Drop: n.Drop, window: n.window}
	case *Expand:
		out := &Expand{Input: n.Input, Columns: n.Columns, Projections: make([][]expr.Expr, len(n.Projections))}
		for i, p := range n.Projections {
			out.Projections[i] = mapAll(p, f)
		}
		return out
	case *Window:
		return mapWindow(n, f)
	case *Join:
		return mapJoin(n, f)
	}
	return node
}

func mapAll(exprs []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = f(e)
	}
	return out
}

func mapNamed(columns []Named, f func(expr.Expr) expr.Expr) []Named {
	out := make([]Named, len(columns))
	for i, c := range columns {
		c.Expr = f(c.Expr)
		out[i] = c
	}
	return out
}

func mapSortKeys(keys []SortKey, f func(expr.Expr) expr.Expr) []SortKey {
	out := make([]SortKey, len(keys))
	for i, k := range keys {
		k.Expr = f(k.Expr)
		out[i] = k
	}
	return out
}

func mapCalls(calls []AggregateCall, f func(expr.Expr) expr.Expr) []AggregateCall {
	out := make([]AggregateCall, len(calls))
	for i, c := range calls {
		out[i] = c.withArgs(mapAll((&aggregateCall{c}).Children(), f))
	}
	return out
}

func mapWindow(n *Window, f func(expr.Expr) expr.Expr) Node {
	out := &Window{Input: n.Input, PartitionBy: mapAll(n.PartitionBy, f), OrderBy: mapSortKeys(n.OrderBy, f)}
	for _, c := range n.Calls {
		call := &windowCall{WindowCall: c}
		out.Calls = append(out.Calls, call.WithChildren(mapAll(call.Children(), f)).(*windowCall).WindowCall)
	}
	return out
}

// mapJoin leaves to f to know which side a key is over: by the positions of its columns it cannot tell.
func mapJoin(n *Join, f func(expr.Expr) expr.Expr) Node {
	out := &Join{Left: n.Left, Right: n.Right, Type: n.Type, Keys: make([]JoinKey, len(n.Keys))}
	for i, k := range n.Keys {
		out.Keys[i] = JoinKey{Left: f(k.Left), Right: f(k.Right), NullSafe: k.NullSafe}
	}
	if n.Condition != nil {
		out.Condition = f(n.Condition)
	}
	return out
}

// eachExpr calls f with each of the node's own expressions.
func eachExpr(node Node, f func(expr.Expr)) {
	mapExprs(node, func(e expr.Expr) expr.Expr { f(e); return e })
}
