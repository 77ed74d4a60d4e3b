package expr

import (
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
)

// An Interval is a calendar interval: months, days and microseconds, which do not convert into each other.
type Interval struct {
	Months, Days int32
	Micros       int64
}

// Arrow is the interval as columns hold it. Beyond 292 years of microseconds it saturates.
func (v Interval) Arrow() arrow.MonthDayNanoInterval {
	return arrow.MonthDayNanoInterval{Months: v.Months, Days: v.Days, Nanoseconds: v.Micros * 1000}
}

// ParseInterval reads "[interval] 1 day 2.5 seconds …", as window durations and watermarks are written.
func ParseInterval(text string) (Interval, error) {
	v, ok := parseInterval(text)
	if !ok {
		return Interval{}, errclass.CannotParseInterval.New(
			"Unable to parse '%s'. Please ensure that the value provided is in a valid format for defining an interval.", text).
			WithHint("You can reference the documentation for the correct format. If the issue persists, please double check that the input value is not null or empty and try again.")
	}
	return v, nil
}

func parseInterval(text string) (v Interval, ok bool) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	words = joinSigns(words)
	if len(words) == 0 || len(words)%2 != 0 {
		return v, false
	}
	for i := 0; i < len(words); i += 2 {
		if !v.add(words[i], strings.TrimSuffix(words[i+1], "s")) {
			return v, false
		}
	}
	return v, true
}

// joinSigns makes "- 1" one word.
func joinSigns(words []string) []string {
	out := words[:0:0]
	for i := 0; i < len(words); i++ {
		if (words[i] == "-" || words[i] == "+") && i+1 < len(words) {
			i++
			out = append(out, words[i-1]+words[i])
			continue
		}
		out = append(out, words[i])
	}
	return out
}

var intervalMicros = map[string]int64{
	"hour": microsPerHour, "minute": microsPerMinute, "second": microsPerSecond, "millisecond": 1000, "microsecond": 1,
}

var intervalMonths = map[string]int64{"year": 12, "month": 1}

var intervalDays = map[string]int64{"week": 7, "day": 1}

// add counts one number with its unit, in the singular, in.
func (v *Interval) add(number, unit string) bool {
	if unit == "second" {
		micros, ok := parseSeconds(number)
		return ok && addTo(&v.Micros, micros)
	}
	n, ok := parseInt(number)
	if !ok {
		return false
	}
	if size, found := intervalMicros[unit]; found {
		return (n == 0 || n*size/size == n && n != math.MinInt64) && addTo(&v.Micros, n*size)
	}
	if size, found := intervalMonths[unit]; found {
		return addTo32(&v.Months, n, size)
	}
	if size, found := intervalDays[unit]; found {
		return addTo32(&v.Days, n, size)
	}
	return false
}

func addTo(sum *int64, v int64) bool {
	out := *sum + v
	overflow := (*sum^out)&(v^out) < 0
	*sum = out
	return !overflow
}

func addTo32(sum *int32, n, size int64) bool {
	if n > math.MaxInt32 || n < math.MinInt32 {
		return false
	}
	total := int64(*sum) + n*size
	*sum = int32(total)
	return int64(*sum) == total
}

// parseSeconds reads [+-]s[.ffffff] as microseconds; nanosecond digits are cut.
func parseSeconds(s string) (int64, bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	whole, fraction, pointed := strings.Cut(s, ".")
	if whole == "" && fraction == "" || pointed && len(fraction) > 9 || !allDigits(fraction) || !allDigits(whole) {
		return 0, false
	}
	var n int64
	if whole != "" {
		var ok bool
		if n, ok = parseInt(whole); !ok || n > math.MaxInt64/microsPerSecond-1 {
			return 0, false
		}
	}
	t := timeText{Text: fraction}
	micros := n*microsPerSecond + t.Fraction()
	if negative {
		micros = -micros
	}
	return micros, true
}
