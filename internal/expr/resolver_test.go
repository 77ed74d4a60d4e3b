package expr_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A resolver binds parsed expressions, as package logical does for whole queries.
type resolver struct {
	ctx    *expr.BuildContext
	in     arrow.RecordBatch
	schema types.Struct
	lambda []*expr.LambdaVariable
	names  []string
	// literal, when not nil, makes what stands for a literal.
	literal func(l *plan.Literal) expr.Expr
}

// from makes the input of VALUES.
func (r *resolver) from(alias *plan.SubqueryAlias) error {
	values, ok := alias.Input.(*plan.Values)
	if !ok || len(values.Rows) == 0 {
		return errNotAsked
	}
	ctx := testContext()
	width := len(values.Rows[0])
	columns := make([]arrow.Array, width)
	schema := types.Struct{Fields: make([]types.Field, width)}
	for c := range width {
		var cells []expr.Expr
		for _, row := range values.Rows {
			e, err := r.expr(row[c])
			if err != nil {
				return err
			}
			cells = append(cells, e)
		}
		all, err := expr.Build(r.ctx, "array", cells)
		if err != nil {
			return err
		}
		g, err := expr.BuildGenerator(r.ctx, "explode", []expr.Expr{all})
		if err != nil {
			return err
		}
		_, out, err := g.Generate(ctx, expr.OneRow)
		if err != nil {
			return err
		}
		columns[c] = out[0]
		f := g.Schema().Fields[0]
		f.Name = fmt.Sprintf("col%d", c+1)
		if c < len(alias.Columns) {
			f.Name = alias.Columns[c]
		}
		schema.Fields[c] = f
	}
	r.schema = schema
	r.in = array.NewRecordBatch(types.ToArrowSchema(schema), columns, int64(len(values.Rows)))
	return nil
}

func (r *resolver) all(es []plan.Expression) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		var err error
		if out[i], err = r.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *resolver) expr(e plan.Expression) (expr.Expr, error) {
	switch e := e.(type) {
	case *plan.Literal:
		if r.literal != nil {
			return r.literal(e), nil
		}
		return expr.NewLiteral(e), nil
	case *plan.Alias:
		return r.expr(e.Child)
	case *plan.Cast:
		child, err := r.expr(e.Child)
		if err != nil {
			return nil, err
		}
		return expr.NewCast(child, e.To, e.Mode, r.ctx.ANSI, false)
	case *plan.UnresolvedAttribute:
		return r.attribute(e)
	case *plan.UnresolvedExtractValue:
		children, err := r.all([]plan.Expression{e.Child, e.Extraction})
		if err != nil {
			return nil, err
		}
		return expr.NewExtract(r.ctx, children[0], children[1])
	case *plan.InList:
		children, err := r.all(append([]plan.Expression{e.Child}, e.Values...))
		if err != nil {
			return nil, err
		}
		in, err := expr.NewIn(r.ctx, children[0], children[1:])
		if err != nil || !e.Not {
			return in, err
		}
		return expr.Build(r.ctx, "not", []expr.Expr{in})
	case *plan.CaseWhen:
		return r.caseWhen(e)
	case *plan.UnresolvedFunction:
		return r.call(e)
	}
	return nil, errNotAsked
}

func (r *resolver) attribute(e *plan.UnresolvedAttribute) (expr.Expr, error) {
	for i, v := range slices.Backward(r.names) {
		if strings.EqualFold(v, e.Parts[0]) {
			return r.lambda[i], nil
		}
	}
	if i := r.schema.Index(e.Parts[0]); i >= 0 {
		f := r.schema.Fields[i]
		return expr.NewColumn(i, f.Name, f.Type, f.Nullable), nil
	}
	return nil, errNotAsked
}

func (r *resolver) caseWhen(e *plan.CaseWhen) (expr.Expr, error) {
	var whens, thens []expr.Expr
	for _, w := range e.When {
		both, err := r.all([]plan.Expression{w.When, w.Then})
		if err != nil {
			return nil, err
		}
		whens, thens = append(whens, both[0]), append(thens, both[1])
	}
	if e.Else == nil {
		return expr.NewCase(r.ctx, whens, thens, nil)
	}
	orElse, err := r.expr(e.Else)
	if err != nil {
		return nil, err
	}
	return expr.NewCase(r.ctx, whens, thens, orElse)
}

func (r *resolver) call(e *plan.UnresolvedFunction) (expr.Expr, error) {
	if kind, ok := expr.Lookup(e.Name); ok && kind != expr.Scalar {
		return nil, errNotAsked
	}
	if !expr.IsHigherOrder(e.Name) {
		args, err := r.all(e.Args)
		if err != nil {
			return nil, err
		}
		return expr.Build(r.ctx, e.Name, args)
	}
	args := make([]expr.Expr, len(e.Args))
	for i, a := range e.Args {
		if _, ok := a.(*plan.LambdaFunction); ok {
			continue
		}
		var err error
		if args[i], err = r.expr(a); err != nil {
			return nil, err
		}
	}
	params, err := expr.LambdaParams(r.ctx, e.Name, args)
	if err != nil {
		return nil, err
	}
	for i, a := range e.Args {
		if l, ok := a.(*plan.LambdaFunction); ok {
			if args[i], err = r.bind(l, params[i]); err != nil {
				return nil, err
			}
		}
	}
	return expr.Build(r.ctx, e.Name, args)
}

func (r *resolver) bind(l *plan.LambdaFunction, params []expr.LambdaParam) (expr.Expr, error) {
	depth := len(r.lambda)
	var variables []*expr.LambdaVariable
	for k, name := range l.Args {
		p := params[k]
		p.Name = name
		variables = append(variables, expr.NewLambdaVariable(depth+k, p))
		r.lambda, r.names = append(r.lambda, variables[k]), append(r.names, name)
	}
	body, err := r.expr(l.Body)
	r.lambda, r.names = r.lambda[:depth], r.names[:depth]
	if err != nil {
		return nil, err
	}
	return expr.NewLambda(variables, body), nil
}
