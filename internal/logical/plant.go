package logical

import (
	"slices"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// plant joins the values of the subqueries in expressions to their input: each subquery becomes a
// column behind the input's.
func (r *resolver) plant(input Node, exprs []expr.Expr) (Node, []expr.Expr, error) {
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		var err error
		out[i], err = rewrite(e, func(e expr.Expr) (expr.Expr, error) {
			q, ok := e.(*subqueryCall)
			if !ok {
				return nil, nil
			}
			var value expr.Expr
			var err error
			input, value, err = r.plantOne(input, q)
			return value, placed(err, q.at)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return input, out, nil
}

// plantOne joins one subquery and gives the column that holds its value.
func (r *resolver) plantOne(input Node, q *subqueryCall) (Node, expr.Expr, error) {
	width := len(input.Schema().Fields)
	switch {
	case q.child != nil:
		return nil, nil, unsupportedSubquery("IN (SELECT …) other than as a condition of WHERE")
	case q.exists && len(q.on) > 0:
		return nil, nil, unsupportedSubquery("a correlated EXISTS other than as a condition of WHERE")
	case q.exists:
		return r.plantExists(input, q)
	case len(q.on) > 0:
		return r.plantCorrelated(input, q, width)
	}
	joined := &Join{Left: input, Right: &Single{Input: q.scope.node}, Type: plan.CrossJoin}
	return joined, expr.NewColumn(width, q.String(), q.Type(), true), nil
}

func (r *resolver) plantExists(input Node, q *subqueryCall) (Node, expr.Expr, error) {
	one := expr.NewLiteral(&plan.Literal{Value: int32(1), Type: types.Integer})
	count, err := expr.BuildAggregate(&r.build, "count", []expr.Expr{one}, false)
	if err != nil {
		return nil, nil, err
	}
	first := &Limit{Input: q.scope.node, N: 1}
	counted := &Aggregate{Input: first, Calls: []AggregateCall{{Function: count}}}
	width := len(input.Schema().Fields)
	rows := expr.NewColumn(width, "count(1)", types.Long, false)
	op := ">"
	if q.not {
		op = "=="
	}
	found, err := expr.Build(&r.build, op, []expr.Expr{rows, expr.NewLiteral(&plan.Literal{Value: int64(0), Type: types.Long})})
	return &Join{Left: input, Right: counted, Type: plan.CrossJoin}, found, err
}

// plantCorrelated joins a subquery that has at most one row for each value of its correlated columns.
func (r *resolver) plantCorrelated(input Node, q *subqueryCall, width int) (Node, expr.Expr, error) {
	if !aggregates(q.scope.node) {
		return nil, nil, unsupportedSubquery("a correlated scalar subquery without an aggregate")
	}
	joined, err := r.correlated(input, q, plan.LeftOuterJoin, q.on)
	return joined, expr.NewColumn(width, q.String(), q.Type(), true), err
}

// aggregates reports whether a plan ends in an aggregate.
func aggregates(node Node) bool {
	for {
		switch n := node.(type) {
		case *Project:
			node = n.Input
		case *Filter:
			node = n.Input
		case *Aggregate:
			return true
		default:
			return false
		}
	}
}

// correlated joins a subquery on conditions over the outer columns and its own.
func (r *resolver) correlated(input Node, q *subqueryCall, how plan.JoinType, on []expr.Expr) (Node, error) {
	width := len(input.Schema().Fields)
	conditions := make([]expr.Expr, len(on))
	for i, c := range on {
		conditions[i] = joinCondition(c, width)
	}
	return newJoin(input, q.scope.node, how, conditions), nil
}

// filter keeps the rows for which a condition holds, whose subqueries become joins.
func (r *resolver) filter(input Node, condition expr.Expr) (Node, error) {
	if !has[*subqueryCall](condition) {
		return &Filter{Input: input, Condition: condition}, nil
	}
	width := len(input.Schema().Fields)
	var rest []expr.Expr
	for _, c := range expr.Conjuncts(condition) {
		q, ok := c.(*subqueryCall)
		if !ok || !q.exists && q.child == nil {
			rest = append(rest, c)
			continue
		}
		var err error
		if input, err = r.semiJoin(input, q); err != nil {
			return nil, placed(err, q.at)
		}
	}
	if len(rest) == 0 {
		return input, nil
	}
	input, rest, err := r.plant(input, rest)
	if err != nil {
		return nil, err
	}
	filtered := &Filter{Input: input, Condition: expr.Conjunction(rest)}
	schema := input.Schema()
	if len(schema.Fields) == width {
		return filtered, nil
	}
	return &Project{Input: filtered, Columns: passThrough(schema)[:width]}, nil
}

// semiJoin is EXISTS, IN and their negations as a condition of WHERE.
func (r *resolver) semiJoin(input Node, q *subqueryCall) (Node, error) {
	on := slices.Clip(q.on)
	how := plan.LeftSemiJoin
	if q.not {
		how = plan.LeftAntiJoin
	}
	if q.child == nil {
		return r.correlated(input, q, how, on)
	}
	equal, err := expr.Build(&r.build, "==", []expr.Expr{asOuter(q.child), q.scope.column(0)})
	if err != nil {
		return nil, err
	}
	if q.not { // NOT IN keeps a row only where every comparison is false: neither true nor null
		unknown, err := expr.Build(&r.build, "isnull", []expr.Expr{equal})
		if err != nil {
			return nil, err
		}
		if equal, err = expr.Build(&r.build, "or", []expr.Expr{equal, unknown}); err != nil {
			return nil, err
		}
	}
	return r.correlated(input, q, how, append(on, equal))
}

// asOuter marks an expression's columns as the outer query's.
func asOuter(e expr.Expr) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		if c, ok := e.(*expr.Column); ok {
			return &outerColumn{c}, nil
		}
		return nil, nil
	})
	return out
}
