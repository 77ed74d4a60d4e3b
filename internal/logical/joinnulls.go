package logical

import "lakehouse/internal/expr"

// RememberedNotNull marks the columns, of the left and then of the right, of which the schema of Spark's state says that they hold no
// null. Spark leaves rows out that lack what a partner needs, by a filter below the join. Where that filter stays, as above the
// watermark for an event time, the join sees its columns; where it moves down to the source, a projection takes the mark back.
func (n *Join) RememberedNotNull() []bool {
	there := n.NeverNull()
	width := len(n.Left.Schema().Fields)
	leftFree, rightFree := conditionable(n.Type)
	return append(staying(n.Left, there[:width], leftFree), staying(n.Right, there[width:], rightFree)...)
}

// staying marks the columns of a side over which a filter stays, of those that the join needs, if it filters the side, and of those
// that filters above need.
func staying(side Node, there []bool, filters bool) []bool {
	marks := make([]bool, len(there))
	if filters {
		copy(marks, there)
	}
	keep := make([]bool, len(there))
	whereFiltersStay(side, marks, keep)
	for i := range marks {
		marks[i] = marks[i] && keep[i]
	}
	return marks
}

// whereFiltersStay marks the columns of a node below which a filter over them does not move; filters on the way add to what is needed.
func whereFiltersStay(node Node, needed, keep []bool) {
	switch n := node.(type) {
	case *Filter:
		for _, part := range expr.Parts(n.Condition) {
			expr.FailsOnNull(part, func(c int) { needed[c] = true })
		}
		whereFiltersStay(n.Input, needed, keep)
	case *Watermark:
		whereFiltersStay(n.Input, needed, keep)
		keep[n.Column] = true
	case *Deduplicate:
		for i := range keep {
			keep[i] = true
		}
	case *Project:
		chosen := chosenColumns(n)
		if chosen == nil {
			return
		}
		width := len(n.Input.Schema().Fields)
		neededBelow, keepBelow := make([]bool, width), make([]bool, width)
		whereFiltersStay(n.Input, neededBelow, keepBelow)
		for i, c := range chosen {
			needed[i], keep[i] = needed[i] || neededBelow[c], keepBelow[c]
		}
	}
}

// chosenColumns are those of the input that a projection leaves, in their order; nil: it does more.
func chosenColumns(n *Project) []int {
	chosen := make([]int, len(n.Columns))
	last := -1
	for i, c := range n.Columns {
		read, ok := c.Expr.(*expr.Column)
		if !ok || read.Index <= last {
			return nil
		}
		chosen[i], last = read.Index, read.Index
	}
	return chosen
}
