package datetime

import (
	"strconv"
	"time"
)

// The names of months and days, in English, the one language that is written.
var (
	MonthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	DayNames   = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// A moment is what a pattern writes: an instant on a clock, or a wall-clock time.
type moment struct {
	day, micros int64 // of the wall clock
	year        int64
	month, dom  int
	offset      int64  // seconds east of UTC
	zone        *Clock // nil: none
	instant     int64
}

func newMoment(z *Clock, instant int64) moment {
	offset := z.OffsetAt(FloorDiv(instant, MicrosPerSecond))
	w := moment{zone: z, instant: instant, offset: offset}
	w.setLocal(instant + offset*MicrosPerSecond)
	return w
}

func (w *moment) setLocal(local int64) {
	w.day, w.micros = Split(local)
	w.year, w.month, w.dom = Civil(w.day)
}

// Append writes an instant as a clock shows it.
func (p *Pattern) Append(dst []byte, micros int64, z *Clock) []byte {
	w := newMoment(z, micros)
	return p.append(dst, &w)
}

// AppendTimestamp writes an instant as clocks of the zone show it. For many, make one [Clock] and use Append.
func (p *Pattern) AppendTimestamp(dst []byte, micros int64, zone *time.Location) []byte {
	z := NewClock(zone)
	return p.Append(dst, micros, z)
}

// AppendDate writes a date.
func (p *Pattern) AppendDate(dst []byte, days int32) []byte {
	return p.AppendTimestampNTZ(dst, int64(days)*MicrosPerDay)
}

// AppendTimestampNTZ writes a wall-clock time; zone letters write nothing.
func (p *Pattern) AppendTimestampNTZ(dst []byte, micros int64) []byte {
	var w moment
	w.setLocal(micros)
	return p.append(dst, &w)
}

// append writes the moment as the pattern says.
func (p *Pattern) append(dst []byte, w *moment) []byte {
	for _, item := range p.items {
		switch item.letter {
		case 0:
			dst = append(dst, item.literal...)
		case '[', ']':
		default:
			dst = item.format(dst, w)
		}
	}
	return dst
}

func (it item) format(dst []byte, w *moment) []byte {
	hour := w.micros / MicrosPerHour
	switch it.letter {
	case 'G':
		return append(dst, eraText(w.year, it.count)...)
	case 'y':
		if it.count == 2 {
			return AppendPadded(dst, FloorMod(w.year, 100), 2)
		}
		if it.count >= 4 && w.year > 9999 {
			dst = append(dst, '+')
		}
		return AppendPadded(dst, w.year, it.count)
	case 'M', 'L':
		return it.text(dst, int64(w.month), MonthNames[w.month-1])
	case 'd':
		return AppendPadded(dst, int64(w.dom), it.count)
	case 'D':
		return AppendPadded(dst, w.day-DayNumber(w.year, 1, 1)+1, it.count)
	case 'Q', 'q':
		return it.quarter(dst, int64(w.month-1)/3+1)
	case 'E':
		name := DayNames[Weekday(w.day)]
		if it.count < 4 {
			name = name[:3]
		}
		return append(dst, name...)
	case 'F':
		return AppendPadded(dst, int64(w.dom-1)%7+1, it.count)
	case 'a':
		if hour < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	case 'h':
		return AppendPadded(dst, (hour+11)%12+1, it.count)
	case 'K':
		return AppendPadded(dst, hour%12, it.count)
	case 'k':
		return AppendPadded(dst, (hour+23)%24+1, it.count)
	case 'H':
		return AppendPadded(dst, hour, it.count)
	case 'm':
		return AppendPadded(dst, w.micros/MicrosPerMinute%60, it.count)
	case 's':
		return AppendPadded(dst, w.micros/MicrosPerSecond%60, it.count)
	case 'S':
		nanos := w.micros % MicrosPerSecond * 1000
		for scale, n := int64(100_000_000), it.count; n > 0; scale, n = scale/10, n-1 {
			dst = append(dst, byte('0'+nanos/scale%10))
		}
		return dst
	}
	return it.zoneText(dst, w)
}

// text writes a number, or from three letters on a name.
func (it item) text(dst []byte, v int64, name string) []byte {
	switch it.count {
	case 3:
		return append(dst, name[:3]...)
	case 4:
		return append(dst, name...)
	}
	return AppendPadded(dst, v, it.count)
}

func (it item) quarter(dst []byte, q int64) []byte {
	switch it.count {
	case 3:
		return strconv.AppendInt(append(dst, 'Q'), q, 10)
	case 4:
		return append(dst, []string{"1st", "2nd", "3rd", "4th"}[q-1]+" quarter"...)
	}
	return AppendPadded(dst, q, it.count)
}

func eraText(year int64, count int) string {
	switch {
	case count == 4 && year > 0:
		return "Anno Domini"
	case count == 4:
		return "Before Christ"
	case year > 0:
		return "AD"
	}
	return "BC"
}

func (it item) zoneText(dst []byte, w *moment) []byte {
	if w.zone == nil {
		return dst
	}
	switch it.letter {
	case 'V':
		return append(dst, zoneID(w.zone)...)
	case 'z':
		return append(dst, w.zone.name(w.instant, it.count == 4)...)
	case 'O':
		return appendGMT(dst, w.offset, it.count == 4)
	case 'X':
		return appendOffset(dst, w.offset, it.count, true)
	case 'x':
		return appendOffset(dst, w.offset, it.count, false)
	}
	switch it.count { // Z
	case 4:
		return appendGMT(dst, w.offset, true)
	case 5:
		return appendOffset(dst, w.offset, 5, true)
	}
	return appendOffset(dst, w.offset, 2, false)
}

func zoneID(z *Clock) string {
	if z.loc == nil {
		return "Z"
	}
	return z.loc.String()
}

// name is the zone's abbreviation at an instant: UTC, CET, PDT.
func (z *Clock) name(instant int64, full bool) string {
	if z.loc == nil || z.loc.String() == "UTC" {
		if full {
			return "Coordinated Universal Time"
		}
		return "UTC"
	}
	abbreviation, _ := time.UnixMicro(instant).In(z.loc).Zone()
	return abbreviation
}

func appendGMT(dst []byte, offset int64, full bool) []byte {
	dst = append(dst, "GMT"...)
	if offset == 0 {
		return dst
	}
	if full {
		return appendOffset(dst, offset, 3, false)
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = strconv.AppendInt(append(dst, sign), offset/3600, 10)
	if offset%3600 != 0 {
		dst = AppendPadded(append(dst, ':'), offset/60%60, 2)
	}
	return dst
}

// appendOffset writes +hh[:mm[:ss]] in one of the five styles of X and x.
func appendOffset(dst []byte, offset int64, style int, zed bool) []byte {
	if offset == 0 && zed {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = AppendPadded(append(dst, sign), offset/3600, 2)
	if style == 1 && offset%3600 == 0 {
		return dst
	}
	colon := style == 3 || style == 5
	if colon {
		dst = append(dst, ':')
	}
	dst = AppendPadded(dst, offset/60%60, 2)
	if style >= 4 && offset%60 != 0 {
		if colon {
			dst = append(dst, ':')
		}
		dst = AppendPadded(dst, offset%60, 2)
	}
	return dst
}

// AppendPadded writes a number with zeros before it, to at least so many digits; the sign of a negative one comes first.
func AppendPadded(dst []byte, v int64, width int) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	for limit, w := int64(10), 1; w < width; limit, w = limit*10, w+1 {
		if v < limit {
			for range width - w {
				dst = append(dst, '0')
			}
			break
		}
	}
	return strconv.AppendInt(dst, v, 10)
}
