package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var intervalFunctions = table{
	"make_interval":     built(0, 7, buildMakeInterval(false)),
	"try_make_interval": built(0, 7, buildMakeInterval(true)),
	"make_dt_interval":  built(0, 4, buildMakeDayTime),
	"make_ym_interval":  built(0, 2, buildMakeYearMonth),
	"time_bucket":       built(2, 3, buildTimeBucket),
}

var secondsType = types.Decimal{Precision: 18, Scale: 6}

// zeroes fills missing parts of an interval up; the last is seconds.
func (b *builder) zeroes(n int, seconds bool) error {
	for len(b.args) < n {
		if seconds && len(b.args) == n-1 {
			b.args = append(b.args, &Constant{Value: decimal128.Num{}, DataType: types.Decimal{Precision: 8, Scale: 6}})
			continue
		}
		b.args = append(b.args, &Constant{Value: int32(0), DataType: types.Integer})
	}
	for i := range b.args {
		p := anInt
		if seconds && i == n-1 {
			p = is(secondsType)
		}
		to, ok := p.accept(b.args[i].Type(), b.ctx.ANSI)
		if !ok {
			return b.wrongInput(i, p.requires)
		}
		var err error
		if b.args[i], err = implicit(b.ctx, b.args[i], to); err != nil {
			return err
		}
	}
	return nil
}

// intervalRows computes intervals of whole parts and seconds; ok false is an overflow.
func intervalRows[R value](t types.Type, parts int, strict bool, f func(v []int64, seconds int64) (R, bool)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		columns := make([][]int32, parts)
		for k := range columns {
			columns[k] = broadcast[int32](args[k], n)
		}
		var seconds []decimal128.Num
		if len(args) > parts {
			seconds = broadcast[decimal128.Num](args[parts], n)
		}
		v := make([]int64, parts)
		return tryRows(t, n, args, func(i int) (R, bool, error) {
			for k := range columns {
				v[k] = int64(columns[k][i])
			}
			s := int64(0)
			if seconds != nil {
				s, _ = fits64(seconds[i])
			}
			out, ok := f(v, s)
			if !ok && strict {
				return out, false, overflowError("integer overflow.", "")
			}
			return out, ok, nil
		})
	}
}

func buildMakeInterval(try bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		if err := b.zeroes(7, true); err != nil {
			return nil, err
		}
		strict := b.ctx.ANSI && !try
		if !strict {
			b.fn.null = nullMaybe
		}
		t := types.Type(types.CalendarInterval)
		return b.make(t, intervalRows(t, 6, strict, func(v []int64, seconds int64) (arrow.MonthDayNanoInterval, bool) {
			months, days := v[0]*12+v[1], v[2]*7+v[3]
			micros := v[4]*microsPerHour + v[5]*microsPerMinute + seconds
			ok := int64(int32(months)) == months && int64(int32(days)) == days && micros < math.MaxInt64/1000 && micros > math.MinInt64/1000
			return Interval{Months: int32(months), Days: int32(days), Micros: micros}.Arrow(), ok
		})), nil
	}
}

func buildMakeDayTime(b *builder) (Expr, error) {
	if err := b.zeroes(4, true); err != nil {
		return nil, err
	}
	return b.make(dayToSecond, intervalRows(dayToSecond, 3, true, func(v []int64, seconds int64) (int64, bool) {
		if overflowsMul(v[0], microsPerDay) {
			return 0, false
		}
		sum := v[0] * microsPerDay
		ok := addTo(&sum, v[1]*microsPerHour) && addTo(&sum, v[2]*microsPerMinute) && addTo(&sum, seconds)
		return sum, ok
	})), nil
}

func buildMakeYearMonth(b *builder) (Expr, error) {
	if err := b.zeroes(2, false); err != nil {
		return nil, err
	}
	return b.make(yearToMonth, intervalRows(yearToMonth, 2, true, func(v []int64, _ int64) (int32, bool) {
		months := v[0]*12 + v[1]
		return int32(months), int64(int32(months)) == months
	})), nil
}

// buildTimeBucket is time_bucket(size, time[, origin]): the start of the bucket that holds the time.
func buildTimeBucket(b *builder) (Expr, error) {
	size, ok := b.args[0].Type().(types.Interval)
	if !ok {
		return nil, b.wrongInput(0, `("INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")`)
	}
	to, ok := aTime.accept(b.args[1].Type(), b.ctx.ANSI)
	if !ok {
		return nil, b.wrongInput(1, aTime.requires)
	}
	var err error
	if b.args[1], err = implicit(b.ctx, b.args[1], to); err != nil {
		return nil, err
	}
	if len(b.args) == 2 {
		b.args = append(b.args, &Constant{Value: int64(0), DataType: to})
	}
	if b.args[2], err = implicit(b.ctx, b.args[2], to); err != nil {
		return nil, err
	}
	return b.make(to, onWallClock(to, func(z *zone) kernel {
		if size.YearMonth() {
			return try3(to, func(_ *Context, months int32, at, origin int64) (int64, bool, error) {
				if months <= 0 {
					return 0, false, badBucket()
				}
				return monthBucket(z, int64(months), at, origin), true, nil
			})
		}
		return try3(to, func(_ *Context, micros, at, origin int64) (int64, bool, error) {
			if micros <= 0 {
				return 0, false, badBucket()
			}
			if micros%microsPerDay == 0 { // days are of the wall clock
				local, from := z.Local(at), z.Local(origin)
				return z.Instant(local - floorMod(local-from, micros)), true, nil
			}
			return at - floorMod(at-origin, micros), true, nil
		})
	})), nil
}

func badBucket() error {
	return errclass.InvalidParameterValue.New("The value of parameter(s) `bucket_size` in `time_bucket` is invalid: expects a positive interval.")
}

func monthBucket(z *zone, size, at, origin int64) int64 {
	n := floorDiv(wholeMonths(z.Local(origin), z.Local(at)), size) * size
	start := moveTime(z, origin, n, 0, 0)
	if start > at {
		start = moveTime(z, origin, n-size, 0, 0)
	}
	return start
}
