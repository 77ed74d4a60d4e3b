package logical

import (
	"strings"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// Aggregate groups the rows by the keys: its columns are the keys followed by the calls' results.
// Without keys there is one group, also where there are no rows.
type Aggregate struct {
	Input   Node
	Keys    []Named
	Calls   []AggregateCall
	Session *SessionKey // nil: no key is a session window
}

// A SessionKey says that a key is a session window: of the rows that agree in the other keys, those whose windows touch make one group,
// and its key is the window that spans them.
type SessionKey struct{ Key int }

// An AggregateCall is one aggregate function over the rows of a group.
type AggregateCall struct {
	Function expr.Aggregate
	Distinct bool
	Filter   expr.Expr // rows that count; nil: all
}

// String is the function, with the condition of its FILTER.
func (c AggregateCall) String() string {
	if c.Filter == nil {
		return c.Function.String()
	}
	return c.Function.String() + " FILTER (WHERE " + c.Filter.String() + ")"
}

// Schema is the keys followed by the results.
func (n *Aggregate) Schema() types.Struct {
	fields := make([]types.Field, 0, len(n.Keys)+len(n.Calls))
	for _, k := range n.Keys {
		fields = append(fields, k.field())
	}
	for _, c := range n.Calls {
		fields = append(fields, types.Field{Name: c.String(), Type: c.Function.Type(), Nullable: c.Function.Nullable()})
	}
	return types.Struct{Fields: fields}
}

// Children is the input.
func (n *Aggregate) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Aggregate) WithChildren(c []Node) Node {
	return &Aggregate{Input: c[0], Keys: n.Keys, Calls: n.Calls, Session: n.Session}
}

// String is the plan's line: keys, then functions.
func (n *Aggregate) String() string {
	kind := "Aggregate keys="
	if n.Session != nil {
		kind = "SessionAggregate keys="
	}
	return kind + join(n.Keys) + ", " + join(n.Calls)
}

// Window computes functions over the rows of each partition and appends their results to the rows.
// The calls share partitions and order.
type Window struct {
	Input       Node
	PartitionBy []expr.Expr
	OrderBy     []SortKey
	Calls       []WindowCall
}

// A WindowCall is an aggregate over a frame, or a ranking function by name.
type WindowCall struct {
	Aggregate expr.Aggregate // nil: a function of the window
	Filter    expr.Expr      // of an aggregate; nil: none
	Function  string         // "row_number", "lag" …, when Aggregate is nil
	Args      []expr.Expr
	DataType  types.Type
	Null      bool
	Text      string // Spark's name of the column
	Frame     Frame
	SkipNulls bool // IGNORE NULLS of lag, lead and nth_value
}

// A Frame bounds the rows around a row that a window function sees.
type Frame struct {
	Rows         bool // ROWS; else RANGE
	Lower, Upper Bound
}

// A Bound is an end of a frame, relative to the current row. Unbounded reaches to the partition's end. Offset counts rows, or, with RANGE, is what Value says.
type Bound struct {
	Unbounded bool
	Offset    int64     // ROWS: rows after the current one; 0: the current row, with RANGE its peers
	Value     expr.Expr // RANGE with a distance: the order key plus the distance; else nil
}

// String is Spark's name of the column.
func (c WindowCall) String() string { return c.Text }

// Schema is the input's columns followed by the results.
func (n *Window) Schema() types.Struct {
	fields := make([]types.Field, len(n.Calls))
	for i, c := range n.Calls {
		fields[i] = types.Field{Name: c.Text, Type: c.DataType, Nullable: c.Null}
	}
	return concat(n.Input.Schema(), types.Struct{Fields: fields})
}

// Children is the input.
func (n *Window) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Window) WithChildren(c []Node) Node {
	return &Window{Input: c[0], PartitionBy: n.PartitionBy, OrderBy: n.OrderBy, Calls: n.Calls}
}

// String is the plan's line: calls, partitions, order.
func (n *Window) String() string {
	var text strings.Builder
	text.WriteString("Window " + join(n.Calls))
	if len(n.PartitionBy) > 0 {
		text.WriteString(" partition by " + join(n.PartitionBy))
	}
	if len(n.OrderBy) > 0 {
		text.WriteString(" order by " + join(n.OrderBy))
	}
	return text.String()
}
