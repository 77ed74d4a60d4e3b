package delta

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/predicate"
)

// keyRange finds what the source's keys say of the rows of the table that may be partners: files, and row groups, whose statistics refute
// it are not opened.
func (g *merging) keyRange() error {
	spans := make([]keySpan, len(g.Keys))
	if len(g.Keys) > 0 {
		err := g.source.EachKeys(func(columns []arrow.Array) error {
			for i, c := range columns {
				spans[i].see(c)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	g.none = g.source.NumRows() == 0
	for i, k := range g.Keys {
		if k.NullSafe && spans[i].nulls {
			continue // null is no bound
		}
		if !spans[i].some {
			g.none = true // each key is null, which equals nothing
		}
		bound, err := g.keyBound(k, &spans[i])
		if err != nil {
			return err
		}
		g.near = conjunction(g.near, bound)
	}
	return nil
}

func conjunction(a, b predicate.Predicate) predicate.Predicate {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return predicate.And{a, b}
}

// keyBound is a condition on one key of the table; nil where statistics cannot refute any.
func (g *merging) keyBound(k logical.JoinKey, span *keySpan) (predicate.Predicate, error) {
	values, all := span.values()
	if len(values) == 0 {
		return nil, nil
	}
	constants := make([]expr.Expr, len(values))
	for i, v := range values {
		constants[i] = expr.NewLiteral(&plan.Literal{Value: v, Type: k.Left.Type()})
	}
	build := &expr.BuildContext{ANSI: g.opts.Eval.ANSI, TimeZone: g.opts.Eval.TimeZone}
	path := pathIn(g.schema)
	if all {
		in, err := expr.NewIn(build, k.Left, constants)
		if err != nil {
			return nil, err
		}
		return expr.ToPredicate(in, path), nil
	}
	low, err := expr.Build(build, ">=", []expr.Expr{k.Left, constants[0]})
	if err != nil {
		return nil, err
	}
	high, err := expr.Build(build, "<=", []expr.Expr{k.Left, constants[1]})
	if err != nil {
		return nil, err
	}
	return conjunction(expr.ToPredicate(low, path), expr.ToPredicate(high, path)), nil
}
