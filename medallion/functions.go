package medallion

import "lakehouse/internal/plan"

// Count counts the rows for which the column has a value; Count(Col("*")) counts all.
func Count(c Column) Column { return Call("count", c) }

// CountDistinct counts the different values.
func CountDistinct(columns ...Column) Column {
	c := Call("count", columns...)
	c.expr.(*plan.UnresolvedFunction).IsDistinct = true
	return c
}

// Sum adds up the values.
func Sum(c Column) Column { return Call("sum", c) }

// Avg is the mean of the values.
func Avg(c Column) Column { return Call("avg", c) }

// Min is the smallest value.
func Min(c Column) Column { return Call("min", c) }

// Max is the largest value.
func Max(c Column) Column { return Call("max", c) }

// First is the value of the first row met.
func First(c Column) Column { return Call("first", c) }

// Explode makes a row of each element of an array, or of each entry of a map.
func Explode(c Column) Column { return Call("explode", c) }

// ExplodeOuter is Explode that keeps a row, of nulls, for an empty or missing array.
func ExplodeOuter(c Column) Column { return Call("explode_outer", c) }

// Window puts an instant into windows of a fixed length: Window(Col("time"), "1 hour"), and, with a slide and a
// start offset, Window(Col("time"), "10 minutes", "5 minutes", "0 minutes").
func Window(time Column, duration string, slideAndStart ...string) Column {
	args := []Column{time, Lit(duration)}
	for _, s := range slideAndStart {
		args = append(args, Lit(s))
	}
	return Call("window", args...)
}

// SessionWindow groups instants that follow each other within a gap: SessionWindow(Col("time"), "5 minutes"). The gap may be a Column: then
// each row says how long its session stays open.
func SessionWindow(time Column, gap any) Column {
	length, ok := gap.(Column)
	if !ok {
		length = Lit(gap)
	}
	return Call("session_window", time, length)
}

// WindowTime is the last instant of a window that Window or SessionWindow has made: the event time of its group.
func WindowTime(window Column) Column { return Call("window_time", window) }

// CurrentTimestamp is the start of the query, or of the micro-batch.
func CurrentTimestamp() Column { return Call("current_timestamp") }

// Coalesce is the first value that is not null.
func Coalesce(columns ...Column) Column { return Call("coalesce", columns...) }

// DateFormat prints an instant by a pattern such as "MMM-dd HH:mm".
func DateFormat(c Column, pattern string) Column { return Call("date_format", c, Lit(pattern)) }

// ToDate takes the day of an instant or a text.
func ToDate(c Column) Column { return Call("to_date", c) }

// Struct makes a struct of columns.
func Struct(columns ...Column) Column { return Call("struct", columns...) }

// When begins a CASE: When(cond, value).Otherwise(other) by Expr is often shorter.
func When(condition Column, value any) Column {
	then := Lit(value)
	err := condition.err
	if err == nil {
		err = then.err
	}
	return Column{expr: &plan.CaseWhen{When: []plan.WhenThen{{When: condition.expr, Then: then.expr}}}, err: err}
}

// Otherwise ends a When.
func (c Column) Otherwise(value any) Column {
	other := Lit(value)
	if w, ok := c.expr.(*plan.CaseWhen); ok {
		with := *w
		with.Else = other.expr
		return Column{expr: &with, err: c.err}
	}
	return c
}
