package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Types of intervals that arithmetic makes.
var (
	daysInterval = types.Interval{From: types.Day, To: types.Day}
	dayToSecond  = types.Interval{From: types.Day, To: types.Second}
	yearToMonth  = types.Interval{From: types.Year, To: types.Month}
)

// onTimes resolves an operator of which an operand is a date, a time or an interval.
func (b *builder) onTimes(op *arithOp, fail onFailure) (Expr, error) {
	switch op {
	case addOp:
		if _, ok := timeRank(b.args[1].Type()); ok {
			if _, first := timeRank(b.args[0].Type()); !first {
				swapped := *b
				swapped.args = []Expr{b.args[1], b.args[0]}
				e, err := swapped.addToTime(false, fail)
				if err != nil {
					return nil, err
				}
				return renamed(e, b.text()), nil
			}
		}
		return b.addToTime(false, fail)
	case subOp:
		return b.addToTime(true, fail)
	case mulOp, divOp:
		return b.scaleInterval(op, fail)
	case integralDivOp:
		return b.divideIntervals()
	}
	return nil, b.incompatible()
}

// timeRank tells dates and timestamps from what can be added to them.
func timeRank(t types.Type) (int, bool) {
	switch t {
	case types.Date:
		return 1, true
	case types.Timestamp, types.TimestampNTZ:
		return 2, true
	}
	return 0, false
}

// addToTime is time ± something, time − time, or interval ± interval.
func (b *builder) addToTime(minus bool, fail onFailure) (Expr, error) {
	left, right := b.args[0].Type(), b.args[1].Type()
	_, leftTime := timeRank(left)
	_, rightTime := timeRank(right)
	switch {
	case minus && (leftTime || rightTime) && (leftTime || left == types.String || left == types.Null) && (rightTime || right == types.String || right == types.Null):
		return b.subtractTimes()
	case leftTime && isInteger(right):
		return b.addDays(minus)
	case leftTime:
		return b.addInterval(left, right, minus)
	}
	return b.addIntervals(minus, fail)
}

// subtractTimes gives INTERVAL DAY between dates, INTERVAL DAY TO SECOND when a time is involved.
func (b *builder) subtractTimes() (Expr, error) {
	left, right := b.args[0].Type(), b.args[1].Type()
	if left == types.Date && right == types.Date || left == types.Date && !isTimestamp(right) || right == types.Date && !isTimestamp(left) {
		args, err := implicitAll(b.ctx, b.args, types.Date)
		if err != nil {
			return nil, err
		}
		b.args = args
		return b.make(daysInterval, map2(daysInterval, func(x, y int32) int64 { return (int64(x) - int64(y)) * microsPerDay })), nil
	}
	to := types.Type(types.Timestamp)
	if left == types.TimestampNTZ && right != types.Timestamp || right == types.TimestampNTZ && left != types.Timestamp {
		to = types.TimestampNTZ
	}
	args, err := implicitAll(b.ctx, b.args, to)
	if err != nil {
		return nil, err
	}
	b.args = args
	if to == types.TimestampNTZ {
		return b.make(dayToSecond, map2(dayToSecond, func(x, y int64) int64 { return x - y })), nil
	}
	return b.make(dayToSecond, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		z := newZone(ctx.TimeZone)
		return map2(dayToSecond, func(x, y int64) int64 { return z.Local(x) - z.Local(y) })(ctx, n, args)
	}), nil
}

// addDays is date ± int.
func (b *builder) addDays(minus bool) (Expr, error) {
	if b.args[0].Type() != types.Date || b.args[1].Type() == types.Long {
		return nil, b.incompatible()
	}
	name := "date_add"
	if minus {
		name = "date_sub"
	}
	return b.sub(name, b.args...)
}

