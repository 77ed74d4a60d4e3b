package delta

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A textResolver binds the expressions that a table's metadata holds as texts to the table's columns. The texts come from whoever wrote
// the log: the parser bounds them, and they see no table but their own.
type textResolver struct {
	table  types.Struct // with what the metadata notes of the columns
	schema types.Struct // as expressions see it
	eval   expr.Context
}

func newTextResolver(schema types.Struct, eval expr.Context) textResolver {
	return textResolver{schema, deltalog.UserSchema(schema), eval}
}

// resolve binds a text over the table's columns.
func (r textResolver) resolve(text string) (expr.Expr, plan.Expression, error) {
	return r.over(r.schema, text)
}

func (r textResolver) over(schema types.Struct, text string) (expr.Expr, plan.Expression, error) {
	parsed, err := sql.ParseExpression(text)
	if err != nil {
		return nil, nil, err
	}
	e, err := r.bind(schema, parsed)
	return e, parsed, err
}

func (r textResolver) bind(schema types.Struct, parsed plan.Expression) (expr.Expr, error) {
	bound, err := logical.ResolveExpressions(context.Background(), []plan.Expression{parsed}, schema, logical.Env{Catalog: noTables{}, Eval: r.eval})
	if err != nil {
		return nil, err
	}
	if len(bound) != 1 {
		return nil, errors.New("internal error: an expression became several")
	}
	return bound[0], nil
}

// stored converts an expression to the type of the column that it fills, as a write does.
func (r textResolver) stored(e expr.Expr, f types.Field) (expr.Expr, error) {
	e, err := expr.NewStore(e, f.Type)
	if err != nil {
		return nil, err
	}
	eval := r.eval
	eval.ANSI = true
	return expr.Fold(e, &eval), nil
}

// noTables is the catalog of expressions in a table's metadata.
type noTables struct{}

var _ logical.Catalog = noTables{}

// Table refuses.
func (noTables) Table(context.Context, *plan.NamedTable) (logical.Node, error) {
	return nil, refuseQuery()
}

// DataSource refuses.
func (noTables) DataSource(context.Context, *plan.DataSource) (logical.Node, error) {
	return nil, refuseQuery()
}

// TableFunction refuses.
func (noTables) TableFunction(context.Context, *logical.TableCall) (logical.Node, error) {
	return nil, refuseQuery()
}

func refuseQuery() error {
	return errclass.UnsupportedFeature.New("An expression in a table's metadata cannot read tables.")
}

// cannotEnforce refuses a write by what the table demands and this build does not understand.
func cannotEnforce(what, text string, cause error) error {
	return errclass.DeltaUnsupportedWrite.New("%s (%.200s) cannot be enforced by this build: %w", what, text, cause).
		WithHint("The table can still be read.")
}

// referencesOf are the columns, and fields of them, that an expression names, each once, in the order of their names.
func referencesOf(e plan.Expression) []*plan.UnresolvedAttribute {
	found := map[string]*plan.UnresolvedAttribute{}
	walkText(e, nil, func(e plan.Expression) {
		if a, ok := e.(*plan.UnresolvedAttribute); ok {
			found[dotted(a.Parts)] = a
		}
	})
	all := make([]*plan.UnresolvedAttribute, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[name])
	}
	return all
}

// callsOf are the names of the functions in an expression.
func callsOf(e plan.Expression) []string {
	var names []string
	walkText(e, nil, func(e plan.Expression) {
		if f, ok := e.(*plan.UnresolvedFunction); ok {
			names = append(names, f.Name)
		}
	})
	return names
}

// walkText visits the functions, and the names of columns, in an expression. Names that the lambda functions around them bind are no columns.
func walkText(e plan.Expression, bound []string, visit func(plan.Expression)) {
	each := func(list ...plan.Expression) {
		for _, child := range list {
			if child != nil {
				walkText(child, bound, visit)
			}
		}
	}
	switch e := e.(type) {
	case *plan.UnresolvedAttribute:
		if !slices.ContainsFunc(bound, func(b string) bool { return strings.EqualFold(b, e.Parts[0]) }) {
			visit(e)
		}
	case *plan.UnresolvedFunction:
		visit(e)
		each(e.Args...)
		each(e.Filter)
	case *plan.NamedArgument:
		each(e.Value)
	case *plan.Alias:
		each(e.Child)
	case *plan.Cast:
		each(e.Child)
	case *plan.UnresolvedExtractValue:
		each(e.Child, e.Extraction)
	case *plan.LambdaFunction:
		walkText(e.Body, append(slices.Clip(bound), e.Args...), visit)
	case *plan.CaseWhen:
		each(e.Operand, e.Else)
		for _, b := range e.When {
			each(b.When, b.Then)
		}
	case *plan.InList:
		each(e.Child)
		each(e.Values...)
	}
}
