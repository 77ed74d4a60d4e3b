package logical

import (
	"fmt"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// expressions resolves expressions over one scope.
type expressions struct {
	*resolver
	scope *scope
	// earlier holds the aliases of the select list so far: a later item may use them.
	earlier []Named
	// items holds the select list for clauses behind it, whose aliases go before columns.
	items []Named
	// lambdas holds the variables of the lambda functions around, the innermost last.
	lambdas []*expr.LambdaVariable
	// overGroups: the function is OVER a window, which sees the groups: sum(sum(x)) OVER ().
	overGroups bool
}

// over resolves expressions over a scope.
func (r *resolver) over(s *scope) *expressions { return &expressions{resolver: r, scope: s} }

func (x *expressions) all(list []plan.Expression) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = x.resolve(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// resolve binds an expression. Where it stands for many (a star), the caller has expanded it.
func (x *expressions) resolve(e plan.Expression) (expr.Expr, error) {
	switch e := e.(type) {
	case *plan.Literal:
		return expr.NewLiteral(e), nil
	case *plan.UnresolvedAttribute:
		out, err := x.attribute(e)
		return out, placed(err, e.At)
	case *plan.UnresolvedFunction:
		out, err := x.function(e)
		return out, placed(err, e.At)
	case *plan.ExpressionString:
		parsed, err := sql.ParseNamedExpression(e.Text)
		if err != nil {
			return nil, err
		}
		return x.resolve(parsed)
	case *plan.UnresolvedStar:
		return nil, placed(errclass.InvalidStarUsage.New("Invalid usage of '*' in expression."), e.At)
	case *plan.Alias:
		return x.resolve(e.Child)
	case *plan.Cast:
		out, err := x.cast(e)
		return out, placed(err, e.At)
	case *plan.UnresolvedExtractValue:
		out, err := x.extract(e)
		return out, placed(err, e.At)
	case *plan.CaseWhen:
		out, err := x.caseWhen(e)
		return out, placed(err, e.At)
	case *plan.InList:
		out, err := x.inList(e)
		return out, placed(err, e.At)
	case *plan.Subquery:
		out, err := x.subquery(e)
		return out, placed(err, e.At)
	case *plan.Window:
		out, err := x.window(e)
		return out, placed(err, e.At)
	case resolvedExpression:
		return e.Expr, nil
	case *plan.LambdaFunction:
		return nil, placed(errclass.UnsupportedFeature.New("A lambda function should only be used in a higher order function."), e.At)
	case *plan.NamedArgument:
		return nil, placed(errclass.UnsupportedFeature.New("Named arguments are not supported: %s => ….", e.Name), e.At)
	case *plan.TableArgument:
		return nil, placed(errclass.UnsupportedFeature.New("A table as an argument is not supported here."), e.At)
	}
	return nil, fmt.Errorf("internal error: no expression for %T", e)
}

func (x *expressions) attribute(a *plan.UnresolvedAttribute) (expr.Expr, error) {
	base, fields, err := x.base(a.Parts)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if base, err = expr.NewGetField(&x.build, base, f); err != nil {
			return nil, err
		}
	}
	return base, nil
}

// base is what the beginning of a name stands for, with the fields that follow.
func (x *expressions) base(parts []string) (e expr.Expr, fields []string, err error) {
	for _, variable := range slices.Backward(x.lambdas) {
		if strings.EqualFold(variable.Param.Name, parts[0]) {
			return variable, parts[1:], nil
		}
	}
	if e, err := x.item(parts[0]); e != nil || err != nil {
		return e, parts[1:], err
	}
	index, fields, err := x.scope.find(parts)
	if err != nil {
		return nil, nil, err
	}
	if index >= 0 {
		c := x.scope.column(index)
		c.Name = parts[len(parts)-len(fields)-1] // as written here
		return c, fields, nil
	}
	if e, err := x.lateralAlias(parts[0]); e != nil || err != nil {
		return e, parts[1:], err
	}
	if e, fields := x.outerBase(parts); e != nil {
		return e, fields, nil
	}
	if e, err := x.wordFunction(parts); e != nil || err != nil {
		return e, nil, err
	}
	return nil, nil, x.scope.unresolved(parts)
}

// lateralAlias finds what an earlier alias of the same select list names.
func (x *expressions) lateralAlias(name string) (expr.Expr, error) {
	var found *laterAlias
	matches := 0
	for _, item := range x.earlier {
		if strings.EqualFold(item.Name, name) {
			found, matches = &laterAlias{item.Expr, name}, matches+1
		}
	}
	switch matches {
	case 0:
		return nil, nil
	case 1:
		return found, nil
	}
	return nil, errclass.AmbiguousLateralAlias.New("Lateral column alias `%s` is ambiguous and has %d matches.", name, matches)
}

// item finds a column of the select list, for the clauses behind it.
func (x *expressions) item(name string) (expr.Expr, error) {
	found := -1
	for i, item := range x.items {
		if !strings.EqualFold(item.Name, name) {
			continue
		}
		if found >= 0 && !Same(item.Expr, x.items[found].Expr) {
			return nil, errclass.AmbiguousReference.New("Reference `%s` is ambiguous, could be: [`%s`, `%s`].",
				name, x.items[found].Name, item.Name)
		}
		if found < 0 {
			found = i
		}
	}
	if found < 0 {
		return nil, nil
	}
	return &itemRef{x.items[found].Expr, found}, nil
}

// outerBase finds a name in the query around a subquery.
func (x *expressions) outerBase(parts []string) (expr.Expr, []string) {
	if x.outer == nil {
		return nil, nil
	}
	index, fields, err := x.outer.find(parts)
	if err != nil || index < 0 {
		return nil, nil
	}
	return &outerColumn{x.outer.column(index)}, fields
}

// wordFunctions are called without parentheses where no column has their name.
var wordFunctions = map[string]bool{
	"current_date": true, "current_timestamp": true, "current_user": true, "user": true, "session_user": true,
	"localtimestamp": true, "current_catalog": true, "current_database": true, "current_schema": true, "current_time": true,
}

func (x *expressions) wordFunction(parts []string) (expr.Expr, error) {
	name := strings.ToLower(parts[0])
	if len(parts) > 1 || !wordFunctions[name] {
		return nil, nil
	}
	return expr.Build(&x.build, name, nil)
}

func (x *expressions) cast(c *plan.Cast) (expr.Expr, error) {
	if text, ok := c.Child.(*plan.Literal); ok && c.Mode == plan.EvalANSI {
		return x.typedLiteral(c, text)
	}
	child, err := x.resolve(c.Child)
	if err != nil {
		return nil, err
	}
	return expr.NewCast(child, c.To, c.Mode, x.build.ANSI, false)
}

// typedLiteral is DATE '2025-01-31' and the like, which the parser leaves as a cast since it needs the
// session's time zone.
func (x *expressions) typedLiteral(c *plan.Cast, text *plan.Literal) (expr.Expr, error) {
	cast, err := expr.NewCast(expr.NewLiteral(text), c.To, plan.EvalANSI, true, false)
	if err != nil {
		return nil, err
	}
	value, err := expr.Value(cast, &x.eval)
	if err != nil {
		return nil, errclass.InvalidTypedLiteral.New("The value of the typed literal \"%s\" is invalid: '%v'.", types.SQL(c.To), text.Value)
	}
	return &expr.Constant{Value: value, DataType: c.To}, nil
}

func (x *expressions) extract(e *plan.UnresolvedExtractValue) (expr.Expr, error) {
	child, err := x.resolve(e.Child)
	if err != nil {
		return nil, err
	}
	key, err := x.resolve(e.Extraction)
	if err != nil {
		return nil, err
	}
	return expr.NewExtract(&x.build, child, key)
}

func (x *expressions) caseWhen(c *plan.CaseWhen) (expr.Expr, error) {
	whens, thens := make([]expr.Expr, len(c.When)), make([]expr.Expr, len(c.When))
	for i, branch := range c.When {
		condition := branch.When
		if c.Operand != nil {
			condition = &plan.UnresolvedFunction{At: c.At, Name: "==", Args: []plan.Expression{c.Operand, branch.When}}
		}
		var err error
		if whens[i], err = x.resolve(condition); err != nil {
			return nil, err
		}
		if thens[i], err = x.resolve(branch.Then); err != nil {
			return nil, err
		}
	}
	var orElse expr.Expr
	if c.Else != nil {
		var err error
		if orElse, err = x.resolve(c.Else); err != nil {
			return nil, err
		}
	}
	return expr.NewCase(&x.build, whens, thens, orElse)
}

func (x *expressions) inList(in *plan.InList) (expr.Expr, error) {
	child, err := x.resolve(in.Child)
	if err != nil {
		return nil, err
	}
	values, err := x.all(in.Values)
	if err != nil {
		return nil, err
	}
	out, err := expr.NewIn(&x.build, child, values)
	if err != nil || !in.Not {
		return out, err
	}
	return expr.Build(&x.build, "not", []expr.Expr{out})
}

// condition resolves what has to be boolean.
func (x *expressions) condition(e plan.Expression) (expr.Expr, error) {
	out, err := x.resolve(e)
	if err != nil {
		return nil, err
	}
	switch out.Type() {
	case types.Boolean:
		return out, nil
	case types.Null:
		return expr.NewCast(out, types.Boolean, plan.EvalDefault, x.build.ANSI, true)
	}
	return nil, errclass.DatatypeMismatchFilter.New(
		"Cannot resolve \"%s\" due to data type mismatch: Filter expression \"%s\" of type \"%s\" is not a boolean.",
		out, out, types.SQL(out.Type()))
}
