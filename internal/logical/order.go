package logical

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// sort resolves ORDER BY. Behind a select list it may use what the list does not show: such columns
// are computed too, and dropped after the sort.
func (r *resolver) sort(rel *plan.Sort) (*scope, error) {
	s, err := r.selection(rel.Input)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return r.sortScope(rel)
	}
	keys := make([]SortKey, len(rel.Order))
	for i, o := range rel.Order {
		if keys[i], err = s.sortKey(o); err != nil {
			return nil, err
		}
	}
	made, err := s.finish()
	if err != nil {
		return nil, err
	}
	shown := len(made.columns) - len(s.hidden)
	return made.over(&Sort{Input: made.node, Order: keys, Limit: -1}).first(shown), nil
}

// first keeps the first columns.
func (s *scope) first(n int) *scope {
	if n == len(s.columns) {
		return s
	}
	return &scope{node: &Project{Input: s.node, Columns: passThrough(s.node.Schema())[:n]}, columns: s.columns[:n]}
}

func (s *selection) sortKey(o plan.SortOrder) (SortKey, error) {
	if at, ok := position(o.Child); ok {
		if shown := len(s.outputs()) - len(s.hidden); at < 1 || at > shown {
			return SortKey{}, errclass.OrderByPosition.New("ORDER BY position %d is not in select list (valid range is [1, %d]).", at, shown)
		}
		return newSortKey(s.outputColumn(at-1), o)
	}
	e, err := s.clause(o.Child)
	if err != nil {
		return SortKey{}, err
	}
	return newSortKey(s.output(e), o)
}

// newSortKey checks that the values have an order.
func newSortKey(e expr.Expr, o plan.SortOrder) (SortKey, error) {
	if !orderable(e.Type()) {
		return SortKey{}, errclass.DatatypeMismatchOrdering.New("Cannot resolve \"%s\" due to data type mismatch: The `sortorder` does not support ordering on type \"%s\".", e, types.SQL(e.Type()))
	}
	key := SortKey{Expr: e, Descending: o.Descending, NullsFirst: !o.Descending}
	if o.NullsFirst != nil {
		key.NullsFirst = *o.NullsFirst
	}
	return key, nil
}

func orderable(t types.Type) bool {
	switch t := t.(type) {
	case types.Map:
		return false
	case types.Array:
		return orderable(t.Element)
	case types.Struct:
		for _, f := range t.Fields {
			if !orderable(f.Type) {
				return false
			}
		}
	}
	return t != types.CalendarInterval && t != types.Variant
}

func (x *expressions) sortKeys(order []plan.SortOrder) ([]SortKey, error) {
	keys := make([]SortKey, len(order))
	for i, o := range order {
		e, err := x.resolve(o.Child)
		if err != nil {
			return nil, err
		}
		if keys[i], err = newSortKey(e, o); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// sortScope sorts what is no select list.
func (r *resolver) sortScope(rel *plan.Sort) (*scope, error) {
	s, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	keys := make([]SortKey, len(rel.Order))
	for i, o := range rel.Order {
		if at, ok := position(o.Child); ok {
			if at < 1 || at > len(s.columns) {
				return nil, errclass.OrderByPosition.New("ORDER BY position %d is not in select list (valid range is [1, %d]).", at, len(s.columns))
			}
			o.Child = resolvedExpression{Named: Named{Expr: s.column(at - 1), Name: s.columns[at-1].Name}}
		}
		resolved, err := r.over(s).sortKeys([]plan.SortOrder{o})
		if err != nil {
			return nil, err
		}
		keys[i] = resolved[0]
	}
	return s.over(&Sort{Input: s.node, Order: keys, Limit: -1}), nil
}

// repartition changes no rows: here every worker sees rows of all keys. The names are checked.
func (r *resolver) repartition(rel *plan.RepartitionByExpression) (*scope, error) {
	s, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	return s, r.partitionByVariant(s, rel)
}

func (r *resolver) limit(rel *plan.Limit) (*scope, error) {
	s, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	n, err := r.constantCount(rel.N, "limit")
	if err != nil {
		return nil, err
	}
	return s.over(&Limit{Input: s.node, N: n}), nil
}

func (r *resolver) offset(rel *plan.Offset) (*scope, error) {
	s, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	n, err := r.constantCount(rel.N, "offset")
	if err != nil {
		return nil, err
	}
	return s.over(&Offset{Input: s.node, N: n}), nil
}

// constantCount is the number of rows that LIMIT or OFFSET names.
func (r *resolver) constantCount(e plan.Expression, clause string) (int64, error) {
	resolved, err := r.over(scopeOf(oneRow(), nil)).resolve(e)
	if column, ok := e.(*plan.UnresolvedAttribute); ok && err != nil {
		return 0, placed(errclass.InvalidLimitColumn.New("The %s like expression \"%s\" is invalid. The %s expression must evaluate to a constant value.", clause, strings.Join(column.Parts, "."), clause), column.At)
	}
	if err != nil {
		return 0, err
	}
	value, err := expr.Value(resolved, &r.eval)
	if err != nil {
		return 0, err
	}
	n, ok := wholeNumber(value)
	if !ok {
		return 0, errclass.InvalidLimitType.New("The %s like expression \"%s\" is invalid. The %s expression must be integer type, but got \"%s\".", clause, resolved, clause, types.SQL(resolved.Type()))
	}
	if n < 0 {
		return 0, errclass.InvalidLimitNegative.New("The %s like expression \"%s\" is invalid. The %s expression must be equal to or greater than 0, but got %d.", clause, resolved, strings.ToLower(clause), n)
	}
	return n, nil
}
