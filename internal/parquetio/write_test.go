package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

func TestRefuseWhatParquetCannotHold(t *testing.T) {
	tests := []struct {
		schema types.Struct
		class  errclass.Class
		text   string
	}{
		{columns("v", types.Null), errclass.UnsupportedDatatype, "Column v has the type VOID"},
		{columns("a", columns("v", types.CalendarInterval)), errclass.UnsupportedDatatype, "Column a.v has the type INTERVAL"},
		{columns("s", types.Struct{}), errclass.UnsupportedDatatype, "Column s is a struct without fields"},
	}
	for _, test := range tests {
		_, err := NewWriter(io.Discard, test.schema, WriterOptions{})
		if !errors.Is(err, test.class) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: got %v, want %q", test.schema, err, test.text)
		}
	}
	_, err := NewWriter(io.Discard, columns("a", types.Long), WriterOptions{Compression: "snapy"})
	if !errors.Is(err, errclass.InvalidOptionValue) || !strings.Contains(err.Error(), "Did you mean `snappy`?") {
		t.Error(err)
	}
}

// A null where the schema has none is an error, unless it lies below another null.
func TestRefuseNullsInRequiredColumns(t *testing.T) {
	inner := types.Struct{Fields: []types.Field{{Name: "x", Type: types.Long}}}
	required := types.Struct{Fields: []types.Field{{Name: "s", Type: inner, Nullable: true}}}
	nullable := columns("s", columns("x", types.Long))
	write := func(rows ...string) error {
		w, err := NewWriter(io.Discard, required, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return w.Write(batchOf(t, nullable, rows...))
	}
	if err := write(`{"s":{"x":1}}`, `{"s":null}`); err != nil {
		t.Error(err)
	}
	if err := write(`{"s":{"x":1}}`, `{"s":{"x":null}}`); !errors.Is(err, errclass.DeltaNotNullViolated) || !strings.Contains(err.Error(), "s.x") {
		t.Error(err)
	}
}

// The statistics of a file are what its rows say: NaN leaves the upper bound open, long strings are
// cut to bounds that still hold, lists and maps have null counts alone, and what lies in them nothing.
func TestFileStatistics(t *testing.T) {
	long := strings.Repeat("ä", 150)
	schema := columns("n", types.Short, "f", types.Double, "g", types.Float, "s", types.String, "d", types.Decimal{Precision: 30, Scale: 1},
		"p", columns("b", types.Boolean, "t", types.Timestamp), "none", types.Date,
		"l", types.Array{Element: types.Array{Element: types.Long, ContainsNull: true}, ContainsNull: true},
		"q", columns("m", types.Map{Key: types.String, Value: types.Long, ValueContainsNull: true}))
	b := batchOf(t, schema,
		`{"n":-5,"f":1.5,"g":-2.5,"s":"`+long+`","d":"-3.5","p":{"b":true,"t":"1970-01-01T00:00:01Z"},"l":[null,[null]],"q":{"m":[{"key":"a","value":null}]}}`,
		`{"n":7,"f":-1.5,"g":null,"s":null,"d":"12.0","p":{"b":true,"t":null},"l":[],"q":{"m":null}}`,
		`{"n":null,"f":null,"g":0.5,"s":"zz","d":"12.0","p":null,"l":null,"q":null}`)
	nan := array.NewFloat64Builder(memory.DefaultAllocator)
	nan.AppendValues([]float64{1.5, -1.5, math.NaN()}, nil)
	cols := append([]arrow.Array{}, b.Columns()...)
	cols[1] = nan.NewArray()
	b = array.NewRecordBatch(b.Schema(), cols, 3)
	_, stats := writeAll(t, schema, WriterOptions{RowGroupRows: 2}, b)
	want := map[string]predicate.ColumnStats{
		"n":    {Min: int64(-5), Max: int64(7), Nulls: 1},
		"f":    {Min: -1.5, Nulls: 0},
		"g":    {Min: -2.5, Max: 0.5, Nulls: 1},
		"s":    {Min: "zz", Max: strings.Repeat("ä", 127) + "å", Nulls: 1},
		"d":    {Min: decimal128.FromI64(-35), Max: decimal128.FromI64(120), Nulls: 0},
		"p.b":  {Min: true, Max: true, Nulls: 1},
		"p.t":  {Min: int64(1_000_000), Max: int64(1_000_000), Nulls: 2},
		"none": {Nulls: 3},
		"l":    {Nulls: 1},
		"q.m":  {Nulls: 2},
	}
	if len(stats.Columns) != len(want) {
		t.Errorf("%d columns have statistics, want %d", len(stats.Columns), len(want))
	}
	for _, c := range stats.Columns {
		name := strings.Join(c.Path, ".")
		if got := fmt.Sprintf("%#v", c.ColumnStats); got != fmt.Sprintf("%#v", want[name]) {
			t.Errorf("%s: got %s, want %#v", name, got, want[name])
		}
	}
}

// A list in a struct in a list, next to a list of structs: the levels of the one are not those of the other.
func TestSiblingsKeepTheirLevels(t *testing.T) {
	point := columns("x", types.Long)
	list := func(of types.Type) types.Type { return types.Array{Element: of, ContainsNull: true} }
	schema := columns("a", list(point), "m", list(list(point)), "n", list(columns("p", point, "l", list(types.Long))))
	rows := []string{
		`{"a":[{"x":1},{"x":2}],"m":[[{"x":1},{"x":2}],[{"x":3}]],"n":[{"l":[1,2,3],"p":{"x":1}},{"l":[4],"p":{"x":2}}]}`,
		`{"a":[null,{"x":null}],"m":[null,[],[null,{"x":4},{"x":5}]],"n":[{"l":[],"p":null},null,{"l":[null,5],"p":{"x":3}}]}`,
	}
	data, _ := writeAll(t, schema, WriterOptions{}, batchOf(t, schema, rows...))
	for _, b := range readAll(t, data, ReadOptions{Schema: schema}) {
		for i, got := range rowsOf(t, b) {
			if got != rows[i] {
				t.Errorf("row %d:\n got %s\nwant %s", i, got, rows[i])
			}
		}
	}
}

// Bounds that are cut are still bounds, and short.
func TestCutBounds(t *testing.T) {
	tests := []struct {
		value string
		text  bool
		high  string
		known bool
	}{
		{strings.Repeat("a", 64), true, strings.Repeat("a", 64), true},
		{strings.Repeat("a", 65), true, strings.Repeat("a", 63) + "b", true},
		{strings.Repeat("\U0010FFFF", 17), true, "", false},
		{"x" + strings.Repeat("\U0010FFFF", 17), true, "y", true},
		{strings.Repeat("\uD7FF", 30), true, strings.Repeat("\uD7FF", 20) + "\uE000", true},
		{"a" + strings.Repeat("\xff", 70), false, "b", true},
		{strings.Repeat("\xff", 70), false, "", false},
	}
	for _, test := range tests {
		high, known := upperBound([]byte(test.value), footerBoundBytes, test.text)
		if known != test.known || known && (string(high) < test.value[:min(64, len(test.value))] || bytes.Compare(high, []byte(test.value)) < 0) {
			t.Errorf("upper bound of %q: %q, %v", test.value, high, known)
		}
		if low := lowerBound([]byte(test.value), footerBoundBytes, test.text); bytes.Compare(low, []byte(test.value)) > 0 || len(low) > footerBoundBytes {
			t.Errorf("lower bound of %q: %q", test.value, low)
		}
	}
}

// Size follows what is written closely enough to end files at a target.
func TestSizeFollowsWhatIsWritten(t *testing.T) {
	batches := silverBatches(200_000)
	var out counter
	w, err := NewWriter(&out, silverSchema(), WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const target = 2 << 20
	for i := 0; w.Size() < target; i++ {
		if err := w.Write(batches[i]); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Size < target*2/3 || stats.Size > target*4/3 {
		t.Errorf("a file of %d bytes for a target of %d", stats.Size, target)
	}
}

// failing fails after so many bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// A failed write is reported, and stays reported.
func TestWriteErrorsStay(t *testing.T) {
	schema := columns("a", types.Long)
	b := batchOf(t, schema, `{"a":1}`, `{"a":2}`)
	data, _ := writeAll(t, schema, WriterOptions{RowGroupRows: 1}, b)
	for n := range len(data) {
		w, err := NewWriter(&failing{left: n}, schema, WriterOptions{RowGroupRows: 1})
		if err == nil {
			_ = w.Write(b)
			_, err = w.Close()
		}
		if !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("failing after %d of %d bytes: %v", n, len(data), err)
		}
	}
}
