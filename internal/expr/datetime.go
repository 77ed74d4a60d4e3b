package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var datetimeFunctions = table{
	"year": datePart(func(day int64) int32 { y, _, _ := civil(day); return int32(y) }),
	"quarter": datePart(func(day int64) int32 {
		_, m, _ := civil(day)
		return int32(m-1)/3 + 1
	}),
	"month": datePart(func(day int64) int32 { _, m, _ := civil(day); return int32(m) }),
	"day":   datePart(dayOfMonth), "dayofmonth": datePart(dayOfMonth),
	"dayofyear":  datePart(func(day int64) int32 { y, _, _ := civil(day); return int32(day-dayNumber(y, 1, 1)) + 1 }),
	"dayofweek":  datePart(func(day int64) int32 { return int32(floorMod(day+4, 7)) + 1 }),
	"weekday":    datePart(func(day int64) int32 { return int32(weekday(day)) }),
	"weekofyear": datePart(weekOfYear),
	"dayname": fn(types.String, text1(func(dst []byte, day int32) ([]byte, bool) {
		return append(dst, datetime.DayNames[weekday(int64(day))][:3]...), true
	}), aDate).infallible(),
	"monthname": fn(types.String, text1(func(dst []byte, day int32) ([]byte, bool) {
		_, m, _ := civil(int64(day))
		return append(dst, datetime.MonthNames[m-1][:3]...), true
	}), aDate).infallible(),

	"hour":   timePart(func(micros int64) int32 { return int32(micros / microsPerHour) }),
	"minute": timePart(func(micros int64) int32 { return int32(micros / microsPerMinute % 60) }),
	"second": timePart(func(micros int64) int32 { return int32(micros / microsPerSecond % 60) }),

	"date_add": addDate(1), "date_sub": addDate(-1), "dateadd": addDate(1).as("date_add"),
	"datediff": diffDates, "date_diff": diffDates,
	"add_months": fn(types.Date, map2(types.Date, func(day, months int32) int32 { return int32(addMonthsToDay(int64(day), int64(months))) }), aDate, anInt),
	"last_day": fn(types.Date, map1(types.Date, func(day int32) int32 {
		y, m, _ := civil(int64(day))
		return int32(dayNumber(y, m, daysInMonth(y, m)))
	}), aDate).infallible(),
	"next_day":       built(2, 2, buildNextDay),
	"months_between": built(2, 3, buildMonthsBetween),
	"trunc": fn(types.Date, try2(types.Date, func(_ *Context, day int32, unit string) (int32, bool, error) {
		d, ok := truncDay(int64(day), unit)
		return int32(d), ok, nil
	}), aDate, aString).nullable(),
	"date_trunc":          built(2, 2, buildDateTrunc),
	"make_date":           fn(types.Date, makeDate, anInt, anInt, anInt).nullable(),
	"date_from_unix_date": fn(types.Date, map1(types.Date, func(d int32) int32 { return d }), anInt).infallible(),
	"unix_date":           fn(types.Integer, map1(types.Integer, func(d int32) int32 { return d }), aDate).infallible(),
	"date_part":           built(2, 2, buildExtract(", ")), "datepart": built(2, 2, buildExtract(" FROM ")), "extract": built(2, 2, buildExtract(" FROM ")),
}

func dayOfMonth(day int64) int32 { _, _, d := civil(day); return int32(d) }

// datePart is a function of a date; of a timestamp it takes the session's date.
func datePart(f func(day int64) int32) function {
	return fn(types.Integer, map1(types.Integer, func(day int32) int32 { return f(int64(day)) }), aDate).infallible()
}

// timePart is a function of the time of day in the session's zone.
func timePart(f func(micros int64) int32) function {
	return built(1, 1, func(b *builder) (Expr, error) {
		if err := b.coerceTo(aTime); err != nil {
			return nil, err
		}
		b.fn.safe = true
		return b.make(types.Integer, onWallClock(b.args[0].Type(), func(z *zone) kernel {
			return map1(types.Integer, func(at int64) int32 {
				_, micros := split(z.Local(at))
				return f(micros)
			})
		})), nil
	})
}

// onWallClock makes a kernel that reads instants in the session's zone; wall-clock times need none.
func onWallClock(t types.Type, k func(z *zone) kernel) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		z := newZone(nil)
		if t == types.Timestamp {
			z = newZone(ctx.TimeZone)
		}
		return k(z)(ctx, n, args)
	}
}

// weekOfYear is the ISO week: the one with the year's first Thursday is 1.
func weekOfYear(day int64) int32 {
	thursday := day - int64(weekday(day)) + 3
	y, _, _ := civil(thursday)
	return int32(thursday-dayNumber(y, 1, 1))/7 + 1
}

func addDate(sign int32) function {
	return fn(types.Date, map2(types.Date, func(day, n int32) int32 { return day + sign*n }), aDate, anInt).infallible()
}

