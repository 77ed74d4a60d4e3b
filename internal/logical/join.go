package logical

import (
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Join pairs the rows of two relations whose keys are equal and for which the condition holds. A
// semi or anti join keeps or drops rows of the left.
type Join struct {
	Left, Right Node
	Type        plan.JoinType
	Keys        []JoinKey
	Condition   expr.Expr // over the left's columns followed by the right's; nil: none
}

// A JoinKey is a pair of expressions, of one type, over the left and over the right.
type JoinKey struct {
	Left, Right expr.Expr
	NullSafe    bool // null equals null
}

// String is the comparison: "a = b", or "a <=> b" where null equals null.
func (k JoinKey) String() string {
	if k.NullSafe {
		return k.Left.String() + " <=> " + k.Right.String()
	}
	return k.Left.String() + " = " + k.Right.String()
}

var joinNames = map[plan.JoinType]string{
	plan.InnerJoin: "Inner", plan.LeftOuterJoin: "LeftOuter", plan.RightOuterJoin: "RightOuter",
	plan.FullOuterJoin: "FullOuter", plan.LeftSemiJoin: "LeftSemi", plan.LeftAntiJoin: "LeftAnti", plan.CrossJoin: "Cross",
}

// Schema is the left's columns followed by the right's; a side that may be missing is nullable.
func (n *Join) Schema() types.Struct {
	left := n.Left.Schema()
	switch n.Type {
	case plan.LeftSemiJoin, plan.LeftAntiJoin:
		return left
	case plan.LeftOuterJoin:
		return concat(left, nullable(n.Right.Schema()))
	case plan.RightOuterJoin:
		return concat(nullable(left), n.Right.Schema())
	case plan.FullOuterJoin:
		return concat(nullable(left), nullable(n.Right.Schema()))
	default:
		return concat(left, n.Right.Schema())
	}
}

// Children is the left and the right.
func (n *Join) Children() []Node { return []Node{n.Left, n.Right} }

// WithChildren is the same over other inputs.
func (n *Join) WithChildren(c []Node) Node {
	return &Join{Left: c[0], Right: c[1], Type: n.Type, Keys: n.Keys, Condition: n.Condition}
}

// String is the plan's line: the kind, the keys, what else must hold.
func (n *Join) String() string {
	text := "Join " + joinNames[n.Type]
	if len(n.Keys) > 0 {
		text += " " + join(n.Keys)
	}
	if n.Condition != nil {
		text += " on " + n.Condition.String()
	}
	return text
}

// Union holds the rows of all inputs, whose columns are of the same types.
type Union struct {
	Inputs []Node
}

// Schema has the first input's names; a column, or what it is made of, is nullable where any input's is.
func (n *Union) Schema() types.Struct {
	fields := append([]types.Field(nil), n.Inputs[0].Schema().Fields...)
	for _, in := range n.Inputs[1:] {
		for i, f := range in.Schema().Fields {
			fields[i].Nullable = fields[i].Nullable || f.Nullable
			fields[i].Type = types.EitherNullable(fields[i].Type, f.Type)
		}
	}
	return types.Struct{Fields: fields}
}

// Children is the inputs.
func (n *Union) Children() []Node { return n.Inputs }

// WithChildren is the union of other inputs.
func (n *Union) WithChildren(c []Node) Node { return &Union{Inputs: c} }

// String is "Union"; the inputs have lines of their own.
func (n *Union) String() string { return "Union" }

// SetOp keeps of the left's rows, as often as they occur, those that the right has too, or those beyond what
// the right has (INTERSECT ALL, EXCEPT ALL). Without All the rows are made distinct.
type SetOp struct {
	Left, Right Node
	Type        plan.SetOpType // Intersect or Except
	All         bool
}

// Schema is the left's.
func (n *SetOp) Schema() types.Struct { return n.Left.Schema() }

// Children is the left and the right.
func (n *SetOp) Children() []Node { return []Node{n.Left, n.Right} }

// WithChildren is the same over other inputs.
func (n *SetOp) WithChildren(c []Node) Node {
	return &SetOp{Left: c[0], Right: c[1], Type: n.Type, All: n.All}
}

// String is "Intersect" or "Except", with "All" where rows are not made distinct.
func (n *SetOp) String() string {
	text := "Intersect"
	if n.Type == plan.Except {
		text = "Except"
	}
	if n.All {
		return text + " All"
	}
	return text
}

// Deduplicate keeps the first row for each value of the columns, given by position.
type Deduplicate struct {
	Input           Node
	Columns         []int
	WithinWatermark bool
}

// Schema is the input's.
func (n *Deduplicate) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Deduplicate) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Deduplicate) WithChildren(c []Node) Node {
	return &Deduplicate{Input: c[0], Columns: n.Columns, WithinWatermark: n.WithinWatermark}
}

// String is the plan's line: the columns by which rows are the same.
func (n *Deduplicate) String() string {
	schema := n.Input.Schema()
	columns := make([]*expr.Column, len(n.Columns))
	for i, c := range n.Columns {
		columns[i] = columnOf(schema, c)
	}
	return "Deduplicate " + join(columns)
}

// EqualColumns pairs the columns of two relations by position, null with null.
func EqualColumns(left, right types.Struct) []JoinKey {
	keys := make([]JoinKey, len(left.Fields))
	for i := range keys {
		keys[i] = JoinKey{Left: columnOf(left, i), Right: columnOf(right, i), NullSafe: true}
	}
	return keys
}
