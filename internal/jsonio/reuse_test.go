package jsonio

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A decoder reads file after file as if each were its first, and leaves what it has given away as it was.
func TestADecoderReadsEachFileAsItsFirst(t *testing.T) {
	schema := structOf(field("a", types.Long), field("s", types.String), field("yes", types.Boolean),
		field("l", types.Array{Element: types.String, ContainsNull: true}),
		field("m", types.Map{Key: types.String, Value: types.Double, ValueContainsNull: true}),
		field("o", structOf(field("d", types.Date), field("x", types.Decimal{Precision: 10, Scale: 2}))), field("bad", types.String))
	opts := Options{Policy: records.Policy{CorruptColumn: "bad"}}
	texts := []string{
		`{"a":1,"s":"one","yes":true,"l":["x",null],"m":{"k":1.5},"o":{"d":"2024-01-31","x":1.25}}`,
		`{"a":2,"l":[]}` + "\n" + `{"s":"zwei"` + "\n" + `{"a":"no number"}`,
		"",
		`{"unknown":[1,2,{"a":3}],"yes":false}` + "\n{}\n" + `{"o":{"x":0.01},"m":{"p":null,"q":2}}`,
		strings.Repeat(`{"s":"`+strings.Repeat("long ", 30)+`","a":7,"l":["y"]}`+"\n", 2*batch.TargetRows),
		`[{"a":1},{"a":2,`,
		`{"a":3}`,
	}
	used, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	var given [][]arrow.RecordBatch
	var want []string
	for range 2 {
		for _, text := range texts {
			for _, decode := range []func(*Decoder) batch.Seq{
				func(d *Decoder) batch.Seq { return d.Decode(strings.NewReader(text)) },
				func(d *Decoder) batch.Seq { return d.DecodeDocument([]byte(text)) },
			} {
				fresh, err := NewDecoder(schema, opts)
				if err != nil {
					t.Fatal(err)
				}
				rows, err := rowsOf(t, decode(fresh))
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
	}
	for i, batches := range given {
		got, err := rowsOf(t, batch.Of(batches...))
		if err != nil || got != want[i] {
			t.Errorf("decoding %d: got %.300s, want %.300s, %v", i, got, want[i], err)
		}
	}
}

// A decoding that fails, or that nobody wants to the end, leaves nothing to the next.
func TestAnEndedDecodingLeavesNothingToTheNext(t *testing.T) {
	d, err := NewDecoder(structOf(field("a", types.Long)), Options{Policy: records.Policy{Mode: records.FailFast}})
	if err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(`{"a":7}`+"\n", 3*batch.TargetRows)
	document := "[" + strings.ReplaceAll(strings.TrimSpace(many), "\n", ",") + "]"
	abandoned := map[string]func() batch.Seq{
		"a malformed record in mode FAILFAST": func() batch.Seq { return d.Decode(strings.NewReader(`{"a":1}` + "\n" + `{"a":`)) },
		"the same in a document":              func() batch.Seq { return d.DecodeDocument([]byte(`[{"a":1},{"a":`)) },
		"lines that nobody wants":             func() batch.Seq { return d.Decode(strings.NewReader(many)) },
		"a document that nobody wants":        func() batch.Seq { return d.DecodeDocument([]byte(document)) },
	}
	for name, seq := range abandoned {
		for b, err := range seq() {
			if err == nil && b.NumRows() == 0 {
				t.Errorf("%s: an empty batch", name)
			}
			break
		}
		if got, err := rowsOf(t, d.Decode(strings.NewReader(`{"a":2}`))); got != `{"a":2}` || err != nil {
			t.Fatalf("after %s: got %s, %v", name, got, err)
		}
	}
}
