package datetime

import "time"

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 86_400
	microsPerDay    = secondsPerDay * microsPerSecond

	maxYear = 294_246 // beyond it microseconds overflow
)

// civil is a date and time of day as written, without zone.
type civil struct {
	year, month, day     int
	hour, minute, second int
	micro                int
}

func (c civil) valid() bool {
	return c.year >= -maxYear && c.year <= maxYear && c.month >= 1 && c.month <= 12 &&
		c.day >= 1 && c.day <= daysIn(c.year, c.month) &&
		c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 59
}

// days counts from 1970-01-01. Years begin in March here, so that the leap day is the last.
func (c civil) days() int64 {
	y, m := int64(c.year), int64(c.month)
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(c.day) - 1
	return era*146_097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719_468
}

// local is the time as if it were in UTC.
func (c civil) local() int64 {
	return c.days()*microsPerDay + int64(c.hour*3600+c.minute*60+c.second)*microsPerSecond + int64(c.micro)
}

// in is the instant at which clocks of the zone show the time. A time that the zone skips is moved on.
func (c civil) in(zone *time.Location) int64 {
	if zone == time.UTC {
		return c.local()
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, zone)
	return t.Unix()*microsPerSecond + int64(c.micro)
}

// civilOf splits a local time.
func civilOf(local int64) civil {
	days := floorDiv(local, microsPerDay)
	rest := local - days*microsPerDay
	c := dateOf(days)
	seconds := int(rest / microsPerSecond)
	c.micro = int(rest % microsPerSecond)
	c.hour, c.minute, c.second = seconds/3600, seconds/60%60, seconds%60
	return c
}

func dateOf(days int64) civil {
	days += 719_468
	era := floorDiv(days, 146_097)
	dayOfEra := days - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	mp := (5*dayOfYear + 2) / 153
	c := civil{year: int(yearOfEra + era*400), month: int(mp + 3), day: int(dayOfYear - (153*mp+2)/5 + 1)}
	if c.month > 12 {
		c.month, c.year = c.month-12, c.year+1
	}
	return c
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// zoneOffset is how many seconds the zone is ahead of UTC at an instant.
func zoneOffset(micros int64, zone *time.Location) int {
	if zone == time.UTC {
		return 0
	}
	_, offset := time.Unix(floorDiv(micros, microsPerSecond), 0).In(zone).Zone()
	return offset
}
