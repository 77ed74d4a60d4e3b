package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
)

// What a name stands for is repeated where the name is used: an alias in its select list, a query that WITH or a view
// names. A short text of names that use each other twice would make a tree without end.
const (
	maxExpression = 1 << 14 // nodes of one item of a select list
	maxRelation   = 1 << 15 // nodes of a named query or subquery
)

// boundedItem refuses an expression that lateral aliases have made too large.
func boundedItem(e expr.Expr) error {
	left := maxExpression
	if has[*laterAlias](e) && !countExpr(e, &left) {
		return errclass.UnsupportedFeature.New("The column aliases of this select list stand for more than %d expressions.", maxExpression).
			WithHint("Compute them in a subquery, each of which is computed once.")
	}
	return nil
}

// countExpr takes the nodes of an expression off what is left; false when that does not suffice.
func countExpr(e expr.Expr, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	for _, child := range e.Children() {
		if !countExpr(child, left) {
			return false
		}
	}
	return true
}

// boundedRelation refuses a query that repeats others too often.
func boundedRelation(n Node) error {
	left := maxRelation
	if countNodes(n, &left) {
		return nil
	}
	return errclass.UnsupportedFeature.New("The query stands for more than %d relations: a query that WITH or a view names counts wherever it is used.", maxRelation).
		WithHint("Write what is used often to a table first.")
}

func countNodes(n Node, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	for _, child := range n.Children() {
		if !countNodes(child, left) {
			return false
		}
	}
	return true
}
