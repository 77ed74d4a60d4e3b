package expr

import (
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// deterministicExpr answers for an expression alone, not for its children.
type deterministicExpr interface{ deterministic() bool }

// IsDeterministic reports whether e gives the same value for the same row each time.
func IsDeterministic(e Expr) bool {
	if d, ok := e.(deterministicExpr); ok && !d.deterministic() {
		return false
	}
	return !slices.ContainsFunc(e.Children(), func(c Expr) bool { return !IsDeterministic(c) })
}

// contextual expressions depend on the context of a run, as the current time does: they are constant
// in a run, and folded only when it is known.
type contextual interface{ contextual() bool }

func isContextual(e Expr) bool {
	c, ok := e.(contextual)
	return ok && c.contextual()
}

// IsFoldable reports whether e depends on no column, so that it can be computed beforehand.
func isFoldable(e Expr) bool {
	return foldableAlone(e) && !slices.ContainsFunc(e.Children(), func(c Expr) bool { return !isFoldable(c) })
}

// foldableAlone answers for an expression, not for its children.
func foldableAlone(e Expr) bool {
	switch e.(type) {
	case *Constant, *folded:
		return true
	case *Column, *LambdaVariable:
		return false
	}
	d, ok := e.(deterministicExpr)
	return (!ok || d.deterministic()) && !isContextual(e)
}

// Fold computes the subtrees that depend on no column. One that fails is left as it is: whether its
// error is raised is for the run to say.
func Fold(e Expr, ctx *Context) Expr {
	f := &folder{ctx: ctx}
	out, foldable := f.fold(e)
	if foldable {
		return f.compute(out)
	}
	return out
}

// maxFoldFailures is after how many failures a folder gives up: around a subtree that fails all that hold it fail
// too, and each try walks down to it.
const maxFoldFailures = 16

// A folder folds one expression, looking at each node once.
type folder struct {
	ctx      *Context
	failures int
}

// fold computes what is foldable below e. It leaves e itself, when it is foldable, to who holds it: the largest
// subtree is computed at once.
func (f *folder) fold(e Expr) (out Expr, foldable bool) {
	children := e.Children()
	if len(children) == 0 {
		return e, foldableAlone(e)
	}
	folded, can := make([]Expr, len(children)), make([]bool, len(children))
	foldable = foldableAlone(e)
	for i, c := range children {
		folded[i], can[i] = f.fold(c)
		foldable = foldable && can[i]
	}
	if foldable {
		return e, true
	}
	for i, c := range folded {
		if can[i] {
			folded[i] = f.compute(c)
		}
	}
	return over(e, children, folded), false
}

// compute is the value of a foldable expression, or, where that fails, the expression over such of its parts as
// do not fail.
func (f *folder) compute(e Expr) Expr {
	children := e.Children()
	if len(children) == 0 || f.failures == maxFoldFailures {
		return e
	}
	if out, ok := evalFolded(e, f.ctx); ok {
		return out
	}
	f.failures++
	computed := make([]Expr, len(children))
	for i, c := range children {
		computed[i] = f.compute(c)
	}
	return over(e, children, computed)
}

// over is e over other children; e itself where they are the same.
func over(e Expr, before, after []Expr) Expr {
	if slices.Equal(before, after) {
		return e
	}
	return e.WithChildren(after)
}

func evalFolded(e Expr, ctx *Context) (Expr, bool) {
	v, err := e.Eval(ctx, OneRow)
	if err != nil || v.Values.Len() == 0 {
		return nil, false
	}
	return &folded{value: v.Values, of: e}, true
}

// OneRow is a batch of one row without columns, over which constant expressions are evaluated.
var OneRow arrow.RecordBatch = array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)

// Value computes a foldable expression: its value as in plan.Literal, nil for null or for values that
// no literal can hold.
func Value(e Expr, ctx *Context) (any, error) {
	if c, ok := e.(*Constant); ok {
		return c.Value, nil
	}
	v, err := e.Eval(ctx, OneRow)
	if err != nil {
		return nil, err
	}
	return literalAt(v.Values, 0), nil
}

func literalAt(arr arrow.Array, i int) any {
	if isNull(arr, i) {
		return nil
	}
	switch arr := arr.(type) {
	case *array.Boolean:
		return arr.Value(i)
	case *array.Int8:
		return arr.Value(i)
	case *array.Int16:
		return arr.Value(i)
	case *array.Int32:
		return arr.Value(i)
	case *array.Int64:
		return arr.Value(i)
	case *array.Float32:
		return arr.Value(i)
	case *array.Float64:
		return arr.Value(i)
	case *array.String:
		return arr.Value(i)
	case *array.Binary:
		return arr.Value(i)
	case *array.Date32:
		return int32(arr.Value(i))
	case *array.Timestamp:
		return int64(arr.Value(i))
	case *array.Duration:
		return int64(arr.Value(i))
	case *array.MonthInterval:
		return int32(arr.Value(i))
	case *array.Decimal128:
		return arr.Value(i)
	case *array.MonthDayNanoInterval:
		return arr.Value(i)
	}
	return nil
}

// buildValue is the value of an argument that must be known beforehand; ok is false where it is not.
func buildValue(e Expr, ctx *BuildContext) (v any, ok bool) {
	if !isFoldable(e) {
		return nil, false
	}
	tz := ctx.TimeZone
	if tz == nil {
		tz = time.UTC
	}
	v, err := Value(e, &Context{ANSI: ctx.ANSI, TimeZone: tz})
	return v, err == nil
}
