package datetime

import (
	"strings"
	"time"
	"unsafe"
)

// ParseDate reads a date as [ParseDateText] does.
func ParseDate(text []byte) (days int32, ok bool) {
	day, ok := ParseDateText(view(text))
	return int32(day), ok
}

// ParseTimestamp reads an instant as CAST(text AS TIMESTAMP) does: a date, and after it a blank or T,
// [h]h[:[m]m[:[s]s[.fraction]]] and a zone. Text without zone is local time of the zone given; zoned tells
// which it was. Digits beyond microseconds are cut off, as Spark does. A bare time of day is refused:
// its date would be that of the run.
func ParseTimestamp(text []byte, zone *time.Location) (micros int64, zoned, ok bool) {
	local, name, dated, ok := ParseWallClock(view(text))
	if !ok || !dated {
		return 0, false, false
	}
	if name == "" {
		return instant(local, zone), false, true
	}
	micros, ok = instantIn(local, name)
	return micros, true, ok
}

// ParseTimestampNTZ reads a wall-clock time: [ParseTimestamp] without a zone.
func ParseTimestampNTZ(text []byte) (micros int64, ok bool) {
	local, name, dated, ok := ParseWallClock(view(text))
	return local, ok && dated && name == ""
}

// view reads bytes as a string for as long as they are parsed; nothing keeps it.
func view(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// instantIn is the instant of a time on the clocks of a zone that a text names. Offsets, which most texts have, need no zone.
func instantIn(local int64, name string) (int64, bool) {
	if name == "Z" {
		return local, true
	}
	if name[0] == '+' || name[0] == '-' {
		seconds, ok := parseOffset(name)
		return local - seconds*MicrosPerSecond, ok
	}
	zone, ok := ParseZone(strings.Clone(name))
	if !ok {
		return 0, false
	}
	return instant(local, zone), true
}

// isZone tells whether a text names a zone.
func isZone(name string) bool {
	if name == "Z" {
		return true
	}
	if name != "" && (name[0] == '+' || name[0] == '-') {
		_, ok := parseOffset(name)
		return ok
	}
	_, ok := ParseZone(strings.Clone(name))
	return ok
}

// trim takes off blanks and control characters, as Spark's casts do.
func trim(s string) string {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}
