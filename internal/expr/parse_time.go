package expr

import (
	"strings"
	"time"
)

// A timeText reads the parts of a date or time.
type timeText struct {
	s string
	i int
}

// digits reads between low and high digits as a number.
func (t *timeText) digits(low, high int) (int64, bool) {
	start := t.i
	var v int64
	for t.i < len(t.s) && t.s[t.i] >= '0' && t.s[t.i] <= '9' {
		if t.i-start == high {
			return 0, false
		}
		v = v*10 + int64(t.s[t.i]-'0')
		t.i++
	}
	return v, t.i-start >= low
}

func (t *timeText) accept(c byte) bool {
	if t.i < len(t.s) && t.s[t.i] == c {
		t.i++
		return true
	}
	return false
}

func (t *timeText) done() bool { return t.i == len(t.s) }

// date reads [+-]yyyy[-[m]m[-[d]d]]; whole tells whether the day was there.
func (t *timeText) date(maxYearDigits int) (day int64, whole, ok bool) {
	negative := t.accept('-')
	if !negative {
		t.accept('+')
	}
	year, ok := t.digits(4, maxYearDigits)
	if !ok {
		return 0, false, false
	}
	if negative {
		year = -year
	}
	month, dom := int64(1), int64(1)
	if t.accept('-') {
		if month, ok = t.digits(1, 2); !ok {
			return 0, false, false
		}
		if t.accept('-') {
			if dom, ok = t.digits(1, 2); !ok {
				return 0, false, false
			}
			whole = true
		}
	}
	if month < 1 || month > 12 || dom < 1 || dom > int64(daysInMonth(year, int(month))) {
		return 0, false, false
	}
	return dayNumber(year, int(month), int(dom)), whole, true
}

// clock reads [h]h:[m]m[:[s]s[.fraction]] as microseconds; to the second or finer when whole.
func (t *timeText) clock() (micros int64, whole, ok bool) {
	hour, ok := t.digits(1, 2)
	if !ok || hour > 23 || !t.accept(':') {
		// Spark reads a bare hour as well.
		return hour * microsPerHour, false, ok && hour <= 23 && t.done()
	}
	minute, ok := t.digits(1, 2)
	if !ok || minute > 59 {
		return 0, false, false
	}
	micros = hour*microsPerHour + minute*microsPerMinute
	if !t.accept(':') {
		return micros, false, t.done()
	}
	second, ok := t.digits(1, 2)
	if !ok || second > 59 {
		return 0, false, false
	}
	micros += second * microsPerSecond
	if t.accept('.') {
		micros += t.fraction()
	}
	return micros, true, true
}

// fraction reads digits behind the point, of which six count.
func (t *timeText) fraction() int64 {
	var v int64
	n := 0
	for t.i < len(t.s) && t.s[t.i] >= '0' && t.s[t.i] <= '9' {
		if n < 6 {
			v = v*10 + int64(t.s[t.i]-'0')
			n++
		}
		t.i++
	}
	for ; n < 6; n++ {
		v *= 10
	}
	return v
}

// parseDate reads a date as Spark casts one: yyyy, yyyy-[m]m, yyyy-[m]m-[d]d, the last also followed
// by a space or T and anything.
func parseDate(s string) (day int64, ok bool) {
	t := timeText{s: trimAll(s)}
	day, whole, ok := t.date(7)
	if !ok || t.done() {
		return day, ok && day >= minDay && day <= maxDay
	}
	return day, whole && (t.s[t.i] == ' ' || t.s[t.i] == 'T')
}

// Days that fit Spark's 32 bits.
const (
	minDay = -1 << 31
	maxDay = 1<<31 - 1
)

// parseWallClock reads a timestamp without applying its zone, whose text is handed out. dated is
// false for a bare time of day.
func parseWallClock(s string) (local int64, zoneName string, dated, ok bool) {
	t := timeText{s: trimAll(s)}
	if day, whole, ok := t.date(6); ok {
		if day*microsPerDay/microsPerDay != day {
			return 0, "", true, false
		}
		local = day * microsPerDay
		if t.done() {
			return local, "", true, true
		}
		if !whole || !t.accept(' ') && !t.accept('T') {
			return 0, "", true, false
		}
		dated = true
	} else {
		t.i = 0
		t.accept('T')
		if strings.IndexByte(t.s, ':') < 0 {
			return 0, "", false, false
		}
	}
	micros, whole, ok := t.clock()
	if !ok {
		return 0, "", dated, false
	}
	sum := local + micros
	if sum < local || !whole && !t.done() {
		return 0, "", dated, false
	}
	return sum, strings.TrimSpace(t.s[t.i:]), dated, true
}

// parseTimestamp reads a timestamp as Spark casts one. Without a zone of its own it is a time at the
// session's; a bare time of day is today's.
func parseTimestamp(s string, c *caster) (int64, bool) {
	local, name, dated, ok := parseWallClock(s)
	if !ok {
		return 0, false
	}
	z := c.zone
	if name != "" {
		if z, ok = c.zoneNamed(name); !ok {
			return 0, false
		}
	}
	if !dated {
		local += c.today() * microsPerDay
	}
	return z.instant(local), true
}

// parseTimestampNTZ reads a timestamp; a zone in the text is ignored.
func parseTimestampNTZ(s string) (int64, bool) {
	local, name, dated, ok := parseWallClock(s)
	if ok && name != "" {
		_, ok = ParseZone(name)
	}
	return local, ok && dated
}

// ParseZone finds a time zone by Spark's spellings: Z, +h, +hh, +hh:mm, +hhmm, UTC+1, GMT, a region.
func ParseZone(name string) (*time.Location, bool) {
	rest := name
	switch {
	case name == "Z" || name == "UTC" || name == "GMT" || name == "UT":
		return time.UTC, true
	case strings.HasPrefix(name, "UTC") || strings.HasPrefix(name, "GMT"):
		rest = name[3:]
	case strings.HasPrefix(name, "UT"):
		rest = name[2:]
	}
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		return parseOffset(rest)
	}
	if name == "" || name == "Local" {
		return nil, false
	}
	if full, ok := shortZones[name]; ok {
		return ParseZone(full)
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}

func parseOffset(s string) (*time.Location, bool) {
	t := timeText{s: s, i: 1}
	var hour, minute, second int64
	var ok bool
	if len(s) == 5 && strings.IndexByte(s, ':') < 0 || len(s) == 7 && strings.IndexByte(s, ':') < 0 {
		v, digits := t.digits(4, 6)
		if len(s) == 5 {
			v *= 100
		}
		hour, minute, second, ok = v/10000, v/100%100, v%100, digits
	} else {
		hour, ok = t.digits(1, 2)
		if ok && t.accept(':') {
			minute, ok = t.digits(1, 2)
			if ok && t.accept(':') {
				second, ok = t.digits(2, 2)
			}
		}
	}
	total := hour*3600 + minute*60 + second
	if !ok || !t.done() || minute > 59 || second > 59 || total > 18*3600 {
		return nil, false
	}
	if s[0] == '-' {
		total = -total
	}
	return time.FixedZone(s, int(total)), true
}

// shortZones is Java's ZoneId.SHORT_IDS.
var shortZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare",
	"CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa",
	"ETC": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
	"MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix",
	"PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
	"EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
}
