package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// frameRelation resolves the relations that only the DataFrame API makes.
func (r *resolver) frameRelation(rel plan.Relation) (*scope, error) {
	switch rel := rel.(type) {
	case *plan.WithColumns:
		return r.withColumns(rel)
	case *plan.Drop:
		return r.drop(rel)
	case *plan.WithColumnsRenamed:
		return r.rename(rel)
	case *plan.ToDF:
		s, err := r.relation(rel.Input)
		if err != nil {
			return nil, err
		}
		return s.visible().withNames(rel.Names)
	case *plan.DropNA:
		return r.dropNA(rel)
	case *plan.FillNA:
		return r.fillNA(rel)
	case *plan.WithWatermark:
		return r.watermark(rel)
	case *plan.TransformWithState:
		return r.transform(rel)
	}
	return nil, fmt.Errorf("internal error: no node for %T", rel)
}

// withColumns replaces columns by name, and appends those that are new.
func (r *resolver) withColumns(rel *plan.WithColumns) (*scope, error) {
	input, err := r.relation(rel.Input)
	if err != nil {
		return nil, err
	}
	input = input.named()
	var list []plan.Expression
	var shown []column
	for i, c := range input.columns {
		if !c.hidden {
			list = append(list, resolvedExpression{Named: Named{Expr: input.column(i), Name: c.Name, Metadata: c.Metadata}})
			shown = append(shown, c)
		}
	}
	for _, a := range rel.Aliases {
		replaced := false
		for i, c := range shown {
			if strings.EqualFold(c.Name, a.Names[0]) {
				list[i], replaced = a, true
			}
		}
		if !replaced {
			list = append(list, a)
		}
	}
	if input, err = r.withTimeWindow(input, list); err != nil {
		return nil, err
	}
	s := &selection{resolver: r, input: input}
	for _, e := range list {
		if kept, ok := e.(resolvedExpression); ok {
			s.add(kept.Named, nil)
			continue
		}
		if err := s.selectItemAlone(e); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// selectItemAlone resolves an item that does not see the ones before it.
func (s *selection) selectItemAlone(e plan.Expression) error {
	alone := &selection{resolver: s.resolver, input: s.input}
	if err := alone.selectItem(e); err != nil {
		return err
	}
	s.items, s.names = append(s.items, alone.items...), append(s.names, alone.names...)
	return nil
}

// drop removes columns; a name that is not there removes nothing.
func (r *resolver) drop(rel *plan.Drop) (*scope, error) {
	s, err := r.columnsOf(rel.Input)
	if err != nil {
		return nil, err
	}
	gone := map[int]bool{}
	for _, e := range rel.Columns {
		a, ok := e.(*plan.UnresolvedAttribute)
		if !ok {
			return nil, errclass.UnsupportedFeature.New("drop takes columns, not other expressions.")
		}
		for _, i := range s.matches(a.Parts[:len(a.Parts)-1], a.Parts[len(a.Parts)-1]) {
			gone[i] = true
		}
	}
	out := &scope{}
	project := &Project{Input: s.node}
	for i, c := range s.columns {
		if !gone[i] {
			project.Columns = append(project.Columns, Named{Expr: s.column(i), Name: c.Name, Metadata: c.Metadata})
			out.columns = append(out.columns, c)
		}
	}
	out.node = project
	return out, nil
}

// columnsOf is an input with the columns that a frame has: none that only a name reaches.
func (r *resolver) columnsOf(input plan.Relation) (*scope, error) {
	s, err := r.relation(input)
	if err != nil {
		return nil, err
	}
	return s.visible(), nil
}

// rename renames columns; a name that is not there changes nothing.
func (r *resolver) rename(rel *plan.WithColumnsRenamed) (*scope, error) {
	s, err := r.columnsOf(rel.Input)
	if err != nil {
		return nil, err
	}
	columns := passThrough(s.node.Schema())
	out := &scope{columns: append([]column(nil), s.columns...)}
	for _, pair := range rel.Renames {
		for i := range columns {
			if strings.EqualFold(columns[i].Name, pair[0]) {
				columns[i].Name, out.columns[i].Name = pair[1], pair[1]
			}
		}
	}
	out.node = &Project{Input: s.node, Columns: columns}
	return out, nil
}

// columnsByName finds columns that must be there; none named: all.
func (s *scope) columnsByName(names []string) ([]int, error) {
	if len(names) == 0 {
		return allColumns(s.node), nil
	}
	var found []int
	for _, name := range names {
		matches := s.matches(nil, name)
		if len(matches) == 0 {
			return nil, s.unresolved([]string{name})
		}
		found = append(found, matches...)
	}
	return found, nil
}

func (r *resolver) deduplicate(rel *plan.Deduplicate) (*scope, error) {
	s, err := r.columnsOf(rel.Input)
	if err != nil {
		return nil, err
	}
	columns, err := s.columnsByName(rel.Columns)
	if err != nil {
		return nil, err
	}
	if rel.Distinct {
		return s.over(distinct(s.node)), nil
	}
	return s.over(&Deduplicate{Input: s.node, Columns: columns, WithinWatermark: rel.WithinWatermark}), nil
}

// distinct makes rows distinct as SQL's DISTINCT and UNION do. Of a stream that is, as in Spark, a grouping by all columns, whose
// output mode says when a row is given; dropDuplicates gives each at once.
func distinct(node Node) Node {
	if !IsStreaming(node) {
		return &Deduplicate{Input: node, Columns: allColumns(node)}
	}
	schema := node.Schema()
	a := &Aggregate{Input: node}
	for i, f := range schema.Fields {
		a.Keys = append(a.Keys, Named{Expr: columnOf(schema, i), Name: f.Name, Metadata: f.Metadata})
	}
	return a
}

// dropNA keeps the rows that have enough values among the columns.
func (r *resolver) dropNA(rel *plan.DropNA) (*scope, error) {
	s, err := r.columnsOf(rel.Input)
	if err != nil {
		return nil, err
	}
	columns, err := s.columnsByName(rel.Columns)
	if err != nil {
		return nil, err
	}
	condition, err := r.enoughValues(s, columns, rel.MinNonNulls)
	if err != nil || condition == nil {
		return s, err
	}
	return s.over(&Filter{Input: s.node, Condition: condition}), nil
}

// enoughValues is the condition that at least so many of the columns are not null; 0: all of them. NaN counts as
// null, as Spark has it.
func (r *resolver) enoughValues(s *scope, columns []int, atLeast int) (expr.Expr, error) {
	var present []expr.Expr
	for _, i := range columns {
		c := s.column(i)
		e, err := expr.Build(&r.build, "isnotnull", []expr.Expr{c})
		if err != nil {
			return nil, err
		}
		if c.DataType == types.Double || c.DataType == types.Float {
			if e, err = r.notNaN(c, e); err != nil {
				return nil, err
			}
		}
		present = append(present, e)
	}
	if atLeast == 0 || atLeast == len(columns) {
		return expr.Conjunction(present), nil
	}
	return r.atLeast(present, atLeast)
}

func (r *resolver) notNaN(c, present expr.Expr) (expr.Expr, error) {
	nan, err := expr.Build(&r.build, "isnan", []expr.Expr{c})
	if err != nil {
		return nil, err
	}
	number, err := expr.Build(&r.build, "not", []expr.Expr{nan})
	if err != nil {
		return nil, err
	}
	return expr.Build(&r.build, "and", []expr.Expr{present, number})
}

// atLeast counts the conditions that hold.
func (r *resolver) atLeast(conditions []expr.Expr, n int) (expr.Expr, error) {
	var sum expr.Expr = &expr.Constant{Value: int32(0), DataType: types.Integer}
	for _, c := range conditions {
		one, err := expr.NewCast(c, types.Integer, plan.EvalDefault, r.build.ANSI, true)
		if err != nil {
			return nil, err
		}
		if sum, err = expr.Build(&r.build, "+", []expr.Expr{sum, one}); err != nil {
			return nil, err
		}
	}
	return expr.Build(&r.build, ">=", []expr.Expr{sum, &expr.Constant{Value: int32(n), DataType: types.Integer}})
}

// fillNA replaces nulls. One value goes to all columns of its kind, several to the columns in turn.
func (r *resolver) fillNA(rel *plan.FillNA) (*scope, error) {
	s, err := r.columnsOf(rel.Input)
	if err != nil {
		return nil, err
	}
	at, err := s.columnsByName(rel.Columns)
	if err != nil {
		return nil, err
	}
	values, err := r.over(scopeOf(oneRow(), nil)).all(rel.Values)
	if err != nil {
		return nil, err
	}
	columns := passThrough(s.node.Schema())
	out := &scope{columns: append([]column(nil), s.columns...)}
	for i, c := range at {
		value := values[min(i, len(values)-1)]
		if !fillable(columns[c].Expr.Type(), value.Type()) {
			continue
		}
		if columns[c].Expr, err = r.filled(columns[c].Expr, value); err != nil {
			return nil, err
		}
		out.columns[c].Nullable = columns[c].Expr.Nullable()
	}
	out.node = &Project{Input: s.node, Columns: columns}
	return out, nil
}

func (r *resolver) filled(e, value expr.Expr) (expr.Expr, error) {
	var did bool
	value, err := r.castTo(value, e.Type(), &did)
	if err != nil {
		return nil, err
	}
	if e.Type() == types.Double || e.Type() == types.Float {
		if e, err = expr.Build(&r.build, "nanvl", []expr.Expr{e, &expr.Constant{DataType: e.Type()}}); err != nil {
			return nil, err
		}
	}
	return expr.Build(&r.build, "coalesce", []expr.Expr{e, value})
}

// fillable: a number fills columns of numbers, anything else columns of its own type.
func fillable(column, value types.Type) bool {
	return numeric(column) && numeric(value) || types.Equal(column, value)
}

func numeric(t types.Type) bool {
	switch t {
	case types.Byte, types.Short, types.Integer, types.Long, types.Float, types.Double:
		return true
	}
	_, decimal := t.(types.Decimal)
	return decimal
}

// watermark declares the event time of a relation and how late its rows may be.
func (r *resolver) watermark(rel *plan.WithWatermark) (*scope, error) {
	s, err := r.relation(rel.Input)
	if err == nil && rel.Computed != nil {
		s, err = r.computeEventTime(s, rel.Computed)
	}
	if err != nil {
		return nil, err
	}
	if rel.Computed != nil {
		return s.watermarked(0, rel.Computed.Names[0], rel)
	}
	index, fields, err := s.find(strings.Split(rel.EventTime, "."))
	if err != nil {
		return nil, err
	}
	if index < 0 || len(fields) > 0 {
		return nil, s.unresolved([]string{rel.EventTime})
	}
	return s.watermarked(index, rel.EventTime, rel)
}

// watermarked makes a column of the scope its event time.
func (s *scope) watermarked(index int, name string, of *plan.WithWatermark) (*scope, error) {
	c := s.columns[index]
	if !eventTime(c.Type) {
		return nil, errclass.EventTimeType.New("The event time `%s` has the invalid type \"%s\", but expected \"TIMESTAMP\".", name, types.SQL(c.Type))
	}
	delay, err := delayMicros(of.DelayThreshold)
	if err != nil {
		return nil, err
	}
	return s.over(&Watermark{Input: s.node, Column: index, DelayMicros: delay, Delay: of.DelayThreshold, Of: of}), nil
}

// computeEventTime puts a computed column before those of a relation.
func (r *resolver) computeEventTime(s *scope, computed *plan.Alias) (*scope, error) {
	e, err := r.over(s).resolve(computed.Child)
	if err != nil {
		return nil, err
	}
	first := Named{Expr: e, Name: computed.Names[0]}
	columns := append([]Named{first}, passThrough(s.node.Schema())...)
	return &scope{
		node:    &Project{Input: s.node, Columns: columns},
		columns: append([]column{{Field: first.field()}}, s.columns...),
	}, nil
}

// eventTime: a timestamp, or the window that window() has made of one.
func eventTime(t types.Type) bool {
	s, ok := t.(types.Struct)
	if ok && len(s.Fields) == 2 && s.Fields[1].Name == "end" {
		t = s.Fields[1].Type
	}
	return t == types.Timestamp
}

// delayMicros is a delay in microseconds; a month counts 31 days.
func delayMicros(text string) (int64, error) {
	i, err := expr.ParseInterval(text)
	if err != nil {
		return 0, err
	}
	const day = int64(24 * 60 * 60 * 1e6)
	micros := int64(i.Months)*31*day + int64(i.Days)*day + i.Micros
	if micros < 0 {
		return 0, errclass.InvalidWatermarkDelay.New("requirement failed: delay threshold (%s) should not be negative.", text)
	}
	return micros, nil
}
