package expr

import (
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// A pattern is a compiled java.time DateTimeFormatter pattern, of the letters that Spark allows.
type pattern struct {
	text  string
	items []patternItem
}

// A patternItem is a letter repeated, a literal, or the border of an optional section.
type patternItem struct {
	letter  byte // 0: literal; '[' and ']': optional section
	count   int
	literal string
	skip    int // '[': the item behind its ']'
}

const patternLetters = "GyYuDMLdQqEFahKkHmsSVzOXxZ"

// compilePattern reads a pattern such as yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX].
func compilePattern(text string) (*pattern, error) {
	p := &pattern{text: text}
	var open []int
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			literal, next, ok := quotedLiteral(text, i)
			if !ok {
				return nil, badPattern(text, "'")
			}
			p.literal(literal)
			i = next
			continue
		case c == '[':
			open = append(open, len(p.items))
			p.items = append(p.items, patternItem{letter: '['})
		case c == ']':
			if len(open) == 0 {
				return nil, badPattern(text, "]")
			}
			p.items = append(p.items, patternItem{letter: ']'})
			p.items[open[len(open)-1]].skip = len(p.items)
			open = open[:len(open)-1]
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			n := runLength(text, i)
			if strings.IndexByte(patternLetters, c) < 0 || c == 'Y' || c == 'u' || tooMany(c, n) {
				return nil, badPattern(text, string(c))
			}
			p.items = append(p.items, patternItem{letter: c, count: n})
			i += n
			continue
		case c == '#' || c == '{' || c == '}':
			return nil, badPattern(text, string(c))
		default:
			p.literal(text[i : i+1])
		}
		i++
	}
	for len(open) > 0 { // java closes what is left open at the end
		p.items = append(p.items, patternItem{letter: ']'})
		p.items[open[len(open)-1]].skip = len(p.items)
		open = open[:len(open)-1]
	}
	return p, nil
}

func (p *pattern) literal(s string) {
	if n := len(p.items); n > 0 && p.items[n-1].letter == 0 {
		p.items[n-1].literal += s
		return
	}
	p.items = append(p.items, patternItem{literal: s})
}

// quotedLiteral reads 'text', in which a doubled quote stands for one; so does a doubled quote on its own.
func quotedLiteral(text string, i int) (literal string, next int, ok bool) {
	if i+1 < len(text) && text[i+1] == '\'' {
		return "'", i + 2, true
	}
	var b strings.Builder
	for i++; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", i, false
}

func runLength(text string, i int) int {
	n := 1
	for i+n < len(text) && text[i+n] == text[i] {
		n++
	}
	return n
}

// tooMany tells counts of a letter that java.time does not know.
func tooMany(c byte, n int) bool {
	switch c {
	case 'd', 'h', 'H', 'k', 'K', 'm', 's':
		return n > 2
	case 'D':
		return n > 3
	case 'a', 'F':
		return n > 1
	case 'E', 'z', 'O':
		return n > 4 || c == 'O' && n != 1 && n != 4
	case 'M', 'L', 'Q', 'q', 'G', 'X', 'x', 'Z':
		return n > 5 || n == 5 && (c == 'M' || c == 'L' || c == 'Q' || c == 'q' || c == 'G')
	case 'V':
		return n != 2
	case 'S':
		return n > 9
	case 'y':
		return n > 6
	}
	return false
}

func badPattern(text, found string) error {
	return errclass.InvalidDatetimePattern.New("Unrecognized datetime pattern: '%s'. Illegal pattern character: %s.", text, found).
		WithHint("Please provide correct datetime pattern for spark.sql datetime functions.")
}

