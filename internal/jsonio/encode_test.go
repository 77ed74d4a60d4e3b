package jsonio

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func encodeText(t failer, schema types.Struct, opts EncodeOptions, text string) string {
	t.Helper()
	d, err := NewDecoder(schema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batches, err := batch.Collect(d.Decode(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder(schema, opts)
	var out []byte
	for _, b := range batches {
		out = e.AppendRows(out, b)
	}
	return string(out)
}

func TestEncodeAsSparkDoes(t *testing.T) {
	for _, c := range []struct {
		typ        types.Type
		value, out string
	}{
		{types.Long, `12`, `12`},
		{types.Double, `1200`, `1200.0`},
		{types.Double, `0.15`, `0.15`},
		{types.Double, `1e10`, `1.0E10`},
		{types.Double, `9999999.5`, `9999999.5`},
		{types.Double, `0.000123`, `1.23E-4`},
		{types.Double, `-0.0`, `-0.0`},
		{types.Float, `0.1`, `0.1`},
		{types.Boolean, `true`, `true`},
		{types.String, `"a\"\\\/\n\u0001\u007fé"`, `"a\"\\/\n\u0001` + "\x7f" + `é"`},
		{types.Binary, `"AQID"`, `"AQID"`},
		{types.Date, `"2024-02-29"`, `"2024-02-29"`},
		{types.Timestamp, `"2016-07-26T02:00:00Z"`, `"2016-07-26T02:00:00.000Z"`},
		{types.TimestampNTZ, `"2016-07-26 02:00:00.5"`, `"2016-07-26T02:00:00.500"`},
		{types.Decimal{Precision: 10, Scale: 2}, `-1.5`, `-1.50`},
		{types.Decimal{Precision: 10, Scale: 2}, `0.05`, `0.05`},
		{types.Decimal{Precision: 38, Scale: 10}, `0.0000000012`, `1.2E-9`},
		{types.Array{Element: types.Long, ContainsNull: true}, `[1,null]`, `[1,null]`},
		{types.Array{Element: types.Long, ContainsNull: true}, `[]`, `[]`},
		{types.Map{Key: types.String, Value: types.Long}, `{"x\"":1,"y":2}`, `{"x\"":1,"y":2}`},
		{structOf(field("x", types.Long), field("y", types.Long)), `{"y":1}`, `{"x":null,"y":1}`},
		{types.String, `null`, `null`},
	} {
		t.Run(c.typ.String()+" "+c.value, func(t *testing.T) {
			got := encodeText(t, structOf(field("a", c.typ)), EncodeOptions{KeepNulls: true}, `{"a":`+c.value+`}`)
			if want := `{"a":` + c.out + "}\n"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestEncodeOptions(t *testing.T) {
	schema := structOf(field("b", types.Long), field("a", types.Long), field("n", types.Long))
	if got := encodeText(t, schema, EncodeOptions{SortKeys: true}, `{"b":1,"a":2}`); got != `{"a":2,"b":1}`+"\n" {
		t.Errorf("got %s", got)
	}
	if got := encodeText(t, schema, EncodeOptions{}, `{}`); got != "{}\n" {
		t.Errorf("got %s", got)
	}
}

func TestNotANumberIsQuoted(t *testing.T) {
	for f, want := range map[float64]string{math.Inf(1): `"Infinity"`, math.Inf(-1): `"-Infinity"`} {
		if got := string(appendFloat(nil, f, 64)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := string(appendFloat(nil, math.NaN(), 64)); got != `"NaN"` {
		t.Errorf("got %s", got)
	}
}

// What is written is read back as it was.
func TestEncodedValuesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		f := rapid.Float64().Draw(t, "f")
		n := decimal128.New(rapid.Int64Range(-1e18, 1e18).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
		line := `{"s":` + string(appendString(nil, text)) + `,"d":` + string(appendFloat(nil, f, 64)) + `,"n":` + string(appendDecimal(nil, n, 7)) + `}`
		schema := structOf(field("s", types.String), field("d", types.Double), field("n", types.Decimal{Precision: 38, Scale: 7}))
		if got := encodeText(t, schema, EncodeOptions{}, line); got != line+"\n" {
			t.Fatalf("%s came back as %s", line, got)
		}
	})
}
