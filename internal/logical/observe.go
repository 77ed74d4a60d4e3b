package logical

import (
	"errors"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Observe passes the rows of its input on, and tells aggregates of them under a name when all have gone by.
type Observe struct {
	Input   Node
	Name    string
	Calls   []AggregateCall
	Metrics []Named // over the results of the calls
}

// Schema is the input's.
func (n *Observe) Schema() types.Struct { return n.Input.Schema() }

// Children is the input.
func (n *Observe) Children() []Node { return []Node{n.Input} }

// WithChildren is the same over another input.
func (n *Observe) WithChildren(c []Node) Node {
	out := *n
	out.Input = c[0]
	return &out
}

// String is the plan's line: the observation's name and its metrics.
func (n *Observe) String() string {
	texts := make([]string, len(n.Metrics))
	for i, m := range n.Metrics {
		texts[i] = m.Expr.String() + " AS " + m.Name
	}
	return "CollectMetrics " + n.Name + ", [" + strings.Join(texts, ", ") + "]"
}

// MetricSchema is the columns of the one row that is told.
func (n *Observe) MetricSchema() types.Struct {
	var s types.Struct
	for _, m := range n.Metrics {
		s.Fields = append(s.Fields, types.Field{Name: m.Name, Type: m.Expr.Type(), Nullable: true})
	}
	return s
}

// observe resolves the metrics as the columns of an aggregate without keys.
func (r *resolver) observe(rel *plan.CollectMetrics) (*scope, error) {
	if strings.TrimSpace(rel.Name) == "" {
		return nil, errclass.ObservedMetricsName.New("Invalid observed metrics. The observed metrics should be named.")
	}
	s, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	metrics, err := r.relation(&plan.Aggregate{Input: rel.Input, Aggregates: rel.Metrics})
	if errors.Is(err, errclass.MissingGroupBy) {
		err = errclass.ObservedMetricsAttribute.New("Invalid observed metrics. A column can only be used as an argument to an aggregate function: %w", err)
	}
	if err != nil {
		return nil, err
	}
	n := &Observe{Input: s.node, Name: rel.Name}
	if err := n.take(metrics.node); err != nil {
		return nil, err
	}
	if err := n.checkName(s.node); err != nil {
		return nil, err
	}
	return s.over(n), nil
}

// take makes the aggregate's calls and columns the metrics.
func (n *Observe) take(node Node) error {
	project, ok := node.(*Project)
	if !ok {
		return errclass.UnsupportedFeature.New("metrics must be plain aggregates of the rows.")
	}
	aggregate, ok := project.Input.(*Aggregate)
	if !ok || len(aggregate.Keys) > 0 || len(aggregate.Input.Schema().Fields) != len(n.Input.Schema().Fields) {
		return errclass.UnsupportedFeature.New("metrics must be plain aggregates of the rows.")
	}
	for _, call := range aggregate.Calls {
		if call.Distinct {
			return errclass.ObservedMetricsDistinct.New("Invalid observed metrics. Aggregate expressions with DISTINCT are not allowed in observed metrics, but found: \"%s\".", (&aggregateCall{call}).String())
		}
	}
	n.Calls, n.Metrics = aggregate.Calls, project.Columns
	return nil
}

// checkName: metrics of one name must be the same.
func (n *Observe) checkName(node Node) error {
	if other, ok := node.(*Observe); ok && other.Name == n.Name && other.String() != n.String() {
		return errclass.DuplicatedMetricsName.New("The metric name is not unique: %s. The same name cannot be used for metrics with different results.", n.Name)
	}
	for _, child := range node.Children() {
		if err := n.checkName(child); err != nil {
			return err
		}
	}
	return nil
}
