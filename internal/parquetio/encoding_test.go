package parquetio

import (
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"pgregory.net/rapid"
)

// Hybrid runs decode to what was encoded, whatever the widths and however many values are asked for at a time.
func TestHybridRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(0, 32).Draw(t, "width")
		var values []uint32
		for range rapid.IntRange(0, 10).Draw(t, "parts") {
			v := uint32(rapid.Uint64Range(0, 1<<width-1).Draw(t, "value"))
			values = append(values, slices.Repeat([]uint32{v}, rapid.IntRange(1, 60).Draw(t, "run"))...)
			for range rapid.IntRange(0, 40).Draw(t, "others") {
				values = append(values, uint32(rapid.Uint64Range(0, 1<<width-1).Draw(t, "other")))
			}
		}
		r, err := newHybridReader(appendHybrid(nil, values, width), width)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]uint32, len(values))
		for at := 0; at < len(got); {
			n := min(rapid.IntRange(1, 50).Draw(t, "n"), len(got)-at)
			if !r.takeRun(n, values[at]) {
				if err := readHybrid(&r, got[at:at+n]); err != nil {
					t.Fatal(err)
				}
			} else {
				copy(got[at:at+n], slices.Repeat([]uint32{values[at]}, n))
			}
			at += n
		}
		if !slices.Equal(got, values) {
			t.Fatalf("got %v\nwant %v", got, values)
		}
	})
}

// Delta encodings of parquet-go decode to what it was given.
func TestDeltaAgreesWithParquetGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64(), 1, 400).Draw(t, "values")
		encoded, err := (&delta.BinaryPackedEncoding{}).EncodeInt64(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		const tail = "what follows"
		r, err := newDeltaReader(append(encoded, tail...))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int64, len(values))
		for at := 0; at < len(got); {
			n := min(rapid.IntRange(1, 100).Draw(t, "n"), len(got)-at)
			if err := readDelta(r, got[at:at+n]); err != nil {
				t.Fatal(err)
			}
			at += n
		}
		if !slices.Equal(got, values) {
			t.Fatalf("got %v\nwant %v", got, values)
		}
		if rest, err := afterDelta(append(encoded, tail...)); err != nil || string(rest) != tail {
			t.Fatalf("after the integers: %q, %v", rest, err)
		}
	})
}

// A dictionary gives equal values the same index, different ones different indexes, in order of appearance.
func TestBytesDictionary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange(0, 1), 0, 40), 1, 300).Draw(t, "words")
		d := newBytesDictionary(rapid.Uint64().Draw(t, "seed"))
		want := map[string]uint32{}
		var data []byte
		var spans []span
		for _, w := range words {
			start := len(data)
			data = append(data, w...)
			spans = append(spans, span{int32(start), int32(len(data))})
		}
		half := len(spans) / 2
		indexes := d.index(nil, data, spans[:half], 1)
		indexes = d.index(indexes, data, spans[half:], 2)
		for i, w := range words {
			at, known := want[string(w)]
			if !known {
				at = uint32(len(want))
				want[string(w)] = at
			}
			if indexes[i] != at || string(d.value(at)) != string(w) {
				t.Fatalf("value %d, %q: index %d, want %d", i, w, indexes[i], at)
			}
		}
	})
}
