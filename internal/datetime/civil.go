package datetime

// Microseconds in the units of time.
const (
	MicrosPerSecond = int64(1_000_000)
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour
)

// Years that a date or timestamp may have, as java.time allows them in int days and long micros.
const (
	MinYear = -290307
	MaxYear = 294247
)

// FloorDiv divides and rounds down.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// FloorMod is what FloorDiv leaves, never negative for a positive divisor.
func FloorMod(a, b int64) int64 { return a - FloorDiv(a, b)*b }

// Civil is the proleptic Gregorian date of a day counted from 1970-01-01.
func Civil(day int64) (year int64, month, dayOfMonth int) {
	z := day + 719468 // days since 0000-03-01
	era := FloorDiv(z, 146097)
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

// DayNumber counts the days from 1970-01-01 to a date.
func DayNumber(year int64, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := FloorDiv(year, 400)
	yoe := year - era*400
	doy := int64((153*(month-3)+2)/5 + day - 1)
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// Leap tells the years of 366 days.
func leap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysInMonth is 28 to 31.
func DaysInMonth(year int64, month int) int {
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

// Split is a wall-clock time as a day and the microseconds into it.
func Split(local int64) (day, micros int64) {
	day = FloorDiv(local, MicrosPerDay)
	return day, local - day*MicrosPerDay
}

// Weekday counts a day's place in its week from Monday, 0.
func Weekday(day int64) int { return int(FloorMod(day+3, 7)) }