var diffDates = fn(types.Integer, map2(types.Integer, func(a, b int32) int32 { return a - b }), aDate, aDate).infallible()

func buildNextDay(b *builder) (Expr, error) {
	if err := b.coerceTo(aDate, aString); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	strict := b.ctx.ANSI
	return b.make(types.Date, try2(types.Date, func(_ *Context, day int32, name string) (int32, bool, error) {
		upper := strings.ToUpper(strings.TrimSpace(name))
		for i, full := range datetime.DayNames {
			full = strings.ToUpper(full)
			if upper == full || upper == full[:3] || upper == full[:2] {
				return int32(int64(day) + 1 + floorMod(int64(i)-int64(weekday(int64(day)))-1, 7)), true, nil
			}
		}
		if strict {
			return 0, false, errclass.IllegalDayOfWeek.New("Illegal input for day of week: %s.", name)
		}
		return 0, false, nil
	})), nil
}

func buildMonthsBetween(b *builder) (Expr, error) {
	if len(b.args) == 2 {
		b.args = append(b.args, &Constant{Value: true, DataType: types.Boolean})
	}
	if err := b.coerceTo(aTimestamp, aTimestamp, aBool); err != nil {
		return nil, err
	}
	b.fn.safe = true
	return b.make(types.Double, onWallClock(types.Timestamp, func(z *zone) kernel {
		return map3(types.Double, func(a, c int64, rounded bool) float64 { return monthsBetween(z.Local(a), z.Local(c), rounded) })
	})), nil
}

// monthsBetween counts a month as 31 days where the days of the month differ.
func monthsBetween(a, b int64, rounded bool) float64 {
	day1, micros1 := split(a)
	day2, micros2 := split(b)
	y1, m1, d1 := civil(day1)
	y2, m2, d2 := civil(day2)
	months := float64((y1-y2)*12 + int64(m1-m2))
	if d1 == d2 || d1 == daysInMonth(y1, m1) && d2 == daysInMonth(y2, m2) {
		return months
	}
	seconds := float64(int64(d1-d2)*86400 + floorDiv(micros1-micros2, microsPerSecond))
	diff := months + seconds/(31*86400)
	if rounded {
		return roundFloat(halfUp, diff, 8, 64)
	}
	return diff
}

// truncDay cuts a date down to the first of a unit of at least a week.
func truncDay(day int64, unit string) (int64, bool) {
	y, m, _ := civil(day)
	switch strings.ToUpper(unit) {
	case "YEAR", "YYYY", "YY":
		return dayNumber(y, 1, 1), true
	case "QUARTER":
		return dayNumber(y, (m-1)/3*3+1, 1), true
	case "MONTH", "MM", "MON":
		return dayNumber(y, m, 1), true
	case "WEEK":
		return day - int64(weekday(day)), true
	}
	return 0, false
}

// buildDateTrunc cuts a timestamp down to a unit, on the wall clock of the session.
func buildDateTrunc(b *builder) (Expr, error) {
	if err := b.coerceTo(aString, aTime); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	t := b.args[1].Type()
	return b.make(t, onWallClock(t, func(z *zone) kernel {
		return try2(t, func(_ *Context, unit string, at int64) (int64, bool, error) {
			out, ok := truncTimestamp(z, unit, at)
			return out, ok, nil
		})
	})), nil
}

var truncUnits = map[string]int64{
	"MICROSECOND": 1, "MILLISECOND": 1000, "SECOND": microsPerSecond, "MINUTE": microsPerMinute, "HOUR": microsPerHour,
}

func truncTimestamp(z *zone, unit string, at int64) (int64, bool) {
	local := z.Local(at)
	name := strings.ToUpper(unit)
	if size, ok := truncUnits[name]; ok {
		if size < microsPerHour {
			return floorDiv(at, size) * size, true // no zone has offsets of seconds now
		}
		return at - floorMod(local, size), true
	}
	day, _ := split(local)
	if name != "DAY" && name != "DD" {
		var ok bool
		if day, ok = truncDay(day, name); !ok {
			return 0, false
		}
	}
	return z.Instant(day * microsPerDay), true
}

func makeDate(ctx *Context, n int, args []Vector) (arrow.Array, error) {
	return try3(types.Date, func(ctx *Context, y, m, d int32) (int32, bool, error) {
		if m < 1 || m > 12 || d < 1 || int(d) > daysInMonth(int64(y), int(m)) {
			if ctx.ANSI {
				return 0, false, dateOutOfBounds(y, m, d)
			}
			return 0, false, nil
		}
		return int32(dayNumber(int64(y), int(m), int(d))), true, nil
	})(ctx, n, args)
}

