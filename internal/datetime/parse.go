package datetime

import (
	"bytes"
	"strings"
	"time"
)

// ParseDate reads a date as CAST(text AS DATE) does: [+-]yyyy[-[m]m[-[d]d]], and after a full date
// a blank or T with anything.
func ParseDate(text []byte) (days int32, ok bool) {
	s := scanner{text: trim(text)}
	c, ok := s.date(7)
	behind := s.dateParts == 3 && (s.peek() == ' ' || s.peek() == 'T')
	if !ok || !c.valid() || !s.done() && !behind {
		return 0, false
	}
	return int32(c.days()), true
}

// ParseTimestamp reads an instant as CAST(text AS TIMESTAMP) does: a date, and after it a blank or T,
// [h]h[:[m]m[:[s]s[.fraction]]] and a zone. Text without zone is local time of the zone given; zoned tells
// which it was. Digits beyond microseconds are cut off, as Spark does. A bare time of day is refused:
// its date would be that of the run.
func ParseTimestamp(text []byte, zone *time.Location) (micros int64, zoned, ok bool) {
	c, at, ok := parseTimestamp(text)
	if !ok {
		return 0, false, false
	}
	if at != nil {
		return c.in(at), true, true
	}
	return c.in(zone), false, true
}

// ParseTimestampNTZ reads a wall-clock time: [ParseTimestamp] without a zone.
func ParseTimestampNTZ(text []byte) (micros int64, ok bool) {
	c, at, ok := parseTimestamp(text)
	return c.local(), ok && at == nil
}

func parseTimestamp(text []byte) (civil, *time.Location, bool) {
	s := scanner{text: trim(text)}
	c, ok := s.date(6)
	if !ok {
		return civil{}, nil, false
	}
	var zone *time.Location
	if !s.done() {
		if s.dateParts != 3 || s.peek() != ' ' && s.peek() != 'T' {
			return civil{}, nil, false
		}
		s.at++
		if !s.timeOfDay(&c) {
			return civil{}, nil, false
		}
		if rest := bytes.TrimLeft(s.text[s.at:], " "); len(rest) > 0 {
			if zone = parseZone(string(rest)); zone == nil {
				return civil{}, nil, false
			}
		}
	}
	return c, zone, c.valid()
}

func trim(text []byte) []byte {
	for len(text) > 0 && text[0] <= ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] <= ' ' {
		text = text[:len(text)-1]
	}
	return text
}

type scanner struct {
	text      []byte
	at        int
	dateParts int
}

func (s *scanner) done() bool { return s.at == len(s.text) }

func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.done() {
		return false
	}
	s.at++
	return true
}

// digits reads a number of least to most digits.
func (s *scanner) digits(least, most int) (n int, ok bool) {
	start := s.at
	for !s.done() && isDigit(s.text[s.at]) && s.at-start < most {
		n = n*10 + int(s.text[s.at]-'0')
		s.at++
	}
	return n, s.at-start >= least && !isDigit(s.peek())
}

func (s *scanner) date(yearDigits int) (c civil, ok bool) {
	c.month, c.day = 1, 1
	sign := 1
	if s.accept('-') {
		sign = -1
	} else {
		s.accept('+')
	}
	if c.year, ok = s.digits(4, yearDigits); !ok {
		return c, false
	}
	c.year *= sign
	s.dateParts = 1
	for _, part := range []*int{&c.month, &c.day} {
		if !s.accept('-') {
			return c, true
		}
		if *part, ok = s.digits(1, 2); !ok {
			return c, false
		}
		s.dateParts++
	}
	return c, true
}

func (s *scanner) timeOfDay(c *civil) (ok bool) {
	if c.hour, ok = s.digits(1, 2); !ok {
		return false
	}
	for _, part := range []*int{&c.minute, &c.second} {
		if !s.accept(':') {
			return true
		}
		if *part, ok = s.digits(1, 2); !ok {
			return false
		}
	}
	if s.accept('.') {
		c.micro = s.fraction()
	}
	return true
}

// fraction reads digits after a point as microseconds; more than six are cut off.
func (s *scanner) fraction() (micro int) {
	scale := microsPerSecond / 10
	for ; !s.done() && isDigit(s.text[s.at]); s.at++ {
		micro += int(s.text[s.at]-'0') * scale
		scale /= 10
	}
	return micro
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Zone finds a zone by name: UTC, Z, GMT+8, +08:00, Europe/Berlin. Nil when there is none.
func Zone(name string) *time.Location { return parseZone(name) }

func parseZone(name string) *time.Location {
	switch name {
	case "Z", "z", "UTC", "GMT", "UT":
		return time.UTC
	}
	offset := name
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		offset = strings.TrimPrefix(offset, prefix)
	}
	if offset != "" && (offset[0] == '+' || offset[0] == '-') {
		return parseOffset(offset)
	}
	if strings.ContainsAny(name, `.\`) || strings.EqualFold(name, "local") {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// parseOffset reads +h, +hh, +hhmm, +h:mm, +hh:mm and +hh:mm:ss.
func parseOffset(text string) *time.Location {
	s := scanner{text: []byte(text), at: 1}
	parts := [3]int{}
	for i := range parts {
		n, ok := s.digits(1, 2)
		compact := i == 0 && !ok && len(text) == 5
		if !ok && !compact {
			return nil
		}
		parts[i] = n
		if s.done() {
			break
		}
		if !s.accept(':') && !compact {
			return nil
		}
		if s.done() || i == 2 {
			return nil
		}
	}
	seconds := parts[0]*3600 + parts[1]*60 + parts[2]
	if parts[1] > 59 || parts[2] > 59 || seconds > 18*3600 {
		return nil
	}
	if seconds == 0 {
		return time.UTC
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(text, seconds)
}
