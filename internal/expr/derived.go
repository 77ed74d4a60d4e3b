package expr

import (
	"slices"
	"strings"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A Derived is what is known of a function of one column, in whatever zone a session computes it: what a condition on the column says
// of the function's values.
type Derived struct {
	Path []string // of the column, into structs
	// Of is the function of a bound of the column, for bounds that are above (upper) or below all values; ok is false where it fails.
	Of func(bound predicate.Value, upper bool) (v predicate.Value, ok bool)

	Rising   bool            // it never gives less for more
	Same     bool            // it is the column itself
	Exact    bool            // Of is its value, and no bound
	NullOnly bool            // it gives null for null
	Part     string          // year, month, day or hour of the column; all but the first rise only within those before
	Ordered  predicate.Value // values below are in no order; nil: all are in order
}

// DerivedOf tells what is known of an expression; ok is false where it is not of one column, or not always the same.
func DerivedOf(e Expr) (d Derived, ok bool) {
	for {
		r, is := e.(*rename)
		if !is {
			break
		}
		e = r.Expr
	}
	column, ok := onlyColumn(e)
	if !ok || column.Type() == types.Float || column.Type() == types.Double || !IsDeterministic(e) || knowsNow(e) {
		return Derived{}, false
	}
	d.Path = columnPath(column)
	of := atColumn(e, column)
	v, known := of(nil, true)
	d.NullOnly = known && v == nil
	switch {
	case e == column:
		d.Rising, d.Same, d.Exact = true, true, true
		d.Of = of
	case d.calendar(e, column), d.formatted(e, column), d.truncated(e, column), d.plain(e):
	case !zoned(e, column):
		d.Exact, d.Of = true, of
	default:
		d.Of = func(predicate.Value, bool) (predicate.Value, bool) { return nil, false }
	}
	return d, true
}

// onlyColumn is the column, or the field of a struct, that is all that an expression is made from.
func onlyColumn(e Expr) (column Expr, ok bool) {
	var find func(e Expr) bool
	find = func(e Expr) bool {
		switch e.(type) {
		case *Column, *GetField:
			if columnPath(e) != nil {
				same := column == nil || slices.Equal(columnPath(column), columnPath(e))
				column = e
				return same
			}
		}
		for _, c := range e.Children() {
			if !find(c) {
				return false
			}
		}
		return true
	}
	return column, find(e) && column != nil
}

// columnPath is where a column or a field of structs stands; nil: it is something else.
func columnPath(e Expr) []string {
	switch e := e.(type) {
	case *Column:
		return []string{e.Name}
	case *GetField:
		if _, inStruct := e.child.Type().(types.Struct); inStruct {
			if path := columnPath(e.child); path != nil {
				return append(path, e.field.Name)
			}
		}
	}
	return nil
}

func sameColumn(e, column Expr) bool {
	path := columnPath(e)
	return path != nil && slices.Equal(path, columnPath(column))
}

// atColumn computes an expression for a value of its column.
func atColumn(e, column Expr) func(predicate.Value, bool) (predicate.Value, bool) {
	return func(bound predicate.Value, _ bool) (predicate.Value, bool) {
		v, ok := evalRow(e, func(at Expr) (predicate.Value, bool) { return bound, sameColumn(at, column) })
		if !ok || v == nil {
			return nil, ok
		}
		return statOf(v)
	}
}

// calendar is year(x), month(x), day(x) and hour(x).
func (d *Derived) calendar(e, column Expr) bool {
	c, ok := e.(*call)
	if !ok || len(c.args) != 1 {
		return false
	}
	part := c.name
	switch part {
	case "dayofmonth":
		part = "day"
	case "year", "month", "day", "hour":
	default:
		return false
	}
	l, ok := leafOf(c.args[0])
	if !ok || !sameColumn(l.column, column) {
		return false
	}
	d.Part, d.Rising = part, part == "year"
	d.ofLeaf(e, l)
	return true
}

// ofLeaf computes an expression for a bound of what it stands on. No session's clock is a day from UTC.
func (d *Derived) ofLeaf(e Expr, l leaf) {
	wall := !l.day && l.column.Type() == types.Timestamp
	d.Exact = !l.day && !wall
	d.Of = func(bound predicate.Value, upper bool) (predicate.Value, bool) {
		switch {
		case l.day:
			bound = dayOf(bound, upper)
		case wall:
			bound = dayAway(bound, upper)
		}
		if bound == nil {
			return nil, false
		}
		v, ok := evalRow(e, func(at Expr) (predicate.Value, bool) { return bound, at == l.at })
		if !ok {
			return nil, false
		}
		return statOf(v)
	}
}

// dayAway is an instant a day later, or earlier; nil: there is none.
func dayAway(instant predicate.Value, later bool) predicate.Value {
	micros, ok := instant.(int64)
	if !ok {
		return nil
	}
	at := micros - microsPerDay
	if later {
		at = micros + microsPerDay
	}
	if later != (at > micros) {
		return nil
	}
	return at
}

// risingFormats are the patterns whose texts are in the order of time, from year 0 to 9999: other years have signs, and other lengths.
var risingFormats = []string{"yyyy", "yyyy-MM", "yyyy-MM-dd", "yyyy-MM-dd-HH", "yyyyMM", "yyyyMMdd", "yyyyMMddHH"}

// formatted is date_format(x, pattern).
func (d *Derived) formatted(e, column Expr) bool {
	c, ok := e.(*call)
	if !ok || c.name != "date_format" || len(c.args) != 2 {
		return false
	}
	pattern, ok := statValue(c.args[1])
	text, isText := pattern.(string)
	if !ok || !isText || !slices.Contains(risingFormats, text) || !ofTime(c.args[0], column) {
		return false
	}
	of := atColumn(e, column)
	d.Rising, d.Ordered = true, "0"
	d.Of = func(bound predicate.Value, upper bool) (predicate.Value, bool) {
		if column.Type() == types.Timestamp {
			bound = dayAway(bound, upper)
		}
		v, ok := of(bound, upper)
		s, isText := v.(string)
		return v, ok && isText && bound != nil && len(s) == len(text) && s >= "0" && s < ":"
	}
	return true
}

// truncated is date_trunc(unit, x). What it gives is an instant again, which the session's zone moves.
func (d *Derived) truncated(e, column Expr) bool {
	c, ok := e.(*call)
	if !ok || c.name != "date_trunc" || len(c.args) != 2 || !ofTime(c.args[1], column) {
		return false
	}
	if _, ok := statValue(c.args[0]); !ok {
		return false
	}
	of := atColumn(e, column)
	d.Rising = true
	d.Of = func(bound predicate.Value, upper bool) (predicate.Value, bool) {
		if column.Type() == types.Timestamp {
			if micros, ok := bound.(int64); ok && upper && micros+microsPerHour > micros {
				v, ok := of(bound, upper)
				return micros + microsPerHour, ok && v != nil // it gives no later instant, but where a clock is put back
			}
			bound = dayAway(bound, upper)
		}
		if bound == nil {
			return nil, false
		}
		v, ok := of(bound, upper)
		if e.Type() == types.TimestampNTZ || !ok || v == nil {
			return v, ok
		}
		v = dayAway(v, upper)
		return v, v != nil
	}
	return true
}

// ofTime reports whether an expression is the column as a time: itself, or the midnight of its day.
func ofTime(e, column Expr) bool {
	if sameColumn(e, column) {
		return column.Type() == types.Timestamp || column.Type() == types.TimestampNTZ
	}
	cast, ok := e.(*Cast)
	return ok && sameColumn(cast.child, column) && column.Type() == types.Date
}

// plain is what of the functions that never give less for more could not go around the end of their type.
func (d *Derived) plain(e Expr) bool {
	l, ok := leafOf(e)
	if !ok || zoned(e, l.at) || !plainlyRising(e, l.at) {
		return false
	}
	d.Rising = true
	d.ofLeaf(e, l)
	if !l.day { // it does not depend on the zone
		d.Exact = true
		d.Of = atColumn(e, l.column)
	}
	return true
}

func plainlyRising(e, leaf Expr) bool {
	if e == leaf {
		return true
	}
	switch e := e.(type) {
	case *rename:
		return plainlyRising(e.Expr, leaf)
	case *Cast:
		return plainlyRising(e.child, leaf)
	case *call:
		return slices.Contains([]string{"trunc", "left", "substring"}, strings.ToLower(e.name)) && plainlyRising(e.args[0], leaf)
	}
	return false
}
