package types

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCalendarIntervalsBecomeANSI(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"5 days 3 hours 7 minutes", "INTERVAL '5 03:07' DAY TO MINUTE"},
		{"5 hours 30 seconds 1 milliseconds 1 microseconds", "INTERVAL '05:00:30.001001' HOUR TO SECOND"},
		{"interval 2147483647 months", "INTERVAL '2147483647' MONTH"},
		{"1 year", "INTERVAL '1' YEAR"},
		{"- 5 days", "INTERVAL '-5' DAY"},
		{"1 Day -30 HOURS", "INTERVAL '-0 06' DAY TO HOUR"},
		{"1.5 seconds", "INTERVAL '01.5' SECOND"},
		{"2 weeks", "INTERVAL '14' DAY"},
		{"1 month 1 day", ""},
		{"10 secondz", ""},
		{"1.5 days", ""},
		{"5", ""},
		{"", ""},
		{"99999999999999999999 days", ""},
		{"9000000000 months", ""},
	} {
		got := ""
		if c, err := ParseCalendarInterval(test.text); err == nil {
			if typ, value, ok := c.ANSI(); ok {
				got = FormatInterval(value, typ)
			}
		}
		if got != test.want {
			t.Errorf("%q is %s, want %s", test.text, got, test.want)
		}
	}
}

func TestBadANSIIntervalsAreRefused(t *testing.T) {
	for _, test := range []struct {
		text string
		t    Interval
	}{
		{"1", Interval{Year, Month}},
		{"1-12", Interval{Year, Month}},
		{"1 24", Interval{Day, Hour}},
		{"1 2:3", Interval{Day, Second}},
		{"x", Interval{Day, Day}},
		{"1.5", Interval{Day, Day}},
		{"999999999999", Interval{Year, Year}},
		{"9999999999999999", Interval{Day, Day}},
	} {
		if got, err := ParseInterval(test.text, test.t); err == nil {
			t.Errorf("ParseInterval(%q, %s) = %d, want an error", test.text, test.t, got)
		}
	}
}

// What FormatInterval prints reads back as the same number of months or microseconds.
func TestIntervalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Int64().Draw(t, "micros")
		typ := rapid.SampledFrom([]Interval{{Day, Second}, {Hour, Second}, {Minute, Second}, {Second, Second}}).Draw(t, "type")
		if rapid.Bool().Draw(t, "months") {
			value = int64(rapid.Int32().Draw(t, "count"))
			typ = rapid.SampledFrom([]Interval{{Year, Month}, {Month, Month}}).Draw(t, "type")
		}
		text := FormatInterval(value, typ)
		quoted := text[len("INTERVAL '") : len(text)-len(typ.String())+len("interval")-1]
		if got, err := ParseInterval(quoted, typ); err != nil || got != value {
			t.Fatalf("%d prints as %s (%q), which reads as %d, %v", value, text, quoted, got, err)
		}
	})
}
