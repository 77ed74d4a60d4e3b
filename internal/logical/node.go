package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// Project computes columns.
type Project struct {
	Input   Node
	Columns []Named
}

// Filter keeps the rows for which the condition is true.
type Filter struct {
	Input     Node
	Condition expr.Expr
}

// A SortKey orders rows by one expression.
type SortKey struct {
	Expr       expr.Expr
	Descending bool
	NullsFirst bool
}

// Sort orders the rows. Limit, when not negative, says that only the first so many are wanted.
type Sort struct {
	Input Node
	Order []SortKey
	Limit int64
}

// Limit keeps the first N rows.
type Limit struct {
	Input Node
	N     int64
}

// Offset drops the first N rows.
type Offset struct {
	Input Node
	N     int64
}

// Generate appends the columns of a generator to each row, once for each row that it makes. Outer
// keeps a row that makes none.
type Generate struct {
	Input     Node
	Generator expr.Generator
	Outer     bool
	Names     []string
	Drop      []bool // of the input's columns, those that nobody reads; nil: none. Set by Optimize

	window bool // it makes the time windows of overlapping ones
}

// Expand makes of each row one row for each projection: sliding windows, grouping sets.
type Expand struct {
	Input       Node
	Projections [][]expr.Expr
	Columns     types.Struct
}

// Single holds exactly one row: the input's, or one of nulls where the input is empty. A second row is an
// error: the subquery was to give one value.
type Single struct{ Input Node }

// Watermark declares how late the event time in a column may be.
type Watermark struct {
	Input       Node
	Column      int
	DelayMicros int64
	Delay       string // as written
	Of          any    // what declared it, the same for all places where one frame is read; nil: this node alone
}

// Schema is the computed columns.
func (n *Project) Schema() types.Struct { return schemaOf(n.Columns) }

// Children is the input.
func (n *Project) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Project) WithChildren(c []Node) Node { return &Project{Input: c[0], Columns: n.Columns} }

// String is the plan's line: the columns.
func (n *Project) String() string { return "Project " + join(n.Columns) }

// Schema is the input's.
func (n *Filter) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Filter) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Filter) WithChildren(c []Node) Node { return &Filter{Input: c[0], Condition: n.Condition} }

// String is the plan's line: the condition.
func (n *Filter) String() string { return "Filter " + n.Condition.String() }

// String is the key in full: "a ASC NULLS FIRST".
func (k SortKey) String() string {
	direction, nulls := "ASC", "LAST"
	if k.Descending {
		direction = "DESC"
	}
	if k.NullsFirst {
		nulls = "FIRST"
	}
	return k.Expr.String() + " " + direction + " NULLS " + nulls
}

// Schema is the input's.
func (n *Sort) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Sort) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Sort) WithChildren(c []Node) Node {
	return &Sort{Input: c[0], Order: n.Order, Limit: n.Limit}
}

// String is the plan's line: "TopN" with a limit, else "Sort", and the keys.
func (n *Sort) String() string {
	if n.Limit >= 0 {
		return fmt.Sprintf("TopN %d %s", n.Limit, join(n.Order))
	}
	return "Sort " + join(n.Order)
}

// Schema is the input's.
func (n *Limit) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Limit) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Limit) WithChildren(c []Node) Node { return &Limit{Input: c[0], N: n.N} }

// String is the plan's line: how many rows.
func (n *Limit) String() string { return fmt.Sprintf("Limit %d", n.N) }

// Schema is the input's.
func (n *Offset) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Offset) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Offset) WithChildren(c []Node) Node { return &Offset{Input: c[0], N: n.N} }

// String is the plan's line: how many rows are passed over.
func (n *Offset) String() string { return fmt.Sprintf("Offset %d", n.N) }

// Schema is the input's columns, but for those dropped, followed by the generated ones.
func (n *Generate) Schema() types.Struct {
	in := n.Input.Schema()
	var kept types.Struct
	for _, i := range n.carried() {
		kept.Fields = append(kept.Fields, in.Fields[i])
	}
	return concat(kept, n.Generated())
}

// Carries reports whether the input's i-th column is among the node's.
func (n *Generate) Carries(i int) bool { return n.Drop == nil || !n.Drop[i] }

func (n *Generate) carried() []int {
	var kept []int
	for i := range n.Input.Schema().Fields {
		if n.Carries(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

// Generated is the columns that the generator adds.
func (n *Generate) Generated() types.Struct {
	made := n.Generator.Schema()
	fields := make([]types.Field, len(made.Fields))
	for i, f := range made.Fields {
		f.Name = n.Names[i]
		f.Nullable = f.Nullable || n.Outer
		fields[i] = f
	}
	return types.Struct{Fields: fields}
}

// Children is the input.
func (n *Generate) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Generate) WithChildren(c []Node) Node {
	return &Generate{Input: c[0], Generator: n.Generator, Outer: n.Outer, Names: n.Names, Drop: n.Drop, window: n.window}
}

// String is the plan's line: the generator and the names of its columns.
func (n *Generate) String() string {
	kind := "Generate "
	if n.Outer {
		kind = "Generate outer "
	}
	return kind + n.Generator.String() + " AS [" + strings.Join(n.Names, ", ") + "]"
}

// Schema is the projected columns.
func (n *Expand) Schema() types.Struct { return n.Columns }

// Children is the input.
func (n *Expand) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Expand) WithChildren(c []Node) Node {
	return &Expand{Input: c[0], Projections: n.Projections, Columns: n.Columns}
}

// String is the plan's line: what each row becomes, a list of columns for each copy.
func (n *Expand) String() string {
	parts := make([]string, len(n.Projections))
	for i, p := range n.Projections {
		parts[i] = join(p)
	}
	return "Expand [" + strings.Join(parts, ", ") + "]"
}

// Schema is the input's, nullable.
func (n *Single) Schema() types.Struct { return nullable(n.Input.Schema()) }

// Children is the input.
func (n *Single) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Single) WithChildren(c []Node) Node { return &Single{Input: c[0]} }

// String is "Single": one row without columns.
func (n *Single) String() string { return "Single" }

// Schema is the input's.
func (n *Watermark) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Watermark) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Watermark) WithChildren(c []Node) Node {
	return &Watermark{Input: c[0], Column: n.Column, DelayMicros: n.DelayMicros, Delay: n.Delay, Of: n.Of}
}

// String is the plan's line: the column and the delay.
func (n *Watermark) String() string {
	return "EventTimeWatermark " + n.Schema().Fields[n.Column].Name + ", " + n.Delay
}
