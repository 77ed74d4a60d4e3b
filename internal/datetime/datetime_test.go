package datetime

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func micros(year int, month time.Month, day, hour, minute, second, micro int) int64 {
	return time.Date(year, month, day, hour, minute, second, micro*1000, time.UTC).UnixMicro()
}

// The forms that CAST accepts; invalid says that it gives null.
func TestParseTimestamp(t *testing.T) {
	const invalid = -1 << 63
	berlin := time.FixedZone("", 3600)
	for text, want := range map[string]int64{
		"2024":                              micros(2024, 1, 1, 0, 0, 0, 0) - 3600e6,
		"2024-2":                            micros(2024, 2, 1, 0, 0, 0, 0) - 3600e6,
		" 2024-02-29 ":                      micros(2024, 2, 29, 0, 0, 0, 0) - 3600e6,
		"2024-02-29 1:2:3":                  micros(2024, 2, 29, 1, 2, 3, 0) - 3600e6,
		"2024-02-29T01:02:03.4Z":            micros(2024, 2, 29, 1, 2, 3, 400_000),
		"2024-02-29T01:02:03.123456789Z":    micros(2024, 2, 29, 1, 2, 3, 123_456),
		"2024-02-29T01:02:03+05:30":         micros(2024, 2, 28, 19, 32, 3, 0),
		"2024-02-29T01:02:03 UTC":           micros(2024, 2, 29, 1, 2, 3, 0),
		"2024-02-29T01:02:03GMT-8":          micros(2024, 2, 29, 9, 2, 3, 0),
		"2024-07-01 00:00:00 Europe/Berlin": micros(2024, 6, 30, 22, 0, 0, 0),
		"2024-02-29T01:02":                  micros(2024, 2, 29, 1, 2, 0, 0) - 3600e6,
		"-0001-01-01":                       micros(-1, 1, 1, 0, 0, 0, 0) - 3600e6,
		"+12024-01-01":                      micros(12024, 1, 1, 0, 0, 0, 0) - 3600e6,
		"":                                  invalid,
		"24-01-01":                          invalid,
		"2024-13-01":                        invalid,
		"2023-02-29":                        invalid,
		"2024-02-29 24:00:00":               invalid,
		"2024-02-29x":                       invalid,
		"2024-02 01:00:00":                  invalid,
		"2024-02-29T01:02:03+25:00":         invalid,
		"2024-02-29T01:02:03 Nowhere/City":  invalid,
		"2024-02-29T01:02:03 ../etc/passwd": invalid,
		"2024-02-29T":                       invalid,
		"12:00:00":                          invalid,
		"9999999-01-01":                     invalid,
	} {
		got, _, ok := ParseTimestamp([]byte(text), berlin)
		if ok != (want != invalid) || ok && got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"2024-02-29": "2024-02-29", "2024": "2024-01-01", "2024-2": "2024-02-01", "2024-2-3": "2024-02-03", " 2024-02-29T12:00:00x": "2024-02-29",
		"2023-02-29": "", "24-1-1": "", "2024-01-01x": "", "x": "", "2024-01x": "",
	} {
		got := ""
		if days, ok := ParseDate([]byte(text)); ok {
			got = string(ISODate.AppendDate(nil, days))
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	at := micros(2024, 2, 9, 15, 4, 5, 60_000)
	zone := time.FixedZone("+05:30", 5*3600+1800)
	for _, c := range []struct {
		pattern, text string
		back          int64 // what parsing the text gives
	}{
		{"yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "2024-02-09T20:34:05.060+05:30", at},
		{"yyyy-MM-dd HH:mm:ss.SSSSSS", "2024-02-09 20:34:05.060000", at},
		{"yyyyMMddHHmmss", "20240209203405", at - 60_000},
		{"d/M/yy h:m a", "9/2/24 8:34 PM", at - 5_060_000},
		{"EEE, dd MMM yyyy HH:mm:ss Z", "Fri, 09 Feb 2024 20:34:05 +0530", at - 60_000},
		{"MMMM d, y", "February 9, 2024", at - (20*3600+34*60+5)*1e6 - 60_000},
		{"yyyy 'o''clock' H", "2024 o'clock 20", micros(2024, 1, 1, 14, 30, 0, 0)},
		{"yyyy-DDD", "2024-040", at - (20*3600+34*60+5)*1e6 - 60_000},
		{"dd/MM/yyyy", "09/02/2024", at - (20*3600+34*60+5)*1e6 - 60_000},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.AppendTimestamp(nil, at, zone)); got != c.text {
			t.Errorf("%s: wrote %q, want %q", c.pattern, got, c.text)
		}
		if got, ok := p.ParseTimestamp([]byte(c.text), zone); !ok || got != c.back {
			t.Errorf("%s: read %q as %d, %v, want %d", c.pattern, c.text, got, ok, c.back)
		}
		if got, ok := p.ParseTimestamp([]byte(c.text+" "), zone); ok {
			t.Errorf("%s: read %q as %d", c.pattern, c.text+" ", got)
		}
	}
}

func TestPatternsAreStrict(t *testing.T) {
	for _, c := range []struct{ pattern, text string }{
		{"yyyy-MM-dd", "2024-2-9"},
		{"yyyy-MM-dd", "2024-02-30"},
		{"yyyy-MM-dd", "24-02-03"},
		{"dd/MM/yyyy", "2024-02-03"},
		{"HH:mm", "24:00"},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.ParseTimestampNTZ([]byte(c.text)); ok {
			t.Errorf("%s: read %q as %d", c.pattern, c.text, got)
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	for _, text := range []string{"yyyy-MM-ddb", "'open", "yyyy]", "nnnn", "yyyyyyyyyyyy"} {
		if _, err := Compile(text); !errors.Is(err, errclass.InvalidDatetimePattern) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// The calendar is Go's, over all years.
func TestCalendarAgreesWithGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(-1<<60, 1<<60).Draw(t, "micros")
		goTime := time.UnixMicro(at).UTC()
		day, micros := Split(at)
		year, month, dom := Civil(day)
		if int(year) != goTime.Year() || month != int(goTime.Month()) || dom != goTime.Day() || Weekday(day) != (int(goTime.Weekday())+6)%7 ||
			micros != at-goTime.Truncate(24*time.Hour).UnixMicro() {
			t.Fatalf("%d is %d-%d-%d and %d, want %v", at, year, month, dom, micros, goTime)
		}
		if DayNumber(year, month, dom) != day || dom > DaysInMonth(year, month) {
			t.Fatalf("%d-%d-%d is day %d, want %d", year, month, dom, DayNumber(year, month, dom), day)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "2024-02-09T20:34:05.060+05:30")
	f.Add("yyyyMMdd", "20240209")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		ParseDate([]byte(text))
		if at, _, ok := ParseTimestamp([]byte(text), time.UTC); ok {
			back, _, ok := ParseTimestamp(ISOTimestamp.AppendTimestamp(nil, at-at%1000, time.UTC), time.UTC)
			if year := time.UnixMicro(at).UTC().Year(); year > 0 && year < 10000 && (!ok || back != at-at%1000) {
				t.Fatalf("%q is %d, which comes back as %d", text, at, back)
			}
		}
		if p, err := Compile(pattern); err == nil {
			p.ParseTimestamp([]byte(text), time.UTC)
			p.AppendTimestamp(nil, 0, time.UTC)
		}
	})
}
