package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// structOf is struct(a, b AS c): a field for each argument, named as a column of a select list would be, or
// col1, col2 … where it has no name of its own.
func (x *expressions) structOf(args []plan.Expression) (expr.Expr, error) {
	var pairs []expr.Expr
	texts := make([]string, len(args))
	for i, a := range args {
		value, err := x.resolve(a)
		if err != nil {
			return nil, err
		}
		name := fieldName(a, value)
		texts[i] = value.String()
		if alias, ok := a.(*plan.Alias); ok {
			texts[i] += " AS " + alias.Names[0]
		}
		if name == "" {
			name = fmt.Sprintf("col%d", i+1)
		}
		pairs = append(pairs, expr.NewLiteral(&plan.Literal{Value: name, Type: types.String}), value)
	}
	made, err := expr.Build(&x.build, "named_struct", pairs)
	if err != nil {
		return nil, err
	}
	return &called{made, "struct(" + strings.Join(texts, ", ") + ")"}, nil
}

// fieldName is the name that an expression brings along; empty: none.
func fieldName(e plan.Expression, resolved expr.Expr) string {
	switch e := e.(type) {
	case *plan.Alias:
		return e.Names[0]
	case *plan.UnresolvedAttribute:
		return e.Parts[len(e.Parts)-1]
	case resolvedExpression:
		return e.Name
	}
	if c, ok := resolved.(*expr.Column); ok {
		return c.Name
	}
	return ""
}

// called is an expression under another text.
type called struct {
	expr.Expr
	text string
}

func (c *called) String() string { return c.text }

func (c *called) Children() []expr.Expr { return []expr.Expr{c.Expr} }

// WithChildren is the same text for another expression.
func (c *called) WithChildren(children []expr.Expr) expr.Expr { return &called{children[0], c.text} }
