package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A LambdaParam is a variable of a lambda function.
type LambdaParam struct {
	Name     string
	Type     types.Type
	Nullable bool
}

// A LambdaVariable is a variable, by its place in Context.Lambda. Lambdas inside others count on from
// the outer ones' variables.
type LambdaVariable struct {
	Index int
	Param LambdaParam
}

// NewLambdaVariable is the variable at a place of Context.Lambda.
func NewLambdaVariable(index int, p LambdaParam) *LambdaVariable {
	return &LambdaVariable{Index: index, Param: p}
}

// Type is the parameter's.
func (v *LambdaVariable) Type() types.Type { return v.Param.Type }

// Nullable is the parameter's.
func (v *LambdaVariable) Nullable() bool { return v.Param.Nullable }

// String is what Spark prints for any variable.
func (v *LambdaVariable) String() string { return "namedlambdavariable()" }

// Children is empty.
func (v *LambdaVariable) Children() []Expr { return nil }

// WithChildren is the variable itself.
func (v *LambdaVariable) WithChildren([]Expr) Expr { return v }

// Eval is the variable's values.
func (v *LambdaVariable) Eval(ctx *Context, _ arrow.RecordBatch) (Vector, error) {
	return ctx.Lambda[v.Index], nil
}

// A Lambda is (x, y) -> body: an argument of a higher-order function, not evaluated on its own.
type Lambda struct {
	Params []*LambdaVariable
	Body   Expr
}

// NewLambda is a lambda function over variables made beforehand.
func NewLambda(params []*LambdaVariable, body Expr) *Lambda {
	return &Lambda{Params: params, Body: body}
}

// Type is the body's.
func (l *Lambda) Type() types.Type { return l.Body.Type() }

// Nullable is the body's.
func (l *Lambda) Nullable() bool { return l.Body.Nullable() }

// String is Spark's: the body, then a "namedlambdavariable()" for each parameter.
func (l *Lambda) String() string {
	return "lambdafunction(" + l.Body.String() + strings.Repeat(", namedlambdavariable()", len(l.Params)) + ")"
}

// Children is the body.
func (l *Lambda) Children() []Expr { return []Expr{l.Body} }

// WithChildren is the same parameters over another body.
func (l *Lambda) WithChildren(children []Expr) Expr {
	return &Lambda{Params: l.Params, Body: children[0]}
}

// Eval evaluates the body with the variables in the context.
func (l *Lambda) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	return l.Body.Eval(ctx, in)
}

// infallible: the body decides.
func (l *Lambda) infallible() bool { return true }
