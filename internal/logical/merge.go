package logical

import (
	"context"
	"errors"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A Merge is a MERGE with its names bound.
type Merge struct {
	Schema  types.Struct // the table's columns after it, as the log has them
	Evolved bool         // these are others than before
	Source  Node         // of the columns that are needed

	Keys []JoinKey   // the table's, the source's
	Rest []expr.Expr // what else a pair must fulfil, over the table's columns followed by the source's
	On   expr.Expr   // all of it, as text for the history

	Matched            []MergeClause // over the table's columns followed by the source's
	NotMatched         []MergeClause // over the source's columns
	NotMatchedBySource []MergeClause // over the table's columns
}

// A MergeClause is what a MERGE does with some rows.
type MergeClause struct {
	Action    plan.MergeAction
	Condition expr.Expr // nil: all that come to the clause
	Text      string    // of the condition, for the history
	Columns   []Named   // what the rows become; those left out are for the table to compute
}

// Evolve gives a table the columns that rows have and it lacks.
type Evolve func(table, rows types.Struct) types.Struct

// ResolveMerge binds a MERGE. evolve, when not nil, says how the table's columns follow those of the source.
func ResolveMerge(ctx context.Context, m *plan.MergeInto, target Target, evolve Evolve, env Env) (*Merge, error) {
	c, err := newChanges(ctx, target, "MERGE", env)
	if err != nil {
		return nil, err
	}
	r := &merging{changes: c, plan: m, evolve: evolve, out: &Merge{Schema: target.Schema}}
	if err := r.checkClauses(); err != nil {
		return nil, err
	}
	if err := r.bind(); err != nil {
		return nil, err
	}
	r.narrow()
	r.out.Source = foldConstants(r.out.Source, &env.Eval)
	return r.out, nil
}

type merging struct {
	*changes
	plan   *plan.MergeInto
	evolve Evolve
	out    *Merge
	table  *scope
	source *scope
	both   *scope
}

func (r *merging) checkClauses() error {
	m := r.plan
	if len(m.Matched)+len(m.NotMatched)+len(m.NotMatchedBySource) == 0 {
		return errclass.DeltaMergeMissingWhen.New("There must be at least one WHEN clause in a MERGE statement.")
	}
	for _, of := range []struct {
		clauses []plan.MergeClause
		class   errclass.Class
		when    string
	}{
		{m.Matched, errclass.DeltaNonLastMatched, "MATCHED"},
		{m.NotMatched, errclass.DeltaNonLastInsert, "NOT MATCHED"},
		{m.NotMatchedBySource, errclass.DeltaNonLastBySource, "NOT MATCHED BY SOURCE"},
	} {
		for i, c := range of.clauses {
			if c.Condition == nil && i < len(of.clauses)-1 {
				return of.class.New("When there are more than one %s clauses in a MERGE statement, only the last %s clause can omit the condition.", of.when, of.when)
			}
		}
	}
	return nil
}

func (r *merging) bind() error {
	source, err := r.relation(r.plan.Source)
	if err != nil {
		return err
	}
	r.source, r.table = source.named().visible(), r.target.scope()
	if IsStreaming(r.source.node) {
		return errclass.UnsupportedStreaming.New("The source of a MERGE is a stream: write it by foreachBatch, and merge each batch.")
	}
	r.both = &scope{node: &Join{Left: r.table.node, Right: r.source.node, Type: plan.InnerJoin}}
	r.both.columns = append(append(r.both.columns, r.table.columns...), r.source.columns...)
	if err := r.on(); err != nil {
		return err
	}
	r.evolveSchema()
	return r.clauses()
}

func (r *merging) on() error {
	on, err := r.mergeCondition(r.plan.Condition, r.both, "search condition of MERGE operation")
	if err != nil {
		return err
	}
	r.out.On = on
	j := newJoin(r.table.node, r.source.node, plan.InnerJoin, []expr.Expr{on})
	r.out.Keys = j.Keys
	if j.Condition != nil {
		r.out.Rest = expr.Conjuncts(j.Condition)
	}
	return nil
}

func (r *merging) mergeCondition(e plan.Expression, s *scope, what string) (expr.Expr, error) {
	out, err := r.condition(e, s, what)
	return out, r.unresolvable(err, what, s)
}

// unresolvable is the error for a name in a MERGE that stands for nothing.
func (r *merging) unresolvable(err error, where string, s *scope) error {
	e, ok := errors.AsType[*errclass.Error](err)
	if !ok || e.Class != errclass.UnresolvedColumn && e.Class != errclass.UnresolvedColumnBare {
		return err
	}
	var names []string
	for _, c := range s.columns {
		names = append(names, quoteParts(append(append([]string(nil), c.qualifier...), c.Name)))
	}
	return placed(errclass.DeltaMergeUnresolved.New("Cannot resolve it in %s given columns %s: %s", where, strings.Join(names, ", "), e.Detail), e.At)
}

// evolveSchema adds the columns that clauses bring from the source.
func (r *merging) evolveSchema() {
	if r.evolve == nil {
		return
	}
	var brought types.Struct
	rows := r.source.node.Schema()
	for i, c := range r.source.columns {
		if r.brings(c.Name) {
			f := rows.Fields[i]
			f.Name, f.Metadata = c.Name, nil
			brought.Fields = append(brought.Fields, f)
		}
	}
	after := r.evolve(r.target.Schema, types.AsNullable(brought).(types.Struct))
	if !types.Equal(after, r.target.Schema) {
		r.out.Schema, r.out.Evolved = after, true
	}
}

// brings reports whether a clause takes the source's column of that name into the table: by *, or by an assignment to that name.
func (r *merging) brings(name string) bool {
	for _, clauses := range [][]plan.MergeClause{r.plan.Matched, r.plan.NotMatched} {
		for _, c := range clauses {
			if c.Action == plan.MergeUpdateAll || c.Action == plan.MergeInsertAll {
				return true
			}
			for _, a := range c.Set {
				value, ok := a.Value.(*plan.UnresolvedAttribute)
				if !ok || !strings.EqualFold(value.Parts[len(value.Parts)-1], name) {
					continue
				}
				for _, part := range a.Column.Parts {
					if strings.EqualFold(part, name) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (r *merging) clauses() error {
	for _, c := range r.plan.Matched {
		out, err := r.clause(c, r.both, "UPDATE")
		if err != nil {
			return err
		}
		r.out.Matched = append(r.out.Matched, out)
	}
	for _, c := range r.plan.NotMatchedBySource {
		out, err := r.clause(c, r.table, "UPDATE")
		if err != nil {
			return err
		}
		r.out.NotMatchedBySource = append(r.out.NotMatchedBySource, out)
	}
	for _, c := range r.plan.NotMatched {
		out, err := r.insert(c)
		if err != nil {
			return err
		}
		r.out.NotMatched = append(r.out.NotMatched, out)
	}
	return nil
}

func (r *merging) begin(c plan.MergeClause, s *scope, kind string) (out MergeClause, err error) {
	out.Action = c.Action
	if c.Condition == nil {
		return out, nil
	}
	out.Condition, err = r.mergeCondition(c.Condition, s, kind+" condition of MERGE operation")
	if err == nil {
		out.Text = out.Condition.String()
	}
	return out, err
}

func (r *merging) clause(c plan.MergeClause, s *scope, kind string) (MergeClause, error) {
	if c.Action == plan.MergeDelete {
		return r.begin(c, s, "DELETE")
	}
	out, err := r.begin(c, s, kind)
	if err != nil {
		return out, err
	}
	a := &assigning{changes: r.changes, scope: s, after: r.out.Schema, missing: r.evolve != nil}
	if c.Action == plan.MergeUpdateAll {
		values, err := r.all(a, "UPDATE")
		if err != nil {
			return out, err
		}
		out.Columns, err = a.columns(values)
		return out, err
	}
	out.Columns, err = a.update(c.Set)
	return out, r.unresolvable(err, "UPDATE clause", s)
}

// all gives each column of the table the source's column of its name. With evolution, a column that the source lacks is left as it is.
func (r *merging) all(a *assigning, kind string) ([]assigned, error) {
	var values []assigned
	shift := len(a.scope.columns) - len(r.source.columns)
	for _, f := range r.out.Schema.Fields {
		found := r.source.matches(nil, f.Name)
		switch {
		case len(found) > 1:
			return nil, r.source.ambiguous([]string{f.Name}, found)
		case len(found) == 1:
			values = append(values, assigned{[]string{f.Name}, a.scope.column(shift + found[0])})
		case r.evolve == nil:
			return nil, r.unresolvable(r.source.unresolved([]string{f.Name}), kind+" clause", r.source)
		}
	}
	return values, nil
}

func (r *merging) insert(c plan.MergeClause) (MergeClause, error) {
	out, err := r.begin(c, r.source, "INSERT")
	if err != nil {
		return out, err
	}
	a := &assigning{changes: r.changes, scope: r.source, after: r.out.Schema, missing: r.evolve != nil}
	var values []assigned
	if c.Action == plan.MergeInsertAll {
		if values, err = r.all(a, "INSERT"); err != nil {
			return out, err
		}
	}
	for _, one := range c.Set {
		v, err := a.assign(one)
		if err != nil {
			return out, r.unresolvable(err, "INSERT clause", r.source)
		}
		if len(v.path) > 1 {
			return out, errclass.DeltaNestedFieldInInsert.New("Nested field is not supported in the INSERT clause of MERGE operation (field = `%s`).", strings.Join(v.path, "`.`"))
		}
		values = append(values, v)
	}
	for i, v := range values {
		for _, other := range values[:i] {
			if strings.EqualFold(v.path[0], other.path[0]) {
				return out, errclass.DeltaDuplicateInsertColumns.New("Duplicate column names in INSERT clause")
			}
		}
		field := r.out.Schema.Fields[r.out.Schema.Index(v.path[0])]
		value, err := a.stored(v.value, field.Type)
		if err != nil {
			return out, err
		}
		out.Columns = append(out.Columns, Named{Expr: expr.Fold(value, &r.eval), Name: field.Name})
	}
	return out, nil
}

// narrow drops the columns of the source that nobody needs.
func (r *merging) narrow() {
	w := newWanted(len(r.source.columns))
	r.eachOfSource(func(e expr.Expr, shift int) expr.Expr {
		columnsIn(e, func(i int) {
			if i >= shift {
				w[i-shift] = true
			}
		})
		return e
	})
	project := &Project{Input: r.source.node}
	places := make([]int, len(w))
	for i, wanted := range w {
		places[i] = len(project.Columns)
		if wanted {
			project.Columns = append(project.Columns, Named{Expr: r.source.column(i), Name: r.source.columns[i].Name})
		}
	}
	r.eachOfSource(func(e expr.Expr, shift int) expr.Expr {
		return moved(e, func(i int) int {
			if i < shift {
				return i
			}
			return shift + places[i-shift]
		})
	})
	r.out.Source = project
}

// eachOfSource replaces the expressions that may read the source, whose columns follow shift others.
func (r *merging) eachOfSource(f func(e expr.Expr, shift int) expr.Expr) {
	width := len(r.table.columns)
	for i := range r.out.Keys {
		r.out.Keys[i].Right = f(r.out.Keys[i].Right, 0)
	}
	for i := range r.out.Rest {
		r.out.Rest[i] = f(r.out.Rest[i], width)
	}
	for _, of := range []struct {
		clauses []MergeClause
		shift   int
	}{{r.out.Matched, width}, {r.out.NotMatched, 0}} {
		for i := range of.clauses {
			c := &of.clauses[i]
			if c.Condition != nil {
				c.Condition = f(c.Condition, of.shift)
			}
			for j := range c.Columns {
				c.Columns[j].Expr = f(c.Columns[j].Expr, of.shift)
			}
		}
	}
}
