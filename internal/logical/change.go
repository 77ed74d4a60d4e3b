package logical

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A Target is a table whose rows a statement changes.
type Target struct {
	Schema    types.Struct // as the log has it: with what is noted of defaults and generated columns
	Qualifier []string     // by which its columns may be called

	With []plan.SubqueryAlias // queries that the statement names
}

func (t Target) scope() *scope { return scopeOf(NewLocalRelation(t.Schema, nil), t.Qualifier) }

// ResolveDelete binds the condition of a DELETE to the table's columns; nil: all rows.
func ResolveDelete(ctx context.Context, condition plan.Expression, target Target, env Env) (expr.Expr, error) {
	c, err := newChanges(ctx, target, "DELETE", env)
	if err != nil {
		return nil, err
	}
	return c.where(condition)
}

// ResolveUpdate binds an UPDATE to the table's columns: what each becomes, but for generated columns, which the table computes, and
// the condition.
func ResolveUpdate(ctx context.Context, set []plan.Assignment, condition plan.Expression, target Target, env Env) ([]Named, expr.Expr, error) {
	c, err := newChanges(ctx, target, "UPDATE", env)
	if err != nil {
		return nil, nil, err
	}
	where, err := c.where(condition)
	if err != nil {
		return nil, nil, err
	}
	a := &assigning{changes: c, scope: target.scope(), after: target.Schema}
	named, err := a.update(set)
	return named, where, err
}

// changes resolves what statements do to a table.
type changes struct {
	*resolver
	target    Target
	statement string // for messages
	read      func(query Node) (arrow.RecordBatch, error)
}

func newChanges(ctx context.Context, target Target, statement string, env Env) (*changes, error) {
	r, err := newResolver(ctx, env).knowing(target.With)
	return &changes{resolver: r, target: target, statement: statement, read: env.Read}, err
}

func (c *changes) where(condition plan.Expression) (expr.Expr, error) {
	if condition == nil {
		return nil, nil
	}
	return c.condition(condition, c.target.scope(), c.statement)
}

// condition resolves a condition on rows; what names it in messages.
func (c *changes) condition(e plan.Expression, s *scope, what string) (expr.Expr, error) {
	out, err := c.over(s).condition(e)
	if err != nil {
		return nil, err
	}
	switch {
	case has[*subqueryCall](out):
		return nil, errclass.DeltaUnsupportedSubquery.New("Subqueries are not supported in the %s (condition = %s).", what, out)
	case has[*aggregateCall](out), has[*windowCall](out), has[*generatorCall](out):
		return nil, c.unsupported(out, what)
	case !expr.IsDeterministic(out):
		return nil, c.random(out, what)
	}
	return expr.Fold(out, &c.eval), nil
}

func (c *changes) unsupported(e expr.Expr, what string) error {
	if c.statement == "MERGE" && has[*aggregateCall](e) {
		return errclass.DeltaAggregationNotSupported.New("Aggregate functions are not supported in the %s (condition = %s).", what, e)
	}
	return errclass.UnsupportedExprForOperator.New("A query operator contains one or more unsupported expressions. Consider to rewrite it to avoid window functions, aggregate functions, and generator functions in the WHERE clause. Invalid expressions: [%s]", e)
}

func (c *changes) random(e expr.Expr, what string) error {
	if c.statement == "MERGE" {
		return errclass.DeltaNonDeterministic.New("Non-deterministic functions are not supported in the %s (condition = %s).", what, e)
	}
	return errclass.InvalidNonDeterministic.New("The operator expects a deterministic expression, but the actual expression is \"%s\".", e)
}

// assigning gives columns of a table new values, over a scope that begins with the table's columns.
type assigning struct {
	*changes
	scope   *scope
	after   types.Struct // the table's columns after the statement
	missing bool         // structs may lack fields, which are null then
}

// An assigned value goes to a column, or a field of one.
type assigned struct {
	path  []string // from the column on, spelled as in the table
	value expr.Expr
}

// update gives a value for each column of the table after the statement, but for generated columns that nobody sets.
func (a *assigning) update(set []plan.Assignment) ([]Named, error) {
	values := make([]assigned, len(set))
	for i, one := range set {
		var err error
		if values[i], err = a.assign(one); err != nil {
			return nil, err
		}
	}
	return a.columns(values)
}

