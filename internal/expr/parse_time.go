package expr

import (
	"time"

	"lakehouse/internal/datetime"
)

// A timeText reads the parts of a time or an interval.
type timeText = datetime.Scanner

// ParseZone finds a time zone by Spark's spellings: Z, +h, +hh, +hh:mm, +hhmm, UTC+1, GMT, a region.
func ParseZone(name string) (*time.Location, bool) { return datetime.ParseZone(name) }

// parseTimestamp reads a timestamp as Spark casts one. Without a zone of its own it is a time at the
// session's; a bare time of day is today's.
func parseTimestamp(s string, c *caster) (int64, bool) {
	local, name, dated, ok := datetime.ParseWallClock(s)
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
	return z.Instant(local), true
}

// parseTimestampNTZ reads a timestamp; a zone in the text is ignored.
func parseTimestampNTZ(s string) (int64, bool) {
	local, name, dated, ok := datetime.ParseWallClock(s)
	if ok && name != "" {
		_, ok = ParseZone(name)
	}
	return local, ok && dated
}
