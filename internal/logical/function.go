package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// function resolves a call: of a scalar function, or to a placeholder of what needs a node.
func (x *expressions) function(f *plan.UnresolvedFunction) (expr.Expr, error) {
	args, err := x.starArguments(f)
	if err != nil {
		return nil, err
	}
	if f.Name == "struct" {
		return x.structOf(args)
	}
	if f.Name == "grouping" || f.Name == "grouping_id" {
		return x.grouping(f)
	}
	if field, ok := inputFile[f.Name]; ok && len(args) == 0 {
		return x.inputFile(f, field)
	}
	kind, known := expr.Lookup(f.Name)
	switch {
	case known && kind == expr.AggregateKind:
		return x.aggregate(f, args)
	case known && kind == expr.GeneratorKind:
		return x.generator(f, args)
	case known && kind == expr.WindowKind:
		return nil, errclass.WindowRequired.New("Window function %s requires an OVER clause.", f.Name)
	case known && (f.IsDistinct || f.Filter != nil || len(f.OrderBy) > 0):
		return nil, errclass.UnsupportedFeature.New("DISTINCT, FILTER and WITHIN GROUP belong to aggregate functions, and %s is none.", f.Name)
	}
	resolved, err := x.arguments(f.Name, args)
	if err != nil {
		return nil, err
	}
	out, err := expr.Build(&x.build, f.Name, resolved)
	if err != nil {
		return nil, err
	}
	return x.planned(out), nil
}

// planned is the column of the scope that holds a time window already, where e is that window.
func (x *expressions) planned(e expr.Expr) expr.Expr {
	if x.scope.window != nil && Same(e, x.scope.window) {
		return x.scope.column(len(x.scope.columns) - 1)
	}
	return e
}

// starArguments expands stars among the arguments; count(*) counts rows.
func (x *expressions) starArguments(f *plan.UnresolvedFunction) ([]plan.Expression, error) {
	args, err := positional(f)
	if err != nil {
		return nil, err
	}
	var out []plan.Expression
	for _, a := range args {
		star, ok := a.(*plan.UnresolvedStar)
		if !ok {
			out = append(out, a)
			continue
		}
		if f.Name == "count" && len(f.Args) == 1 && len(star.Target) == 0 && !f.IsDistinct {
			return []plan.Expression{&plan.Literal{Value: int32(1), Type: types.Integer}}, nil
		}
		columns, err := x.star(star)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			out = append(out, resolvedExpression{Named: c})
		}
	}
	return out, nil
}

// resolvedExpression carries what is resolved already through an argument list.
type resolvedExpression struct {
	plan.Expression
	Named
}

// arguments resolves the arguments of a scalar function. Lambda functions wait until the types of the
// others are known.
func (x *expressions) arguments(name string, args []plan.Expression) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(args))
	lambdas := false
	for i, a := range args {
		if _, ok := a.(*plan.LambdaFunction); ok {
			lambdas = true
			continue
		}
		var err error
		if out[i], err = x.resolve(a); err != nil {
			return nil, err
		}
	}
	if !lambdas {
		return out, nil
	}
	return out, x.lambdaArguments(name, args, out)
}

