package expr

import (
	"slices"
	"time"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A leaf is what a function of one column stands on: the column, or the day of a timestamp in it.
type leaf struct {
	column Expr
	at     Expr // what the value takes the place of: the column, or the cast to a day
	day    bool
}

// monotone holds a function of a column against a constant, where the function never gives less for more.
func (r refuter) monotone(e Expr, op predicate.Op, value predicate.Value, constant Expr) predicate.Predicate {
	l, ok := leafOf(e)
	if !ok || l.at == e && !l.day || zoned(e, l.at) {
		return nil
	}
	path := r.path(l.column)
	if path == nil || l.column.Type() == types.Float || l.column.Type() == types.Double { // where NaN comes among them is not sure
		return nil
	}
	of := func(bound predicate.Value, upper bool) (predicate.Value, bool) {
		if l.day {
			bound = dayOf(bound, upper)
		}
		v, ok := evalRow(e, func(at Expr) (predicate.Value, bool) { return bound, at == l.at })
		if !ok {
			return nil, false
		}
		return statOf(v)
	}
	return predicate.Monotone{Column: path, Text: e.String() + " " + predicateSymbols[op] + " " + constant.String(), Of: of, Op: op, Value: value}
}

var predicateSymbols = map[predicate.Op]string{
	predicate.Equal: "=", predicate.NotEqual: "!=", predicate.Less: "<", predicate.LessOrEqual: "<=",
	predicate.Greater: ">", predicate.GreaterOrEqual: ">=",
}

// dayOf is a day that no instant's day is below, or above: a session's zone is less than a day from UTC, and its clock
// may be put back over midnight.
func dayOf(instant predicate.Value, upper bool) predicate.Value {
	micros, ok := instant.(int64)
	if !ok {
		return nil
	}
	day := floorDiv(micros, microsPerDay)
	if upper {
		return day + 1
	}
	return day - 1
}

// neverLess are functions whose result never falls while their first argument rises, the others being constant.
var neverLess = []string{
	"year", "trunc", "last_day", "date_add", "date_sub", "add_months", "left", "floor", "ceil",
	"unix_seconds", "unix_millis", "unix_micros", "unix_date",
}

// leafOf finds what a function of one column stands on, if it never gives less for more.
func leafOf(e Expr) (leaf, bool) {
	switch e := e.(type) {
	case *rename:
		return leafOf(e.Expr)
	case *Column, *GetField:
		return leaf{column: e, at: e}, true
	case *Cast:
		from, to := e.child.Type(), e.to
		if _, plain := leafOf(e.child); plain && from == types.Timestamp && to == types.Date {
			return leaf{column: e.child, at: e, day: true}, true
		}
		if keepsOrder(from, to) {
			return leafOf(e.child)
		}
	case *call:
		if len(e.args) == 0 || slices.ContainsFunc(e.args[1:], func(a Expr) bool { _, ok := statValue(a); return !ok }) {
			return leaf{}, false
		}
		if slices.Contains(neverLess, e.name) || e.name == "substring" && len(e.args) == 3 && isFirst(e.args[1]) {
			return leafOf(e.args[0])
		}
	}
	return leaf{}, false
}

func isFirst(e Expr) bool {
	v, ok := statValue(e)
	return ok && (v == int64(1) || v == int64(0)) // SQL counts from one, and takes zero for it
}

// keepsOrder reports whether a cast never gives less for more.
func keepsOrder(from, to types.Type) bool {
	_, fromDecimal := from.(types.Decimal)
	_, toDecimal := to.(types.Decimal)
	switch {
	case isInteger(from) && isInteger(to):
		return upcast(from, to)
	case isInteger(from) || fromDecimal:
		return toDecimal || to == types.Double || to == types.Float
	case from == types.TimestampNTZ:
		return to == types.Date
	case from == types.Date:
		return to == types.TimestampNTZ
	}
	return false
}

// zoned reports whether an expression over the leaf may depend on the session's zone: it computes with instants.
func zoned(e, leaf Expr) bool {
	if e == leaf {
		return false
	}
	switch e.(type) {
	case *comparisonCall, *nullTest, *inList, *junction, *rename, *Constant, *folded, *Column:
	default:
		if e.Type() == types.Timestamp || slices.ContainsFunc(e.Children(), func(c Expr) bool { return c != leaf && c.Type() == types.Timestamp }) {
			return true
		}
	}
	return slices.ContainsFunc(e.Children(), func(c Expr) bool { return zoned(c, leaf) })
}

// test decides a condition in parts of the source where all its columns have one value.
func (r refuter) test(e Expr, not bool) predicate.Predicate {
	if r.known.Single == nil || !IsDeterministic(e) || zoned(e, nil) || knowsNow(e) {
		return nil
	}
	var columns []*Column
	var paths [][]string
	single := true
	eachColumn(e, func(c *Column) {
		path := r.known.Path(c.Index)
		single = single && path != nil && r.known.Single(c.Index)
		if !slices.ContainsFunc(columns, func(d *Column) bool { return d.Index == c.Index }) {
			columns, paths = append(columns, c), append(paths, path)
		}
	})
	if !single || len(columns) == 0 {
		return nil
	}
	text := e.String()
	if not {
		text = "(NOT " + text + ")"
	}
	return predicate.Test{Columns: paths, Text: text, Holds: func(values []predicate.Value) (holds, ok bool) {
		v, ok := evalRow(e, func(at Expr) (predicate.Value, bool) {
			c, isColumn := at.(*Column)
			if !isColumn {
				return nil, false
			}
			return values[slices.IndexFunc(columns, func(d *Column) bool { return d.Index == c.Index })], true
		})
		truth, isTruth := v.(bool)
		return isTruth && truth != not, ok // null is not true, negated or not
	}}
}

func eachColumn(e Expr, visit func(*Column)) {
	if c, ok := e.(*Column); ok {
		visit(c)
	}
	for _, c := range e.Children() {
		eachColumn(c, visit)
	}
}

// knowsNow reports whether an expression waits for the context of a run.
func knowsNow(e Expr) bool {
	return isContextual(e) || slices.ContainsFunc(e.Children(), knowsNow)
}

// evalRow computes an expression for one row, of which given tells the values; ok is false where that fails.
func evalRow(e Expr, given func(at Expr) (v predicate.Value, ok bool)) (v any, ok bool) {
	known := true
	var with func(Expr) Expr
	with = func(e Expr) Expr {
		if v, ok := given(e); ok {
			literal, ok := literalOf(v, e.Type())
			known = known && ok
			return &Constant{literal, e.Type()}
		}
		children := e.Children()
		if len(children) == 0 {
			return e
		}
		replaced := make([]Expr, len(children))
		for i, c := range children {
			replaced[i] = with(c)
		}
		return e.WithChildren(replaced)
	}
	row := with(e)
	if !known {
		return nil, false
	}
	v, err := Value(row, &Context{ANSI: true, TimeZone: time.UTC})
	return v, err == nil
}

// ConstantOf is a value of statistics as an expression of the type; ok is false for types whose values are kept in another way.
func ConstantOf(v predicate.Value, t types.Type) (c *Constant, ok bool) {
	literal, ok := literalOf(v, t)
	return &Constant{literal, t}, ok
}

// literalOf is a value of statistics as a literal of the type; ok is false for types whose values are kept in another way.
func literalOf(v predicate.Value, t types.Type) (literal any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case int64:
		switch t {
		case types.Byte:
			return int8(v), true
		case types.Short:
			return int16(v), true
		case types.Integer, types.Date:
			return int32(v), true
		case types.Long, types.Timestamp, types.TimestampNTZ:
			return v, true
		}
		return nil, false
	case float64:
		if t == types.Float {
			return float32(v), true
		}
		return v, t == types.Double
	}
	return v, true
}
