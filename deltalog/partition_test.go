package deltalog

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func TestPartitionValues(t *testing.T) {
	cents := decimal128.FromI64(-1250)
	tests := []struct {
		kind  Type
		value any
		text  string
	}{
		{String, "B B", "B B"},
		{Integer, int64(-5), "-5"},
		{Long, int64(1 << 60), "1152921504606846976"},
		{Double, 15.0, "15.0"},
		{Float, float64(float32(0.1)), "0.1"},
		{Double, 1e-5, "1.0E-5"},
		{Double, 1.5e10, "1.5E10"},
		{Boolean, true, "true"},
		{Date, int64(-1), "1969-12-31"},
		{Date, int64(20454), "2026-01-01"},
		{Timestamp, int64(123456), "1970-01-01T00:00:00.123456Z"},
		{TimestampNTZ, int64(1_000_000), "1970-01-01 00:00:01"},
		{Date, int64(2932897), "+10000-01-01"},
		{Date, int64(-719893), "-0001-01-01"},
		{Date, int64(-719528), "0000-01-01"},
		{Timestamp, int64(253402300800500000), "+10000-01-01T00:00:00.500000Z"},
		{TimestampNTZ, int64(253402300800000000), "+10000-01-01 00:00:00"},
		{TimestampNTZ, int64(-62198755199999999), "-0001-01-01 00:00:00.000001"},
		{Decimal{Precision: 10, Scale: 2}, cents, "-12.50"},
		{Binary, []byte{1, 2}, "\x01\x02"},
	}
	for _, test := range tests {
		text, err := PartitionValue(test.kind, test.value)
		if err != nil || text == nil || *text != test.text {
			t.Errorf("%v of %s: got %v, %v, want %q", test.value, test.kind, text, err, test.text)
			continue
		}
		back, err := ParsePartitionValue(test.kind, text)
		if err != nil || !reflect.DeepEqual(back, test.value) {
			t.Errorf("%q of %s: got %v, %v, want %v", test.text, test.kind, back, err, test.value)
		}
	}
}

func TestPartitionValuesOfOtherWriters(t *testing.T) {
	tests := []struct {
		kind Type
		text string
		want any // nil: null
	}{
		{String, "", nil},
		{Integer, "", nil},
		{Timestamp, "1970-01-01 00:00:00", int64(0)},
		{Timestamp, "1970-01-01 00:00:00.5", int64(500000)},
		{Timestamp, "1970-01-01T01:00:00.000001+01:00", int64(1)},
		{Date, "2026-1-1", int64(20454)},
		{Date, "10000-01-01", int64(2932897)}, // as this project once wrote
		{Timestamp, "10000-01-01T00:00:00.000000Z", int64(253402300800000000)},
		{Boolean, "false", false},
		{Integer, " 5 ", int64(5)},
		{Boolean, "YES", true},
		{Double, "1E400", math.Inf(1)},
		{Float, "-1e39", math.Inf(-1)},
	}
	for _, test := range tests {
		got, err := ParsePartitionValue(test.kind, &test.text)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q of %s: got %v, %v, want %v", test.text, test.kind, got, err, test.want)
		}
	}
	for _, bad := range []struct {
		kind Type
		text string
	}{{Integer, "3000000000"}, {Byte, "1.5"}, {Date, "yesterday"}, {Date, "2026"}, {Timestamp, "+10000-01-01 00:00:00+01:00"}, {Timestamp, "25:00"}, {Decimal{Precision: 2}, "abc"}, {Array{Element: Long}, "[]"}} {
		if got, err := ParsePartitionValue(bad.kind, &bad.text); err == nil {
			t.Errorf("%q of %s: got %v, want an error", bad.text, bad.kind, got)
		}
	}
}

// Every day and every microsecond that a column can hold comes back from its text, or is refused: in the days before the
// first year that texts have.
func TestPartitionDaysAndTimesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Type{Date, Timestamp, TimestampNTZ}).Draw(t, "type")
		v := rapid.Int64().Draw(t, "value")
		if kind == Date {
			v = int64(int32(v))
		}
		text, err := PartitionValue(kind, v)
		if err != nil && kind != Date && v < -9223371244800000000 { // the year -290307
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParsePartitionValue(kind, text); err != nil || back != v {
			t.Fatalf("%d of %s was written as %q, which is read as %v, %v", v, kind, *text, back, err)
		}
	})
}

// The log is JSON, where bytes that are no text would become others.
func TestBinaryPartitionsMustBeText(t *testing.T) {
	text, err := PartitionValue(Binary, []byte{0xff, 0x80})
	if !errors.Is(err, errclass.UnsupportedFeature) || text != nil {
		t.Errorf("got %v, %v", text, err)
	}
}

func TestPartitionDir(t *testing.T) {
	at, empty := "10:30 a/b", ""
	got := PartitionDir([]string{"at", "n", "e"}, map[string]*string{"at": &at, "e": &empty})
	want := "at=10%3A30 a%2Fb/n=__HIVE_DEFAULT_PARTITION__/e=__HIVE_DEFAULT_PARTITION__/"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever the values, the folder stays in the table and has a level for each column.
func TestPartitionDirStaysInTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		dir := PartitionDir([]string{"p"}, map[string]*string{"p": &value})
		if err := checkPath(dir + "x.parquet"); err != nil && len(value) < 1000 {
			t.Fatalf("%q: %v", value, err)
		}
	})
}

func FuzzPartitionValueRoundTrip(f *testing.F) {
	kinds := []Type{String, Integer, Long, Double, Boolean, Date, Timestamp, TimestampNTZ, Decimal{Precision: 38, Scale: 9}, Binary}
	f.Add(5, "2026-01-01")
	f.Add(6, "2026-01-01 10:00:00.123456")
	f.Add(8, "1.5")
	f.Fuzz(func(t *testing.T, kind int, text string) {
		if !utf8.ValidString(text) {
			return // the log is JSON, and holds no such text
		}
		of := kinds[(kind%len(kinds)+len(kinds))%len(kinds)]
		v, err := ParsePartitionValue(of, &text)
		if err != nil || v == nil {
			return
		}
		again, err := PartitionValue(of, v)
		if err != nil || again == nil {
			t.Fatalf("%q of %s was read as %v, which is written as %v, %v", text, of, v, again, err)
		}
		if f, ok := v.(float64); ok && f != f {
			return // not a number is not equal to itself
		}
		if back, err := ParsePartitionValue(of, again); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%q of %s: read as %v, written as %q, read as %v, %v", text, of, v, *again, back, err)
		}
	})
}

// Texts that hold what stands between two values in a key make no two partitions one, and keys sort as the values do.
func TestPartitionKeysTellPartitionsApart(t *testing.T) {
	text := rapid.StringMatching("[a\x00\x01]{0,3}")
	rapid.Check(t, func(r *rapid.T) {
		draw := func() []string { return rapid.SliceOfN(text, 2, 2).Draw(r, "values") }
		key := func(values []string) string {
			file := AddFile{PartitionValues: map[string]*string{"p": &values[0], "q": &values[1]}}
			if values[1] == "" && rapid.Bool().Draw(r, "null") {
				file.PartitionValues["q"] = nil
			}
			return file.PartitionKey([]string{"p", "q"})
		}
		one, other := draw(), draw()
		if got, want := strings.Compare(key(one), key(other)), slices.Compare(one, other); got != want {
			r.Fatalf("keys of %q and %q compare as %d, want %d", one, other, got, want)
		}
	})
}
