package exec

import (
	"fmt"
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// Build makes the operators that run a plan.
func Build(node logical.Node, env *Env) (Operator, error) {
	b := &builder{env: env}
	op, _, err := b.build(node)
	return op, err
}

// A Plan is the operators of a micro-batch.
type Plan struct {
	Operator
	wants []func(origin int64) bool // by stateful operator
}

// BuildBatch makes the operators that run a plan for the micro-batch env.Batch.
func BuildBatch(node logical.Node, env *Env) (*Plan, error) {
	b := &builder{env: env}
	op, _, err := b.build(node)
	if err != nil {
		return nil, err
	}
	return &Plan{Operator: op, wants: b.wants}, nil
}

// WantsBatch reports whether, once the query's watermark is at watermarkMs, a batch without new data would
// close something: emit or evict it.
func (p *Plan) WantsBatch(watermarkMs int64) bool {
	return slices.ContainsFunc(p.wants, func(wants func(int64) bool) bool { return wants(watermarkMs) })
}

// A builder numbers the stateful operators and the Watermark nodes as Spark does: a node before those below it, left before
// right. It works out, from the leaves up, which watermark the rows of each operator carry.
type builder struct {
	env        *Env
	stateful   int
	watermarks int
	wants      []func(origin int64) bool
}

// enter gives the number of a node that has one.
func (b *builder) enter(node logical.Node) (number int) {
	if b.env.Batch == nil {
		return -1
	}
	if n, ok := node.(*logical.Watermark); ok && logical.IsStreaming(n) {
		b.watermarks++
		return b.watermarks - 1
	}
	if logical.IsStateful(node, b.env.Batch.Mode) {
		b.stateful++
		return b.stateful - 1
	}
	return -1
}

func (b *builder) build(node logical.Node) (Operator, carried, error) {
	number := b.enter(node)
	children := make([]Operator, len(node.Children()))
	inputs := make([]carried, len(children))
	for i, c := range node.Children() {
		var err error
		if children[i], inputs[i], err = b.build(c); err != nil {
			return nil, nil, err
		}
	}
	input := leastOf(inputs)
	op, err := b.operator(node, children, number, b.below(input))
	if err != nil {
		return nil, nil, err
	}
	switch op := op.(type) {
	case *watermark:
		return op, originOf, nil
	case stateful:
		b.wants = append(b.wants, func(origin int64) bool { return op.wantsBatch(input.at(origin)) })
		return op, input.through(op), nil
	}
	return op, input, nil
}

// below is the watermarks of an operator's input in this batch; nil: its rows carry none.
func (b *builder) below(input carried) *watermarks {
	if input == nil || b.env.Batch == nil {
		return nil
	}
	return &watermarks{late: input.at(b.env.Batch.LateWatermarkMs), evict: input.at(b.env.Batch.WatermarkMs)}
}

// operator makes the operator of a node. number is the one that it has as a stateful operator or a Watermark; else negative.
func (b *builder) operator(node logical.Node, children []Operator, number int, event *watermarks) (Operator, error) {
	switch n := node.(type) {
	case *logical.Relation:
		return &scan{relation: n, env: b.env}, nil
	case *logical.StreamRelation:
		return nil, errclass.UnsupportedStreaming.New("Queries with streaming sources must be executed with writeStream.start().")
	case *logical.Project:
		return &project{child: children[0], exprs: expressions(n.Columns), schema: n.Schema(), env: b.env}, nil
	case *logical.Filter:
		return &filter{child: children[0], condition: n.Condition, env: b.env}, nil
	case *logical.Aggregate:
		return b.aggregate(n, children[0], number, event)
	case *logical.Join:
		if number >= 0 {
			return newStreamJoin(n, children[0], children[1], number, event, b.env)
		}
		return b.join(n, children[0], children[1]), nil
	case *logical.Sort:
		return &sorter{child: children[0], order: n.Order, limit: n.Limit, env: b.env}, nil
	case *logical.Limit:
		if number >= 0 {
			return &statefulLimit{child: children[0], n: n.N, number: number, drains: b.stateful > number+1, env: b.env}, nil
		}
		return &limit{child: children[0], n: n.N}, nil
	case *logical.Offset:
		return &offset{child: children[0], n: n.N}, nil
	case *logical.Union:
		return &union{children: children, schema: n.Schema()}, nil
	case *logical.SetOp:
		return newSetOp(n, children[0], children[1], b.env), nil
	case *logical.Deduplicate:
		if number >= 0 {
			return newStatefulDeduplicate(n, children[0], number, event, b.env)
		}
		if n.WithinWatermark {
			return nil, errclass.UnsupportedStreaming.New("dropDuplicatesWithinWatermark is not supported with batch DataFrames/DataSets").
				WithHint("Use dropDuplicates.")
		}
		return &deduplicate{child: children[0], columns: n.Columns, env: b.env}, nil
	case *logical.TransformWithState:
		return newTransform(n, children, number, event, b.env)
	case *logical.Generate:
		return &generate{child: children[0], node: n, schema: n.Schema(), env: b.env}, nil
	case *logical.Expand:
		return &expand{child: children[0], projections: n.Projections, schema: n.Columns, env: b.env}, nil
	case *logical.Window:
		return newWindow(n, children[0], b.env), nil
	case *logical.Single:
		return &single{child: children[0], schema: n.Schema(), env: b.env}, nil
	case *logical.Observe:
		return newObserve(n, children[0], b.env), nil
	case *logical.Watermark:
		if number < 0 { // of rows that are all there: nothing comes late
			return children[0], nil
		}
		return newWatermark(n, children[0], number, b.env), nil
	}
	return nil, fmt.Errorf("internal error: no operator for %T", node)
}

func expressions(columns []logical.Named) []expr.Expr {
	exprs := make([]expr.Expr, len(columns))
	for i, c := range columns {
		exprs[i] = c.Expr
	}
	return exprs
}

func (b *builder) aggregate(n *logical.Aggregate, child Operator, number int, event *watermarks) (Operator, error) {
	a := &aggregate{child: child, keys: expressions(n.Keys), calls: n.Calls, schema: n.Schema(), env: b.env, session: -1}
	if n.Session != nil {
		a.session = n.Session.Key
	}
	switch {
	case number < 0 && n.Session != nil:
		return newSessionAggregate(a)
	case number < 0:
		return a, nil
	}
	timeKey, err := logical.EventTimeColumn(n)
	if err != nil {
		return nil, err
	}
	return newStatefulAggregate(a, number, timeKey, event), nil
}

// join: a cross join is an inner one without a condition.
func (b *builder) join(n *logical.Join, left, right Operator) Operator {
	if n.Type == plan.CrossJoin {
		inner := *n
		inner.Type, n = plan.InnerJoin, &inner
	}
	return &join{left: left, right: right, node: n, schema: n.Schema(), env: b.env}
}
