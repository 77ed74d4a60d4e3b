package expr

import (
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

func isAtomic(t types.Type) bool {
	switch t.(type) {
	case types.Array, types.Map, types.Struct:
		return false
	}
	return t != types.Null && t != types.CalendarInterval && t != types.Variant
}

func isInteger(t types.Type) bool {
	rank := numericRank(t)
	return rank >= 1 && rank <= 4
}

func isFloat(t types.Type) bool { return t == types.Float || t == types.Double }

func isNumeric(t types.Type) bool {
	_, dec := t.(types.Decimal)
	return dec || numericRank(t) > 0
}

func isTimestamp(t types.Type) bool { return t == types.Timestamp || t == types.TimestampNTZ }

func isText(t types.Type) bool { return t == types.String || t == types.Binary }

// implicit converts without showing in the expression's name.
func implicit(ctx *BuildContext, e Expr, to types.Type) (Expr, error) {
	if types.EqualIgnoringNullability(e.Type(), to) {
		return e, nil
	}
	if c, ok := e.(*Constant); ok && c.Value == nil {
		return &Constant{DataType: to}, nil
	}
	return NewCast(e, to, plan.EvalDefault, ctx.ANSI, true)
}

// implicitAll converts all to one type.
func implicitAll(ctx *BuildContext, args []Expr, to types.Type) ([]Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		var err error
		if out[i], err = implicit(ctx, a, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// storable reports whether a value may be stored as another type without being asked, as in
// INSERT and for the arguments of functions: Spark's canANSIStoreAssign.
func storable(from, to types.Type) bool {
	if types.EqualIgnoringNullability(from, to) || from == types.Null {
		return true
	}
	switch to := to.(type) {
	case types.Primitive, types.Decimal:
		switch {
		case isNumeric(from) && isNumeric(to):
			return true
		case to == types.String:
			return isAtomic(from) || from == types.Variant
		case from == types.Date || isTimestamp(from):
			return to == types.Date || to == types.Timestamp || to == types.TimestampNTZ
		}
		return false
	case types.Interval:
		from, ok := from.(types.Interval)
		return ok && from.YearMonth() == to.YearMonth()
	case types.Array:
		from, ok := from.(types.Array)
		return ok && storable(from.Element, to.Element)
	case types.Map:
		from, ok := from.(types.Map)
		return ok && storable(from.Key, to.Key) && storable(from.Value, to.Value)
	case types.Struct:
		from, ok := from.(types.Struct)
		if !ok || len(from.Fields) != len(to.Fields) {
			return false
		}
		for i, f := range from.Fields {
			if !storable(f.Type, to.Fields[i].Type) {
				return false
			}
		}
		return true
	}
	return false
}

// Wider is the type to which CASE, UNION, IN and arrays bring values of two types; false where
// there is none. What text becomes is decided here, the rest is [types.Widest].
func Wider(a, b types.Type, ansi bool) (types.Type, bool) {
	if t, ok := types.Widest(a, b); ok {
		return t, true
	}
	if t, ok := widerText(a, b, ansi); ok {
		return t, true
	}
	return types.CommonParts(a, b, func(a, b types.Type) (types.Type, bool) { return Wider(a, b, ansi) })
}

// widerText: with ANSI on, text meets a number as the widest number of its kind, anything else as
// that; in legacy mode all become text.
func widerText(a, b types.Type, ansi bool) (types.Type, bool) {
	if b == types.String {
		a, b = b, a
	}
	if a != types.String || !isAtomic(b) {
		return nil, false
	}
	if !ansi {
		return types.String, b != types.Binary && b != types.Boolean
	}
	switch {
	case isInteger(b):
		return types.Long, true
	case isNumeric(b):
		return types.Double, true
	}
	_, interval := b.(types.Interval)
	return b, !interval
}

// WiderAll is [Wider] of any number of types. Text comes last, so that the order does not matter.
func WiderAll(all []types.Type, ansi bool) (types.Type, bool) {
	var wide types.Type = types.Null
	for pass := range 2 {
		for _, t := range all {
			if (t == types.String) != (pass == 1) {
				continue
			}
			var ok bool
			if wide, ok = Wider(wide, t, ansi); !ok {
				return nil, false
			}
		}
	}
	return wide, true
}
