package option

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// byteShifts holds Spark's units of size, by the power of two they stand for.
var byteShifts = map[string]uint{
	"": 0, "b": 0,
	"k": 10, "kb": 10,
	"m": 20, "mb": 20,
	"g": 30, "gb": 30,
	"t": 40, "tb": 40,
	"p": 50, "pb": 50,
}

// timeUnits holds the units of Spark's short times and the words of its intervals. Months and years are not
// among them: they have no fixed length.
var timeUnits = map[string]time.Duration{
	"us": time.Microsecond, "microsecond": time.Microsecond, "microseconds": time.Microsecond,
	"ms": time.Millisecond, "millisecond": time.Millisecond, "milliseconds": time.Millisecond,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": day, "day": day, "days": day,
	"week": 7 * day, "weeks": 7 * day,
}

const day = 24 * time.Hour

// ParseBytes reads a positive size: a number and one of b, k, kb, m, mb, g, gb, t, tb, p, pb.
func ParseBytes(text string) (int64, error) {
	number, unit, rest := cutQuantity(plain(text))
	shift, ok := byteShifts[unit]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || rest != "" || n <= 0 || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("no size: %q", text)
	}
	return n << shift, nil
}

// ParseDuration reads Spark's short times ("50s", "7d") and interval words ("10 seconds", "1 hour 30 minutes",
// "interval 1 day"). A bare number counts milliseconds, as in Spark's time options.
func ParseDuration(text string) (time.Duration, error) {
	rest := plain(text)
	if n, err := strconv.ParseInt(rest, 10, 64); err == nil && rest[0] != '+' {
		return multiply(text, n, time.Millisecond)
	}
	if words, ok := strings.CutPrefix(rest, "interval "); ok {
		rest = plain(words)
	}
	var total time.Duration
	for more := true; more; more = rest != "" {
		var number, unit string
		number, unit, rest = cutQuantity(rest)
		each, ok := timeUnits[unit]
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || !ok {
			return 0, noDuration(text)
		}
		part, err := multiply(text, n, each)
		if err != nil || part > math.MaxInt64-total {
			return 0, noDuration(text)
		}
		total += part
	}
	return total, nil
}

func multiply(text string, n int64, unit time.Duration) (time.Duration, error) {
	if n < 0 || n > math.MaxInt64/int64(unit) {
		return 0, noDuration(text)
	}
	return time.Duration(n) * unit, nil
}

func noDuration(text string) error { return fmt.Errorf("no duration: %q", text) }

func plain(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// cutQuantity takes a number and a unit, either of which may be empty, off the front of a text.
func cutQuantity(text string) (number, unit, rest string) {
	number = text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
	rest = strings.TrimSpace(text[len(number):])
	end := strings.IndexFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })
	if end < 0 {
		end = len(rest)
	}
	return number, rest[:end], strings.TrimSpace(rest[end:])
}
