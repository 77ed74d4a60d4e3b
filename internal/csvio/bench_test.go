package csvio

import (
	"bytes"
	"strings"
	"testing"

	"lakehouse/internal/types"
)

// A file of one small batch, as a stream brings thousands of.
func BenchmarkDecodeSmallFile(b *testing.B) {
	schema, err := types.ParseDDL("id bigint, store string, amount double, at timestamp, note string")
	if err != nil {
		b.Fatal(err)
	}
	data := []byte(strings.Repeat("1,STR1,1.5,2025-02-07T14:30:15Z,x\n", 20))
	opts, err := parseOptions(nil)
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewDecoder(schema, schema, opts)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range d.DecodeRange(bytes.NewReader(data), int64(len(data)), 0, int64(len(data))) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