// columns is the table's row with some of its columns and fields replaced.
func (a *assigning) columns(values []assigned) ([]Named, error) {
	if err := conflicting(values); err != nil {
		return nil, err
	}
	var out []Named
	for _, f := range a.after.Fields {
		own := beginningWith(values, f.Name)
		at := a.target.Schema.Index(f.Name)
		switch {
		case len(own) == 0 && isGenerated(f):
			continue
		case len(own) == 0 && at < 0:
			out = append(out, Named{Expr: &expr.Constant{DataType: f.Type}, Name: f.Name})
			continue
		}
		if len(own) > 0 && isIdentity(f) {
			return nil, errclass.DeltaIdentityUpdate.New("UPDATE on IDENTITY column %s is not supported.", f.Name)
		}
		var old expr.Expr = &expr.Constant{DataType: f.Type}
		if at >= 0 {
			old = a.scope.column(at)
		}
		value, err := a.replaced(old, f.Type, own, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, Named{Expr: expr.Fold(value, &a.eval), Name: f.Name})
	}
	return out, nil
}

func isGenerated(f types.Field) bool { return f.Metadata["delta.generationExpression"] != nil }

func isIdentity(f types.Field) bool { return f.Metadata["delta.identity.start"] != nil }

func beginningWith(values []assigned, name string) []assigned {
	var own []assigned
	for _, v := range values {
		if strings.EqualFold(v.path[0], name) {
			own = append(own, v)
		}
	}
	return own
}

// replaced is an old value with what is assigned to it or to fields inside of it, of which depth names have been followed.
func (a *assigning) replaced(old expr.Expr, t types.Type, values []assigned, depth int) (expr.Expr, error) {
	if len(values) == 0 {
		return a.stored(old, t)
	}
	if len(values) == 1 && len(values[0].path) == depth {
		return a.stored(values[0].value, t)
	}
	s, ok := t.(types.Struct)
	if !ok {
		return nil, errclass.DeltaNestedFields.New("Updating nested fields is only supported for StructType, but you are trying to update a field of `%s`, which is of type: %s.", strings.Join(values[0].path[:depth], "."), t)
	}
	names := make([]string, len(s.Fields))
	fields := make([]expr.Expr, len(s.Fields))
	for i, f := range s.Fields {
		var own []assigned
		for _, v := range values {
			if strings.EqualFold(v.path[depth], f.Name) {
				own = append(own, v)
			}
		}
		field, err := a.fieldOf(old, f)
		if err == nil {
			fields[i], err = a.replaced(field, f.Type, own, depth+1)
		}
		if err != nil {
			return nil, err
		}
		names[i] = f.Name
	}
	return a.stored(expr.NewStruct(&a.build, names, fields), t)
}

// fieldOf is a field of a value, null where the value's type has none of that name.
func (a *assigning) fieldOf(of expr.Expr, f types.Field) (expr.Expr, error) {
	if s, ok := of.Type().(types.Struct); !ok || s.Index(f.Name) < 0 {
		return &expr.Constant{DataType: f.Type}, nil
	}
	return expr.NewGetField(&a.build, of, f.Name)
}

// stored converts a value to the type of what holds it, as a write does.
func (a *assigning) stored(e expr.Expr, t types.Type) (expr.Expr, error) {
	if e.Type() == types.Null {
		return &expr.Constant{DataType: t}, nil
	}
	t = types.AsNullable(t)
	if types.Equal(types.AsNullable(e.Type()), t) {
		return e, nil
	}
	return expr.NewStore(e, t)
}

// assign resolves one assignment.
func (a *assigning) assign(one plan.Assignment) (assigned, error) {
	path, field, err := a.column(one.Column)
	if err != nil {
		return assigned{}, placed(err, one.Column.At)
	}
	value, err := a.value(one.Value, field)
	return assigned{path, value}, err
}

