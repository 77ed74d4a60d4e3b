package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// CheckStreaming reports the first part of a plan that a stream cannot run, or not in the output mode: what Spark's
// UnsupportedOperationChecker does, in its order and words.
func CheckStreaming(node Node, mode OutputMode) error {
	c := &streamCheck{mode: mode, aggregates: streamingAggregates(node), groups: groupsWithState(node)}
	if err := c.groupsTogether(); err != nil {
		return err
	}
	if err := c.outputMode(); err != nil {
		return err
	}
	if err := c.check(node); err != nil {
		return err
	}
	if err := c.chains(node); err != nil {
		return err
	}
	return checkJoinKeys(Optimize(node))
}

type streamCheck struct {
	mode       OutputMode
	aggregates []*Aggregate // over streams, the topmost first
	groups     []*TransformWithState
}

func streamingAggregates(node Node) []*Aggregate {
	var all []*Aggregate
	if a, ok := node.(*Aggregate); ok && IsStreaming(a) {
		all = append(all, a)
	}
	for _, c := range node.Children() {
		all = append(all, streamingAggregates(c)...)
	}
	return all
}

// outputMode looks at what the topmost aggregate can hand over.
func (c *streamCheck) outputMode() error {
	if len(c.aggregates) == 0 {
		if c.mode == Complete && !c.groupsMayBeComplete() {
			return c.unsupportedMode("no streaming aggregations")
		}
		return nil
	}
	switch {
	case c.mode == Append && !keyHasWatermark(c.aggregates[0]):
		return c.unsupportedMode("streaming aggregations without watermark")
	case c.mode == Update && c.aggregates[0].Session != nil:
		return c.unsupportedMode("session window streaming aggregations")
	}
	return nil
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
	if err := c.node(node); err != nil {
		return err
	}
	return checkExpressions(node)
}

func (c *streamCheck) node(node Node) error {
	switch n := node.(type) {
	case *Aggregate:
		return c.aggregate(n)
	case *Sort:
		if c.mode != Complete || len(streamingAggregates(n)) == 0 {
			return notOnStreams("Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode")
		}
	case *Limit:
		if c.mode == Update {
			return notOnStreams("Limits are not supported on streaming DataFrames/Datasets in Update output mode")
		}
	case *Offset:
		return notOnStreams("Offset is not supported on streaming DataFrames/Datasets")
	case *Deduplicate:
		return c.deduplicate(n)
	case *Window:
		return errclass.NonTimeWindow.New("Window function is not supported in %s on streaming DataFrames/Datasets. Structured Streaming only supports time-window aggregation using the WINDOW function.", join(n.Calls))
	case *Union:
		return checkUnion(n)
	case *SetOp:
		return checkSetOp(n)
	case *Join:
		return c.join(n)
	case *Single:
		return notOnStreams("A subquery over a stream is not supported on streaming DataFrames/Datasets")
	case *Watermark:
		return checkWatermark(n)
	case *TransformWithState:
		return c.groupState(n)
	}
	return nil
}

func (c *streamCheck) aggregate(n *Aggregate) error {
	for _, call := range n.Calls {
		if call.Distinct {
			return notOnStreams("Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using approx_count_distinct() instead.")
		}
	}
	if _, sets := n.Input.(*Expand); sets {
		return notOnStreams("Grouping Sets is not supported on streaming DataFrames/Datasets")
	}
	if n.Session != nil && len(n.Keys) < 2 {
		return errclass.UnsupportedStreaming.New("Global aggregation with session window in streaming query is not supported.").
			WithHint("Group by one more column beside the session window.")
	}
	_, err := EventTimeColumn(n)
	return err
}

func (c *streamCheck) deduplicate(n *Deduplicate) error {
	if n.WithinWatermark && !slices.ContainsFunc(EventTimes(n.Input), func(w *Watermark) bool { return w != nil }) {
		return notOnStreams("dropDuplicatesWithinWatermark is not supported on streaming DataFrames/DataSets without watermark")
	}
	return nil
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
	return notOnStreams("Except of a stream, which remembers the rows of all batches, is not supported").
		WithHint("Use LEFT ANTI JOIN for the rows that are not on the right, and dropDuplicates for each only once.")
}

// checkWatermark: Spark refuses the second of two watermarks when the first batch has moved it; here the query does not start.
func checkWatermark(n *Watermark) error {
	if slices.ContainsFunc(EventTimes(n.Input), func(w *Watermark) bool { return w != nil }) {
		return notOnStreams("Redefining watermark is disallowed. You can set the config 'spark.sql.streaming.statefulOperator.allowMultiple' to 'false' to restore the previous behavior. Note that multiple stateful operators will be disallowed.").
			WithHint("This engine has one watermark from a source to a sink: declare it once, on the column that the last window is of.")
	}
	return nil
}

func checkExpressions(node Node) error {
	var found expr.Expr
	eachExpr(node, func(e expr.Expr) {
		if bad := expr.NumbersRows(e); bad != nil {
			found = bad
		}
	})
	if found != nil {
		return notOnStreams("Expression(s): %s is not supported with streaming DataFrames/Datasets", found)
	}
	return nil
}

// chains refuses an operator that could hand rows that are late already to another that remembers.
func (c *streamCheck) chains(node Node) error {
	if !IsStreaming(node) {
		return nil
	}
	if remembersTime(node) && slices.ContainsFunc(node.Children(), c.emitsLateRows) {
		return notOnStreams("Detected pattern of possible 'correctness' issue due to global watermark. The query contains stateful operation which can emit rows older than the current watermark plus allowed late record delay, which are \"late rows\" in downstream stateful operations and these rows can be discarded. Please refer the programming guide doc for more details. If you understand the possible risk of correctness issue and still need to run the query, you can disable this check by setting the config `spark.sql.streaming.statefulOperator.checkCorrectness.enabled` to false.").
			WithHint("Use append mode, or write the first result to a table and read that as a stream. This engine has no such setting.")
	}
	for _, child := range node.Children() {
		if err := c.chains(child); err != nil {
			return err
		}
	}
	return nil
}

// remembersTime: the operators that look at event time. Deduplication without one among its columns is none of them.
func remembersTime(node Node) bool {
	switch n := node.(type) {
	case *Aggregate, *TransformWithState:
		return IsStreaming(n)
	case *Join:
		return IsStreaming(n.Left) && IsStreaming(n.Right)
	case *Deduplicate:
		if n.WithinWatermark {
			return IsStreaming(n)
		}
		times := EventTimes(n.Input)
		return IsStreaming(n) && slices.ContainsFunc(n.Columns, func(c int) bool { return times[c] != nil })
	}
	return false
}

// emitsLateRows: an aggregate gives a group again and again, but in append mode; a group may time out with rows of any time; it, or
// any operator below.
func (c *streamCheck) emitsLateRows(node Node) bool {
	switch n := node.(type) {
	case *Aggregate:
		if IsStreaming(n) && c.mode != Append {
			return true
		}
	case *TransformWithState:
		if IsStreaming(n) && n.EventTime && n.As != plan.AsTransformWithState {
			return true
		}
	}
	return slices.ContainsFunc(node.Children(), c.emitsLateRows)
}

// keyHasWatermark reports whether a key is an event time, or a window of one.
func keyHasWatermark(n *Aggregate) bool {
	times := EventTimes(n)
	return slices.ContainsFunc(times[:len(n.Keys)], func(w *Watermark) bool { return w != nil })
}
