package lines

import (
	"bytes"
	"fmt"
	"testing"
	"testing/iotest"
)

// However a text is cut into ranges, and however slowly it is read, its records are the same, and none is longer than the
// limit.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nb\r\nc\rd"), "", 3, 2)
	f.Add([]byte("a;;b;c;;"), ";;", 5, 100)
	f.Add([]byte("\xEF\xBB\xBFa\n\n"), "\n", 1, 4)
	f.Add([]byte("\xEF\xBB\xBF"), "\xBB", 1, 100)
	f.Add([]byte("\xEF\xBB\xBF;b;c"), "\xBF;", 2, 100)
	f.Fuzz(func(t *testing.T, text []byte, separator string, step, most int) {
		if step < 1 || most < 1 || len(text) > 500 || len(separator) > 10 || bytes.HasPrefix([]byte(separator), []byte("\xEF")) {
			return
		}
		opts := Options{Separator: separator, MaxBytes: most}
		whole := NewReader(bytes.NewReader(text), opts)
		want := fuzzed(t, whole, most)
		if whole.Err() != nil {
			return // UTF-16
		}
		slow := NewReader(iotest.OneByteReader(bytes.NewReader(text)), opts)
		if got := fuzzed(t, slow, most); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("byte by byte: got %q, want %q", got, want)
		}
		if !CanSplit(separator) {
			return
		}
		var got []string
		size := int64(len(text))
		for at := int64(0); at < size; at += int64(step) {
			got = append(got, fuzzed(t, NewRange(bytes.NewReader(text), size, at, min(at+int64(step), size), opts), most)...)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("in ranges of %d: got %q, want %q", step, got, want)
		}
	})
}

func fuzzed(t *testing.T, r *Reader, most int) (all []string) {
	t.Helper()
	for r.Next() {
		if !r.Truncated() && len(r.Bytes()) > most {
			t.Fatalf("a record of %d bytes is not cut at %d", len(r.Bytes()), most)
		}
		record := string(r.Bytes())
		if r.Truncated() {
			record = "too long"
		}
		all = append(all, record)
		if len(all) > 20_000 {
			t.Fatal("more records than bytes")
		}
	}
	return all
}