// addInterval is a date or time ± an interval.
func (b *builder) addInterval(left, right types.Type, minus bool) (Expr, error) {
	sign := int64(1)
	if minus {
		sign = -1
	}
	if right == types.String && b.ctx.ANSI {
		var err error
		if b.args[1], err = NewCast(b.args[1], types.CalendarInterval, plan.EvalDefault, true, true); err != nil {
			return nil, err
		}
		right = types.CalendarInterval
	}
	interval, ansi := right.(types.Interval)
	if !ansi && right != types.CalendarInterval {
		return nil, b.incompatible()
	}
	if left == types.Date {
		switch {
		case ansi && interval.YearMonth():
			return b.make(left, map2(left, func(day, months int32) int32 { return int32(addMonthsToDay(int64(day), sign*int64(months))) })), nil
		case ansi && interval == daysInterval:
			return b.make(left, map2(left, func(day int32, micros int64) int32 { return day + int32(sign*(micros/microsPerDay)) })), nil
		case !ansi && b.ctx.ANSI:
			return b.make(left, map2(left, func(day int32, v arrow.MonthDayNanoInterval) int32 {
				return int32(addMonthsToDay(int64(day), sign*int64(v.Months)) + sign*int64(v.Days))
			})), nil
		}
		var err error
		if b.args[0], err = implicit(b.ctx, b.args[0], types.Timestamp); err != nil {
			return nil, err
		}
		left = types.Timestamp
	}
	return b.make(left, addIntervalKernel(left, right, sign)), nil
}

// addIntervalKernel moves timestamps: by months and days on the wall clock, then by exact time.
func addIntervalKernel(t, interval types.Type, sign int64) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		z := newZone(ctx.TimeZone)
		if t == types.TimestampNTZ {
			z = newZone(nil)
		}
		if i, ok := interval.(types.Interval); ok && i.YearMonth() {
			return map2(t, func(at int64, months int32) int64 { return moveTime(z, at, sign*int64(months), 0, 0) })(ctx, n, args)
		} else if ok {
			return map2(t, func(at, micros int64) int64 {
				return moveTime(z, at, 0, sign*(micros/microsPerDay), sign*(micros%microsPerDay))
			})(ctx, n, args)
		}
		return map2(t, func(at int64, v arrow.MonthDayNanoInterval) int64 {
			return moveTime(z, at, sign*int64(v.Months), sign*int64(v.Days), sign*(v.Nanoseconds/1000))
		})(ctx, n, args)
	}
}

// moveTime adds months and days to the wall-clock time of an instant, then microseconds.
func moveTime(z *zone, at, months, days, micros int64) int64 {
	if months != 0 || days != 0 {
		day, rest := split(z.Local(at))
		if months != 0 {
			day = addMonthsToDay(day, months)
		}
		at = z.Instant((day+days)*microsPerDay + rest)
	}
	return at + micros
}

// addIntervals is interval ± interval, of one kind.
func (b *builder) addIntervals(minus bool, fail onFailure) (Expr, error) {
	left, right := b.args[0].Type(), b.args[1].Type()
	if left == types.Null {
		left = right
	}
	if right == types.Null {
		right = left
	}
	sign := int64(1)
	op := addOp
	if minus {
		sign, op = -1, subOp
	}
	x, ok := left.(types.Interval)
	y, ok2 := right.(types.Interval)
	switch {
	case ok && ok2 && x.YearMonth() == y.YearMonth():
		t := types.Interval{From: min(x.From, y.From), To: max(x.To, y.To)}
		args, err := implicitAll(b.ctx, b.args, t)
		if err != nil {
			return nil, err
		}
		b.args = args
		if fail == failWrap {
			fail = failError
		}
		if t.YearMonth() {
			return b.make(t, op.kernels[types.Integer].run(op, t, fail)), nil
		}
		return b.make(t, op.kernels[types.Long].run(op, t, fail)), nil
	case left == types.CalendarInterval && right == types.CalendarInterval:
		return b.make(left, map2(left, func(u, v arrow.MonthDayNanoInterval) arrow.MonthDayNanoInterval {
			return arrow.MonthDayNanoInterval{
				Months: u.Months + int32(sign)*v.Months, Days: u.Days + int32(sign)*v.Days, Nanoseconds: u.Nanoseconds + sign*v.Nanoseconds,
			}
		})), nil
	}
	return nil, b.incompatible()
}

