package logical

import (
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// A JoinBound says which rows of one side of a join of two streams can find no partner any more: those whose time, in a key or in a
// column of their own, is at or below Ms.
type JoinBound struct {
	Key    int // -1: none
	Column int // of the side, where there is no key
	Ms     int64
}

// Bounds works out the bounds of both sides under a watermark; nil: the side's rows are kept for ever. A key that is an event time
// bounds both sides. Else a side is bounded by what the condition says of its event time and the other's.
func (n *Join) Bounds(watermarkMs int64) (left, right *JoinBound) {
	leftTimes, rightTimes := EventTimes(n.Left), EventTimes(n.Right)
	if k := n.timeKey(leftTimes, rightTimes); k >= 0 {
		return &JoinBound{Key: k, Ms: watermarkMs}, &JoinBound{Key: k, Ms: watermarkMs}
	}
	l, r := firstTime(leftTimes), firstTime(rightTimes)
	width := len(leftTimes)
	if l >= 0 && r >= 0 {
		if ms, ok := n.valueBound(l, r+width, watermarkMs); ok {
			left = &JoinBound{Key: -1, Column: l, Ms: ms}
		}
		if ms, ok := n.valueBound(r+width, l, watermarkMs); ok {
			right = &JoinBound{Key: -1, Column: r, Ms: ms}
		}
	}
	return left, right
}

// timeKey is the first key that is an event time on the left, or else on the right; -1: none is. One for which null equals null is
// none, as in Spark: its nulls have no time.
func (n *Join) timeKey(left, right []*Watermark) int {
	for i, k := range n.Keys {
		if !k.NullSafe && eventTimeOf(k.Left, left) != nil {
			return i
		}
	}
	for i, k := range n.Keys {
		if !k.NullSafe && eventTimeOf(k.Right, right) != nil {
			return i
		}
	}
	return -1
}

func firstTime(times []*Watermark) int {
	for i, w := range times {
		if w != nil {
			return i
		}
	}
	return -1
}

// valueBound is the time of one side up to which its rows are past when the event time of the other side has reached the watermark:
// other + c < mine makes it watermark + c. Of several conditions the earliest counts, which is always safe.
func (n *Join) valueBound(mine, other int, watermarkMs int64) (ms int64, ok bool) {
	if n.Condition == nil {
		return 0, false
	}
	for _, c := range expr.Parts(n.Condition) {
		sum, orEqual, is := expr.TimeOrder(c)
		if !is || len(sum.Plus) != 1 || len(sum.Minus) != 1 || sum.Plus[0] != other || sum.Minus[0] != mine {
			continue
		}
		bound := int64((float64(watermarkMs)*1000 + sum.Micros) / 1000)
		if orEqual { // the row at the bound may still find one
			bound--
		}
		if !ok || bound < ms {
			ms, ok = bound, true
		}
	}
	return ms, ok
}

// closes reports whether the watermark says of the rows that are kept without a partner when no partner can come any more. Spark
// also lets an outer join run where one side's watermark says so of a side that has no event time of its own: such rows it
// never gives. A semi join gives rows when they find a partner, and loses nothing by it.
func closes(n *Join) bool {
	left, right := n.Bounds(1_000_000)
	switch n.Type {
	case plan.RightOuterJoin:
		return right != nil
	case plan.FullOuterJoin:
		return left != nil || right != nil
	case plan.LeftSemiJoin:
		return left != nil || n.boundsAnyOfLeft()
	default: // LeftOuterJoin
		return left != nil
	}
}

// boundsAnyOfLeft reports whether the condition bounds some column of the left side by the right one's event time.
func (n *Join) boundsAnyOfLeft() bool {
	width := len(n.Left.Schema().Fields)
	other := firstTime(EventTimes(n.Right))
	for mine := 0; other >= 0 && mine < width; mine++ {
		if _, ok := n.valueBound(mine, other+width, 1_000_000); ok {
			return true
		}
	}
	return false
}
