package logical

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
)

// A selection is a select list being resolved: over its input, with placeholders for aggregates,
// windows, generators and subqueries. Finishing it makes the nodes that compute them.
type selection struct {
	*resolver
	input *scope
	items []Named
	// names holds, for items that make several columns or have names of their own, these names.
	names   [][]string
	hidden  []Named      // columns to sort by that are not selected
	grouped *aggregation // nil: rows are not grouped
	having  expr.Expr
}

// selectList resolves the items of a select list in their order; a later one may use the alias of an
// earlier one.
func (s *selection) selectList(list []plan.Expression) error {
	for _, e := range list {
		if err := s.selectItem(e); err != nil {
			return err
		}
	}
	return nil
}

func (s *selection) selectItem(e plan.Expression) error {
	x := s.over(s.input)
	x.earlier = s.items
	switch e := e.(type) {
	case *plan.UnresolvedStar:
		columns, err := x.star(e)
		if err != nil {
			return err
		}
		for _, c := range columns {
			s.add(c, nil)
		}
		return nil
	case *plan.ExpressionString:
		parsed, err := x.parsed(e)
		if err != nil {
			return err
		}
		return s.selectItem(parsed)
	case *plan.Alias:
		return s.aliased(x, e)
	}
	out, err := x.resolve(e)
	if err == nil {
		err = boundedItem(out)
	}
	if err != nil {
		return err
	}
	s.add(Named{Expr: out, Name: itemName(e, out), Metadata: s.metadataOf(out)}, nil)
	return nil
}

func (s *selection) aliased(x *expressions, a *plan.Alias) error {
	if star, ok := a.Child.(*plan.UnresolvedStar); ok {
		return placed(errclass.InvalidStarUsage.New("Invalid usage of '*' in expression `alias`."), star.At)
	}
	out, err := x.resolve(a.Child)
	if err == nil {
		err = boundedItem(out)
	}
	if err != nil {
		return err
	}
	if _, ok := out.(*generatorCall); !ok && len(a.Names) > 1 {
		return placed(errclass.UnsupportedFeature.New("Only a generator makes several columns: %s is none.", out), a.At)
	}
	s.add(Named{Expr: out, Name: a.Names[0], Metadata: s.metadataOf(out)}, a.Names)
	return nil
}

func (s *selection) add(item Named, names []string) {
	s.items = append(s.items, item)
	s.names = append(s.names, names)
}

// metadataOf is what a plain column brings along.
func (s *selection) metadataOf(e expr.Expr) map[string]any {
	if c, ok := e.(*expr.Column); ok {
		return s.input.columns[c.Index].Metadata
	}
	return nil
}

// itemName is Spark's name for an expression without alias: the column's or field's as written, that of
// a cast's column, else the expression as text.
func itemName(e plan.Expression, resolved expr.Expr) string {
	switch e := e.(type) {
	case *plan.UnresolvedAttribute:
		return e.Parts[len(e.Parts)-1]
	case *plan.Cast:
		if c, ok := plainColumn(e.Child); ok {
			return c
		}
	}
	if c, ok := resolved.(*expr.Column); ok {
		return c.Name // a time window
	}
	return resolved.String()
}

func plainColumn(e plan.Expression) (string, bool) {
	a, ok := e.(*plan.UnresolvedAttribute)
	if !ok || len(a.Parts) != 1 {
		return "", false
	}
	return a.Parts[0], true
}

// star expands * to the visible columns, t.* to those of t, s.* to the fields of the struct s.
func (x *expressions) star(star *plan.UnresolvedStar) ([]Named, error) {
	var columns []Named
	for i, c := range x.scope.columns {
		if (len(star.Target) == 0 && !c.hidden) || (len(star.Target) > 0 && !c.metadata && c.answersTo(star.Target)) {
			columns = append(columns, Named{Expr: x.scope.column(i), Name: c.Name, Metadata: c.Metadata})
		}
	}
	if len(star.Target) == 0 || len(columns) > 0 {
		return columns, nil
	}
	return x.structStar(star)
}

