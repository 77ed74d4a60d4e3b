package expr

import (
	"math"
	"time"
)

// Microseconds in the units of time.
const (
	microsPerSecond = int64(1_000_000)
	microsPerMinute = 60 * microsPerSecond
	microsPerHour   = 60 * microsPerMinute
	microsPerDay    = 24 * microsPerHour
)

// Years that a date or timestamp may have, as java.time allows them in int days and long micros.
const (
	minTimestampYear = -290307
	maxTimestampYear = 294247
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// civil is the proleptic Gregorian date of a day counted from 1970-01-01.
func civil(day int64) (year int64, month, dayOfMonth int) {
	z := day + 719468 // days since 0000-03-01
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year = yoe + era*400
	month = int(mp) + 3
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, int(doy - (153*mp+2)/5 + 1)
}

// dayNumber counts the days from 1970-01-01 to a date.
func dayNumber(year int64, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := int64((153*(month-3)+2)/5 + day - 1)
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func leap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInMonth(year int64, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// addMonthsToDay moves a day by months; a day past the end of the month becomes its last.
func addMonthsToDay(day, months int64) int64 {
	year, month, dom := civil(day)
	total := year*12 + int64(month-1) + months
	year, month = floorDiv(total, 12), int(floorMod(total, 12))+1
	return dayNumber(year, month, min(dom, daysInMonth(year, month)))
}

// A zone converts between instants and wall-clock time, both in microseconds since 1970. It remembers
// the last offset, since neighbours mostly share it; it belongs to one goroutine.
type zone struct {
	loc      *time.Location
	from, to int64 // seconds for which offset holds
	offset   int64 // seconds east of UTC
}

func newZone(loc *time.Location) *zone {
	z := &zone{loc: loc}
	if loc == nil || loc == time.UTC {
		z.from, z.to = math.MinInt64, math.MaxInt64
	}
	return z
}

// offsetAt is the seconds east of UTC at an instant in seconds.
func (z *zone) offsetAt(second int64) int64 {
	if second >= z.from && second < z.to {
		return z.offset
	}
	t := time.Unix(second, 0).In(z.loc)
	start, end := t.ZoneBounds()
	z.from, z.to = math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		z.from = start.Unix()
	}
	if !end.IsZero() {
		z.to = end.Unix()
	}
	_, offset := t.Zone()
	z.offset = int64(offset)
	return z.offset
}

// local is the wall-clock time of an instant.
func (z *zone) local(micros int64) int64 {
	return micros + z.offsetAt(floorDiv(micros, microsPerSecond))*microsPerSecond
}

// instant is the instant of a wall-clock time. Where it occurs twice, the earlier one; in a gap, the
// time moved on by the gap, as java.time does.
func (z *zone) instant(local int64) int64 {
	if z.loc == nil || z.loc == time.UTC {
		return local
	}
	second := floorDiv(local, microsPerSecond)
	before := z.offsetAt(second - 86400)
	after := z.offsetAt(second + 86400)
	if before == after {
		// No transition nearby, or two that cancel out.
		return local - before*microsPerSecond
	}
	if z.offsetAt(second-before) == before {
		return local - before*microsPerSecond
	}
	if z.offsetAt(second-after) == after {
		return local - after*microsPerSecond
	}
	return local - before*microsPerSecond
}

// split is a wall-clock time as a day and the microseconds into it.
func split(local int64) (day, micros int64) {
	day = floorDiv(local, microsPerDay)
	return day, local - day*microsPerDay
}

func timeAt(micros int64) time.Time { return time.UnixMicro(micros) }
