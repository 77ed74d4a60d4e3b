package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// CheckStreaming reports the first part of a plan that a stream cannot run, or not in the output mode.
func CheckStreaming(node Node, mode OutputMode) error {
	c := &streamCheck{mode: mode}
	if err := c.check(node); err != nil {
		return err
	}
	if mode == Complete && c.aggregates == 0 {
		return c.unsupportedMode("no streaming aggregations")
	}
	if mode != Append && c.aggregates > 1 {
		return errclass.UnsupportedStreaming.New("Detected pattern of possible 'correctness' issue due to global watermark. The query contains stateful operation which can emit rows older than the current watermark plus allowed late record delay, which are \"late rows\" in downstream stateful operations and these rows can be discarded. Please refer the programming guide doc for more details.").
			WithHint("A stream takes one aggregation in %s mode.", strings.ToLower(mode.String()))
	}
	return nil
}

type streamCheck struct {
	mode       OutputMode
	aggregates int // over streams
}

func (c *streamCheck) unsupportedMode(operation string) error {
	return errclass.OutputModeOperation.New("Invalid streaming output mode: %s. This output mode is not supported for %s on streaming DataFrames/DataSets.",
		strings.ToLower(c.mode.String()), operation)
}

func notOnStreams(format string, args ...any) *errclass.Error {
	return errclass.UnsupportedStreaming.New(format, args...)
}

// check looks at the inputs first: what is wrong below is told before what is wrong above.
func (c *streamCheck) check(node Node) error {
	if !IsStreaming(node) {
		return nil
	}
	for _, child := range node.Children() {
		if err := c.check(child); err != nil {
			return err
		}
	}
	switch n := node.(type) {
	case *Aggregate:
		return c.aggregate(n)
	case *Sort:
		if c.mode != Complete || c.aggregates == 0 {
			return notOnStreams("Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode")
		}
	case *Limit:
		return c.limit()
	case *Offset:
		return notOnStreams("Offset is not supported on streaming DataFrames/Datasets")
	case *Deduplicate:
		return c.deduplicate()
	case *Window:
		return errclass.NonTimeWindow.New("Window function is not supported in %s on streaming DataFrames/Datasets. Structured Streaming only supports time-window aggregation using the WINDOW function.", join(n.Calls))
	case *Expand:
		return notOnStreams("GroupingSets is not supported on streaming DataFrames/Datasets")
	case *Union:
		return checkUnion(n)
	case *SetOp:
		return checkSetOp(n)
	case *Join:
		return checkJoin(n)
	case *Single:
		return notOnStreams("A subquery over a stream is not supported on streaming DataFrames/Datasets")
	}
	return nil
}

func (c *streamCheck) aggregate(n *Aggregate) error {
	c.aggregates++
	for _, call := range n.Calls {
		if call.Distinct {
			return notOnStreams("Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using `approx_count_distinct()` instead.")
		}
	}
	watermarked := keyHasWatermark(n)
	switch {
	case c.mode == Append && !watermarked:
		return c.unsupportedMode("streaming aggregations without watermark")
	case c.mode != Complete && watermarked:
		return notOnStreams("Aggregation with a watermark in %s mode, which closes windows, is not in this version.", strings.ToLower(c.mode.String())).
			WithHint("Use outputMode complete, or update without withWatermark.")
	}
	return nil
}

func (c *streamCheck) limit() error {
	switch c.mode {
	case Update:
		return notOnStreams("Limits are not supported on streaming DataFrames/Datasets in Update output mode")
	case Append:
		return notOnStreams("A limit of a stream in Append output mode, which counts rows over all batches, is not in this version.")
	default:
		return nil
	}
}

func (c *streamCheck) deduplicate() error {
	if c.mode == Complete && c.aggregates > 0 {
		return nil // of the whole result
	}
	return notOnStreams("dropDuplicates and DISTINCT of a stream, which remember the rows of all batches, are not in this version.")
}

func checkUnion(n *Union) error {
	for _, in := range n.Inputs {
		if !IsStreaming(in) {
			return notOnStreams("Union between streaming and batch DataFrames/Datasets is not supported")
		}
	}
	return nil
}

func checkSetOp(n *SetOp) error {
	if n.Type == plan.Intersect {
		return notOnStreams("Intersect of streaming DataFrames/Datasets is not supported")
	}
	if IsStreaming(n.Right) {
		return notOnStreams("Except on a streaming DataFrame/Dataset on the right is not supported")
	}
	return notOnStreams("Except of a stream, which remembers the rows of all batches, is not in this version.")
}

func checkJoin(n *Join) error {
	left, right := IsStreaming(n.Left), IsStreaming(n.Right)
	name := joinNames[n.Type]
	switch {
	case left && right:
		return notOnStreams("%s join between two streaming DataFrames/Datasets is not in this version.", name).
			WithHint("Join the stream with a table.")
	case n.Type == plan.FullOuterJoin:
		return notOnStreams("FullOuter joins with streaming DataFrames/Datasets on one side and a static DataFrame/Dataset on the other is not supported")
	case right && (n.Type == plan.LeftOuterJoin || n.Type == plan.LeftSemiJoin || n.Type == plan.LeftAntiJoin):
		return notOnStreams("%s join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is not supported", name)
	case left && n.Type == plan.RightOuterJoin:
		return notOnStreams("RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/Dataset on the right is not supported")
	}
	return nil
}

// keyHasWatermark reports whether a key is an event time, or a window of one.
func keyHasWatermark(n *Aggregate) bool {
	times := EventTimes(n.Input)
	return slices.ContainsFunc(n.Keys, func(k Named) bool { return eventTimeOf(k.Expr, times) != nil })
}
