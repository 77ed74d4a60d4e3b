package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/plan"
)

// join refuses the joins that a stream cannot run: where a row could only be given when no match can come any more, and nothing
// says when that is.
func (c *streamCheck) join(n *Join) error {
	left, right := IsStreaming(n.Left), IsStreaming(n.Right)
	if left && right {
		return c.streamJoin(n)
	}
	name := joinNames[n.Type]
	switch n.Type {
	case plan.FullOuterJoin:
		sides := []string{"left", "right"}
		if right {
			sides = []string{"right", "left"}
		}
		return notOnStreams("FullOuter joins with streaming DataFrames/Datasets on the %s and a static DataFrame/Dataset on the %s is not supported", sides[0], sides[1])
	case plan.LeftAntiJoin:
		if right {
			return notOnStreams("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported")
		}
	case plan.LeftOuterJoin, plan.LeftSemiJoin:
		if right {
			return notOnStreams("%s join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported", name)
		}
	case plan.RightOuterJoin:
		if left {
			return notOnStreams("RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/DataSet on the right not supported")
		}
	default: // inner and cross joins
	}
	return nil
}

func (c *streamCheck) streamJoin(n *Join) error {
	modes := []OutputMode{Append}
	name := joinNames[n.Type]
	switch n.Type {
	case plan.LeftAntiJoin:
		return notOnStreams("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported")
	case plan.InnerJoin, plan.CrossJoin, plan.LeftSemiJoin:
		modes = append(modes, Update)
	default: // the outer ones
	}
	if !slices.Contains(modes, c.mode) {
		return notOnStreams("%s join between two streaming DataFrames/Datasets is not supported in %s output mode, only in %s",
			name, c.mode, modeList(modes))
	}
	if n.Type != plan.InnerJoin && n.Type != plan.CrossJoin && !closes(n) {
		return notOnStreams("Stream-stream %s join between two streaming DataFrame/Datasets is not supported without a watermark in the join keys, or a watermark on the nullable side and an appropriate range condition", name)
	}
	return nil
}

// checkJoinKeys refuses a join of two streams without an equality, which FROM a, b WHERE a.id = b.id has when the plan is optimized.
func checkJoinKeys(node Node) error {
	if j, ok := node.(*Join); ok && len(j.Keys) == 0 && IsStreaming(j.Left) && IsStreaming(j.Right) {
		return notOnStreams("Stream-stream join without equality predicate is not supported").
			WithHint("Join on at least one equality between the sides.")
	}
	for _, c := range node.Children() {
		if err := checkJoinKeys(c); err != nil {
			return err
		}
	}
	return nil
}

func modeList(modes []OutputMode) string {
	names := make([]string, len(modes))
	for i, m := range modes {
		names[i] = m.String()
	}
	if len(names) == 1 {
		return names[0] + " output mode"
	}
	return strings.Join(names, " and ") + " output modes"
}
