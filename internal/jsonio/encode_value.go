package jsonio

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/records"
)

// appendString writes a string as Jackson does.
func appendString(dst []byte, text string) []byte { return records.AppendJSON(dst, text) }

// appendFloat writes a number as Java does.
func appendFloat(dst []byte, f float64, bits int) []byte {
	return records.AppendJSONFloat(dst, f, bits)
}

// appendDecimal writes a decimal as java.math.BigDecimal does: plain, except for very small numbers.
func appendDecimal(dst []byte, n decimal128.Num, scale int) []byte {
	if n.Sign() < 0 {
		dst, n = append(dst, '-'), n.Negate()
	}
	digits := n.BigInt().String()
	adjusted := len(digits) - 1 - scale
	switch {
	case scale == 0:
		return append(dst, digits...)
	case adjusted < -6:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'E'), int64(adjusted), 10)
	case len(digits) <= scale:
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	point := len(digits) - scale
	return append(append(append(dst, digits[:point]...), '.'), digits[point:]...)
}

// calendarIntervals writes intervals unit by unit: "1 years 2 months 3 days".
func calendarIntervals(c *array.MonthDayNanoInterval) ValueWriter {
	return func(dst []byte, i int) []byte {
		v := c.Value(i)
		micros := v.Nanoseconds / 1000
		var parts []string
		for _, unit := range []struct {
			n    int64
			name string
		}{
			{int64(v.Months / 12), "years"},
			{int64(v.Months % 12), "months"},
			{int64(v.Days), "days"},
			{micros / 3_600_000_000, "hours"},
			{micros / 60_000_000 % 60, "minutes"},
		} {
			if unit.n != 0 {
				parts = append(parts, strconv.FormatInt(unit.n, 10)+" "+unit.name)
			}
		}
		if rest := micros % 60_000_000; rest != 0 || len(parts) == 0 {
			parts = append(parts, seconds(rest)+" seconds")
		}
		return appendString(dst, strings.Join(parts, " "))
	}
}

// seconds writes microseconds as seconds, without zeros at the end.
func seconds(micros int64) string {
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	text := fmt.Sprintf("%s%d.%06d", sign, micros/1_000_000, micros%1_000_000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
