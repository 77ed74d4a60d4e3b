package types

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// Microseconds in the units of a day-time interval.
const (
	MicrosPerSecond = 1_000_000
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour
)

var unitMicros = [...]int64{Day: MicrosPerDay, Hour: MicrosPerHour, Minute: MicrosPerMinute, Second: MicrosPerSecond}

// unitLimits are the first values that a unit behind a larger one cannot have.
var unitLimits = [...]int64{Month: 12, Hour: 24, Minute: 60, Second: 60}

// FormatInterval is an ANSI interval of that many months or microseconds as Spark prints it:
// INTERVAL '5 03:07' DAY TO MINUTE.
func FormatInterval(value int64, t Interval) string {
	var b strings.Builder
	b.WriteString("INTERVAL '")
	rest := uint64(value)
	if value < 0 {
		b.WriteByte('-')
		rest = -uint64(value) // right for the smallest int64 too
	}
	switch {
	case t.YearMonth() && t.From == Year && t.To == Month:
		fmt.Fprintf(&b, "%d-%d", rest/12, rest%12)
	case t.From == Year:
		fmt.Fprintf(&b, "%d", rest/12)
	case t.YearMonth():
		fmt.Fprintf(&b, "%d", rest)
	default:
		writeDayTime(&b, rest, t)
	}
	return b.String() + "'" + strings.ToUpper(strings.TrimPrefix(t.String(), "interval"))
}

func writeDayTime(b *strings.Builder, rest uint64, t Interval) {
	for unit := t.From; unit <= t.To; unit++ {
		micros := uint64(unitMicros[unit])
		if unit > t.From {
			b.WriteByte(" ::"[unit-Hour])
		}
		if unit == Day {
			fmt.Fprintf(b, "%d", rest/micros)
		} else {
			fmt.Fprintf(b, "%02d", rest/micros)
		}
		rest %= micros
	}
	if t.To == Second && rest > 0 {
		b.WriteString(strings.TrimRight(fmt.Sprintf(".%06d", rest), "0"))
	}
}

// ParseInterval reads the quoted part of an ANSI interval of type t, '5 03:07' for DAY TO MINUTE,
// as months or microseconds.
func ParseInterval(text string, t Interval) (int64, error) {
	rest, negative := trimSign(strings.TrimSpace(text))
	var total big.Int
	for unit := t.From; unit <= t.To; unit++ {
		part := rest
		if unit < t.To {
			var found bool
			part, rest, found = strings.Cut(rest, unitSeparators[unit])
			if !found {
				return 0, cannotParse(text)
			}
		}
		amount, ok := unitAmount(part, unit)
		if !ok || unit > t.From && amount.Cmp(new(big.Int).Mul(big.NewInt(unitLimits[unit]), unitSize(unit))) >= 0 {
			return 0, cannotParse(text)
		}
		total.Add(&total, amount)
	}
	if negative {
		total.Neg(&total)
	}
	return fitInterval(&total, t, text)
}

// unitSeparators stand behind a unit that is not the last one.
var unitSeparators = [...]string{Year: "-", Month: "", Day: " ", Hour: ":", Minute: ":", Second: ""}

// unitSize is a unit in months or microseconds.
func unitSize(unit IntervalUnit) *big.Int {
	switch unit {
	case Year:
		return big.NewInt(12)
	case Month:
		return big.NewInt(1)
	default:
		return big.NewInt(unitMicros[unit])
	}
}

// unitAmount reads an unsigned number of units; seconds may have a fraction.
func unitAmount(text string, unit IntervalUnit) (*big.Int, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) > 19 || fraction != "" && unit != Second || strings.HasSuffix(text, ".") {
		return nil, false
	}
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return nil, false
	}
	amount := new(big.Int).Mul(new(big.Int).SetUint64(n), unitSize(unit))
	if fraction == "" {
		return amount, true
	}
	micros, ok := fractionMicros(fraction)
	return amount.Add(amount, big.NewInt(micros)), ok
}

// fractionMicros reads at most nine digits behind the point; those after the sixth are dropped.
func fractionMicros(digits string) (int64, bool) {
	if len(digits) > 9 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt((digits + "000000")[:6], 10, 64)
	return n, err == nil
}

func trimSign(text string) (rest string, negative bool) {
	rest = strings.TrimPrefix(text, "-")
	if rest != text {
		return rest, true
	}
	return strings.TrimPrefix(text, "+"), false
}

