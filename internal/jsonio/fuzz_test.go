package jsonio

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// FuzzDecode holds the decoder against encoding/json: the same texts are objects, and have the same
// values where the column's type takes them.
func FuzzDecode(f *testing.F) {
	for _, text := range append(accepted, refused...) {
		f.Add(`{"s":` + text + `}`)
		f.Add(`{"x":` + text + `,"l":12,"d":1.5,"o":{"s":"\u00e9"},"a":[1,2],"m":{"k":1}}`)
	}
	schema := structOf(field("s", types.String), field("l", types.Long), field("d", types.Double),
		field("o", structOf(field("s", types.String))), field("a", types.Array{Element: types.Long}),
		field("m", types.Map{Key: types.String, Value: types.Double}), field("t", types.Timestamp), field("c", types.Decimal{Precision: 20, Scale: 3}))
	d, err := NewDecoder(schema, Options{LineSep: "\x1e"})
	if err != nil {
		f.Fatal(err)
	}
	strict, err := NewDecoder(structOf(), Options{LineSep: "\x1e", Policy: records.Policy{Mode: records.FailFast}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\x1e") || strings.HasPrefix(text, "\xEF\xBB\xBF") || strings.HasPrefix(text, "\xFE\xFF") || strings.HasPrefix(text, "\xFF\xFE") {
			return
		}
		batches, err := batch.Collect(d.Decode(strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
			return
		}
		var want map[string]json.RawMessage
		dec := json.NewDecoder(strings.NewReader(text))
		isJSON := utf8.ValidString(text) && dec.Decode(&want) == nil && len(bytes.TrimSpace(tail(dec, text))) == 0
		_, err = batch.Collect(strict.Decode(strings.NewReader(text)))
		if (err == nil) != isJSON && !strings.Contains(text, strings.Repeat("[", 900)) {
			t.Fatalf("%q: encoding/json says %v, the decoder %v", text, isJSON, err)
		}
		if !isJSON || len(batches) != 1 || batches[0].NumRows() != 1 {
			return
		}
		compareLong(t, want["l"], batches[0].Column(1).(*array.Int64))
		compareDouble(t, want["d"], batches[0].Column(2).(*array.Float64))
		compareString(t, want["s"], batches[0].Column(0).(*array.String))
	})
}

func tail(dec *json.Decoder, text string) []byte { return []byte(text)[dec.InputOffset():] }

func compareLong(t *testing.T, raw json.RawMessage, got *array.Int64) {
	t.Helper()
	var want *int64
	if bytes.HasPrefix(raw, []byte(`"`)) || json.Unmarshal(raw, &want) != nil {
		want = nil
	}
	if got.IsNull(0) != (want == nil) || want != nil && *want != got.Value(0) {
		t.Fatalf("long %s: got %v", raw, got)
	}
}

func compareDouble(t *testing.T, raw json.RawMessage, got *array.Float64) {
	t.Helper()
	var want *float64
	if json.Unmarshal(raw, &want) != nil {
		want = nil
	}
	if got.IsNull(0) != (want == nil) || want != nil && math.Float64bits(*want) != math.Float64bits(got.Value(0)) {
		t.Fatalf("double %s: got %v", raw, got)
	}
}

func compareString(t *testing.T, raw json.RawMessage, got *array.String) {
	t.Helper()
	var want string
	if len(raw) == 0 || string(raw) == "null" {
		if got.IsValid(0) {
			t.Fatalf("string %s: got %q", raw, got.Value(0))
		}
		return
	}
	if json.Unmarshal(raw, &want) != nil {
		want = string(raw)
	}
	if got.Value(0) != want || !utf8.ValidString(got.Value(0)) {
		t.Fatalf("string %s: got %q", raw, got.Value(0))
	}
}
