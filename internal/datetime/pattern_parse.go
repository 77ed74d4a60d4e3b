package datetime

import "strings"

// parsedFields is what a text gave for the letters of a pattern. -1: not given.
type parsedFields struct {
	year                      int64
	month, dom, doy           int
	hour, hour12, minute, sec int
	pm                        int // 0 AM, 1 PM
	fraction                  int64
	zone                      string
	bc                        bool
}

// A patternReader walks a text along a pattern.
type patternReader struct {
	p *Pattern
	s string
	i int
	f parsedFields
}

// Parse reads a text as the pattern says: its wall-clock time and the zone in it, empty for none. at is
// where it failed.
func (p *Pattern) Parse(s string) (local int64, zoneName string, at int, ok bool) {
	r := patternReader{p: p, s: s, f: parsedFields{year: -1 << 40, month: -1, dom: -1, doy: -1, hour: -1, hour12: -1, minute: -1, sec: -1, pm: -1}}
	if !r.run(0, len(p.items)) || r.i != len(s) {
		return 0, "", r.i, false
	}
	local, ok = r.f.local()
	return local, r.f.zone, 0, ok
}

func (r *patternReader) run(from, to int) bool {
	for k := from; k < to; k++ {
		item := r.p.items[k]
		switch item.letter {
		case 0:
			if len(r.s)-r.i < len(item.literal) || r.s[r.i:r.i+len(item.literal)] != item.literal && !strings.EqualFold(r.s[r.i:r.i+len(item.literal)], item.literal) {
				return false
			}
			r.i += len(item.literal)
		case '[':
			at, f := r.i, r.f
			if !r.run(k+1, item.skip-1) {
				r.i, r.f = at, f
			}
			k = item.skip - 1
		case ']':
		default:
			if !r.item(item) {
				return false
			}
		}
	}
	return true
}

// number reads between low and high digits, leaving reserve for the items behind.
func (r *patternReader) number(low, high, reserve int) (int64, bool) {
	run := 0
	for r.i+run < len(r.s) && r.s[r.i+run] >= '0' && r.s[r.i+run] <= '9' {
		run++
	}
	n := min(high, max(run-reserve, low), run)
	if n < low || n == 0 || n > 18 {
		return 0, false
	}
	var v int64
	for range n {
		v = v*10 + int64(r.s[r.i]-'0')
		r.i++
	}
	return v, true
}

// sized reads a number of a letter: one letter any width, more letters exactly as many digits.
func (r *patternReader) sized(it item, low, high int, into *int) bool {
	width := it.count
	if it.count == 1 {
		width = 18
	}
	v, ok := r.number(it.count, width, it.reserve)
	if !ok || v < int64(low) || v > int64(high) {
		return false
	}
	*into = int(v)
	return true
}

func (r *patternReader) item(it item) bool {
	f := &r.f
	switch it.letter {
	case 'y':
		return r.year(it)
	case 'M', 'L':
		if it.count > 2 {
			return r.name(MonthNames, it.count, &f.month, 1)
		}
		return r.sized(it, 1, 12, &f.month)
	case 'd':
		return r.sized(it, 1, 31, &f.dom)
	case 'D':
		return r.sized(it, 1, 366, &f.doy)
	case 'E':
		var unused int
		return r.name(DayNames, max(it.count, 3), &unused, 0)
	case 'a':
		return r.halfDay()
	case 'h':
		ok := r.sized(it, 1, 12, &f.hour12)
		f.hour12 %= 12
		return ok
	case 'K':
		return r.sized(it, 0, 11, &f.hour12)
	case 'k':
		ok := r.sized(it, 1, 24, &f.hour)
		f.hour %= 24
		return ok
	case 'H':
		return r.sized(it, 0, 23, &f.hour)
	case 'm':
		return r.sized(it, 0, 59, &f.minute)
	case 's':
		return r.sized(it, 0, 59, &f.sec)
	case 'S':
		return r.fraction(it.count)
	case 'G':
		return r.era()
	case 'V', 'z', 'O', 'X', 'x', 'Z':
		return r.zone()
	}
	return false // quarters and weeks do not make a date
}

