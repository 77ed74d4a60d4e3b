package logical

import (
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// streamJoin moves conditions of a join that only read one side to that side, where a row that fails them is of no use: what a join
// of two streams need not remember, and what moves no watermark. A null in an equality or a comparison is of no use either.
func streamJoin(node Node) Node {
	j, ok := node.(*Join)
	if !ok || !IsStreaming(j) {
		return node
	}
	leftFree, rightFree := conditionable(j.Type)
	if !leftFree && !rightFree {
		return j.withComparedNulls()
	}
	width := len(j.Left.Schema().Fields)
	var left, right, rest []expr.Expr
	for _, c := range j.conditions() {
		switch pure := expr.IsDeterministic(c); {
		case pure && leftFree && onLeft(c, width):
			left = append(left, c)
		case pure && rightFree && onRight(c, width):
			right = append(right, shifted(c, -width))
		default:
			rest = append(rest, c)
		}
	}
	j = j.withComparedNulls()
	there := j.neverNull(rest)
	if leftFree {
		left = append(left, notNull(j.Left, there[:width])...)
	}
	if rightFree {
		right = append(right, notNull(j.Right, there[width:])...)
	}
	out := j.WithChildren([]Node{sink(j.Left, left), sink(j.Right, right)}).(*Join)
	out.Condition = expr.Conjunction(rest)
	return out
}

func (n *Join) conditions() []expr.Expr {
	if n.Condition == nil {
		return nil
	}
	return expr.Conjuncts(n.Condition)
}

// conditionable says on which sides a row that fails the condition alone can be left out.
func conditionable(how plan.JoinType) (left, right bool) {
	switch how {
	case plan.InnerJoin, plan.CrossJoin, plan.LeftSemiJoin:
		return true, true
	case plan.LeftOuterJoin, plan.LeftAntiJoin:
		return false, true
	case plan.RightOuterJoin:
		return true, false
	default: // FullOuterJoin
		return false, false
	}
}

// neverNull marks the columns that a row needs to have to find a partner.
func (n *Join) neverNull(conditions []expr.Expr) []bool {
	width := len(n.Left.Schema().Fields)
	there := make([]bool, width+len(n.Right.Schema().Fields))
	for _, k := range n.Keys {
		if !k.NullSafe {
			expr.NullIfNull(k.Left, func(i int) { there[i] = true })
			expr.NullIfNull(k.Right, func(i int) { there[i+width] = true })
		}
	}
	for _, c := range conditions {
		for _, part := range expr.Parts(c) {
			expr.NullIfNull(part, func(i int) { there[i] = true })
		}
	}
	return there
}

func notNull(side Node, there []bool) []expr.Expr {
	schema := side.Schema()
	var conditions []expr.Expr
	for i, needed := range there {
		if needed && schema.Fields[i].Nullable {
			conditions = append(conditions, expr.IsNotNull(columnOf(schema, i)))
		}
	}
	return conditions
}

// NeverNull marks the columns, of the left and then of the right, that a row needs to have to find a partner.
func (n *Join) NeverNull() []bool { return n.neverNull(n.conditions()) }

// SplitCondition gives what of the condition reads one side alone, as conditions over that side, and the rest; nil where there is nothing.
func (n *Join) SplitCondition() (left, right, both expr.Expr) {
	width := len(n.Left.Schema().Fields)
	var lefts, rights, rest []expr.Expr
	for _, c := range n.conditions() {
		switch pure := expr.IsDeterministic(c); {
		case pure && onLeft(c, width):
			lefts = append(lefts, c)
		case pure && onRight(c, width):
			rights = append(rights, shifted(c, -width))
		default:
			rest = append(rest, c)
		}
	}
	return expr.Conjunction(lefts), expr.Conjunction(rights), expr.Conjunction(rest)
}
