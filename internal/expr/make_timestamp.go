package expr

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// makeTimestamp puts a time together of year, month, day, hour, minute, seconds and maybe a zone.
func makeTimestamp(to types.Primitive, try bool) function {
	return built(1, 7, func(b *builder) (Expr, error) {
		if len(b.args) < 6 {
			if len(b.args) == 1 {
				if err := b.coerceTo(aDate); err != nil {
					return nil, err
				}
				e, err := NewCast(b.args[0], to, plan.EvalDefault, b.ctx.ANSI, true)
				return renamed(e, callText(b.name, b.args)), err
			}
			return nil, wrongCount(b.name, "[1, 6, 7]", len(b.args))
		}
		seconds := is(types.Decimal{Precision: 16, Scale: 6})
		if err := b.coerceTo(anInt, anInt, anInt, anInt, anInt, seconds, aString); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		if try && len(b.args) == 7 && b.name == "try_make_timestamp" {
			b.fn.text = func(name string, args []Expr) string { return callText(name, args[:6]) }
		}
		return b.make(to, makeTimestampKernel(to, b.ctx.ANSI && !try)), nil
	})
}

func makeTimestampKernel(to types.Type, strict bool) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		var parts [5][]int32
		var steps [5]int
		for k := range parts {
			parts[k], steps[k] = operand[int32](args[k])
		}
		seconds, step := operand[decimal128.Num](args[5])
		session := newZone(ctx.TimeZone)
		known := zones{}
		var names []string
		nameStep := 0
		if len(args) == 7 {
			names, nameStep = operand[string](args[6])
		}
		return tryRows(to, n, args, func(i int) (int64, bool, error) {
			var v [5]int32
			for k := range v {
				v[k] = parts[k][i&steps[k]]
			}
			sec, _ := fits64(seconds[i&step])
			local, ok := timestampOf(v, sec)
			if !ok {
				if strict {
					return 0, false, timeOutOfBounds(v, sec)
				}
				return 0, false, nil
			}
			z := session
			if names != nil {
				var err error
				if z, err = known.get(names[i&nameStep]); err != nil {
					return 0, false, err
				}
			}
			if to == types.TimestampNTZ {
				return local, true, nil
			}
			return z.Instant(local), true, nil
		})
	}
}

// timestampOf takes seconds in microseconds; 60 without a fraction is the next minute's 0.
func timestampOf(v [5]int32, sec int64) (int64, bool) {
	y, m, d, hour, minute := v[0], v[1], v[2], v[3], v[4]
	if m < 1 || m > 12 || d < 1 || int(d) > daysInMonth(int64(y), int(m)) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		sec < 0 || sec > 60*microsPerSecond || y < datetime.MinYear || y > datetime.MaxYear {
		return 0, false
	}
	return dayNumber(int64(y), int(m), int(d))*microsPerDay + int64(hour)*microsPerHour + int64(minute)*microsPerMinute + sec, true
}

func timeOutOfBounds(v [5]int32, sec int64) error {
	var what string
	switch {
	case v[3] < 0 || v[3] > 23:
		what = "Invalid value for HourOfDay (valid values 0 - 23): " + itoa(v[3])
	case v[4] < 0 || v[4] > 59:
		what = "Invalid value for MinuteOfHour (valid values 0 - 59): " + itoa(v[4])
	case sec < 0 || sec > 60*microsPerSecond:
		what = "Invalid value for SecondOfMinute (valid values 0 - 59): " + strconv.FormatInt(sec/microsPerSecond, 10)
	default:
		return dateOutOfBounds(v[0], v[1], v[2])
	}
	return errclass.DateTimeFieldOutOfBounds.New("%s.", what).
		WithHint("If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.")
}
