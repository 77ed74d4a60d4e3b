package logical

import "lakehouse/internal/expr"

// Optimize makes a plan cheaper without changing what it answers: conditions move down to what they
// read, sources give only the columns and, where statistics tell, the parts that are needed, and a
// limited sort keeps only what it has to.
func Optimize(node Node) Node {
	node = transform(node, joinConditions)
	node = transform(node, streamJoin)
	node = pushFilters(node)
	node = transform(node, limitSort)
	node = pruneColumns(node)
	node = transform(node, collapseProjects)
	return transform(node, pushPredicates)
}

// collapseProjects makes one projection of two, where that computes nothing twice.
func collapseProjects(node Node) Node {
	upper, ok := node.(*Project)
	if !ok {
		return node
	}
	lower, ok := upper.Input.(*Project)
	if !ok {
		return node
	}
	uses := make([]int, len(lower.Columns))
	for _, c := range upper.Columns {
		columnsIn(c.Expr, func(i int) { uses[i]++ })
	}
	for i, c := range lower.Columns {
		if uses[i] > 0 && !isPath(c.Expr) && (uses[i] > 1 || !expr.IsDeterministic(c.Expr)) {
			return node
		}
	}
	out := &Project{Input: lower.Input}
	out.Columns = mapNamed(upper.Columns, func(e expr.Expr) expr.Expr { return substitute(e, lower.Columns) })
	return out
}

// substitute puts expressions in the place of the columns that they make.
func substitute(e expr.Expr, columns []Named) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		if c, ok := e.(*expr.Column); ok {
			return columns[c.Index].Expr, nil
		}
		return nil, nil
	})
	return out
}
