package datetime

import (
	"strings"
	"time"
)

// fields is what parsing by a pattern has found.
type fields struct {
	civil     civil
	dayOfYear int // 0: not given
	half      int // hour of am/pm, -1: not given
	pm        bool
	zone      *time.Location
}

func (p *Pattern) parse(text []byte) (fields, bool) {
	s := scanner{text: text}
	f := fields{civil: civil{year: 1970, month: 1, day: 1}, half: -1}
	if !s.items(p.items, &f) || !s.done() {
		return f, false
	}
	if f.half >= 0 {
		f.civil.hour = f.half % 12
		if f.pm {
			f.civil.hour += 12
		}
	}
	if f.dayOfYear > 0 {
		jan1 := civil{year: f.civil.year, month: 1, day: 1}
		d := dateOf(jan1.days() + int64(f.dayOfYear) - 1)
		if d.year != f.civil.year {
			return f, false
		}
		f.civil.month, f.civil.day = d.month, d.day
	}
	return f, f.civil.valid()
}

func (s *scanner) items(items []item, f *fields) bool {
	for i, it := range items {
		switch {
		case it.optional != nil:
			at, before := s.at, *f
			if !s.items(it.optional, f) {
				s.at, *f = at, before
			}
		case it.letter == 0:
			if !strings.HasPrefix(string(s.text[s.at:]), it.literal) {
				return false
			}
			s.at += len(it.literal)
		case !s.field(it, adjacentDigits(items[i+1:]), f):
			return false
		}
	}
	return true
}

// adjacentDigits is how many digits the number fields that follow directly need.
func adjacentDigits(items []item) (n int) {
	for _, it := range items {
		if it.letter == 0 || it.count < 2 || strings.IndexByte("yudMLHhKkms", it.letter) < 0 || isText(it) {
			break
		}
		n += it.count
	}
	return n
}

func isText(it item) bool { return (it.letter == 'M' || it.letter == 'L') && it.count >= 3 }

func (s *scanner) field(it item, reserved int, f *fields) bool {
	switch it.letter {
	case 'y', 'u':
		return s.year(it.count, reserved, f)
	case 'M', 'L':
		if isText(it) {
			return s.name(monthNames[:], it.count == 3, &f.civil.month)
		}
		return s.number(it.count, reserved, &f.civil.month)
	case 'd':
		return s.number(it.count, reserved, &f.civil.day)
	case 'D':
		return s.number(1, 0, &f.dayOfYear) && f.dayOfYear >= 1 && f.dayOfYear <= 366
	case 'H':
		return s.number(it.count, reserved, &f.civil.hour)
	case 'k':
		ok := s.number(it.count, reserved, &f.civil.hour) && f.civil.hour >= 1 && f.civil.hour <= 24
		f.civil.hour %= 24
		return ok
	case 'h':
		return s.number(it.count, reserved, &f.half) && f.half >= 1 && f.half <= 12
	case 'K':
		return s.number(it.count, reserved, &f.half) && f.half <= 11
	case 'm':
		return s.number(it.count, reserved, &f.civil.minute)
	case 's':
		return s.number(it.count, reserved, &f.civil.second)
	case 'S':
		return s.subseconds(it.count, f)
	case 'a':
		var half int
		ok := s.name(halfNames[:], false, &half)
		f.pm = half == 2
		return ok
	case 'E':
		var day int
		return s.name(dayNames[:], it.count <= 3, &day)
	case 'G':
		var era int
		return s.name(eraNames[:], false, &era)
	case 'X', 'x', 'Z', 'z', 'V', 'O':
		return s.zone(f)
	default:
		return false
	}
}

func (s *scanner) year(count, reserved int, f *fields) bool {
	if count == 2 {
		ok := s.number(2, 0, &f.civil.year)
		f.civil.year += 2000
		return ok
	}
	least, most, sign := count, count, 1
	if c := s.peek(); c == '-' || c == '+' { // with a sign, more digits
		s.at++
		most = 6
		if c == '-' {
			sign = -1
		}
	} else if count == 1 {
		most = 6
	}
	n, digits := s.greedy(most, reserved)
	f.civil.year = sign * n
	return digits >= least
}

// number reads a field of exactly count digits, or of one letter of as many as there are.
func (s *scanner) number(count, reserved int, n *int) bool {
	if count >= 2 {
		var digits int
		*n, digits = s.greedy(count, 0)
		return digits == count
	}
	var digits int
	*n, digits = s.greedy(9, reserved)
	return digits >= 1
}

// greedy takes at most so many digits, and leaves those reserved for the fields that follow.
func (s *scanner) greedy(most, reserved int) (n, digits int) {
	available := 0
	for s.at+available < len(s.text) && isDigit(s.text[s.at+available]) && available < most+reserved {
		available++
	}
	digits = min(max(available-reserved, min(available, 1)), most)
	for range digits {
		n = n*10 + int(s.text[s.at]-'0')
		s.at++
	}
	return n, digits
}

func (s *scanner) subseconds(count int, f *fields) bool {
	start := s.at
	micro := 0
	for scale := microsPerSecond / 10; s.at-start < count && isDigit(s.peek()); scale /= 10 {
		micro += int(s.text[s.at]-'0') * scale
		s.at++
	}
	f.civil.micro = micro
	return s.at > start
}

// name reads one of the names, or its first three letters, in any case, as its position from 1.
func (s *scanner) name(names []string, short bool, n *int) bool {
	for i, name := range names {
		if short {
			name = name[:3]
		}
		if len(s.text)-s.at >= len(name) && strings.EqualFold(string(s.text[s.at:s.at+len(name)]), name) {
			*n = i + 1
			s.at += len(name)
			return true
		}
	}
	return false
}

// zone reads an offset or a zone's name.
func (s *scanner) zone(f *fields) bool {
	start := s.at
	for !s.done() && (isDigit(s.peek()) || strings.IndexByte("+-:/_", s.peek()) >= 0 ||
		s.peek()|0x20 >= 'a' && s.peek()|0x20 <= 'z') {
		s.at++
	}
	f.zone = parseZone(string(s.text[start:s.at]))
	return f.zone != nil
}

var (
	monthNames = [...]string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	}
	dayNames  = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	halfNames = [...]string{"AM", "PM"}
	eraNames  = [...]string{"AD"}
)
