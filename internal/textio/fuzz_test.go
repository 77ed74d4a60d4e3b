package textio

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
)

// Every value is valid UTF-8, and as many are counted as there are.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\nb\r\n\xff\n"), 2)
	f.Add([]byte("\xEF\xBB\xBFa"), 1)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		d, err := NewDecoder(Schema(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(*Decoder) batch.Seq{
			func(d *Decoder) batch.Seq { return d.Decode(bytes.NewReader(text)) },
			func(d *Decoder) batch.Seq { return d.DecodeDocument(text) },
			func(d *Decoder) batch.Seq {
				return d.DecodeRange(bytes.NewReader(text), int64(len(text)), int64(max(0, min(cut, len(text)))), int64(len(text)))
			},
		} {
			var counts batch.Counts
			rows := int64(0)
			for b, err := range read(d.Counting(&counts)) {
				if errors.Is(err, errclass.FailedReadFile) {
					return // UTF-16
				}
				if err != nil {
					t.Fatal(err)
				}
				rows += b.NumRows()
				for i := range int(b.NumRows()) {
					if v := b.Column(0).(*array.String).Value(i); !utf8.ValidString(v) {
						t.Fatalf("%q is no UTF-8", v)
					}
				}
			}
			if counts != (batch.Counts{Read: rows}) {
				t.Fatalf("counted %+v of %d rows", counts, rows)
			}
		}
	})
}