// column finds the column, or field of one, that an assignment names.
func (a *assigning) column(name *plan.UnresolvedAttribute) (path []string, field types.Field, err error) {
	parts := name.Parts
	for n := min(3, len(parts)-1); n >= 0; n-- {
		if c := (column{qualifier: a.target.Qualifier}); n > 0 && !c.answersTo(parts[:n]) {
			continue
		}
		if at := a.after.Index(parts[n]); at >= 0 {
			return a.into(a.after.Fields[at], parts[n+1:], parts)
		}
	}
	return nil, types.Field{}, a.target.scope().unresolved(parts)
}

func (a *assigning) into(f types.Field, rest, parts []string) (path []string, field types.Field, err error) {
	path = []string{f.Name}
	for _, name := range rest {
		s, ok := f.Type.(types.Struct)
		if !ok {
			return nil, f, errclass.DeltaNestedFields.New("Updating nested fields is only supported for StructType, but you are trying to update a field of `%s`, which is of type: %s.", strings.Join(path, "."), f.Type)
		}
		at := s.Index(name)
		if at < 0 {
			return nil, f, a.target.scope().unresolved(parts)
		}
		f = s.Fields[at]
		path = append(path, f.Name)
	}
	return path, f, nil
}

// value resolves what is assigned to a field; the word DEFAULT is its default.
func (a *assigning) value(e plan.Expression, to types.Field) (expr.Expr, error) {
	if isDefault(e) {
		return a.defaultOf(to)
	}
	out, err := a.over(a.scope).resolve(e)
	if err != nil {
		return nil, err
	}
	if out, err = a.known(out); err != nil {
		return nil, err
	}
	switch {
	case contains(out, isPredicateSubquery):
		return nil, errclass.UnsupportedInExists.New("Unsupported subquery expression: the new value of a column is %s: IN and EXISTS cannot be used in the values of %s.", out, a.statement).
			WithHint("MERGE with a source that is joined to what the subquery reads.")
	case has[*subqueryCall](out):
		return nil, errclass.UnsupportedCorrelated.New("Unsupported subquery expression: the new value of a column is %s, which looks for each row of the table, in the %s.", out, a.statement).
			WithHint("MERGE with a source that is joined to what the subquery reads.")
	case has[*aggregateCall](out), has[*windowCall](out), has[*generatorCall](out):
		return nil, a.unsupported(out, a.statement)
	}
	return out, nil
}

func isPredicateSubquery(e expr.Expr) bool {
	q, ok := e.(*subqueryCall)
	return ok && (q.exists || q.child != nil)
}

// known replaces the queries in an expression whose value is the same for all rows by their value.
func (c *changes) known(e expr.Expr) (expr.Expr, error) {
	return rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		q, ok := e.(*subqueryCall)
		if !ok || c.read == nil || q.exists || q.child != nil || len(q.on) > 0 {
			return nil, nil
		}
		rows, err := c.read(foldConstants(&Single{Input: q.scope.node}, &c.eval))
		if err != nil {
			return nil, placed(err, q.at)
		}
		return expr.NewKnown(rows.Column(0), q.Type(), q.String()), nil
	})
}

func isDefault(e plan.Expression) bool {
	word, ok := e.(*plan.UnresolvedAttribute)
	return ok && len(word.Parts) == 1 && strings.EqualFold(word.Parts[0], "default")
}

// defaultOf is what a column without a value holds.
func (c *changes) defaultOf(f types.Field) (expr.Expr, error) {
	text, ok := f.Metadata["CURRENT_DEFAULT"].(string)
	if !ok {
		return &expr.Constant{DataType: f.Type}, nil
	}
	parsed, err := sql.ParseExpression(text)
	if err != nil {
		return nil, err
	}
	return c.over(scopeOf(oneRow(), nil)).resolve(parsed)
}

// conflicting refuses two values for one place, or for a struct and a field of it.
func conflicting(values []assigned) error {
	for i := range values {
		for j := range i {
			a, b := values[j].path, values[i].path
			n := min(len(a), len(b))
			if strings.EqualFold(strings.Join(a[:n], "\x00"), strings.Join(b[:n], "\x00")) {
				return errclass.DeltaConflictSetColumn.New("There is a conflict from these SET columns: [`%s`, `%s`].", strings.Join(a, "."), strings.Join(b, "."))
			}
		}
	}
	return nil
}
