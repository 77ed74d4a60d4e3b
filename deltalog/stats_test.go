package deltalog

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

func field(name string, t Type) Field { return Field{Name: name, Type: t, Nullable: true} }

func TestMakeStats(t *testing.T) {
	schema := Schema{Fields: []Field{
		field("id", Long), field("p", String), field("name", String), field("avg", Double), field("price", Decimal{Precision: 10, Scale: 2}),
		field("window", Schema{Fields: []Field{field("start", Timestamp), field("end", TimestampNTZ)}}),
		field("day", Date), field("bytes", String), field("ok", Boolean), field("raw", Binary), field("items", Array{Element: Long}), field("void", Double), field("zero", Double),
	}}
	columns := []ColumnStats{
		{Path: []string{"ID"}, Min: int64(-1), Max: int64(1 << 60), Nulls: 0},
		{Path: []string{"p"}, Min: "a", Max: "b", Nulls: 0},
		{Path: []string{"name"}, Min: "a<b", Max: strings.Repeat("x", 40), Nulls: 2},
		{Path: []string{"avg"}, Min: 5.0, Max: 1e10, Nulls: 1},
		{Path: []string{"price"}, Min: decimal128.FromI64(-5), Max: decimal128.FromI64(12345), Nulls: 0},
		{Path: []string{"window", "start"}, Min: int64(-1), Max: int64(1999), Nulls: 0},
		{Path: []string{"window", "end"}, Min: int64(0), Max: int64(1000), Nulls: -1},
		{Path: []string{"day"}, Min: int64(0), Max: int64(1), Nulls: 0},
		{Path: []string{"bytes"}, Min: "\x80", Max: "\xff", Nulls: 0}, // no UTF-8: JSON cannot hold them
		{Path: []string{"ok"}, Min: false, Max: true, Nulls: 3},
		{Path: []string{"raw"}, Min: []byte{1}, Max: []byte{2}, Nulls: 0},
		{Path: []string{"items"}, Nulls: 4},
		{Path: []string{"void"}, Nulls: 9},
		{Path: []string{"zero"}, Min: math.Copysign(0, -1), Max: math.Copysign(0, -1), Nulls: 0},
	}
	got := MakeStats(9, columns, StatsOptions{Schema: schema, PartitionColumns: []string{"P"}, IndexedColumns: 32})
	want := `{"numRecords":9,` +
		`"minValues":{"id":-1,"name":"a<b","avg":5.0,"price":-0.05,"window":{"start":"1969-12-31T23:59:59.999Z","end":"1970-01-01T00:00:00.000"},"day":"1970-01-01","zero":-0.0},` +
		`"maxValues":{"id":1152921504606846976,"name":"` + strings.Repeat("x", 32) + `\u007f","avg":1.0E10,"price":123.45,"window":{"start":"1970-01-01T00:00:00.001Z","end":"1970-01-01T00:00:00.001"},"day":"1970-01-02","zero":0.0},` +
		`"nullCount":{"id":0,"name":2,"avg":1,"price":0,"window":{"start":0},"day":0,"bytes":0,"ok":3,"raw":0,"items":4,"void":9,"zero":0}}`
	want = strings.ReplaceAll(want, `\u007f`, "\x7f")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("not JSON")
	}
}

func TestStatsOfFirstColumnsOnly(t *testing.T) {
	schema := Schema{Fields: []Field{field("a", Schema{Fields: []Field{field("x", Long), field("y", Long)}}), field("b", Long)}}
	columns := []ColumnStats{
		{Path: []string{"a", "x"}, Min: int64(1), Max: int64(1)},
		{Path: []string{"a", "y"}, Min: int64(2), Max: int64(2)},
		{Path: []string{"b"}, Min: int64(3), Max: int64(3)},
	}
	tests := map[int]string{
		0:  `{"numRecords":1,"minValues":{},"maxValues":{},"nullCount":{}}`,
		1:  `{"numRecords":1,"minValues":{"a":{"x":1}},"maxValues":{"a":{"x":1}},"nullCount":{"a":{"x":0}}}`,
		2:  `{"numRecords":1,"minValues":{"a":{"x":1,"y":2}},"maxValues":{"a":{"x":1,"y":2}},"nullCount":{"a":{"x":0,"y":0}}}`,
		-1: `{"numRecords":1,"minValues":{"a":{"x":1,"y":2},"b":3},"maxValues":{"a":{"x":1,"y":2},"b":3},"nullCount":{"a":{"x":0,"y":0},"b":0}}`,
	}
	for indexed, want := range tests {
		if got := MakeStats(1, columns, StatsOptions{Schema: schema, IndexedColumns: indexed}); got != want {
			t.Errorf("%d columns: got %s, want %s", indexed, got, want)
		}
	}
}

