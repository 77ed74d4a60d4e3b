package datetime

import (
	"math"
	"strings"
	"time"
)

// A Clock converts between instants and wall-clock time, both in microseconds since 1970. It remembers
// the last offset, since neighbours mostly share it; it belongs to one goroutine.
type Clock struct {
	loc      *time.Location
	from, to int64 // seconds for which offset holds
	offset   int64 // seconds east of UTC
}

// NewClock makes the clock of a zone; nil stands for UTC.
func NewClock(loc *time.Location) *Clock {
	z := &Clock{loc: loc}
	if loc == nil || loc == time.UTC {
		z.from, z.to = math.MinInt64, math.MaxInt64
	}
	return z
}

// OffsetAt is the seconds east of UTC at an instant in seconds.
func (z *Clock) OffsetAt(second int64) int64 {
	if second >= z.from && second < z.to {
		return z.offset
	}
	t := time.Unix(second, 0).In(z.loc)
	start, end := t.ZoneBounds()
	z.from, z.to = math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		z.from = start.Unix()
	}
	if !end.IsZero() {
		z.to = end.Unix()
	}
	_, offset := t.Zone()
	z.offset = int64(offset)
	return z.offset
}

// Local is the wall-clock time of an instant.
func (z *Clock) Local(micros int64) int64 {
	return micros + z.OffsetAt(FloorDiv(micros, MicrosPerSecond))*MicrosPerSecond
}

// Instant is the instant of a wall-clock time. Where it occurs twice, the earlier one; in a gap, the
// time moved on by the gap, as java.time does.
func (z *Clock) Instant(local int64) int64 {
	if z.loc == nil || z.loc == time.UTC {
		return local
	}
	return instantBy(local, z.OffsetAt)
}

// instant is Instant for a single time, without a clock that remembers.
func instant(local int64, zone *time.Location) int64 {
	if zone == nil || zone == time.UTC {
		return local
	}
	return instantBy(local, func(second int64) int64 {
		_, offset := time.Unix(second, 0).In(zone).Zone()
		return int64(offset)
	})
}

func instantBy(local int64, offsetAt func(second int64) int64) int64 {
	second := FloorDiv(local, MicrosPerSecond)
	before, after := offsetAt(second-86400), offsetAt(second+86400)
	switch {
	case before == after: // no transition nearby, or two that cancel out
		return local - before*MicrosPerSecond
	case offsetAt(second-before) == before:
		return local - before*MicrosPerSecond
	case offsetAt(second-after) == after:
		return local - after*MicrosPerSecond
	}
	return local - before*MicrosPerSecond
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
		seconds, ok := parseOffset(rest)
		if !ok {
			return nil, false
		}
		return time.FixedZone(rest, int(seconds)), true
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

// parseOffset reads +h, +hh, +hhmm, +hhmmss, +h:mm, +hh:mm and +hh:mm:ss as seconds east of UTC.
func parseOffset(s string) (seconds int64, ok bool) {
	t := Scanner{Text: s, At: 1}
	var hour, minute, second int64
	if len(s) == 5 && strings.IndexByte(s, ':') < 0 || len(s) == 7 && strings.IndexByte(s, ':') < 0 {
		v, digits := t.Digits(4, 6)
		if len(s) == 5 {
			v *= 100
		}
		hour, minute, second, ok = v/10000, v/100%100, v%100, digits
	} else {
		hour, ok = t.Digits(1, 2)
		if ok && t.Accept(':') {
			minute, ok = t.Digits(1, 2)
			if ok && t.Accept(':') {
				second, ok = t.Digits(2, 2)
			}
		}
	}
	total := hour*3600 + minute*60 + second
	if !ok || !t.Done() || minute > 59 || second > 59 || total > 18*3600 {
		return 0, false
	}
	if s[0] == '-' {
		total = -total
	}
	return total, true
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
