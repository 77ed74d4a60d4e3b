package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

func intervalFormatter(arr arrow.Array, t types.Interval) formatter {
	if t.YearMonth() {
		values := fixedValues[int32](arr)
		return func(dst []byte, i int) []byte { return appendYearMonth(dst, int64(values[i]), t) }
	}
	values := fixedValues[int64](arr)
	return func(dst []byte, i int) []byte { return appendDayTime(dst, values[i], t) }
}

// appendYearMonth writes INTERVAL '1-2' YEAR TO MONTH.
func appendYearMonth(dst []byte, months int64, t types.Interval) []byte {
	dst = append(dst, "INTERVAL '"...)
	if months < 0 {
		dst = append(dst, '-')
		months = -months
	}
	switch {
	case t.From == types.Month:
		dst = strconv.AppendInt(dst, months, 10)
	case t.To == types.Year:
		dst = strconv.AppendInt(dst, months/12, 10)
	default:
		dst = append(strconv.AppendInt(dst, months/12, 10), '-')
		dst = strconv.AppendInt(dst, months%12, 10)
	}
	return appendUnits(append(dst, "' "...), t)
}

func appendUnits(dst []byte, t types.Interval) []byte {
	return append(dst, strings.ToUpper(strings.TrimPrefix(t.String(), "interval "))...)
}

// appendDayTime writes INTERVAL '1 02:03:04.5' DAY TO SECOND.
func appendDayTime(dst []byte, micros int64, t types.Interval) []byte {
	dst = append(dst, "INTERVAL '"...)
	rest := uint64(micros)
	if micros < 0 {
		dst = append(dst, '-')
		rest = -rest
	}
	lead := true
	for u := t.From; u <= t.To; u++ {
		size := uint64(unitMicros[u])
		switch u {
		case types.Day:
			dst = strconv.AppendUint(dst, rest/size, 10)
		default:
			if !lead {
				dst = append(dst, separators[u])
			}
			dst = appendPadded(dst, int64(rest/size), 2)
		}
		rest %= size
		lead = false
	}
	if t.To == types.Second {
		dst = appendFraction(dst, int64(rest))
	}
	return appendUnits(append(dst, "' "...), t)
}

var separators = [...]byte{types.Hour: ' ', types.Minute: ':', types.Second: ':'}

var unitMicros = [...]int64{
	types.Day: microsPerDay, types.Hour: microsPerHour, types.Minute: microsPerMinute, types.Second: microsPerSecond,
}

// appendCalendarInterval writes 1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds, without zeros.
func appendCalendarInterval(dst []byte, v arrow.MonthDayNanoInterval) []byte {
	start := len(dst)
	part := func(n int64, unit string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = append(append(strconv.AppendInt(dst, n, 10), ' '), unit...)
	}
	part(int64(v.Months/12), "years")
	part(int64(v.Months%12), "months")
	part(int64(v.Days), "days")
	micros := v.Nanoseconds / 1000
	part(micros/microsPerHour, "hours")
	part(micros/microsPerMinute%60, "minutes")
	if rest := micros % microsPerMinute; rest != 0 {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if rest < 0 {
			dst = append(dst, '-')
			rest = -rest
		}
		dst = strconv.AppendInt(dst, rest/microsPerSecond, 10)
		dst = append(appendFraction(dst, rest%microsPerSecond), " seconds"...)
	}
	if len(dst) == start {
		return append(dst, "0 seconds"...)
	}
	return dst
}
