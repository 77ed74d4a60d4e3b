package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/plan"
)

// groupsWithState are the operators of a plan over streams that keep state for groups as a function likes.
func groupsWithState(node Node) (all []*TransformWithState) {
	if n, ok := node.(*TransformWithState); ok && IsStreaming(n.Input) {
		all = append(all, n)
	}
	for _, c := range node.Children() {
		all = append(all, groupsWithState(c)...)
	}
	return all
}

// groupsMayBeComplete: the processor of a transformWithState may keep all that it ever made.
func (c *streamCheck) groupsMayBeComplete() bool {
	other := func(n *TransformWithState) bool { return n.As != plan.AsTransformWithState }
	return len(c.groups) > 0 && !slices.ContainsFunc(c.groups, other)
}

// groupsTogether refuses several operators with groups that do not go together.
func (c *streamCheck) groupsTogether() error {
	maps, flatMaps, appending := 0, 0, c.mode == Append
	for _, n := range c.groups {
		switch n.As {
		case plan.AsMapGroupsWithState:
			maps++
		case plan.AsFlatMapGroupsWithState:
			flatMaps++
			appending = appending && !n.Update
		case plan.AsTransformWithState:
		}
	}
	switch {
	case maps > 1:
		return notOnStreams("Multiple mapGroupsWithStates are not supported on a streaming DataFrames/Datasets")
	case maps > 0 && flatMaps > 0:
		return notOnStreams("Mixing mapGroupsWithStates and flatMapGroupsWithStates are not supported on a streaming DataFrames/Datasets")
	case flatMaps > 1 && !appending:
		return notOnStreams("Multiple flatMapGroupsWithStates are not supported when they are not all in append mode or the output mode is not append on a streaming DataFrames/Datasets")
	}
	return nil
}

// groupState looks at the output modes of one operator with groups, and at its watermark.
func (c *streamCheck) groupState(n *TransformWithState) error {
	const over = " on a streaming DataFrame/Dataset"
	own := Append
	if n.Update {
		own = Update
	}
	switch {
	case n.As == plan.AsTransformWithState:
		return nil
	case n.As == plan.AsMapGroupsWithState && c.mode != Update:
		return notOnStreams("mapGroupsWithState is not supported with %s output mode"+over, c.mode)
	case n.As == plan.AsFlatMapGroupsWithState && len(c.aggregates) == 0 && own != c.mode:
		return notOnStreams("flatMapGroupsWithState in %s mode is not supported with %s output mode"+over, strings.ToLower(own.String()), c.mode)
	case n.As == plan.AsFlatMapGroupsWithState && len(c.aggregates) > 0 && n.Update:
		return notOnStreams("flatMapGroupsWithState in update mode is not supported with aggregation" + over)
	case n.EventTime && !slices.ContainsFunc(EventTimes(n.Input), func(w *Watermark) bool { return w != nil }):
		return notOnStreams("Watermark must be specified in the query using '[Dataset/DataFrame].withWatermark()' for using event-time timeout in a [map|flatMap]GroupsWithState. Event-time timeout not supported without watermark.")
	}
	return nil
}
