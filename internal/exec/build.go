package exec

import (
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// Build makes the operators that run a plan.
func Build(node logical.Node, env *Env) (Operator, error) {
	b := &builder{env: env}
	return b.build(node)
}

// A builder numbers the stateful operators, leaves first.
type builder struct {
	env      *Env
	stateful int
}

func (b *builder) build(node logical.Node) (Operator, error) {
	children := make([]Operator, len(node.Children()))
	for i, c := range node.Children() {
		var err error
		if children[i], err = b.build(c); err != nil {
			return nil, err
		}
	}
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
		return b.aggregate(n, children[0])
	case *logical.Join:
		return b.join(n, children[0], children[1]), nil
	case *logical.Sort:
		return &sorter{child: children[0], order: n.Order, limit: n.Limit, env: b.env}, nil
	case *logical.Limit:
		return &limit{child: children[0], n: n.N}, nil
	case *logical.Offset:
		return &offset{child: children[0], n: n.N}, nil
	case *logical.Union:
		return &union{children: children, schema: n.Schema()}, nil
	case *logical.SetOp:
		return newSetOp(n, children[0], children[1], b.env), nil
	case *logical.Deduplicate:
		return &deduplicate{child: children[0], columns: n.Columns, env: b.env}, nil
	case *logical.Generate:
		return &generate{child: children[0], node: n, schema: n.Schema(), env: b.env}, nil
	case *logical.Expand:
		return &expand{child: children[0], projections: n.Projections, schema: n.Columns, env: b.env}, nil
	case *logical.Window:
		return newWindow(n, children[0], b.env), nil
	case *logical.Single:
		return &single{child: children[0], schema: n.Schema(), env: b.env}, nil
	case *logical.Watermark:
		return children[0], nil
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

func (b *builder) aggregate(n *logical.Aggregate, child Operator) (Operator, error) {
	a := &aggregate{child: child, keys: expressions(n.Keys), calls: n.Calls, schema: n.Schema(), env: b.env}
	if b.env.Batch == nil || !logical.IsStreaming(n.Input) {
		return a, nil
	}
	number := b.stateful
	b.stateful++
	return newStatefulAggregate(a, number)
}

// join: a cross join is an inner one without a condition.
func (b *builder) join(n *logical.Join, left, right Operator) Operator {
	if n.Type == plan.CrossJoin {
		inner := *n
		inner.Type, n = plan.InnerJoin, &inner
	}
	return &join{left: left, right: right, node: n, schema: n.Schema(), env: b.env}
}
