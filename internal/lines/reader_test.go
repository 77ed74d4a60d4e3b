package lines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func all(r *Reader) (records []string) {
	for r.Next() {
		text := string(r.Bytes())
		if r.Truncated() {
			text = fmt.Sprintf("%d bytes cut", len(text))
		}
		records = append(records, text)
	}
	return records
}

func TestRecordsEndAtLineEnds(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opts       Options
		want       []string
	}{
		{"empty", "", Options{}, nil},
		{"no last line end", "a\nb", Options{}, []string{"a", "b"}},
		{"all three", "a\r\nb\rc\nd\r", Options{}, []string{"a", "b", "c", "d"}},
		{"empty records", "\n\r\n\r\ra", Options{}, []string{"", "", "", "", "a"}},
		{"separator", "a|\nb|", Options{Separator: "|"}, []string{"a", "\nb"}},
		{"long separator", "a<>b<<>>c", Options{Separator: "<>"}, []string{"a", "b<", ">c"}},
		{"byte order mark", "\xEF\xBB\xBFa\n\xEF\xBB\xBFb", Options{}, []string{"a", "\xEF\xBB\xBFb"}},
		{"too long", "ab\nabcdef\nc", Options{MaxBytes: 5}, []string{"ab", "6 bytes cut", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, src := range map[string]io.Reader{
				"whole":       strings.NewReader(c.text),
				"byte a read": iotest.OneByteReader(strings.NewReader(c.text)),
			} {
				if got := all(NewReader(src, c.opts)); fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("%s: got %q, want %q", kind, got, c.want)
				}
			}
		})
	}
}

// A record far over the limit is passed over without being kept.
func TestLongRecordIsPassedOver(t *testing.T) {
	text := "a\n" + strings.Repeat("x", 10<<20) + "\nb"
	r := NewReader(strings.NewReader(text), Options{MaxBytes: 1 << 20})
	if got := all(r); fmt.Sprint(got) != fmt.Sprint([]string{"a", "4096 bytes cut", "b"}) {
		t.Errorf("got %q", got)
	}
	if len(r.buf) > 4<<20 {
		t.Errorf("the buffer grew to %d bytes", len(r.buf))
	}
}

func TestUTF16IsRefused(t *testing.T) {
	r := NewReader(strings.NewReader("\xFF\xFEa\x00"), Options{})
	if r.Next() || !errors.Is(r.Err(), errclass.FailedReadFile) {
		t.Errorf("got %v", r.Err())
	}
}

func TestReadErrorIsNotARecord(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("a\nhalf"), iotest.ErrReader(io.ErrUnexpectedEOF)), Options{})
	if got := all(r); fmt.Sprint(got) != "[a]" || !errors.Is(r.Err(), io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", got, r.Err())
	}
}

// Ranges that cover a file give each record once, in order, with its offset, wherever they are cut.
func TestRangesCoverEachRecordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`([ab]{0,5}(\n|\r\n|\r|,;)){0,30}[ab]{0,3}`).Draw(t, "text"))
		opts := Options{Separator: rapid.SampledFrom([]string{"", "\n", ",;"}).Draw(t, "separator")}
		want := all(NewReader(bytes.NewReader(text), opts))
		var got []string
		size := int64(len(text))
		for at := int64(0); at < size; {
			end := min(at+rapid.Int64Range(1, 20).Draw(t, "length"), size)
			r := NewRange(bytes.NewReader(text), size, at, end, opts)
			for r.Next() {
				if r.Offset() < at || r.Offset() >= end || !bytes.HasPrefix(text[r.Offset():], r.Bytes()) {
					t.Fatalf("record %q at %d, in the range %d-%d", r.Bytes(), r.Offset(), at, end)
				}
				got = append(got, string(r.Bytes()))
			}
			at = end
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// A record is too long wherever it stands: at the end of a file without a line end, too.
func TestTheLastRecordMayBeTooLong(t *testing.T) {
	for _, text := range []string{"aaaaaa\nb\n", "b\naaaaaa\n", "b\naaaaaa", "aaaaaa"} {
		r := NewReader(strings.NewReader(text), Options{MaxBytes: 5})
		long := 0
		for r.Next() {
			if r.Truncated() != (len(r.Bytes()) > 5) {
				t.Errorf("%q: %q is cut: %v", text, r.Bytes(), r.Truncated())
			}
			if r.Truncated() {
				long++
			}
		}
		if long != 1 {
			t.Errorf("%q: %d records are too long", text, long)
		}
	}
}

func TestWhatSeparatorsCanBeSplitAt(t *testing.T) {
	for separator, want := range map[string]bool{"": true, "\n": true, "\r\n": true, ",;": true, "\n\n": false, "||": false, "aba": false, "abc": true} {
		if CanSplit(separator) != want {
			t.Errorf("%q: %v", separator, !want)
		}
	}
}
