package logical

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// Env is what resolution knows of the session.
type Env struct {
	Catalog Catalog
	Eval    expr.Context
	Read    func(query Node) (arrow.RecordBatch, error) // runs a query whose value must be known beforehand; nil: there is no such
}

// Resolve binds the names of a query, checks its types and chooses its functions.
func Resolve(ctx context.Context, rel plan.Relation, env Env) (Node, error) {
	r := newResolver(ctx, env)
	s, err := r.relation(rel)
	if namesMetadata(err) {
		s, err = r.withMetadata(rel, err)
	}
	if err != nil {
		return nil, err
	}
	node := s.visible().node
	if err := checkVariants(node); err != nil {
		return nil, err
	}
	return foldConstants(node, &env.Eval), nil
}

// ResolveExpressions binds expressions over a relation with that schema, of no name: DEFAULT values, constraints, conditions given to
// an API. What needs an operator of its own (subqueries, aggregates, windows, generators) is refused.
func ResolveExpressions(ctx context.Context, list []plan.Expression, schema types.Struct, env Env) ([]expr.Expr, error) {
	r := newResolver(ctx, env)
	exprs, err := r.over(scopeOf(NewLocalRelation(schema, nil), nil)).all(list)
	if err != nil {
		return nil, err
	}
	for _, e := range exprs {
		if has[*aggregateCall](e) || has[*windowCall](e) || has[*generatorCall](e) || has[*subqueryCall](e) {
			return nil, errclass.UnsupportedFeature.New("The expression \"%s\" cannot have subqueries, aggregate functions, window functions or generators where it stands.", e)
		}
	}
	return mapAll(exprs, func(e expr.Expr) expr.Expr { return expr.Fold(e, &env.Eval) }), nil
}

func newResolver(ctx context.Context, env Env) *resolver {
	return &resolver{
		eval:  env.Eval,
		build: expr.BuildContext{ANSI: env.Eval.ANSI, TimeZone: env.Eval.TimeZone},
		table: func(t *plan.NamedTable) (Node, error) { return env.Catalog.Table(ctx, t) },
		data:  func(d *plan.DataSource) (Node, error) { return env.Catalog.DataSource(ctx, d) },
		call:  func(c *TableCall) (Node, error) { return env.Catalog.TableFunction(ctx, c) },
	}
}

// A resolver resolves one query. Copies of it resolve what sees other names: subqueries, and queries
// behind WITH.
type resolver struct {
	eval  expr.Context
	build expr.BuildContext
	table func(*plan.NamedTable) (Node, error)
	data  func(*plan.DataSource) (Node, error)
	call  func(*TableCall) (Node, error)
	with  map[string]*scope // the queries that WITH names, by name in lower case
	outer *scope            // of the query around a subquery; nil: none

	metadata map[Node]Node // leaves with the columns that they hide; nil: the query names none of these
}

// relation resolves a relation to a scope.
func (r *resolver) relation(rel plan.Relation) (*scope, error) {
	switch rel := rel.(type) {
	case nil:
		return scopeOf(oneRow(), nil), nil
	case *plan.NamedTable:
		return r.namedTable(rel)
	case *plan.DataSource:
		node, err := r.data(rel)
		if err != nil {
			return nil, err
		}
		return r.leaf(node, nil), nil
	case *plan.Resolved:
		return r.resolved(rel)
	case *plan.Project, *plan.Aggregate:
		s, err := r.selection(rel)
		if err != nil {
			return nil, err
		}
		return s.finish()
	case *plan.Filter:
		return r.where(rel)
	case *plan.Join:
		return r.join(rel)
	case *plan.SetOp:
		return r.setOp(rel)
	case *plan.Sort:
		return r.sort(rel)
	case *plan.RepartitionByExpression:
		return r.repartition(rel)
	case *plan.CollectMetrics:
		return r.observe(rel)
	case *plan.Limit:
		return r.limit(rel)
	case *plan.Offset:
		return r.offset(rel)
	case *plan.Deduplicate:
		return r.deduplicate(rel)
	case *plan.SubqueryAlias:
		return r.alias(rel)
	case *plan.LateralView:
		return r.lateralView(rel)
	case *plan.LocalRelation:
		return scopeOf(NewLocalRelation(rel.Schema, rel.Rows), nil), nil
	case *plan.Values:
		return r.values(rel)
	case *plan.Range:
		return scopeOf(&Relation{Source: rangeSource{rel.Start, rel.End, rel.Step}}, nil), nil
	case *plan.TableFunction:
		s, err := r.tableFunction(rel)
		return s, placed(err, rel.At)
	case *plan.With:
		return r.withQueries(rel)
	case *plan.SQL:
		parsed, err := sql.ParseRelation(rel.Text)
		if err != nil {
			return nil, err
		}
		return r.relation(parsed)
	}
	return r.frameRelation(rel)
}

func scopeOrError(node Node, qualifier []string, err error) (*scope, error) {
	if err != nil {
		return nil, err
	}
	return scopeOf(node, qualifier), nil
}

