package textio

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func values(t *testing.T, in batch.Seq) (all []string) {
	t.Helper()
	for b, err := range in {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(b.NumRows()) {
			all = append(all, b.Column(0).(*array.String).Value(i))
		}
	}
	return all
}

func TestLinesAndWholeFiles(t *testing.T) {
	d, err := NewDecoder(Schema(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	const text = "a\r\n\nb\xff"
	if got := fmt.Sprintf("%q", values(t, d.Decode(strings.NewReader(text)))); got != `["a" "" "b�"]` {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprintf("%q", values(t, d.DecodeRange(strings.NewReader(text), int64(len(text)), 1, 4))); got != `[""]` {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprintf("%q", values(t, d.DecodeDocument([]byte("a\nb\n")))); got != `["a\nb\n"]` {
		t.Errorf("got %s", got)
	}
}

func TestLinesAreCountedWithoutColumns(t *testing.T) {
	counts := &batch.Counts{}
	d, err := NewDecoder(types.Struct{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batches, err := batch.Collect(d.Counting(counts).Decode(strings.NewReader("a\nb")))
	if err != nil || batches[0].NumRows() != 2 || counts.Read != 2 {
		t.Errorf("got %v, %v", batches, err)
	}
}

func TestLongLineFails(t *testing.T) {
	d, err := NewDecoder(Schema(), Options{MaxRecord: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batch.Collect(d.Decode(strings.NewReader(strings.Repeat("x", 100)))); !errors.Is(err, errclass.FailedReadFile) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyOneStringColumn(t *testing.T) {
	schema := types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long}}}
	if _, err := NewDecoder(schema, Options{}); !errors.Is(err, errclass.UnsupportedDatatype) {
		t.Errorf("got %v", err)
	}
}
