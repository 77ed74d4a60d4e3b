package datetime

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var lawZones = []string{"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "+05:30", "-18:00", "PST"}

// What a pattern with a date, a time of day and an offset writes, it reads back as the same instant.
func TestAPatternReadsWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		date := rapid.SampledFrom([]string{"yyyy-MM-dd", "d/M/yyyy", "yyyyMMdd", "EEE, dd MMM yyyy", "EEEE d MMMM y", "yyyy-DDD", "G yyyy.MM.dd", "[yyyy]/MM/dd", "dd 'of' MMM''yyyy"}).Draw(t, "date")
		clock := rapid.SampledFrom([]string{"HH:mm:ss.SSSSSS", "H:m:s.SSSSSS", "hh:mm:ss.SSSSSS a", "h:mm:ssSSSSSS a", "kk:mm:ss.SSSSSS", "KK:mm:ss.SSSSSSSSS a", "HHmmssSSSSSS"}).Draw(t, "clock")
		offset := rapid.SampledFrom([]string{"XXX", "xxx", "XX", "Z", "ZZZZZ", "xxxxx", "'at 'VV", "X"}).Draw(t, "offset")
		p, err := Compile(date + " " + clock + " " + offset)
		if err != nil {
			t.Fatal(err)
		}
		zone, ok := ParseZone(rapid.SampledFrom(lawZones).Draw(t, "zone"))
		if !ok {
			t.Fatal("no such zone")
		}
		at := rapid.Int64Range(-2_000_000_000_000_000, 253_370_000_000_000_000).Draw(t, "micros")
		text := p.AppendTimestamp(nil, at, zone)
		back, ok := p.ParseTimestamp(text, time.UTC)
		local := NewClock(zone)
		if offset == "'at 'VV" && ok && local.Local(back) == local.Local(at) {
			return // the hour that occurs twice has one name for both
		}
		if _, seconds := time.UnixMicro(at).In(zone).Zone(); seconds%60 != 0 && offset != "ZZZZZ" && offset != "xxxxx" {
			return // local mean time: the other letters leave its seconds out
		}
		if !ok || back != at {
			t.Fatalf("%s in %v: %d is written %q and read as %d, %v", p, zone, at, text, back, ok)
		}
	})
}