// scaleInterval is interval * number, number * interval, interval / number. The result covers the
// whole range of units.
func (b *builder) scaleInterval(op *arithOp, fail onFailure) (Expr, error) {
	printed := b.text()
	args := b.args
	if _, ok := args[1].Type().(types.Interval); ok && op == mulOp {
		args = []Expr{args[1], args[0]}
	}
	t, ok := args[0].Type().(types.Interval)
	if !ok || !isNumeric(args[1].Type()) && args[1].Type() != types.Null {
		return nil, b.incompatible()
	}
	whole := isInteger(args[1].Type())
	factor, err := implicit(b.ctx, args[1], types.Double)
	if whole {
		factor, err = implicit(b.ctx, args[1], types.Long)
	}
	if err != nil {
		return nil, err
	}
	inner := &builder{ctx: b.ctx, name: b.name, args: []Expr{args[0], factor}}
	result := yearToMonth
	if !t.YearMonth() {
		result = dayToSecond
	}
	s := scaler{divide: op == divOp, fail: fail}
	var k kernel
	switch {
	case t.YearMonth() && whole:
		k = try2(result, func(_ *Context, m int32, f int64) (int32, bool, error) { return narrowMonths(s.whole(int64(m), f)) })
	case t.YearMonth():
		k = try2(result, func(_ *Context, m int32, f float64) (int32, bool, error) { return narrowMonths(s.real(int64(m), f)) })
	case whole:
		k = try2(result, func(_ *Context, v, f int64) (int64, bool, error) { return s.whole(v, f) })
	default:
		k = try2(result, func(_ *Context, v int64, f float64) (int64, bool, error) { return s.real(v, f) })
	}
	if fail == failNull {
		inner.fn.null = nullMaybe
	}
	return renamed(inner.make(result, k), printed), nil
}

// A scaler multiplies or divides the count behind an interval, rounding half away from zero.
type scaler struct {
	divide bool
	fail   onFailure
}

func (s scaler) whole(v, f int64) (int64, bool, error) {
	switch {
	case s.divide && f == 0:
		return s.zero()
	case s.divide:
		return s.real(v, float64(f))
	case overflowsMul(v, f):
		return s.tooLarge()
	}
	return v * f, true, nil
}

func (s scaler) real(v int64, f float64) (int64, bool, error) {
	if s.divide && f == 0 {
		return s.zero()
	}
	r := float64(v) * f
	if s.divide {
		r = float64(v) / f
	}
	r = math.Round(r)
	if math.IsNaN(r) || r >= math.MaxInt64 || r <= math.MinInt64 {
		return s.tooLarge()
	}
	return int64(r), true, nil
}

func (s scaler) zero() (int64, bool, error) {
	if s.fail == failNull {
		return 0, false, nil
	}
	return 0, false, intervalDividedByZero()
}

func (s scaler) tooLarge() (int64, bool, error) {
	if s.fail == failNull {
		return 0, false, nil
	}
	return 0, false, overflow(types.Long, "")
}

func narrowMonths(v int64, ok bool, err error) (int32, bool, error) {
	if err == nil && ok && int64(int32(v)) != v {
		return 0, false, overflow(types.Integer, "")
	}
	return int32(v), ok, err
}

// divideIntervals is interval DIV interval: how often one goes into the other.
func (b *builder) divideIntervals() (Expr, error) {
	x, ok := b.args[0].Type().(types.Interval)
	y, ok2 := b.args[1].Type().(types.Interval)
	if !ok || !ok2 || x.YearMonth() != y.YearMonth() {
		return nil, b.incompatible()
	}
	if x.YearMonth() {
		return b.make(types.Long, try2(types.Long, func(_ *Context, u, v int32) (int64, bool, error) { return quotient(int64(u), int64(v)) })), nil
	}
	return b.make(types.Long, try2(types.Long, func(_ *Context, u, v int64) (int64, bool, error) { return quotient(u, v) })), nil
}

func quotient(u, v int64) (int64, bool, error) {
	if v == 0 {
		return 0, false, intervalDividedByZero()
	}
	return u / v, true, nil
}