// lambdaArguments fills the places of lambda functions.
func (x *expressions) lambdaArguments(name string, args []plan.Expression, out []expr.Expr) error {
	params, err := expr.LambdaParams(&x.build, name, out)
	if err != nil {
		return err
	}
	for i, a := range args {
		lambda, ok := a.(*plan.LambdaFunction)
		if !ok {
			continue
		}
		if len(lambda.Args) > len(params[i]) {
			return placed(errclass.LambdaArguments.New("A higher order function expects %d arguments, but the lambda function has %d.", len(params[i]), len(lambda.Args)), lambda.At)
		}
		if out[i], err = x.lambda(lambda, params[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *expressions) lambda(l *plan.LambdaFunction, params []expr.LambdaParam) (expr.Expr, error) {
	inner := *x
	inner.lambdas = append([]*expr.LambdaVariable(nil), x.lambdas...)
	variables := make([]*expr.LambdaVariable, len(l.Args))
	for i, name := range l.Args {
		p := params[i]
		p.Name = name
		variables[i] = expr.NewLambdaVariable(len(inner.lambdas), p)
		inner.lambdas = append(inner.lambdas, variables[i])
	}
	body, err := inner.resolve(l.Body)
	if err != nil {
		return nil, err
	}
	return expr.NewLambda(variables, body), nil
}

// aggregate resolves an aggregate function. Its arguments are over the rows, not over the select list.
func (x *expressions) aggregate(f *plan.UnresolvedFunction, args []plan.Expression) (expr.Expr, error) {
	rows := *x
	rows.items, rows.overGroups = nil, false
	resolved, err := rows.all(args)
	if err != nil {
		return nil, err
	}
	if resolved, err = rows.withinGroup(f, resolved); err != nil {
		return nil, err
	}
	if !x.overGroups && slices.ContainsFunc(resolved, has[*aggregateCall]) {
		return nil, errclass.NestedAggregate.New("It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the inner aggregate function in a sub-query.")
	}
	if f.IgnoreNull {
		resolved = append(resolved, expr.NewLiteral(&plan.Literal{Value: true, Type: types.Boolean}))
	}
	function, err := expr.BuildAggregate(&x.build, f.Name, resolved, f.IsDistinct)
	if err != nil {
		return nil, err
	}
	call := AggregateCall{Function: function, Distinct: f.IsDistinct}
	if f.Filter != nil {
		if call.Filter, err = rows.condition(f.Filter); err != nil {
			return nil, err
		}
		if has[*aggregateCall](call.Filter) {
			return nil, errclass.FilterAggregate.New("The FILTER expression \"%s\" in an aggregate function is invalid. Expected a FILTER expression without an aggregation.", call.Filter)
		}
	}
	return &aggregateCall{call}, nil
}

// withinGroup puts the column that WITHIN GROUP orders before the other arguments, which is how the
// functions take it.
func (x *expressions) withinGroup(f *plan.UnresolvedFunction, args []expr.Expr) ([]expr.Expr, error) {
	if len(f.OrderBy) == 0 {
		return args, nil
	}
	if len(f.OrderBy) > 1 || f.OrderBy[0].Descending || f.Name == "listagg" || f.Name == "string_agg" {
		return nil, errclass.UnsupportedFeature.New("This order WITHIN GROUP is not supported for %s.", f.Name)
	}
	e, err := x.resolve(f.OrderBy[0].Child)
	return append([]expr.Expr{e}, args...), err
}

// namedParameters is the one parameter of functions that are called by name in practice.
var namedParameters = map[string]string{
	"variant_explode": "input", "variant_explode_outer": "input",
	"explode": "collection", "explode_outer": "collection", "posexplode": "collection", "posexplode_outer": "collection",
	"inline": "input", "inline_outer": "input",
}

// positional turns f(name => value) into f(value).
func positional(f *plan.UnresolvedFunction) ([]plan.Expression, error) {
	args := make([]plan.Expression, len(f.Args))
	for i, a := range f.Args {
		args[i] = a
		named, ok := a.(*plan.NamedArgument)
		if !ok {
			continue
		}
		if len(f.Args) > 1 || !strings.EqualFold(namedParameters[f.Name], named.Name) {
			return nil, placed(errclass.UnsupportedFeature.New("%s does not support the named argument %s.", f.Name, named.Name), named.At)
		}
		args[i] = named.Value
	}
	return args, nil
}

func (x *expressions) generator(f *plan.UnresolvedFunction, args []plan.Expression) (expr.Expr, error) {
	resolved, err := x.all(args)
	if err != nil {
		return nil, err
	}
	g, err := expr.BuildGenerator(&x.build, f.Name, resolved)
	if err != nil {
		return nil, err
	}
	return &generatorCall{g, isOuter(f.Name)}, nil
}

// isOuter reports whether a generator's name asks to keep rows that make none.
func isOuter(name string) bool {
	return name == "explode_outer" || name == "posexplode_outer" || name == "inline_outer" || name == "variant_explode_outer"
}