func (r *patternReader) year(it item) bool {
	negative := false
	if r.i < len(r.s) && (r.s[r.i] == '-' || r.s[r.i] == '+') && it.count != 2 {
		negative = r.s[r.i] == '-'
		r.i++
	}
	high := 10
	if it.count == 2 {
		high = 2
	}
	v, ok := r.number(it.count, high, it.reserve)
	if !ok {
		return false
	}
	if it.count == 2 {
		v += 2000
	}
	if negative {
		v = -v
	}
	r.f.year = v
	return v >= MinYear && v <= MaxYear
}

func (r *patternReader) name(names []string, count int, into *int, first int) bool {
	for i, name := range names {
		if count == 3 {
			name = name[:3]
		}
		if len(r.s)-r.i >= len(name) && strings.EqualFold(r.s[r.i:r.i+len(name)], name) {
			*into = i + first
			r.i += len(name)
			return true
		}
	}
	return false
}

func (r *patternReader) halfDay() bool {
	for pm, text := range []string{"AM", "PM"} {
		if len(r.s)-r.i >= 2 && strings.EqualFold(r.s[r.i:r.i+2], text) {
			r.f.pm = pm
			r.i += 2
			return true
		}
	}
	return false
}

func (r *patternReader) era() bool {
	if len(r.s)-r.i < 2 {
		return false
	}
	era := strings.ToUpper(r.s[r.i : r.i+2])
	r.i += 2
	r.f.bc = era == "BC"
	return era == "AD" || era == "BC"
}

// fraction reads up to count digits behind the point.
func (r *patternReader) fraction(count int) bool {
	n := 0
	var v int64
	for r.i < len(r.s) && n < count && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		if n < 6 {
			v = v*10 + int64(r.s[r.i]-'0')
		}
		n++
		r.i++
	}
	for k := n; k < 6; k++ {
		v *= 10
	}
	r.f.fraction = v
	return n > 0
}

// zone takes the longest run that can be a zone's name.
func (r *patternReader) zone() bool {
	end := r.i
	for end < len(r.s) && (r.s[end] == '+' || r.s[end] == '-' || r.s[end] == ':' || r.s[end] == '/' || r.s[end] == '_' ||
		r.s[end] >= '0' && r.s[end] <= '9' || r.s[end]|0x20 >= 'a' && r.s[end]|0x20 <= 'z') {
		end++
	}
	name := r.s[r.i:end]
	if !isZone(name) {
		return false
	}
	r.f.zone = name
	r.i = end
	return true
}

// local puts the fields together; what is missing is 1970, January, 1, midnight.
func (f *parsedFields) local() (int64, bool) {
	if f.year == -1<<40 {
		f.year = 1970
	}
	if f.bc {
		f.year = 1 - f.year
	}
	or := func(v, missing int) int {
		if v < 0 {
			return missing
		}
		return v
	}
	month, dom := or(f.month, 1), or(f.dom, 1)
	if dom > DaysInMonth(f.year, month) {
		return 0, false
	}
	day := DayNumber(f.year, month, dom)
	if f.doy > 0 {
		if f.doy == 366 && !leap(f.year) {
			return 0, false
		}
		day = DayNumber(f.year, 1, 1) + int64(f.doy) - 1
	}
	hour := or(f.hour, 0)
	if f.hour < 0 && f.hour12 >= 0 {
		hour = f.hour12 + 12*or(f.pm, 0)
	} else if f.hour < 0 && f.pm > 0 {
		hour = 12
	}
	seconds := int64(hour)*3600 + int64(or(f.minute, 0))*60 + int64(or(f.sec, 0))
	return day*MicrosPerDay + seconds*MicrosPerSecond + f.fraction, true
}