func fitInterval(total *big.Int, t Interval, text string) (int64, error) {
	if !total.IsInt64() || t.YearMonth() && (total.Int64() > math.MaxInt32 || total.Int64() < math.MinInt32) {
		return 0, errclass.IntervalOverflow.New("The interval '%s' is out of the range of %s.", text, strings.ToUpper(t.String()))
	}
	return total.Int64(), nil
}

func cannotParse(text string) error {
	return errclass.CannotParseInterval.New("Unable to parse '%s'. Please ensure that the value provided is in a valid format "+
		"for defining an interval.", text)
}

// A CalendarAmount is what a text like "1 month 3 days 2.5 seconds" says, and in which units: a day
// is not 24 hours here, nor a month any number of days.
type CalendarAmount struct {
	Months, Days, Micros int64
	Units                []IntervalUnit // as written; a week is Day, milliseconds are Second
}

var calendarUnits = map[string]struct {
	unit   IntervalUnit
	amount int64 // in months, days or microseconds
}{
	"year": {Year, 12}, "month": {Month, 1},
	"week": {Day, 7}, "day": {Day, 1},
	"hour": {Hour, MicrosPerHour}, "minute": {Minute, MicrosPerMinute}, "second": {Second, MicrosPerSecond},
	"millisecond": {Second, 1000}, "microsecond": {Second, 1},
}

// ParseCalendarInterval reads "[interval] n unit [n unit …]": a watermark's delay, a window's length,
// an INTERVAL literal.
func ParseCalendarInterval(text string) (CalendarAmount, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	words = joinSigns(words)
	if len(words) == 0 || len(words)%2 != 0 {
		return CalendarAmount{}, cannotParse(text)
	}
	var months, days, micros big.Int
	var c CalendarAmount
	for i := 0; i < len(words); i += 2 {
		unit, ok := calendarUnits[strings.TrimSuffix(words[i+1], "s")]
		if !ok {
			return CalendarAmount{}, cannotParse(text)
		}
		amount, ok := calendarNumber(words[i], unit.unit, unit.amount)
		if !ok {
			return CalendarAmount{}, cannotParse(text)
		}
		switch {
		case unit.unit <= Month:
			months.Add(&months, amount)
		case unit.unit == Day:
			days.Add(&days, amount)
		default:
			micros.Add(&micros, amount)
		}
		c.Units = append(c.Units, unit.unit)
	}
	if !fits32(&months) || !fits32(&days) || !micros.IsInt64() {
		return CalendarAmount{}, errclass.IntervalOverflow.New("The interval '%s' is out of range.", text)
	}
	c.Months, c.Days, c.Micros = months.Int64(), days.Int64(), micros.Int64()
	return c, nil
}

func fits32(n *big.Int) bool {
	return n.IsInt64() && n.Int64() <= math.MaxInt32 && n.Int64() >= math.MinInt32
}

// joinSigns puts a sign that stands alone before its number: "- 5 days".
func joinSigns(words []string) []string {
	joined := make([]string, 0, len(words))
	sign := ""
	for _, w := range words {
		if sign == "" && (w == "-" || w == "+") {
			sign = w
			continue
		}
		joined = append(joined, sign+w)
		sign = ""
	}
	return joined
}

func calendarNumber(text string, unit IntervalUnit, size int64) (*big.Int, bool) {
	digits, negative := trimSign(text)
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" && dotted {
		whole = "0"
	}
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || dotted && (unit != Second || size != MicrosPerSecond || fraction == "") {
		return nil, false
	}
	amount := new(big.Int).Mul(new(big.Int).SetUint64(n), big.NewInt(size))
	if dotted {
		micros, ok := fractionMicros(fraction)
		if !ok {
			return nil, false
		}
		amount.Add(amount, big.NewInt(micros))
	}
	if negative {
		amount.Neg(amount)
	}
	return amount, true
}

// ANSI is the amount as an ANSI interval: its type spans the units written, its value counts months
// or microseconds, a day being 24 hours. Years or months do not mix with the smaller units.
func (c CalendarAmount) ANSI() (t Interval, value int64, ok bool) {
	if len(c.Units) == 0 {
		return Interval{}, 0, false
	}
	t = Interval{From: c.Units[0], To: c.Units[0]}
	for _, u := range c.Units {
		t.From, t.To = min(t.From, u), max(t.To, u)
	}
	switch {
	case t.YearMonth() && t.To <= Month:
		return t, c.Months, true
	case t.YearMonth():
		return Interval{}, 0, false
	}
	total := new(big.Int).Mul(big.NewInt(c.Days), big.NewInt(MicrosPerDay))
	total.Add(total, big.NewInt(c.Micros))
	return t, total.Int64(), total.IsInt64()
}