var (
	monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// weekday counts a day's place in its week from Monday, 0.
func weekday(day int64) int { return int(floorMod(day+3, 7)) }

// A moment in a zone, for formatting.
type wallClock struct {
	day, micros int64 // of the wall clock
	year        int64
	month, dom  int
	offset      int64 // seconds east of UTC
	zone        *zone
	instant     int64
}

func newWallClock(z *zone, instant int64) wallClock {
	offset := z.offsetAt(floorDiv(instant, microsPerSecond))
	w := wallClock{zone: z, instant: instant, offset: offset}
	w.day, w.micros = split(instant + offset*microsPerSecond)
	w.year, w.month, w.dom = civil(w.day)
	return w
}

// format appends the moment as the pattern says.
func (p *pattern) format(dst []byte, w *wallClock) []byte {
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

func (it patternItem) format(dst []byte, w *wallClock) []byte {
	hour := w.micros / microsPerHour
	switch it.letter {
	case 'G':
		return append(dst, eraText(w.year, it.count)...)
	case 'y':
		if it.count == 2 {
			return appendPadded(dst, floorMod(w.year, 100), 2)
		}
		if it.count >= 4 && w.year > 9999 {
			dst = append(dst, '+')
		}
		return appendPadded(dst, w.year, it.count)
	case 'M', 'L':
		return it.text(dst, int64(w.month), monthNames[w.month-1])
	case 'd':
		return appendPadded(dst, int64(w.dom), it.count)
	case 'D':
		return appendPadded(dst, w.day-dayNumber(w.year, 1, 1)+1, it.count)
	case 'Q', 'q':
		return it.quarter(dst, int64(w.month-1)/3+1)
	case 'E':
		name := dayNames[weekday(w.day)]
		if it.count < 4 {
			name = name[:3]
		}
		return append(dst, name...)
	case 'F':
		return appendPadded(dst, int64(w.dom-1)%7+1, it.count)
	case 'a':
		if hour < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	case 'h':
		return appendPadded(dst, (hour+11)%12+1, it.count)
	case 'K':
		return appendPadded(dst, hour%12, it.count)
	case 'k':
		return appendPadded(dst, (hour+23)%24+1, it.count)
	case 'H':
		return appendPadded(dst, hour, it.count)
	case 'm':
		return appendPadded(dst, w.micros/microsPerMinute%60, it.count)
	case 's':
		return appendPadded(dst, w.micros/microsPerSecond%60, it.count)
	case 'S':
		nanos := strconv.AppendInt(nil, 1_000_000_000+w.micros%microsPerSecond*1000, 10)
		return append(dst, nanos[1:1+it.count]...)
	}
	return it.zoneText(dst, w)
}

// text writes a number, or from three letters on a name.
func (it patternItem) text(dst []byte, v int64, name string) []byte {
	switch it.count {
	case 3:
		return append(dst, name[:3]...)
	case 4:
		return append(dst, name...)
	}
	return appendPadded(dst, v, it.count)
}

func (it patternItem) quarter(dst []byte, q int64) []byte {
	switch it.count {
	case 3:
		return strconv.AppendInt(append(dst, 'Q'), q, 10)
	case 4:
		return append(dst, []string{"1st", "2nd", "3rd", "4th"}[q-1]+" quarter"...)
	}
	return appendPadded(dst, q, it.count)
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

func (it patternItem) zoneText(dst []byte, w *wallClock) []byte {
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

func zoneID(z *zone) string {
	if z.loc == nil {
		return "Z"
	}
	return z.loc.String()
}

// name is the zone's abbreviation at an instant: UTC, CET, PDT.
func (z *zone) name(instant int64, full bool) string {
	if z.loc == nil || z.loc.String() == "UTC" {
		if full {
			return "Coordinated Universal Time"
		}
		return "UTC"
	}
	abbreviation, _ := timeAt(instant).In(z.loc).Zone()
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
		dst = appendPadded(append(dst, ':'), offset/60%60, 2)
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
	dst = appendPadded(append(dst, sign), offset/3600, 2)
	if style == 1 && offset%3600 == 0 {
		return dst
	}
	colon := style == 3 || style == 5
	if colon {
		dst = append(dst, ':')
	}
	dst = appendPadded(dst, offset/60%60, 2)
	if style >= 4 && offset%60 != 0 {
		if colon {
			dst = append(dst, ':')
		}
		dst = appendPadded(dst, offset%60, 2)
	}
	return dst
}
