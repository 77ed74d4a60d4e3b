package expr

import (
	"time"

	"lakehouse/internal/datetime"
)

// The calendar is that of package datetime; these are its names here.
const (
	microsPerSecond = datetime.MicrosPerSecond
	microsPerMinute = datetime.MicrosPerMinute
	microsPerHour   = datetime.MicrosPerHour
	microsPerDay    = datetime.MicrosPerDay
)

type zone = datetime.Clock

func newZone(loc *time.Location) *zone { return datetime.NewClock(loc) }

func floorDiv(a, b int64) int64 { return datetime.FloorDiv(a, b) }

func floorMod(a, b int64) int64 { return datetime.FloorMod(a, b) }

func civil(day int64) (year int64, month, dayOfMonth int) { return datetime.Civil(day) }

func dayNumber(year int64, month, day int) int64 { return datetime.DayNumber(year, month, day) }

func daysInMonth(year int64, month int) int { return datetime.DaysInMonth(year, month) }

func weekday(day int64) int { return datetime.Weekday(day) }

func split(local int64) (day, micros int64) { return datetime.Split(local) }

// addMonthsToDay moves a day by months; a day past the end of the month becomes its last.
func addMonthsToDay(day, months int64) int64 {
	year, month, dom := civil(day)
	total := year*12 + int64(month-1) + months
	year, month = floorDiv(total, 12), int(floorMod(total, 12))+1
	return dayNumber(year, month, min(dom, daysInMonth(year, month)))
}