func (x *expressions) structStar(star *plan.UnresolvedStar) ([]Named, error) {
	base, err := x.resolve(&plan.UnresolvedAttribute{At: star.At, Parts: star.Target})
	if err != nil {
		return nil, placed(errclass.CannotResolveStar.New(
			"Cannot resolve %s.* given input columns %s. Please check that the specified table or struct exists and is accessible in the input columns.",
			strings.Join(star.Target, "."), strings.Join(x.scope.node.Schema().Names(), ", ")), star.At)
	}
	fields, err := fieldsOf(base)
	if err != nil {
		return nil, placed(err, star.At)
	}
	var columns []Named
	for _, f := range fields {
		e, err := expr.NewGetField(&x.build, base, f)
		if err != nil {
			return nil, err
		}
		columns = append(columns, Named{Expr: e, Name: f})
	}
	return columns, nil
}

// clause resolves an expression of a clause behind the select list, ORDER BY or HAVING: the list's
// aliases go before the input's columns.
func (s *selection) clause(e plan.Expression) (expr.Expr, error) {
	x := s.over(s.input)
	x.items = s.outputs()
	return x.resolve(e)
}

// finish makes the nodes of the selection: its columns are the items, followed by the hidden ones.
func (s *selection) finish() (*scope, error) {
	s.keepQualifiers()
	build := &selectionNodes{resolver: s.resolver, node: s.input.node, items: append(append([]Named(nil), s.items...), s.hidden...)}
	names := append(append([][]string(nil), s.names...), make([][]string, len(s.hidden))...)
	if s.grouped != nil {
		if err := s.group(build); err != nil {
			return nil, err
		}
	}
	for _, step := range []func() error{build.plantSubqueries, build.windows, func() error { return build.generators(names) }} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	node := &Project{Input: build.node, Columns: build.items}
	out := &scope{node: node}
	for i, f := range node.Schema().Fields {
		out.columns = append(out.columns, column{Field: f, qualifier: build.items[i].qualifier})
	}
	return out, nil
}

// keepQualifiers lets plain columns still answer to their relation's name behind the selection.
func (s *selection) keepQualifiers() {
	for i, item := range s.items {
		if c, ok := item.Expr.(*expr.Column); ok && s.names[i] == nil {
			s.items[i].qualifier = s.input.columns[c.Index].qualifier
		}
	}
}

// group turns the items into ones over the groups.
func (s *selection) group(build *selectionNodes) error {
	for i, item := range build.items {
		var err error
		if build.items[i].Expr, err = s.grouped.over(item.Expr); err != nil {
			return err
		}
	}
	var having expr.Expr
	if s.having != nil {
		var err error
		if having, err = s.grouped.over(s.having); err != nil {
			return err
		}
	}
	var err error
	if build.node, err = s.grouped.node(s.resolver, s.input.node); err != nil || having == nil {
		return err
	}
	build.node, err = s.filter(build.node, having)
	return err
}

// expandItems replaces references to items by what the items are.
func (s *selection) expandItems(e expr.Expr) expr.Expr {
	columns := s.outputs()
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		if ref, ok := e.(*itemRef); ok {
			return columns[ref.index].Expr, nil
		}
		return nil, nil
	})
	return out
}

// outputs is the selection's columns, the hidden ones last. A generator's stand for themselves only: with
// a position that no relation has.
func (s *selection) outputs() []Named {
	var columns []Named
	for i, item := range s.items {
		call, ok := item.Expr.(*generatorCall)
		if !ok {
			columns = append(columns, item)
			continue
		}
		for at, f := range call.generator.Schema().Fields {
			name := f.Name
			if at < len(s.names[i]) {
				name = s.names[i][at]
			}
			columns = append(columns, Named{Expr: expr.NewColumn(-1, name, f.Type, f.Nullable || call.outer), Name: name})
		}
	}
	return append(columns, s.hidden...)
}

// output binds an expression of ORDER BY to the selection's columns: to the items it names or equals,
// and to hidden columns for the rest.
func (s *selection) output(e expr.Expr) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		if ref, ok := e.(*itemRef); ok {
			return s.outputColumn(ref.index), nil
		}
		if has[*itemRef](e) || len(e.Children()) == 0 && !has[*expr.Column](e) {
			return nil, nil
		}
		columns := s.outputs()
		for i, item := range columns {
			if Same(item.Expr, e) {
				return s.outputColumn(i), nil
			}
		}
		s.hidden = append(s.hidden, Named{Expr: e, Name: e.String()})
		return s.outputColumn(len(columns)), nil
	})
	return out
}

func (s *selection) outputColumn(i int) expr.Expr {
	item := s.outputs()[i]
	return expr.NewColumn(i, item.Name, item.Expr.Type(), item.Expr.Nullable())
}
