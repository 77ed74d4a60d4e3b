package datetime

import (
	"testing"
	"time"
)

func BenchmarkParseTimestamp(b *testing.B) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		zone       *time.Location
	}{
		{"utc", "2025-02-07T14:30:15.123456", time.UTC},
		{"zed", "2025-02-07T14:30:15.123Z", time.UTC},
		{"offset", "2025-02-07 14:30:15+02:00", time.UTC},
		{"region", "2025-02-07T14:30:15", berlin},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := []byte(c.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, ok := ParseTimestamp(text, c.zone); !ok {
					b.Fatal("refused")
				}
			}
		})
	}
}

func BenchmarkParseDate(b *testing.B) {
	text := []byte("2025-02-07")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, ok := ParseDate(text); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkPattern(b *testing.B) {
	text := []byte("2025-02-07T14:30:15.123Z")
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := ISOTimestamp.ParseTimestamp(text, time.UTC); !ok {
				b.Fatal("refused")
			}
		}
	})
	b.Run("format", func(b *testing.B) {
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			out = ISOTimestamp.AppendTimestamp(out[:0], 1738938615123456, time.UTC)
		}
		b.SetBytes(int64(len(out)))
	})
}