func dateOutOfBounds(y, m, d int32) error {
	what := "Invalid value for MonthOfYear (valid values 1 - 12): " + itoa(m)
	if m >= 1 && m <= 12 {
		what = "Invalid value for DayOfMonth (valid values 1 - 28/31): " + itoa(d)
		if d >= 1 && d <= 31 {
			what = "Invalid date '" + strings.ToUpper(datetime.MonthNames[m-1]) + " " + itoa(d) + "'"
			if m == 2 && d == 29 {
				what = "Invalid date 'February 29' as '" + itoa(y) + "' is not a leap year"
			}
		}
	}
	return errclass.DateTimeFieldOutOfBounds.New("%s.", what).
		WithHint("If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.")
}

// extractors are the fields of EXTRACT, by their names and short names.
var extractors = map[string]string{
	"YEAR": "year", "Y": "year", "YEARS": "year", "YR": "year", "YRS": "year",
	"QUARTER": "quarter", "QTR": "quarter", "MONTH": "month", "MON": "month", "MONS": "month", "MONTHS": "month",
	"WEEK": "weekofyear", "W": "weekofyear", "WEEKS": "weekofyear",
	"DAY": "dayofmonth", "D": "dayofmonth", "DAYS": "dayofmonth", "DAYOFWEEK": "dayofweek", "DOW": "dayofweek",
	"DAYOFWEEK_ISO": "dow_iso", "DOW_ISO": "dow_iso", "DOY": "dayofyear",
	"HOUR": "hour", "H": "hour", "HOURS": "hour", "HR": "hour", "HRS": "hour",
	"MINUTE": "minute", "M": "minute", "MIN": "minute", "MINS": "minute", "MINUTES": "minute",
	"SECOND": "second", "S": "second", "SEC": "second", "SECONDS": "second", "SECS": "second",
	"YEAROFWEEK": "yearofweek", "ISOYEAR": "yearofweek",
}

// buildExtract is extract(field FROM source); separator is how it prints.
func buildExtract(separator string) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		name := b.name + "(" + joinText(b.args, separator) + ")"
		v, ok := buildValue(b.args[0], b.ctx)
		unit, isText := v.(string)
		if !ok || !isText {
			return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `field` should be a foldable \"STRING\" expression; however, got \"%s\".", b.args[0].String())
		}
		e, err := b.extract(extractors[strings.ToUpper(unit)], b.args[1])
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, errclass.InvalidExtractField.New("Cannot extract `%s` from \"%s\".", unit, b.args[1].String())
		}
		return renamed(e, name), nil
	}
}

func (b *builder) extract(part string, source Expr) (Expr, error) {
	inner := &builder{ctx: b.ctx, all: b.all, name: part, args: []Expr{source}}
	if t, ok := source.Type().(types.Interval); ok {
		return inner.extractInterval(part, t), nil
	}
	switch part {
	case "":
		return nil, nil
	case "second":
		if err := inner.coerceTo(aTime); err != nil {
			return nil, err
		}
		t := types.Decimal{Precision: 8, Scale: 6}
		return inner.make(t, onWallClock(inner.args[0].Type(), func(z *zone) kernel {
			return map1(t, func(at int64) decimal128.Num { return decimal128.FromI64(floorMod(z.Local(at), microsPerMinute)) })
		})), nil
	case "dow_iso":
		if err := inner.coerceTo(aDate); err != nil {
			return nil, err
		}
		return inner.make(types.Integer, map1(types.Integer, func(day int32) int32 { return int32(weekday(int64(day))) + 1 })), nil
	case "yearofweek":
		if err := inner.coerceTo(aDate); err != nil {
			return nil, err
		}
		return inner.make(types.Integer, map1(types.Integer, func(day int32) int32 {
			y, _, _ := civil(int64(day) - int64(weekday(int64(day))) + 3)
			return int32(y)
		})), nil
	}
	return b.sub(part, source)
}

// extractInterval takes a unit out of an ANSI interval; nil where it has none such.
func (b *builder) extractInterval(part string, t types.Interval) Expr {
	if t.YearMonth() {
		switch part {
		case "year":
			return b.make(types.Integer, map1(types.Integer, func(m int32) int32 { return m / 12 }))
		case "month":
			return b.make(types.Byte, map1(types.Byte, func(m int32) int8 { return int8(m % 12) }))
		}
		return nil
	}
	switch part {
	case "dayofmonth":
		return b.make(types.Integer, map1(types.Integer, func(v int64) int32 { return int32(v / microsPerDay) }))
	case "hour":
		return b.make(types.Byte, map1(types.Byte, func(v int64) int8 { return int8(v / microsPerHour % 24) }))
	case "minute":
		return b.make(types.Byte, map1(types.Byte, func(v int64) int8 { return int8(v / microsPerMinute % 60) }))
	case "second":
		d := types.Decimal{Precision: 8, Scale: 6}
		return b.make(d, map1(d, func(v int64) decimal128.Num { return decimal128.FromI64(v % microsPerMinute) }))
	}
	return nil
}