// A cut text bounds the whole from the right side, and is short.
func TestCutTextsBoundTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.SampledFrom([]rune{'a', '\x7e', '\x7f', 'é', '漢', '😀', lastRune}), 0, 90).Draw(t, "text")
		text := string(runes)
		low, _ := cutMin(text)
		if low > text {
			t.Fatalf("minimum %q of %q", low, text)
		}
		if high, ok := cutMax(text); ok && high < text {
			t.Fatalf("maximum %q of %q", high, text)
		}
	})
}

func TestCutMax(t *testing.T) {
	a := strings.Repeat("a", 32)
	tests := []struct {
		text, want string
		none       bool
	}{
		{text: a, want: a},
		{text: a + "b", want: a + "\x7f"},
		{text: a + "é", want: a + string(lastRune)},
		{text: a + string(lastRune) + "b", want: a + string(lastRune) + "\x7f"},
		{text: a + strings.Repeat(string(lastRune), 40), none: true},
		{text: strings.Repeat("😀", 17), want: strings.Repeat("😀", 16) + string(lastRune)},
	}
	for _, test := range tests {
		got, ok := cutMax(test.text)
		if got != test.want || ok == test.none {
			t.Errorf("%q: got %q, %v, want %q", test.text, got, ok, test.want)
		}
	}
}

func TestParseStats(t *testing.T) {
	schema := Schema{Fields: []Field{
		field("Id", Long), field("s", Schema{Fields: []Field{field("at", Timestamp)}}), field("f", Float), field("d", Decimal{Precision: 5, Scale: 2}), field("b", Binary),
	}}
	stats := ParseStats(`{"numRecords":3,"minValues":{"Id":9007199254740993,"s":{"at":"1970-01-01T00:00:00.001Z"},"f":"NaN","d":1.25,"b":"x"},
		"maxValues":{"Id":9007199254740993,"s":{"at":"1970-01-01T00:00:00.001Z"},"f":2.5,"d":1.5},"nullCount":{"Id":1,"s":{"at":0}}}`, schema)
	tests := []struct {
		path []string
		want predicate.ColumnStats
	}{
		{[]string{"id"}, predicate.ColumnStats{Min: int64(9007199254740993), Max: int64(9007199254740993), Nulls: 1}},
		{[]string{"s", "AT"}, predicate.ColumnStats{Min: int64(1000), Max: int64(1999), Nulls: 0}},
		{[]string{"f"}, predicate.ColumnStats{Max: 2.5, Nulls: -1, MayHoldNaN: true}},
		{[]string{"d"}, predicate.ColumnStats{Min: decimal128.FromI64(125), Max: decimal128.FromI64(150), Nulls: -1}},
		{[]string{"b"}, predicate.ColumnStats{Nulls: -1}},
	}
	for _, test := range tests {
		if got, ok := stats.Column(test.path); !ok || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: got %v, %v, want %v", test.path, got, ok, test.want)
		}
	}
	if _, ok := stats.Column([]string{"none"}); ok {
		t.Error("a column that is not there has statistics")
	}
}

