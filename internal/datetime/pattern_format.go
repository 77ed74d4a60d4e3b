package datetime

import (
	"strconv"
	"time"
)

// A moment is what a pattern writes.
type moment struct {
	civil  civil
	days   int64
	offset int            // seconds ahead of UTC
	zone   *time.Location // nil: none
}

func appendItems(dst []byte, items []item, m moment) []byte {
	for _, it := range items {
		switch {
		case it.optional != nil:
			dst = appendItems(dst, it.optional, m)
		case it.letter == 0:
			dst = append(dst, it.literal...)
		default:
			dst = appendField(dst, it, m)
		}
	}
	return dst
}

func appendField(dst []byte, it item, m moment) []byte {
	c := m.civil
	switch it.letter {
	case 'y', 'u':
		return appendYear(dst, c.year, it.count)
	case 'M', 'L':
		return appendName(dst, it, monthNames[c.month-1], c.month)
	case 'd':
		return appendPadded(dst, c.day, it.count)
	case 'D':
		return appendPadded(dst, int(m.days-civil{year: c.year, month: 1, day: 1}.days())+1, it.count)
	case 'E':
		return appendName(dst, item{letter: 'E', count: max(it.count, 3)}, dayNames[((m.days+3)%7+7)%7], 0)
	case 'Q', 'q':
		return appendPadded(dst, (c.month+2)/3, min(it.count, 2))
	case 'G':
		return append(dst, "AD"...)
	case 'a':
		return append(dst, halfNames[c.hour/12]...)
	case 'H':
		return appendPadded(dst, c.hour, it.count)
	case 'k':
		return appendPadded(dst, (c.hour+23)%24+1, it.count)
	case 'K':
		return appendPadded(dst, c.hour%12, it.count)
	case 'h':
		return appendPadded(dst, (c.hour+11)%12+1, it.count)
	case 'm':
		return appendPadded(dst, c.minute, it.count)
	case 's':
		return appendPadded(dst, c.second, it.count)
	case 'S':
		return appendFraction(dst, c.micro, it.count)
	default:
		return appendZone(dst, it, m)
	}
}

func appendYear(dst []byte, year, count int) []byte {
	if count == 2 {
		return appendPadded(dst, ((year%100)+100)%100, 2)
	}
	if year < 0 {
		return appendPadded(append(dst, '-'), -year, count)
	}
	if year > 9999 && count == 4 {
		dst = append(dst, '+')
	}
	return appendPadded(dst, year, count)
}

func appendName(dst []byte, it item, name string, n int) []byte {
	switch {
	case it.count >= 4:
		return append(dst, name...)
	case it.count == 3:
		return append(dst, name[:3]...)
	default:
		return appendPadded(dst, n, it.count)
	}
}

func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			for range width - 1 {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// appendFraction writes so many digits of the second's fraction; beyond six they are zeros.
func appendFraction(dst []byte, micro, count int) []byte {
	scale := microsPerSecond / 10
	for range count {
		if scale == 0 {
			dst = append(dst, '0')
			continue
		}
		dst = append(dst, byte('0'+micro/scale%10))
		scale /= 10
	}
	return dst
}

func appendZone(dst []byte, it item, m moment) []byte {
	if m.zone == nil {
		return dst
	}
	switch it.letter {
	case 'V':
		return append(dst, m.zone.String()...)
	case 'z':
		name, _ := time.Unix(m.days*secondsPerDay, 0).In(m.zone).Zone()
		return append(dst, name...)
	case 'O':
		dst = append(dst, "GMT"...)
		if m.offset == 0 {
			return dst
		}
		return appendOffset(dst, m.offset, ":", it.count < 4)
	case 'X':
		if m.offset == 0 {
			return append(dst, 'Z')
		}
		return appendOffset(dst, m.offset, colon(it.count), it.count == 1)
	case 'Z':
		return appendOffset(dst, m.offset, colon(it.count/2), false)
	default: // x
		return appendOffset(dst, m.offset, colon(it.count), it.count == 1)
	}
}

func colon(count int) string {
	if count == 2 || count == 4 || count <= 1 {
		return ""
	}
	return ":"
}

// appendOffset writes +hh:mm; when short, the minutes only if there are any.
func appendOffset(dst []byte, seconds int, sep string, short bool) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if minutes := seconds / 60 % 60; minutes != 0 || !short {
		dst = appendPadded(append(dst, sep...), minutes, 2)
	}
	return dst
}