// What the casts read does not depend on the way: the usual spelling is taken apart by hand, and a sign leads around that.
func TestUsualSpellingsAreReadAsAnyOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,8})?(Z| UTC|[+-]0[0-9]:[0-5]0)?)?`).Draw(t, "text")
		a, aOK := ParseDateText(text)
		b, bOK := ParseDateText("+" + text)
		if a != b || aOK != bOK {
			t.Fatalf("%s is day %d, %v, and with a sign %d, %v", text, a, aOK, b, bOK)
		}
		local, zone, dated, ok := ParseWallClock(text)
		local2, zone2, dated2, ok2 := ParseWallClock("+" + text)
		if local != local2 || zone != zone2 || dated != dated2 || ok != ok2 {
			t.Fatalf("%s is %d %q %v, and with a sign %d %q %v", text, local, zone, ok, local2, zone2, ok2)
		}
		if goTime, err := time.Parse("2006-01-02", text[:10]); (err == nil) != aOK || err == nil && goTime.Unix() != a*86400 {
			t.Fatalf("%s is day %d, %v, and to package time %v, %v", text, a, aOK, goTime, err)
		}
	})
}

// A clock shows what package time shows, and finds the instant back but for the hour that occurs twice.
func TestAClockAgreesWithPackageTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, _ := ParseZone(rapid.SampledFrom(lawZones).Draw(t, "zone"))
		clock := NewClock(zone)
		for range 5 { // one clock remembers offsets
			at := rapid.Int64Range(-4_000_000_000_000_000, 8_000_000_000_000_000).Draw(t, "micros")
			local := clock.Local(at)
			if got, want := time.UnixMicro(local).UTC().Format(time.DateTime), time.UnixMicro(at).In(zone).Format(time.DateTime); got != want {
				t.Fatalf("%d in %v: got %s, want %s", at, zone, got, want)
			}
			if back := clock.Instant(local); back != at && (clock.Local(back) != local || back > at) {
				t.Fatalf("%s in %v is %d, want %d", time.UnixMicro(local).UTC(), zone, back, at)
			}
			if back := instant(local, zone); back != clock.Instant(local) {
				t.Fatalf("%d in %v: %d without a clock, %d with one", local, zone, back, clock.Instant(local))
			}
		}
	})
}

// A time that clocks skip is moved on by the gap, as java.time does; of two of the same name the earlier counts.
func TestGapsAndOverlaps(t *testing.T) {
	berlin, ok := ParseZone("Europe/Berlin")
	if !ok {
		t.Fatal("no Berlin")
	}
	for text, want := range map[string]string{
		"2025-03-30 02:30:00": "2025-03-30T01:30:00Z",
		"2025-03-30 03:00:00": "2025-03-30T01:00:00Z",
		"2025-10-26 02:30:00": "2025-10-26T00:30:00Z",
		"2025-10-26 03:00:00": "2025-10-26T02:00:00Z",
	} {
		micros, _, ok := ParseTimestamp([]byte(text), berlin)
		if got := time.UnixMicro(micros).UTC().Format(time.RFC3339); !ok || got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The zones of texts, by Spark's spellings.
func TestZoneNames(t *testing.T) {
	for name, want := range map[string]int{
		"Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "UTC+1": 3600, "GMT-08:00": -8 * 3600, "UT+0130": 5400, "+1": 3600, "+01": 3600,
		"-01:30": -5400, "+0130": 5400, "+01:30:15": 5415, "+013015": 5415, "+18:00": 18 * 3600, "JST": 9 * 3600, "EST": -5 * 3600,
	} {
		zone, ok := ParseZone(name)
		if !ok {
			t.Errorf("%s is refused", name)
			continue
		}
		if _, got := time.Unix(0, 0).In(zone).Zone(); got != want {
			t.Errorf("%s is %d seconds ahead, want %d", name, got, want)
		}
	}
	for _, name := range []string{"", "z", "+", "+1:", "+18:01", "+01:60", "+1234567", "Local", "local/", "../etc/passwd", "Europe\\Berlin", "Nowhere", "UTC+", strings.Repeat("A", 10_000)} {
		if zone, ok := ParseZone(name); ok {
			t.Errorf("%.20q is %v", name, zone)
		}
	}
}

// Patterns that Spark refuses, and what is wrong with them.
func TestCountsOfPatternLetters(t *testing.T) {
	for _, text := range []string{"YYYY", "uuuu", "MMMMM", "ddd", "DDDD", "HHH", "aa", "VVV", "OO", "ZZZZZZ", "SSSSSSSSSS", "#", "{", "b", "e", "w"} {
		if _, err := Compile(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	at := time.Date(2024, 2, 9, 5, 4, 3, 0, time.UTC).UnixMicro()
	for text, want := range map[string]string{
		"QQQ qqqq": "Q1 1st quarter", "G GGGG": "AD Anno Domini", "F": "2", "E EEEE": "Fri Friday", "z zzzz": "UTC Coordinated Universal Time",
		"O OOOO": "GMT GMT", "X x": "Z +00", "yy": "24", "L LLL": "2 Feb", "k K": "5 5", "''": "'", "[[[yyyy": "2024",
	} {
		p, err := Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(p.AppendTimestamp(nil, at, time.UTC)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got := string(mustCompile(t, "HH:mm XXX").AppendTimestampNTZ(nil, at)); got != "05:04 " {
		t.Errorf("a time without a zone is written %q", got)
	}
}

func mustCompile(t *testing.T, text string) *Pattern {
	t.Helper()
	p, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
