package records

import (
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/types"
)

// Values that are copied sixteen bytes at once are those that are copied one by one, at every place of the text.
func TestSpansAreTheBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := NewBuilder(types.String)
		if err != nil {
			t.Fatal(err)
		}
		b.start(0, rapid.IntRange(0, 100).Draw(t, "room"))
		text := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "text")
		want := ""
		for range rapid.IntRange(1, 10).Draw(t, "values") {
			start := rapid.IntRange(0, len(text)).Draw(t, "start")
			end := rapid.IntRange(start, len(text)).Draw(t, "end")
			b.AppendSpan(text, start, end)
			want += string(text[start:end])
			if got := string(b.Bytes[b.Offsets[b.Len-1]:b.Offsets[b.Len]]); got != string(text[start:end]) {
				t.Fatalf("got %q of %q", got, text[start:end])
			}
		}
		if string(b.Bytes) != want {
			t.Fatalf("got %q, want %q", b.Bytes, want)
		}
	})
}
