package expr

import (
	"testing"
	"time"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
)

// Text from outside never panics, and what is read is read again from what it prints.
func FuzzParseTimestamp(f *testing.F) {
	for _, s := range []string{"2025-01-31", "2025-01-31 10:00:00.123456+01:00", "2025", "T12:00", "10:00:00 Europe/Paris", "-2025-1-1T1:2:3Z", "+12345-01-01", "2025-13-01"} {
		f.Add(s)
	}
	c := &caster{ctx: &Context{TimeZone: time.UTC, Now: time.Unix(1e9, 0)}, zone: newZone(time.UTC)}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := parseTimestamp(s, c); ok && at > -62135596800000000 && at < 253402300800000000 {
			if again, ok := parseTimestamp(string(appendTimestamp(nil, at)), c); !ok || again != at {
				t.Fatalf("%q read as %d, printed and read as %d", s, at, again)
			}
		}
		if day, ok := datetime.ParseDateText(s); ok && day > -719162 && day < 2932896 {
			if again, ok := datetime.ParseDateText(string(appendDate(nil, day))); !ok || again != day {
				t.Fatalf("%q read as day %d, printed and read as %d", s, day, again)
			}
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "-9223372036854775808", "1e400", "1.5", " 7 ", ".5", "1e-999999999", "NaN", "inf", "0x1p4", "1d"} {
		f.Add(s)
	}
	to := types.Decimal{Precision: 38, Scale: 18}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parseFloat(s, 64)
		_, _ = parseInt(s)
		if d, _, ok := parseDecimal(s, to); ok {
			if again, _, ok := parseDecimal(string(appendDecimal(nil, d, to.Scale)), to); !ok || again != d {
				t.Fatalf("%q read as %v, printed and read as %v", s, d, again)
			}
		}
	})
}

func FuzzParseInterval(f *testing.F) {
	for _, s := range []string{"1 day", "interval 2 hours 3.5 seconds", "-1 month", "- 5 weeks", "1 02:03:04.5", "INTERVAL '1-2' YEAR TO MONTH"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := parseInterval(s); ok && v.Micros < 1<<50 && v.Micros > -1<<50 {
			if again, ok := parseInterval(string(appendCalendarInterval(nil, v.Arrow()))); !ok || again != v {
				t.Fatalf("%q read as %v, printed and read as %v", s, v, again)
			}
		}
		if micros, ok := parseDayTime(s, dayToSecond); ok {
			if again, ok := parseDayTime(string(appendDayTime(nil, micros, dayToSecond)), dayToSecond); !ok || again != micros {
				t.Fatalf("%q read as %d, printed and read as %d", s, micros, again)
			}
		}
	})
}

func FuzzDatetimePattern(f *testing.F) {
	f.Add("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "2025-01-31T10:00:00.5Z")
	f.Add("EEE d MMM yy h:m a z", "Fri 31 Jan 25 1:2 PM UTC")
	f.Add("[[[[", "x")
	f.Fuzz(func(_ *testing.T, pattern, s string) {
		p, err := datetime.Compile(pattern)
		if err != nil {
			return
		}
		p.Parse(s)
		p.Parse(string(p.Append(nil, 1738317600123456, newZone(time.UTC))))
	})
}

func FuzzJSONPath(f *testing.F) {
	f.Add(`{"a":[{"b":"c\u00e9"}]}`, "$.a[*].b")
	f.Add(`[1,[2,{"x":null}]]`, "$[1]['x']")
	f.Add(`{"":{"\`, "$")
	f.Fuzz(func(_ *testing.T, s, path string) {
		if steps, ok := parseJSONPath(path); ok {
			getJSON(nil, s, steps)
		}
	})
}

func FuzzTextPatterns(f *testing.F) {
	f.Add("a%b_c", "axxbyc", "000.99", "%5.2f|%s|%-10d")
	f.Fuzz(func(_ *testing.T, pattern, s, number, format string) {
		if p, err := compileLike(pattern, '\\'); err == nil {
			p.match(s)
		}
		if n, err := parseNumberFormat(number); err == nil {
			n.parse(s, n.decimal())
		}
		v := Vector{Values: oneValue(types.Double, 1.5), Const: true}
		_, _ = appendPrintf(nil, format, []printfArg{newPrintfArg(v, types.Double, &Context{})}, 0)
	})
}
