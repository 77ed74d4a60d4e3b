package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
)

// IsStateful reports whether a node of a streaming plan remembers something from batch to batch, and so has a number among the
// stateful operators.
func IsStateful(node Node, mode OutputMode) bool {
	switch n := node.(type) {
	case *Aggregate:
		return IsStreaming(n.Input)
	case *TransformWithState:
		return IsStreaming(n.Input)
	case *Deduplicate:
		return IsStreaming(n.Input)
	case *Join:
		return IsStreaming(n.Left) && IsStreaming(n.Right)
	case *Limit: // of a whole result, each is cut for itself
		return IsStreaming(n.Input) && (mode == Append || len(streamingAggregates(n.Input)) == 0)
	}
	return false
}

// EventTimes gives, for each column of a node, the Watermark that makes it an event time; nil: none does. A window of an event
// time is one, too: its end counts.
func EventTimes(node Node) []*Watermark {
	times := make([]*Watermark, len(node.Schema().Fields))
	switch n := node.(type) {
	case *Watermark:
		times[n.Column] = n // a later one takes the place of those below
	case *Project:
		below := EventTimes(n.Input)
		for i, c := range n.Columns {
			times[i] = eventTimeOf(c.Expr, below)
		}
	case *Generate:
		below := EventTimes(n.Input)
		for to, from := range n.carried() {
			times[to] = below[from]
		}
		for i := len(n.carried()); i < len(times) && n.window; i++ {
			columnsIn(n.Generator.Args()[0], func(c int) {
				if below[c] != nil {
					times[i] = below[c]
				}
			})
		}
	case *Union:
		copy(times, EventTimes(n.Inputs[0])) // as Spark has it
	case *Aggregate:
		below := EventTimes(n.Input)
		for i, k := range n.Keys {
			times[i] = eventTimeOf(k.Expr, below)
		}
	case *TransformWithState: // it makes columns of its own
	case *Join:
		width := copy(times, EventTimes(n.Left))
		if len(times) > width {
			copy(times[width:], EventTimes(n.Right))
		}
	default:
		for _, c := range node.Children() {
			for i, t := range EventTimes(c) {
				if i < len(times) && times[i] == nil {
					times[i] = t
				}
			}
		}
	}
	return times
}

// eventTimeOf: the column itself, a window of it, or the last moment of such a window. A bound of the window is none, as in Spark.
func eventTimeOf(e expr.Expr, below []*Watermark) *Watermark {
	switch e := e.(type) {
	case *expr.Column:
		return below[e.Index]
	case *expr.TimeWindow:
		return eventTimeOf(e.Time, below)
	case *expr.SessionWindow:
		return eventTimeOf(e.Time, below)
	}
	if window := expr.WindowOf(e); window != nil {
		return eventTimeOf(window, below)
	}
	return nil
}

// EventTimeColumn is the number of the column that is an event time; -1: none is. Several are an error: which one would say what
// is late?
func EventTimeColumn(node Node) (int, error) {
	found := -1
	for i, w := range EventTimes(node) {
		if w == nil {
			continue
		}
		if found >= 0 {
			fields := node.Schema().Fields
			return 0, errclass.UnsupportedStreaming.New("More than one event time columns are available. Please ensure there is at most one event time column in the stream. event time columns: (%s,%s)", fields[found].Name, fields[i].Name)
		}
		found = i
	}
	return found, nil
}

// Watermarks lists the Watermark nodes over streams, each before those below it, from left to right: in the order of their numbers.
func Watermarks(node Node) []*Watermark {
	var all []*Watermark
	if w, ok := node.(*Watermark); ok && IsStreaming(w) {
		all = append(all, w)
	}
	for _, c := range node.Children() {
		all = append(all, Watermarks(c)...)
	}
	return all
}
