package logical

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// groupingCall stands for grouping(key) or, without key, grouping_id().
type groupingCall struct{ key expr.Expr }

func (x *expressions) grouping(f *plan.UnresolvedFunction) (expr.Expr, error) {
	args, err := x.all(f.Args)
	switch {
	case err != nil:
		return nil, err
	case f.Name == "grouping_id":
		return &groupingCall{}, nil
	case len(args) != 1:
		return nil, errclass.WrongNumArgs.New("The `grouping` requires 1 parameters but the actual number is %d.", len(args))
	}
	return &groupingCall{args[0]}, nil
}

func (g *groupingCall) Type() types.Type {
	if g.key == nil {
		return types.Long
	}
	return types.Byte
}
func (g *groupingCall) Nullable() bool { return false }
func (g *groupingCall) String() string {
	if g.key == nil {
		return "grouping_id()"
	}
	return "grouping(" + g.key.String() + ")"
}

func (g *groupingCall) Children() []expr.Expr {
	if g.key == nil {
		return nil
	}
	return []expr.Expr{g.key}
}

func (g *groupingCall) WithChildren(children []expr.Expr) expr.Expr {
	return &groupingCall{children[0]}
}

func (g *groupingCall) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	return unplanned(g)
}

// bitOf is one bit of a grouping id, as a tinyint.
type bitOf struct {
	id  expr.Expr
	bit int
}

func (b *bitOf) Type() types.Type      { return types.Byte }
func (b *bitOf) Nullable() bool        { return false }
func (b *bitOf) String() string        { return "grouping(" + b.id.String() + ")" }
func (b *bitOf) Children() []expr.Expr { return []expr.Expr{b.id} }
func (b *bitOf) WithChildren(children []expr.Expr) expr.Expr {
	return &bitOf{children[0], b.bit}
}

// Eval takes the bit out of each id.
func (b *bitOf) Eval(ctx *expr.Context, in arrow.RecordBatch) (expr.Vector, error) {
	v, err := b.id.Eval(ctx, in)
	if err != nil {
		return expr.Vector{}, err
	}
	bits := array.NewInt8Builder(memory.DefaultAllocator)
	for _, id := range v.Expand(int(in.NumRows())).(*array.Int64).Int64Values() {
		bits.Append(int8(id >> b.bit & 1))
	}
	return expr.Vector{Values: bits.NewArray()}, nil
}

// groupingSets lists, for each grouping set, which of the keys it has.
func groupingSets(how plan.GroupType, keys int) [][]bool {
	var sets [][]bool
	switch how {
	case plan.Rollup:
		for n := keys; n >= 0; n-- {
			set := make([]bool, keys)
			for i := range n {
				set[i] = true
			}
			sets = append(sets, set)
		}
	default: // Cube
		for absent := range 1 << keys {
			set := make([]bool, keys)
			for i := range set {
				set[i] = absent>>(keys-1-i)&1 == 0
			}
			sets = append(sets, set)
		}
	}
	return sets
}
