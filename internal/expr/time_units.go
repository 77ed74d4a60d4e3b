package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// timeUnits are the units of TIMESTAMPADD and TIMESTAMPDIFF: so many months, or microseconds.
var timeUnits = map[string]struct{ months, micros int64 }{
	"MICROSECOND": {0, 1}, "MILLISECOND": {0, 1000}, "SECOND": {0, microsPerSecond}, "MINUTE": {0, microsPerMinute},
	"HOUR": {0, microsPerHour}, "DAY": {0, microsPerDay}, "DAYOFYEAR": {0, microsPerDay}, "WEEK": {0, 7 * microsPerDay},
	"MONTH": {1, 0}, "QUARTER": {3, 0}, "YEAR": {12, 0},
}

func (b *builder) timeUnit() (string, error) {
	v, _ := buildValue(b.args[0], b.ctx)
	name, _ := v.(string)
	unit := strings.ToUpper(name)
	if _, ok := timeUnits[unit]; !ok {
		return "", errclass.InvalidParameterValue.New("The value of parameter(s) `unit` in `%s` is invalid: expects one of the units without quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, but got the string literal '%s'.", b.name, name)
	}
	return unit, nil
}

func buildTimestampAdd(b *builder) (Expr, error) {
	unit, err := b.timeUnit()
	if err != nil {
		return nil, err
	}
	if err := b.coerceTo(aString, aLong, aTime); err != nil {
		return nil, err
	}
	t, size := b.args[2].Type(), timeUnits[unit]
	return b.make(t, onWallClock(t, func(z *zone) kernel {
		return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			return try2(t, func(_ *Context, count, at int64) (int64, bool, error) {
				if overflowsMul(count, max(size.micros, size.months)) {
					return 0, false, errclass.DateTimeOverflow.New("Datetime operation overflow: add %d %s to TIMESTAMP '%s'.", count, unit, appendTimestamp(nil, z.Local(at)))
				}
				if size.months == 0 && size.micros%microsPerDay == 0 {
					return moveTime(z, at, 0, count*(size.micros/microsPerDay), 0), true, nil
				}
				return moveTime(z, at, count*size.months, 0, count*size.micros), true, nil
			})(ctx, n, args[1:])
		}
	})), nil
}

func buildTimestampDiff(b *builder) (Expr, error) {
	unit, err := b.timeUnit()
	if err != nil {
		return nil, err
	}
	if err := b.coerceTo(aString, aTimestamp, aTimestamp); err != nil {
		return nil, err
	}
	size := timeUnits[unit]
	return b.make(types.Long, onWallClock(types.Timestamp, func(z *zone) kernel {
		return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			return map2(types.Long, func(from, to int64) int64 {
				x, y := z.Local(from), z.Local(to)
				if size.months == 0 {
					return (y - x) / size.micros
				}
				return wholeMonths(x, y) / size.months
			})(ctx, n, args[1:])
		}
	})), nil
}

// wholeMonths is how many whole months lie between two wall-clock times.
func wholeMonths(x, y int64) int64 {
	day1, micros1 := split(x)
	day2, micros2 := split(y)
	y1, m1, d1 := civil(day1)
	y2, m2, d2 := civil(day2)
	months := (y2-y1)*12 + int64(m2-m1)
	rest := int64(d2-d1)*microsPerDay + micros2 - micros1
	switch {
	case months > 0 && rest < 0:
		return months - 1
	case months < 0 && rest > 0:
		return months + 1
	}
	return months
}
