package expr

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A TimeSum is an expression of times taken apart: columns, each added or subtracted, and a constant.
type TimeSum struct {
	Plus, Minus []int   // numbers of columns
	Micros      float64 // numbers count as seconds
}

// TimeOrder takes a comparison of times apart: less < more, or less <= more. Not ok: e is none, or not made of columns, constants,
// sums and differences alone.
func TimeOrder(e Expr) (difference TimeSum, orEqual, ok bool) {
	c, ok := e.(*comparisonCall)
	if !ok || c.op.equal {
		return TimeSum{}, false, false
	}
	less, more := c.args[0], c.args[1]
	if c.op == greaterThan || c.op == greaterOrEqual {
		less, more = more, less
	}
	ok = difference.add(less, false) && difference.add(more, true)
	return difference, c.op == lessOrEqual || c.op == greaterOrEqual, ok
}

// add adds an expression, or subtracts it.
func (s *TimeSum) add(e Expr, minus bool) bool {
	if isFoldable(e) {
		return s.constant(e, minus)
	}
	switch e := e.(type) {
	case *Column:
		if minus {
			s.Minus = append(s.Minus, e.Index)
		} else {
			s.Plus = append(s.Plus, e.Index)
		}
		return true
	case *rename:
		return s.add(e.Expr, minus)
	case *Cast:
		return (isNumeric(e.to) || isTimestamp(e.to)) && s.add(e.child, minus)
	case *call:
		switch {
		case len(e.args) == 2 && e.name == addOp.symbol:
			return s.add(e.args[0], minus) && s.add(e.args[1], minus)
		case len(e.args) == 2 && e.name == subOp.symbol:
			return s.add(e.args[0], minus) && s.add(e.args[1], !minus)
		}
	}
	return false
}

// constant adds a constant: an interval without months, or a number of seconds.
func (s *TimeSum) constant(e Expr, minus bool) bool {
	v, err := Value(e, &Context{ANSI: true, TimeZone: time.UTC})
	if err != nil {
		return false
	}
	micros, ok := secondsIn(v, e.Type())
	if minus {
		micros = -micros
	}
	s.Micros += micros
	return ok
}

// secondsIn gives the microseconds of an interval without months, or of a number of seconds.
func secondsIn(v any, t types.Type) (float64, bool) {
	if i, ok := t.(types.Interval); ok && i.YearMonth() {
		return 0, false // months differ in length
	}
	switch v := v.(type) {
	case int64:
		if _, interval := t.(types.Interval); interval {
			return float64(v), true
		}
		return float64(v) * 1e6, isInteger(t)
	case int32:
		return float64(v) * 1e6, isInteger(t)
	case float64:
		return v * 1e6, true
	case arrow.MonthDayNanoInterval:
		return float64(v.Days)*float64(microsPerDay) + float64(v.Nanoseconds/1000), v.Months == 0
	}
	return 0, false
}
