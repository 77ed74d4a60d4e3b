package xsd

import (
	"cmp"
	"strconv"
	"strings"

	"lakehouse/internal/datetime"
)

// A moment is a value of one of the types of dates and times. One without a zone counts as one of UTC.
type moment struct {
	second   int64  // since 1970
	fraction string // of a second, without zeros at the end
}

func (m moment) compare(o moment) int {
	return cmp.Or(cmp.Compare(m.second, o.second), strings.Compare(m.fraction, o.fraction))
}

// A reader takes a text apart.
type reader struct {
	text string
	ok   bool
}

// number reads a number of so many digits.
func (r *reader) number(digits int) int {
	if !r.ok || len(r.text) < digits || !isDigits(r.text[:digits]) {
		r.ok = false
		return 0
	}
	n, err := strconv.Atoi(r.text[:digits])
	r.text, r.ok = r.text[digits:], err == nil
	return n
}

func (r *reader) expect(text string) {
	rest, found := strings.CutPrefix(r.text, text)
	r.text, r.ok = rest, r.ok && found
}

// year reads four digits or more, perhaps below zero.
func (r *reader) year() int64 {
	rest, negative := strings.CutPrefix(r.text, "-")
	n := 0
	for n < len(rest) && rest[n]-'0' <= 9 {
		n++
	}
	const most = 9
	if n < 4 || n > most || n > 4 && rest[0] == '0' {
		r.ok = false
		return 0
	}
	r.text = rest
	year := int64(r.number(n))
	if year == 0 {
		r.ok = false
	}
	if negative {
		return 1 - year // there is no year 0
	}
	return year
}

// moment reads a value of a type of dates and times.
func (k kind) moment(text string) (moment, bool) {
	r := &reader{text: text, ok: true}
	year, month, day := int64(2000), 1, 1 // a year that has every day
	var m moment
	switch k {
	case kindDateTime, kindDate, kindMonthOfYear, kindYear:
		year = r.year()
		if k != kindYear {
			r.expect("-")
			month = r.number(2)
		}
		if k == kindDateTime || k == kindDate {
			r.expect("-")
			day = r.number(2)
		}
	case kindMonthDay:
		r.expect("--")
		month = r.number(2)
		r.expect("-")
		day = r.number(2)
	case kindDay:
		r.expect("---")
		day = r.number(2)
	case kindMonth:
		r.expect("--")
		month = r.number(2)
	case kindTime:
	default:
		return m, false
	}
	if !r.ok || month < 1 || month > 12 || day < 1 || day > datetime.DaysInMonth(year, month) {
		return m, false
	}
	m.second = datetime.DayNumber(year, month, day) * 86400
	if k == kindDateTime {
		r.expect("T")
	}
	if k == kindDateTime || k == kindTime {
		r.clock(&m)
	}
	r.zone(&m)
	return m, r.ok && r.text == ""
}

// clock reads hh:mm:ss and a fraction.
func (r *reader) clock(m *moment) {
	hour := r.number(2)
	r.expect(":")
	minute := r.number(2)
	r.expect(":")
	second := r.number(2)
	if rest, found := strings.CutPrefix(r.text, "."); found && r.ok {
		n := 0
		for n < len(rest) && rest[n]-'0' <= 9 {
			n++
		}
		m.fraction, r.text, r.ok = strings.TrimRight(rest[:n], "0"), rest[n:], n > 0
	}
	if hour > 24 || minute > 59 || second > 59 || hour == 24 && (minute > 0 || second > 0 || m.fraction != "") {
		r.ok = false
	}
	m.second += int64(hour*3600 + minute*60 + second)
}

// zone reads Z, +hh:mm or -hh:mm, if there is one.
func (r *reader) zone(m *moment) {
	switch {
	case !r.ok || r.text == "":
	case r.text == "Z":
		r.text = ""
	default:
		sign := r.text[0]
		r.ok = sign == '+' || sign == '-'
		r.text = r.text[1:]
		hour := r.number(2)
		r.expect(":")
		minute := r.number(2)
		if hour > 14 || minute > 59 || hour == 14 && minute > 0 {
			r.ok = false
		}
		offset := int64(hour*3600 + minute*60)
		if sign == '+' {
			offset = -offset
		}
		m.second += offset
	}
}

// isDuration tells texts like P1Y2M3DT4H5M6.7S.
func isDuration(text string) bool {
	text, ok := strings.CutPrefix(strings.TrimPrefix(text, "-"), "P")
	days, clock, timed := strings.Cut(text, "T")
	return ok && (days != "" || timed) && (!timed || clock != "") && durationParts(days, "YMD", false) && durationParts(clock, "HMS", true)
}

func durationParts(text, units string, fraction bool) bool {
	for text != "" {
		n := 0
		for n < len(text) && (text[n]-'0' <= 9 || text[n] == '.') {
			n++
		}
		if n == 0 || n == len(text) {
			return false
		}
		at := strings.IndexByte(units, text[n])
		whole, part, found := strings.Cut(text[:n], ".")
		if at < 0 || !isDigits(whole) || found && (!fraction || text[n] != 'S' || !isDigits(part)) {
			return false
		}
		units, text = units[at+1:], text[n+1:]
	}
	return true
}