// namedTable finds what WITH names before what the catalog knows.
func (r *resolver) namedTable(t *plan.NamedTable) (*scope, error) {
	if len(t.Name) == 1 {
		if s, ok := r.with[strings.ToLower(t.Name[0])]; ok {
			return s.renamed([]string{t.Name[0]}), nil
		}
	}
	node, err := r.table(t)
	if err != nil {
		return nil, placed(err, t.At)
	}
	return r.leaf(node, relationName(node, t.Name)), nil
}

// relationName is what a table's columns may be qualified with: its full name, or, of a view, the name
// it was asked by.
func relationName(node Node, asked []string) []string {
	switch n := node.(type) {
	case *Relation:
		if len(n.Name) > 0 {
			return n.Name
		}
	case *StreamRelation:
		if len(n.Name) > 0 {
			return n.Name
		}
	}
	return asked
}

func (r *resolver) resolved(rel *plan.Resolved) (*scope, error) {
	if renewed, ok := rel.Node.(interface{ Current() Node }); ok {
		rel = &plan.Resolved{Node: renewed.Current()}
	}
	node, ok := rel.Node.(Node)
	if !ok {
		return nil, fmt.Errorf("internal error: a resolved plan holds a %T", rel.Node)
	}
	return r.leaf(node, relationName(node, nil)), nil
}

// renamed is the scope under another name.
func (s *scope) renamed(qualifier []string) *scope {
	out := &scope{node: s.node}
	for _, c := range s.columns {
		c.qualifier = qualifier
		out.columns = append(out.columns, c)
	}
	return out
}

func (r *resolver) withQueries(w *plan.With) (*scope, error) {
	inner, err := r.knowing(w.Names)
	if err != nil {
		return nil, err
	}
	return inner.relation(w.Input)
}

// knowing is a resolver that knows named queries, each of which may use those before it.
func (r *resolver) knowing(names []plan.SubqueryAlias) (*resolver, error) {
	inner := *r
	inner.with = map[string]*scope{}
	maps.Copy(inner.with, r.with)
	for i := range names {
		s, err := inner.alias(&names[i])
		if err != nil {
			return nil, err
		}
		inner.with[strings.ToLower(names[i].Alias)] = s
	}
	return &inner, nil
}

func (r *resolver) alias(a *plan.SubqueryAlias) (*scope, error) {
	s, err := r.relation(a.Input)
	if err != nil {
		return nil, err
	}
	if err := boundedRelation(s.node); err != nil {
		return nil, err
	}
	s = s.named()
	if len(a.Columns) > 0 {
		if s, err = s.visible().withNames(a.Columns); err != nil {
			return nil, err
		}
	}
	if a.Alias == "" {
		return s.renamed(nil), nil
	}
	return s.renamed([]string{a.Alias}), nil
}

// withNames renames all columns.
func (s *scope) withNames(names []string) (*scope, error) {
	if len(names) != len(s.columns) {
		return nil, errclass.NumColumnsMismatch.New("Number of column aliases does not match number of columns. Number of column aliases: %d; number of columns: %d.", len(names), len(s.columns))
	}
	columns := make([]Named, len(names))
	for i, name := range names {
		columns[i] = Named{Expr: s.column(i), Name: name, Metadata: s.columns[i].Metadata}
	}
	return scopeOf(&Project{Input: s.node, Columns: columns}, nil), nil
}

func (r *resolver) where(f *plan.Filter) (*scope, error) {
	s, err := r.relation(f.Input)
	if err != nil {
		return nil, err
	}
	condition, err := r.over(s).condition(f.Condition)
	if errors.Is(err, errclass.UnresolvedColumn) {
		return r.whereHidden(f, err)
	}
	if err != nil {
		return nil, err
	}
	if has[*aggregateCall](condition) || has[*windowCall](condition) || has[*generatorCall](condition) {
		return nil, errclass.InvalidWhere.New("The WHERE condition \"%s\" contains invalid expressions. Rewrite the query to avoid window functions, aggregate functions, and generator functions in the WHERE clause.", condition)
	}
	node, err := r.filter(s.node, condition)
	if err != nil {
		return nil, err
	}
	return s.over(node), nil
}

// whereHidden is a filter behind a projection by a column that the projection has not kept, as the DataFrame API
// allows: df.select("a").filter("b > 1"). reason is why the condition does not resolve without.
func (r *resolver) whereHidden(f *plan.Filter, reason error) (*scope, error) {
	project, ok := f.Input.(*plan.Project)
	if !ok {
		return nil, reason
	}
	s, err := r.projection(project)
	if err != nil {
		return nil, err
	}
	e, err := s.clause(f.Condition)
	if err != nil || s.grouped != nil || e.Type() != types.Boolean {
		return nil, reason
	}
	condition := s.output(e)
	made, err := s.finish()
	if err != nil {
		return nil, err
	}
	node, err := r.filter(made.node, condition)
	if err != nil {
		return nil, err
	}
	return made.over(node).first(len(made.columns) - len(s.hidden)), nil
}

// foldConstants computes what depends on no row, in every node.
func foldConstants(node Node, eval *expr.Context) Node {
	return transform(node, func(n Node) Node {
		return mapExprs(n, func(e expr.Expr) expr.Expr { return expr.Fold(e, eval) })
	})
}
