package option_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lakehouse/internal/option"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration // negative: refused
	}{
		{"250us", 250 * time.Microsecond},
		{"100ms", 100 * time.Millisecond},
		{"50s", 50 * time.Second},
		{"10m", 10 * time.Minute},
		{"10min", 10 * time.Minute},
		{"2h", 2 * time.Hour},
		{"7d", 7 * day},
		{"1 week", 7 * day},
		{"10 seconds", 10 * time.Second},
		{"1 second", time.Second},
		{"100 milliseconds", 100 * time.Millisecond},
		{"0 seconds", 0},
		{"5 MINUTES", 5 * time.Minute},
		{"1 hour 30 minutes", 90 * time.Minute},
		{"1m30s", 90 * time.Second},
		{"interval 1 day", day},
		{"INTERVAL  1   day ", day},
		{" 100 ms ", 100 * time.Millisecond}, // the blank behind once made minutes of them
		{"\t100\tms", 100 * time.Millisecond},
		{"100MS", 100 * time.Millisecond},
		{"1500", 1500 * time.Millisecond}, // as Spark's timeStringAsMs
		{"9223372036s", 9223372036 * time.Second},

		{"9223372037s", -1},
		{"106751 days 24 hours", -1},
		{"9223372036854775808", -1},
		{"", -1},
		{" ", -1},
		{"s", -1},
		{"interval", -1},
		{"interval ", -1},
		{"-5 seconds", -1},
		{"+5 seconds", -1},
		{"+5", -1},
		{"-5", -1},
		{"1.5 seconds", -1},
		{"10 ss", -1},
		{"10 u", -1},
		{"10 mss", -1},
		{"1 month", -1}, // of no fixed length, and not minutes
		{"2 months", -1},
		{"1 year", -1},
		{"7 fortnights", -1},
		{"5 10 seconds", -1},
		{"10 seconds 5", -1},
		{"10 seconds,", -1},
		{"once", -1},
	}
	for _, test := range tests {
		got, err := option.ParseDuration(test.text)
		switch {
		case test.want < 0 && err == nil:
			t.Errorf("ParseDuration(%q) = %v, want an error", test.text, got)
		case test.want >= 0 && (err != nil || got != test.want):
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", test.text, got, err, test.want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	tests := []struct {
		text string
		want int64 // 0: refused
	}{
		{"1", 1},
		{"1024", 1024},
		{"7b", 7},
		{"10k", 10 << 10},
		{"10kb", 10 << 10},
		{"16m", 16 << 20},
		{"5 MB", 5 << 20},
		{"10g", 10 << 30},
		{"10GB", 10 << 30},
		{"1t", 1 << 40},
		{"1p", 1 << 50},
		{" 2 g ", 2 << 30},
		{"9223372036854775807", math.MaxInt64},
		{"8191p", 8191 << 50},

		{"8192p", 0},
		{"9223372036854775808", 0},
		{"", 0},
		{"k", 0},
		{"0", 0},
		{"0k", 0},
		{"-1", 0},
		{"+1", 0},
		{"1.5g", 0},
		{"1kib", 0},
		{"1k 1", 0},
		{"1k1k", 0},
		{"1k,", 0},
	}
	for _, test := range tests {
		got, err := option.ParseBytes(test.text)
		if (err != nil) != (test.want == 0) || got != test.want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", test.text, got, err, test.want)
		}
	}
}

// Time.Duration prints whole seconds as a chain of units, which is a way to write options too.
func TestParseDurationReadsWhatGoPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, math.MaxInt64/int64(time.Second)).Draw(t, "seconds")) * time.Second
		if got, err := option.ParseDuration(want.String()); err != nil || got != want {
			t.Fatalf("ParseDuration(%q) = %v, %v", want, got, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"100 ms", "1 hour 30 minutes", "interval 7d", "9223372036854775807", "5 months", "\u00a01s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := option.ParseDuration(text)
		if got < 0 {
			t.Fatalf("ParseDuration(%q) = %v", text, got)
		}
		again, againErr := option.ParseDuration(fmt.Sprintf(" %s\t\n", text))
		if (err == nil) != (againErr == nil) || got != again {
			t.Fatalf("ParseDuration(%q) = %v, %v; with blanks around it %v, %v", text, got, err, again, againErr)
		}
	})
}

func FuzzParseBytes(f *testing.F) {
	for _, text := range []string{"10k", "5 MB", "9223372036854775807", "8191p", "-1g"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := option.ParseBytes(text)
		if err == nil && got <= 0 {
			t.Fatalf("ParseBytes(%q) = %d", text, got)
		}
		again, againErr := option.ParseBytes(fmt.Sprintf(" %s\t\n", text))
		if (err == nil) != (againErr == nil) || got != again {
			t.Fatalf("ParseBytes(%q) = %d, %v; with blanks around it %d, %v", text, got, err, again, againErr)
		}
	})
}
