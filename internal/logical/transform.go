package logical

import (
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A Processor is what a user wrote for the rows of each key. Package exec says what more it must be able to do.
type Processor interface{ String() string }

// TransformWithState gives the rows of each key to a processor, which keeps state for the key, and makes other rows of them.
type TransformWithState struct {
	Input     Node
	Keys      []int // columns of the input
	Processor Processor
	Output    types.Struct
	As        plan.GroupOperation
	Update    bool // of groups with state: the function's own output mode is update
	EventTime bool // timers or timeouts go by event time

	Initial     Node // rows that come before the first batch's; nil: none
	InitialKeys []int
}

// Schema is what the processor makes.
func (n *TransformWithState) Schema() types.Struct { return n.Output }

// Children are the input and the initial state.
func (n *TransformWithState) Children() []Node {
	if n.Initial == nil {
		return []Node{n.Input}
	}
	return []Node{n.Input, n.Initial}
}

// WithChildren is the same over others.
func (n *TransformWithState) WithChildren(children []Node) Node {
	out := *n
	out.Input = children[0]
	if n.Initial != nil {
		out.Initial = children[1]
	}
	return &out
}

// String is the plan's line: the keys and the processor.
func (n *TransformWithState) String() string {
	keys := make([]*expr.Column, len(n.Keys))
	for i, k := range n.Keys {
		keys[i] = columnOf(n.Input.Schema(), k)
	}
	return "TransformWithState " + join(keys) + " " + n.Processor.String()
}

func (r *resolver) transform(rel *plan.TransformWithState) (*scope, error) {
	processor, ok := rel.Processor.(Processor)
	if !ok {
		return nil, fmt.Errorf("internal error: a processor of type %T", rel.Processor)
	}
	out := &TransformWithState{Processor: processor, Output: rel.Output, As: rel.As, Update: rel.Update, EventTime: rel.EventTime}
	var err error
	if out.Input, out.Keys, err = r.grouped(rel.Input, rel.Grouping); err != nil {
		return nil, err
	}
	if len(out.Keys) == 0 {
		return nil, errclass.UnsupportedFeature.New("transformWithState needs a grouping key: groupBy of at least one column.")
	}
	if rel.Initial == nil {
		return scopeOf(out, nil), nil
	}
	if out.Initial, out.InitialKeys, err = r.grouped(rel.Initial, rel.InitialGrouping); err != nil {
		return nil, err
	}
	return scopeOf(out, nil), checkInitial(out)
}

// grouped is a relation with the columns that group it; what is no column of it is computed into one more, behind the others.
func (r *resolver) grouped(rel plan.Relation, grouping []plan.Expression) (Node, []int, error) {
	s, err := r.columnsOf(rel)
	if err != nil {
		return nil, nil, err
	}
	exprs, err := r.over(s).all(grouping)
	if err != nil {
		return nil, nil, err
	}
	columns := passThrough(s.node.Schema())
	keys := make([]int, len(exprs))
	for i, e := range exprs {
		if c, ok := e.(*expr.Column); ok {
			keys[i] = c.Index
			continue
		}
		keys[i] = len(columns)
		columns = append(columns, Named{Expr: e, Name: nameOf(grouping[i], e)})
	}
	if len(columns) == len(s.node.Schema().Fields) {
		return s.node, keys, nil
	}
	return &Project{Input: s.node, Columns: columns}, keys, nil
}

func nameOf(written plan.Expression, e expr.Expr) string {
	if a, ok := written.(*plan.Alias); ok && len(a.Names) == 1 {
		return a.Names[0]
	}
	return e.String()
}

func checkInitial(n *TransformWithState) error {
	if IsStreaming(n.Initial) {
		return errclass.UnsupportedStreaming.New("Non-streaming DataFrame/Dataset is required as the initial state in a stateful operation.")
	}
	mismatch := len(n.Keys) != len(n.InitialKeys)
	for i := 0; !mismatch && i < len(n.Keys); i++ {
		a, b := n.Input.Schema().Fields[n.Keys[i]].Type, n.Initial.Schema().Fields[n.InitialKeys[i]].Type
		mismatch = !types.EqualIgnoringNullability(a, b)
	}
	if mismatch {
		return errclass.DatatypeMismatch.New("The initial state is grouped by other keys than the stream: as many are needed, of the same types.")
	}
	return nil
}
