package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// selection resolves the select list of a Project or Aggregate, and its grouping, but does not make
// its nodes yet: ORDER BY behind it may add to them.
func (r *resolver) selection(rel plan.Relation) (*selection, error) {
	switch rel := rel.(type) {
	case *plan.Project:
		return r.projection(rel)
	case *plan.Aggregate:
		return r.aggregate(rel)
	}
	return nil, nil
}

func (r *resolver) projection(p *plan.Project) (*selection, error) {
	input, err := r.relation(p.Input)
	if err != nil {
		return nil, err
	}
	if input, err = r.withTimeWindow(input, p.Expressions); err != nil {
		return nil, err
	}
	s := &selection{resolver: r, input: input}
	if err := s.selectList(p.Expressions); err != nil {
		return nil, err
	}
	for _, item := range s.items {
		if has[*aggregateCall](item.Expr) {
			s.grouped = &aggregation{bare: true}
		}
	}
	return s, nil
}

func (r *resolver) aggregate(a *plan.Aggregate) (*selection, error) {
	input, err := r.relation(a.Input)
	if err != nil {
		return nil, err
	}
	all := append(append([]plan.Expression(nil), a.Grouping...), a.Aggregates...)
	if input, err = r.withTimeWindow(input, all); err != nil {
		return nil, err
	}
	s := &selection{resolver: r, input: input, grouped: &aggregation{bare: len(a.Grouping) == 0 && !a.All && a.Type == plan.GroupBy}}
	list := a.Aggregates
	if a.KeysFirst {
		list = append(append([]plan.Expression(nil), a.Grouping...), a.Aggregates...)
	}
	if err := s.selectList(list); err != nil {
		return nil, err
	}
	if err := s.groupBy(a); err != nil {
		return nil, err
	}
	if a.Having != nil {
		if err := s.resolveHaving(a.Having); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *selection) resolveHaving(e plan.Expression) error {
	x := s.over(s.input)
	x.items = s.outputs()
	condition, err := x.condition(e)
	if err == nil {
		s.having = s.expandItems(condition)
	}
	return err
}

// groupBy resolves the keys and the grouping sets.
func (s *selection) groupBy(a *plan.Aggregate) error {
	if a.All {
		s.groupByAll()
		return nil
	}
	for _, e := range a.Grouping {
		key, err := s.groupingKey(e)
		if err != nil {
			return err
		}
		if _, constant := key.Expr.(*expr.Constant); constant && a.Type == plan.GroupBy {
			continue // groups nothing
		}
		if a.Type != plan.GroupBy || s.grouped.key(key.Expr) < 0 {
			s.grouped.keys = append(s.grouped.keys, key)
		}
	}
	switch a.Type {
	case plan.GroupBy:
		return nil
	case plan.GroupingSets:
		return s.namedSets(a.Sets)
	case plan.Rollup, plan.Cube:
		if len(s.grouped.keys) > 12 && a.Type == plan.Cube {
			return errclass.UnsupportedGrouping.New("CUBE of %d columns makes more than 4096 grouping sets.", len(s.grouped.keys))
		}
	}
	s.grouped.sets = groupingSets(a.Type, len(s.grouped.keys))
	return nil
}

// groupByAll takes every item without aggregate as a key.
func (s *selection) groupByAll() {
	for _, item := range s.items {
		if !has[*aggregateCall](item.Expr) && !has[*windowCall](item.Expr) && has[*expr.Column](item.Expr) && s.grouped.key(item.Expr) < 0 {
			s.grouped.keys = append(s.grouped.keys, item)
		}
	}
}

// groupingKey resolves one key: a position in the select list, a column or expression of the input, or
// else an alias of the select list.
func (s *selection) groupingKey(e plan.Expression) (Named, error) {
	if text, ok := e.(*plan.ExpressionString); ok {
		parsed, err := sql.ParseNamedExpression(text.Text)
		if err != nil {
			return Named{}, err
		}
		e = parsed
	}
	if at, ok := position(e); ok {
		return s.keyAt(at)
	}
	alias := ""
	if a, ok := e.(*plan.Alias); ok {
		e, alias = a.Child, a.Names[0]
	}
	x := s.over(s.input)
	x.earlier = s.items
	key, err := x.resolve(e)
	if err != nil {
		return Named{}, err
	}
	name := itemName(e, key)
	if named, ok := key.(*laterAlias); ok {
		key = named.Expr
	}
	if alias != "" {
		name = alias
	}
	if has[*aggregateCall](key) {
		return Named{}, errclass.GroupByAggregate.New("Aggregate functions are not allowed in GROUP BY, but found %s.", key)
	}
	return Named{Expr: key, Name: name, Metadata: s.metadataOf(key)}, nil
}

// position is the place in the select list that an integer literal means.
func position(e plan.Expression) (int, bool) {
	l, ok := e.(*plan.Literal)
	if !ok {
		return 0, false
	}
	n, ok := l.Value.(int32)
	return int(n), ok
}

func (s *selection) keyAt(at int) (Named, error) {
	if at < 1 || at > len(s.items) {
		return Named{}, errclass.GroupByPosition.New("GROUP BY position %d is not in select list (valid range is [1, %d]).", at, len(s.items))
	}
	item := s.items[at-1]
	if has[*aggregateCall](item.Expr) {
		return Named{}, errclass.GroupByPositionAggregate.New("GROUP BY %d refers to an expression %s AS `%s` that contains an aggregate function. Aggregate functions are not allowed in GROUP BY.", at, item.Expr, item.Name)
	}
	return item, nil
}

// namedSets finds the keys that each grouping set has.
func (s *selection) namedSets(sets [][]plan.Expression) error {
	s.grouped.sets = make([][]bool, len(sets))
	for i, set := range sets {
		s.grouped.sets[i] = make([]bool, len(s.grouped.keys))
		for _, e := range set {
			key, err := s.groupingKey(e)
			if err != nil {
				return err
			}
			at := s.grouped.key(key.Expr)
			if at < 0 {
				return errclass.UnsupportedGrouping.New("The grouping set's %s is not among the grouping columns.", key.Name)
			}
			s.grouped.sets[i][at] = true
		}
	}
	return nil
}

// parsed is the expression that a text holds.
func (x *expressions) parsed(e *plan.ExpressionString) (plan.Expression, error) {
	return sql.ParseNamedExpression(e.Text)
}
