package csvio

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// A decoder reads file after file as if each were its first, and leaves what it has given away as it was.
func TestADecoderReadsEachFileAsItsFirst(t *testing.T) {
	schema, err := types.ParseDDL("id bigint, note string, yes boolean, price decimal(10,2), bad string")
	if err != nil {
		t.Fatal(err)
	}
	opts, err := parseOptions(options{"columnNameOfCorruptRecord": "bad", "header": "true"})
	if err != nil {
		t.Fatal(err)
	}
	newDecoder := func() *Decoder {
		d, err := NewDecoder(schema, schema, opts)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	used := newDecoder()
	var given [][]arrow.RecordBatch
	var want []string
	for _, text := range []string{
		"id,note,yes,price\n1,one,true,1.25", "id,note,yes,price\n2,\"zw\"\"ei\",,", "", "id,note,yes,price\nx,no number,false,0.1\n3,\"open",
		"id,note,yes,price\n" + strings.Repeat("7,"+strings.Repeat("long ", 20)+",true,2.5\n", 2*batch.TargetRows), "id,note,yes,price\n4,\"a\nb\",true,1\n", "id\n5",
	} {
		for _, decode := range []func(*Decoder) batch.Seq{
			func(d *Decoder) batch.Seq { return d.DecodeDocument([]byte(text)) },
			func(d *Decoder) batch.Seq { return d.Decode(strings.NewReader(text)) },
			func(d *Decoder) batch.Seq {
				return d.DecodeRange(strings.NewReader(text), int64(len(text)), 0, int64(len(text)))
			},
		} {
			for _, err := range decode(used) {
				if err != nil {
					t.Fatal(err)
				}
				break // a reading that nobody wants to the end leaves nothing to the next
			}
			rows, err := show(t, decode(newDecoder()))
			if err != nil {
				t.Fatal(err)
			}
			batches, err := batch.Collect(decode(used))
			if err != nil {
				t.Fatal(err)
			}
			want, given = append(want, rows), append(given, batches)
		}
	}
	for i, batches := range given {
		if got, err := show(t, batch.Of(batches...)); err != nil || got != want[i] {
			t.Errorf("decoding %d: got %.300s, want %.300s, %v", i, got, want[i], err)
		}
	}
}
