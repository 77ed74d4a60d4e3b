package logical

import (
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// subquery resolves a query used as an expression. Names that it does not know are looked for in the
// query around it.
func (x *expressions) subquery(q *plan.Subquery) (expr.Expr, error) {
	inner := *x.resolver
	inner.outer = x.scope
	s, err := inner.relation(q.Query)
	if err != nil {
		return nil, err
	}
	s = s.visible()
	call := &subqueryCall{scope: s, exists: q.Exists, not: q.Not, at: q.At}
	node, on, err := pullUp(s.node)
	if err != nil {
		return nil, placed(err, q.At)
	}
	call.on = on
	if node != s.node {
		call.scope = &scope{node: node, columns: s.columns}
	}
	if q.Child != nil {
		call.child, err = x.resolve(q.Child)
	}
	if !q.Exists && len(s.columns) != 1 {
		return nil, placed(errclass.InvalidSubquery.New("Scalar subquery must return only one column, but got %d.", len(s.columns)), q.At)
	}
	return call, err
}

// pullUp takes the conditions that use columns of the query around out of a subquery. They come back over
// the subquery's columns, of which it may get more, at the end.
func pullUp(node Node) (Node, []expr.Expr, error) {
	switch n := node.(type) {
	case *Filter:
		return pullUpFilter(n)
	case *Project:
		return pullUpProject(n)
	case *Aggregate:
		return pullUpAggregate(n)
	}
	if readsOuter(node) {
		return nil, nil, unsupportedSubquery("a correlated condition below %s", node)
	}
	return node, nil, nil
}

func unsupportedSubquery(format string, args ...any) error {
	return errclass.UnsupportedSubquery.New("Unsupported subquery expression: "+format+".", args...)
}

// readsOuter reports whether a plan uses columns of the query around it.
func readsOuter(node Node) bool {
	found := false
	eachExpr(node, func(e expr.Expr) { found = found || has[*outerColumn](e) })
	for _, c := range node.Children() {
		found = found || readsOuter(c)
	}
	return found
}

func pullUpFilter(n *Filter) (Node, []expr.Expr, error) {
	input, on, err := pullUp(n.Input)
	if err != nil {
		return nil, nil, err
	}
	var rest []expr.Expr
	for _, c := range expr.Conjuncts(n.Condition) {
		if has[*outerColumn](c) {
			on = append(on, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return input, on, nil
	}
	return &Filter{Input: input, Condition: expr.Conjunction(rest)}, on, nil
}

func pullUpProject(n *Project) (Node, []expr.Expr, error) {
	input, on, err := pullUp(n.Input)
	if err != nil {
		return nil, nil, err
	}
	out := &Project{Input: input, Columns: slices.Clip(n.Columns)}
	for _, c := range out.Columns {
		if has[*outerColumn](c.Expr) {
			return nil, nil, unsupportedSubquery("a column of the outer query in the select list")
		}
	}
	schema := input.Schema()
	for i, c := range on {
		on[i] = moved(c, func(index int) int { return out.column(schema.Fields[index].Name, columnOf(schema, index)) })
	}
	return out, on, nil
}

// column is the position of an expression among the projected ones, where it is added if missing.
func (n *Project) column(name string, e expr.Expr) int {
	for i, c := range n.Columns {
		if Same(c.Expr, e) {
			return i
		}
	}
	n.Columns = append(n.Columns, Named{Expr: e, Name: name})
	return len(n.Columns) - 1
}

// pullUpAggregate makes the inner sides of correlated equalities keys: then there is a row for each value
// that the outer query may ask for.
func pullUpAggregate(n *Aggregate) (Node, []expr.Expr, error) {
	input, on, err := pullUp(n.Input)
	if err != nil || len(on) == 0 {
		return &Aggregate{Input: input, Keys: n.Keys, Calls: n.Calls}, nil, err
	}
	for _, c := range n.Calls {
		if !c.Function.Nullable() {
			return nil, nil, unsupportedSubquery("%s in a correlated subquery, which is not null where there are no rows", c)
		}
	}
	if len(n.Keys) > 0 {
		return nil, nil, unsupportedSubquery("GROUP BY in a correlated subquery")
	}
	out := &Aggregate{Input: input, Calls: n.Calls}
	for i, c := range on {
		inner, outer, ok := correlatedSides(c)
		if !ok {
			return nil, nil, unsupportedSubquery("the correlated condition %s below an aggregate", c)
		}
		out.Keys = append(out.Keys, Named{Expr: inner, Name: inner.String()})
		on[i] = c.WithChildren([]expr.Expr{expr.NewColumn(i, inner.String(), inner.Type(), true), outer})
	}
	// The results keep their positions behind the new keys.
	results := &Project{Input: out}
	schema := out.Schema()
	for i := range n.Calls {
		f := schema.Fields[len(on)+i]
		results.Columns = append(results.Columns, Named{Expr: columnOf(schema, len(on)+i), Name: f.Name})
	}
	for i, c := range on {
		on[i] = moved(c, func(index int) int { return results.column(schema.Fields[index].Name, columnOf(schema, index)) })
	}
	return results, on, nil
}

// correlatedSides splits inner = outer, whichever way round.
func correlatedSides(e expr.Expr) (inner, outer expr.Expr, ok bool) {
	left, right, _, ok := expr.EqualSides(e)
	if !ok {
		return nil, nil, false
	}
	if has[*outerColumn](left) {
		left, right = right, left
	}
	return left, right, !has[*outerColumn](left) && !has[*expr.Column](right)
}

// joinCondition is a correlated condition over the outer columns followed by the subquery's.
func joinCondition(e expr.Expr, outerColumns int) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		switch e := e.(type) {
		case *outerColumn:
			return e.Column, nil
		case *expr.Column:
			return expr.NewColumn(e.Index+outerColumns, e.Name, e.DataType, e.Null), nil
		}
		return nil, nil
	})
	return out
}
