package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

func convertTextToCalendarInterval(c *caster, arr arrow.Array) (arrow.Array, error) {
	return convertEach(func(_ *caster, s string) (arrow.MonthDayNanoInterval, bool) {
		v, ok := parseInterval(s)
		return v.Arrow(), ok
	})(c, arr)
}

// toInterval converts text, numbers of one unit, and other intervals of the same kind.
func toInterval(from types.Type, to types.Interval) conversion {
	if from, ok := from.(types.Interval); ok && from.YearMonth() == to.YearMonth() {
		if to.YearMonth() {
			return convertEach(func(_ *caster, months int32) (int32, bool) {
				if to.To == types.Year {
					months -= months % 12
				}
				return months, true
			})
		}
		return convertEach(func(_ *caster, micros int64) (int64, bool) { return micros - micros%unitMicros[to.To%6], true })
	}
	switch from {
	case types.String:
		if to.YearMonth() {
			return convertEach(func(_ *caster, s string) (int32, bool) {
				months, ok := parseYearMonth(s, to)
				return months, ok
			})
		}
		return convertEach(func(_ *caster, s string) (int64, bool) { return parseDayTime(s, to) })
	case types.Byte:
		return integerToInterval[int8](to)
	case types.Short:
		return integerToInterval[int16](to)
	case types.Integer:
		return integerToInterval[int32](to)
	case types.Long:
		return integerToInterval[int64](to)
	}
	return nil
}

func integerToInterval[T integer](to types.Interval) conversion {
	if to.From != to.To {
		return nil
	}
	if to.YearMonth() {
		return convertEach(func(_ *caster, n T) (int32, bool) {
			months := int64(n)
			if to.From == types.Year {
				months *= 12
			}
			return int32(months), int64(int32(months)) == months
		})
	}
	size := unitMicros[to.From]
	return convertEach(func(_ *caster, n T) (int64, bool) { return int64(n) * size, int64(n)*size/size == int64(n) })
}

func intervalToInteger[T integer](from types.Interval) conversion {
	if from.From != from.To {
		return nil
	}
	if from.YearMonth() {
		by := int64(1)
		if from.From == types.Year {
			by = 12
		}
		return convertEach(func(c *caster, months int32) (T, bool) { return fitInteger[T](c, int64(months)/by) })
	}
	by := unitMicros[from.From]
	return convertEach(func(c *caster, micros int64) (T, bool) { return fitInteger[T](c, micros/by) })
}

func intervalToDecimal(from types.Interval) conversion {
	if from.From != from.To {
		return nil
	}
	if from.YearMonth() {
		by := int64(1)
		if from.From == types.Year {
			by = 12
		}
		return convertEach(func(c *caster, months int32) (decimal128.Num, bool) {
			to := c.to.(types.Decimal)
			return rescale(decimal128.FromI64(int64(months)/by), 0, to.Scale, to.Precision)
		})
	}
	by := unitMicros[from.From]
	return convertEach(func(c *caster, micros int64) (decimal128.Num, bool) {
		to := c.to.(types.Decimal)
		if from.From == types.Second {
			return rescale(decimal128.FromI64(micros), 6, to.Scale, to.Precision)
		}
		return rescale(decimal128.FromI64(micros/by), 0, to.Scale, to.Precision)
	})
}

// bareInterval takes the sign and the text between the quotes out of "[interval] '…' unit to unit".
func bareInterval(s string, to types.Interval) (text string, negative, ok bool) {
	s = trimAll(s)
	if upper := strings.ToUpper(s); strings.HasPrefix(upper, "INTERVAL") {
		unit := strings.ToUpper(strings.TrimPrefix(to.String(), "interval "))
		first, last := strings.IndexByte(s, '\''), strings.LastIndexByte(s, '\'')
		if first < 0 || first == last || strings.Join(strings.Fields(upper[last+1:]), " ") != unit {
			return "", false, false
		}
		sign := strings.TrimSpace(s[len("INTERVAL"):first])
		if sign != "" && sign != "-" && sign != "+" {
			return "", false, false
		}
		negative = sign == "-"
		s = s[first+1 : last]
	}
	if strings.HasPrefix(s, "-") {
		return s[1:], !negative, true
	}
	return strings.TrimPrefix(s, "+"), negative, true
}

// parseYearMonth reads [+-]y-m, or a single number for an interval of one unit.
func parseYearMonth(s string, to types.Interval) (int32, bool) {
	text, negative, ok := bareInterval(s, to)
	if !ok {
		return 0, false
	}
	t := timeText{Text: text}
	first, ok := t.Digits(1, 10)
	months := first
	switch {
	case !ok:
		return 0, false
	case to.From != to.To:
		var rest int64
		if !t.Accept('-') {
			return 0, false
		}
		if rest, ok = t.Digits(1, 2); !ok || rest > 11 {
			return 0, false
		}
		months = first*12 + rest
	case to.From == types.Year:
		months *= 12
	}
	if negative {
		months = -months
	}
	return int32(months), t.Done() && int64(int32(months)) == months
}

// parseDayTime reads [+-]d hh:mm:ss.ffffff, or the part of it from the interval's first unit to its last.
func parseDayTime(s string, to types.Interval) (int64, bool) {
	text, negative, ok := bareInterval(s, to)
	if !ok {
		return 0, false
	}
	t := timeText{Text: text}
	sign := int64(1)
	if negative {
		sign = -1 // from the start: the lowest interval has no positive one
	}
	var sum int64
	for u := to.From; u <= to.To; u++ {
		if u > to.From && !t.Accept(separators[u]) {
			return 0, false
		}
		n, ok := t.Digits(1, 18)
		if !ok || n > (1<<63-1)/unitMicros[u] || !addTo(&sum, sign*n*unitMicros[u]) {
			return 0, false
		}
		if u > to.From && (u == types.Hour && n > 23 || u > types.Hour && n > 59) {
			return 0, false
		}
	}
	if to.To == types.Second && t.Accept('.') && !addTo(&sum, sign*t.Fraction()) {
		return 0, false
	}
	return sum, t.Done()
}
