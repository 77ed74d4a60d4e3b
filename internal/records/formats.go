package records

import (
	"strconv"
	"time"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// Formats says how dates and timestamps are written. The zero value is Spark's default: what CAST
// accepts, in UTC.
type Formats struct {
	Date, Timestamp, TimestampNTZ *datetime.Pattern // nil: what CAST accepts
	Zone                          *time.Location    // nil: UTC
}

// ParseFormats takes the formats from options that hold the common ones.
func ParseFormats(v option.Values) (f Formats, err error) {
	for name, pattern := range map[string]**datetime.Pattern{
		"dateFormat": &f.Date, "timestampFormat": &f.Timestamp, "timestampNTZFormat": &f.TimestampNTZ,
	} {
		if text := v.String(name); text != "" {
			if *pattern, err = datetime.Compile(text); err != nil {
				return f, err
			}
		}
	}
	f.Zone, err = ParseZone(v)
	return f, err
}

// ParseZone takes the zone from option timeZone.
func ParseZone(v option.Values) (*time.Location, error) {
	name := v.String("timeZone")
	zone, ok := datetime.ParseZone(name)
	if !ok {
		return nil, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'timeZone', must be a time zone", name).
			WithHint("Use the name of a region, such as Europe/Berlin, or an offset, such as +02:00.")
	}
	return zone, nil
}

// ParseSamplingRatio takes the share of records that inference looks at.
func ParseSamplingRatio(v option.Values) (float64, error) {
	text := v.String("samplingRatio")
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ratio > 0 && ratio <= 1) {
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'samplingRatio', must be above 0 and at most 1", text)
	}
	return ratio, nil
}

func (f *Formats) zone() *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// ParseDate reads a date as days since the epoch.
func (f *Formats) ParseDate(text []byte) (int32, bool) {
	if f.Date == nil {
		return datetime.ParseDate(text)
	}
	return f.Date.ParseDate(text)
}

// ParseTimestamp reads an instant as microseconds since the epoch.
func (f *Formats) ParseTimestamp(text []byte) (int64, bool) {
	if f.Timestamp == nil {
		micros, _, ok := datetime.ParseTimestamp(text, f.zone())
		return micros, ok
	}
	return f.Timestamp.ParseTimestamp(text, f.zone())
}

// ParseTimestampNTZ reads a wall-clock time.
func (f *Formats) ParseTimestampNTZ(text []byte) (int64, bool) {
	if f.TimestampNTZ == nil {
		return datetime.ParseTimestampNTZ(text)
	}
	return f.TimestampNTZ.ParseTimestampNTZ(text)
}
