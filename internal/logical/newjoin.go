package logical

import (
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// newJoin joins on conditions over the left's columns followed by the right's: equalities between
// the sides become keys.
func newJoin(left, right Node, how plan.JoinType, conditions []expr.Expr) *Join {
	width := len(left.Schema().Fields)
	j := &Join{Left: left, Right: right, Type: how}
	if how == plan.CrossJoin {
		j.Type = plan.InnerJoin
	}
	var rest []expr.Expr
	for _, c := range conditions {
		for _, c := range expr.Conjuncts(c) {
			if key, ok := joinKey(c, width); ok {
				j.Keys = append(j.Keys, key)
			} else {
				rest = append(rest, c)
			}
		}
	}
	j.Condition = expr.Conjunction(rest)
	if how == plan.CrossJoin && len(j.Keys) == 0 && j.Condition == nil {
		j.Type = plan.CrossJoin
	}
	return j
}

// joinKey is the key that an equality between the sides makes.
func joinKey(e expr.Expr, width int) (JoinKey, bool) {
	a, b, nullSafe, ok := expr.EqualSides(e)
	if !ok || !expr.IsDeterministic(e) {
		return JoinKey{}, false
	}
	if onRight(a, width) && onLeft(b, width) {
		a, b = b, a
	}
	if !onLeft(a, width) || !onRight(b, width) {
		return JoinKey{}, false
	}
	return JoinKey{Left: a, Right: shifted(b, -width), NullSafe: nullSafe}, true
}

// onLeft and onRight report whether an expression reads columns of one side, and of that side only.
func onLeft(e expr.Expr, width int) bool {
	return reads(e, func(i int) bool { return i < width })
}

func onRight(e expr.Expr, width int) bool {
	return reads(e, func(i int) bool { return i >= width })
}

func reads(e expr.Expr, allowed func(int) bool) bool {
	some, all := false, true
	columnsIn(e, func(i int) { some, all = true, all && allowed(i) })
	return some && all
}
