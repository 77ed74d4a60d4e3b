package logical

import (
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// frame resolves the frame of a window. Without one it is the whole partition, or, with an order, what is
// before the row and its peers.
func (x *expressions) frame(call *windowCall, f *plan.WindowFrame) (Frame, error) {
	if f == nil {
		if len(call.orderBy) == 0 {
			return Frame{Rows: true, Lower: Bound{Unbounded: true}, Upper: Bound{Unbounded: true}}, nil
		}
		return Frame{Lower: Bound{Unbounded: true}}, nil
	}
	out := Frame{Rows: f.Rows}
	var err error
	if out.Lower, err = x.bound(call, f, f.Lower); err != nil {
		return Frame{}, err
	}
	out.Upper, err = x.bound(call, f, f.Upper)
	return out, err
}

func (x *expressions) bound(call *windowCall, f *plan.WindowFrame, b plan.Expression) (Bound, error) {
	if b == nil {
		return Bound{Unbounded: true}, nil
	}
	distance, err := x.resolve(b)
	if err != nil {
		return Bound{}, err
	}
	value, err := expr.Value(distance, &x.eval)
	if err != nil {
		return Bound{}, err
	}
	offset, whole := wholeNumber(value)
	switch {
	case whole && (f.Rows || offset == 0):
		return Bound{Offset: offset}, nil
	case f.Rows:
		return Bound{}, errclass.DatatypeMismatch.New("A bound of a ROWS frame has to be a whole number, not %s of type \"%s\".", distance, types.SQL(distance.Type()))
	case len(call.orderBy) != 1:
		return Bound{}, errclass.DatatypeMismatch.New("A range window frame with value boundaries needs exactly one ORDER BY expression.")
	}
	op := "+"
	if call.orderBy[0].Descending {
		op = "-"
	}
	limit, err := expr.Build(&x.build, op, []expr.Expr{call.orderBy[0].Expr, distance})
	if err != nil {
		return Bound{}, err
	}
	limit, err = expr.NewCast(limit, call.orderBy[0].Expr.Type(), plan.EvalDefault, x.build.ANSI, true)
	return Bound{Offset: sign(offset), Value: limit}, err
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

func frameText(f Frame) string {
	kind := "RANGE"
	if f.Rows {
		kind = "ROWS"
	}
	return kind + " BETWEEN " + boundText(f.Lower, "PRECEDING") + " AND " + boundText(f.Upper, "FOLLOWING")
}

func boundText(b Bound, unbounded string) string {
	switch {
	case b.Unbounded:
		return "UNBOUNDED " + unbounded
	case b.Offset == 0:
		return "CURRENT ROW"
	case b.Value != nil && b.Offset < 0:
		return b.Value.String() + " PRECEDING"
	case b.Value != nil:
		return b.Value.String() + " FOLLOWING"
	}
	return fmt.Sprintf("%d FOLLOWING", b.Offset)
}