// Wide bounds, which deletion vectors leave, say little about nulls.
func TestParseStatsWithWideBounds(t *testing.T) {
	schema := Schema{Fields: []Field{field("a", Long), field("b", Long), field("c", Long)}}
	stats := ParseStats(`{"numRecords":3,"tightBounds":false,"nullCount":{"a":0,"b":2,"c":3}}`, schema)
	var got []int64
	for _, name := range schema.Names() {
		of, _ := stats.Column([]string{name})
		got = append(got, of.Nulls)
	}
	if want := []int64{0, -1, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What delta-rs wrote of a file with the rows (1.0, [null], 123456789012345678.91) and (NaN, [null],
// 123456789012345679.99): it leaves NaN out, some releases count the nulls inside of arrays, and decimals go through a
// double. Each condition holds for a row.
func TestForeignStatisticsLoseNoRow(t *testing.T) {
	wide := Decimal{Precision: 20, Scale: 2}
	schema := Schema{Fields: []Field{field("x", Double), field("a", Array{Element: Long, ContainsNull: true}), field("d", wide)}}
	stats := ParseStats(`{"numRecords":2,"minValues":{"x":1.0,"d":1.2345678901234566e+17},`+
		`"maxValues":{"x":1.0,"d":1.2345678901234566e+17},"nullCount":{"x":0,"a":2,"d":0}}`, schema)
	decimal := func(text string) decimal128.Num {
		n, err := decimal128.FromString(text, 20, 2)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, p := range []Predicate{
		Compare{Column: []string{"x"}, Op: Greater, Value: 5.0},
		Compare{Column: []string{"x"}, Op: GreaterOrEqual, Value: 5.0},
		Compare{Column: []string{"x"}, Op: NotEqual, Value: 1.0},
		IsNull{Column: []string{"a"}, Not: true},
		Compare{Column: []string{"d"}, Op: Greater, Value: decimal("123456789012345679.00")},
	} {
		if !predicate.MayMatch(p, stats.NumRecords, stats.Column) {
			t.Errorf("%+v is said to hold for no row", p)
		}
	}
	for _, p := range []Predicate{
		Compare{Column: []string{"x"}, Op: Equal, Value: 5.0},
		Compare{Column: []string{"x"}, Op: Less, Value: 1.0},
		Compare{Column: []string{"d"}, Op: Greater, Value: decimal("123456789012346000.00")},
		Compare{Column: []string{"d"}, Op: Less, Value: decimal("123456789012345000.00")},
	} {
		if predicate.MayMatch(p, stats.NumRecords, stats.Column) {
			t.Errorf("%+v refutes nothing: the statistics are of no use", p)
		}
	}
}

// Statistics of every type come back as they went in, timestamps a little wider.
func TestStatsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(minMicros, maxMicros).Draw(t, "low")
		high := rapid.Int64Range(low, maxMicros).Draw(t, "high")
		schema := Schema{Fields: []Field{field("at", types.Timestamp), field("n", types.Long)}}
		text := MakeStats(2, []ColumnStats{
			{Path: []string{"at"}, Min: low, Max: high}, {Path: []string{"n"}, Min: low, Max: high},
		}, StatsOptions{Schema: schema, IndexedColumns: -1})
		stats := ParseStats(text, schema)
		at, _ := stats.Column([]string{"at"})
		if at.Min.(int64) > low || at.Max.(int64) < high {
			t.Fatalf("%s does not hold %d to %d: %v", text, low, high, at)
		}
		if n, _ := stats.Column([]string{"n"}); n.Min != low || n.Max != high {
			t.Fatalf("got %v, want %d to %d", n, low, high)
		}
	})
}

func FuzzStatsJSON(f *testing.F) {
	f.Add(`{"numRecords":3,"minValues":{"a":1,"s":{"t":"x"}},"maxValues":{"a":2},"nullCount":{"a":0}}`)
	f.Add(`{"numRecords":-1,"minValues":[]}`)
	f.Add(`{"minValues":{"m":1e-1000000000},"maxValues":{"m":1e1000000000}}`)
	f.Add(`[[[[`)
	schema := Schema{Fields: []Field{
		field("a", Long), field("s", Schema{Fields: []Field{field("t", String)}}), field("d", Date), field("m", Decimal{Precision: 38, Scale: 10}), field("f", Double),
	}}
	f.Fuzz(func(_ *testing.T, text string) {
		stats := ParseStats(text, schema)
		for _, path := range [][]string{{"a"}, {"s", "t"}, {"s"}, {"d"}, {"m"}, {"f"}, {"a", "b"}} {
			of, _ := stats.Column(path)
			_, _ = of.Min, of.Max
		}
	})
}

// The property delta.dataSkippingStatsColumns names the columns that get statistics, whatever their place.
func TestStatsOfNamedColumns(t *testing.T) {
	schema := Schema{Fields: []Field{
		{Name: "a", Type: Long}, {Name: "b.c", Type: Long}, {Name: "s", Type: Schema{Fields: []Field{{Name: "x", Type: Long}, {Name: "y", Type: Long}}}},
	}}
	all := []ColumnStats{
		{Path: []string{"a"}, Min: int64(1), Max: int64(2)},
		{Path: []string{"b.c"}, Min: int64(1), Max: int64(2)},
		{Path: []string{"s", "x"}, Min: int64(1), Max: int64(2)},
		{Path: []string{"s", "y"}, Min: int64(1), Max: int64(2)},
	}
	for property, want := range map[string]string{
		"a": `{"a":1}`, "`b.c`, s.y": `{"b.c":1,"s":{"y":1}}`, "S": `{"s":{"x":1,"y":1}}`,
	} {
		m := Metadata{Configuration: map[string]string{propStatsColumns: property, "delta.dataSkippingNumIndexedCols": "0"}}.WithSchema(schema)
		opts, err := m.StatsOptions()
		if err != nil {
			t.Fatal(err)
		}
		if got := MakeStats(1, all, opts); !strings.Contains(got, `"minValues":`+want+`,`) {
			t.Errorf("%s: got %s, want %s", property, got, want)
		}
	}
	m := Metadata{Configuration: map[string]string{propStatsColumns: "a, nowhere"}}.WithSchema(schema)
	if err := m.checkProperties(); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}
