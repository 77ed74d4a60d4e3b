package logical

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Placeholders stand in an expression for what a node of its own computes: resolution replaces each
// by a column of that node. None is left in a resolved plan.

// aggregateCall stands for an aggregate function.
type aggregateCall struct{ AggregateCall }

// windowCall stands for a function OVER a window.
type windowCall struct {
	WindowCall
	partitionBy []expr.Expr
	orderBy     []SortKey
}

// generatorCall stands for a generator: in a select list, any number of columns.
type generatorCall struct {
	generator expr.Generator
	outer     bool
}

// subqueryCall stands for a query: its one value, whether it has rows, or, with child, whether it holds
// the child's value.
type subqueryCall struct {
	scope  *scope
	exists bool
	child  expr.Expr
	not    bool
	on     []expr.Expr // correlated conditions, over the outer columns followed by the subquery's
	at     *plan.Span
}

// itemRef stands for a column of the select list.
type itemRef struct {
	expr.Expr
	index int
}

// laterAlias is an expression that an earlier alias of the same select list names.
type laterAlias struct {
	expr.Expr
	name string
}

// outerColumn is a column of the query around a subquery.
type outerColumn struct{ *expr.Column }

func unplanned(e expr.Expr) (expr.Vector, error) {
	return expr.Vector{}, fmt.Errorf("internal error: %s has no operator", e)
}

func (c *aggregateCall) Type() types.Type { return c.Function.Type() }
func (c *aggregateCall) Nullable() bool   { return c.Function.Nullable() }
func (c *aggregateCall) Children() []expr.Expr {
	if c.Filter == nil {
		return c.Function.Args()
	}
	return append(append([]expr.Expr(nil), c.Function.Args()...), c.Filter)
}

func (c *aggregateCall) WithChildren(children []expr.Expr) expr.Expr {
	return &aggregateCall{c.withArgs(children)}
}

// withArgs is the call over other arguments, behind which stands the filter's condition if it has one.
func (c AggregateCall) withArgs(children []expr.Expr) AggregateCall {
	n := len(c.Function.Args())
	c.Function = c.Function.WithArgs(children[:n])
	if c.Filter != nil {
		c.Filter = children[n]
	}
	return c
}

func (c *aggregateCall) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	return unplanned(c)
}

func (c *windowCall) Type() types.Type { return c.DataType }
func (c *windowCall) Nullable() bool   { return c.Null }

// Children is the arguments, the filter, the bounds, the partition and the order.
func (c *windowCall) Children() []expr.Expr {
	all := append([]expr.Expr(nil), c.Args...)
	if c.Aggregate != nil {
		all = append(all, c.Aggregate.Args()...)
	}
	for _, e := range []expr.Expr{c.Filter, c.Frame.Lower.Value, c.Frame.Upper.Value} {
		if e != nil {
			all = append(all, e)
		}
	}
	all = append(all, c.partitionBy...)
	for _, k := range c.orderBy {
		all = append(all, k.Expr)
	}
	return all
}

func (c *windowCall) WithChildren(children []expr.Expr) expr.Expr {
	out := *c
	take := func(n int) []expr.Expr {
		part := children[:n:n]
		children = children[n:]
		return part
	}
	out.Args = take(len(c.Args))
	if c.Aggregate != nil {
		out.Aggregate = c.Aggregate.WithArgs(take(len(c.Aggregate.Args())))
	}
	for _, e := range []*expr.Expr{&out.Filter, &out.Frame.Lower.Value, &out.Frame.Upper.Value} {
		if *e != nil {
			*e = take(1)[0]
		}
	}
	out.partitionBy = take(len(c.partitionBy))
	out.orderBy = make([]SortKey, len(c.orderBy))
	for i, k := range c.orderBy {
		k.Expr = take(1)[0]
		out.orderBy[i] = k
	}
	return &out
}

func (c *windowCall) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) { return unplanned(c) }

func (c *generatorCall) Type() types.Type {
	if s := c.generator.Schema(); len(s.Fields) == 1 {
		return s.Fields[0].Type
	}
	return c.generator.Schema()
}
func (c *generatorCall) Nullable() bool        { return true }
func (c *generatorCall) String() string        { return c.generator.String() }
func (c *generatorCall) Children() []expr.Expr { return c.generator.Args() }
func (c *generatorCall) WithChildren(children []expr.Expr) expr.Expr {
	return &generatorCall{c.generator.WithArgs(children), c.outer}
}

func (c *generatorCall) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	return unplanned(c)
}

func (c *subqueryCall) Type() types.Type {
	if c.exists || c.child != nil {
		return types.Boolean
	}
	return c.scope.columns[0].Type
}
func (c *subqueryCall) Nullable() bool { return !c.exists }
func (c *subqueryCall) String() string {
	switch {
	case c.exists:
		return "exists()"
	case c.child != nil:
		return "(" + c.child.String() + " IN (listquery()))"
	}
	return "scalarsubquery()"
}

func (c *subqueryCall) Children() []expr.Expr {
	if c.child == nil {
		return nil
	}
	return []expr.Expr{c.child}
}

func (c *subqueryCall) WithChildren(children []expr.Expr) expr.Expr {
	out := *c
	out.child = children[0]
	return &out
}

func (c *subqueryCall) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	return unplanned(c)
}

// Children is empty: the item is rewritten by itself.
func (r *itemRef) Children() []expr.Expr { return nil }

func (r *itemRef) WithChildren([]expr.Expr) expr.Expr { return r }

func (l *laterAlias) String() string        { return "lateralAliasReference(" + l.name + ")" }
func (l *laterAlias) Children() []expr.Expr { return []expr.Expr{l.Expr} }
func (l *laterAlias) WithChildren(children []expr.Expr) expr.Expr {
	return &laterAlias{children[0], l.name}
}

// WithChildren is the column itself.
func (c *outerColumn) WithChildren([]expr.Expr) expr.Expr { return c }

func (c *outerColumn) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	return unplanned(c)
}
