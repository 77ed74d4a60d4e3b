package records

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func TestParseDecimal(t *testing.T) {
	for _, c := range []struct {
		text             string
		precision, scale int
		want             string // "": refused
	}{
		{"1", 3, 2, "100"},
		{"-1.50", 3, 2, "-150"},
		{"+.5", 3, 2, "50"},
		{"5.", 3, 2, "500"},
		{"12e-1", 3, 2, "120"},
		{"0.0012e3", 3, 2, "120"},
		{"1.234", 10, 2, ""},
		{"10", 3, 2, ""},
		{"0", 1, 0, "0"},
		{"-0.000", 1, 0, "0"},
		{"00012", 2, 0, "12"},
		{"1e37", 38, 0, "1" + "0000000000000000000000000000000000000"},
		{"1e38", 38, 0, ""},
		{"1e999999999999", 38, 0, ""},
		{"1e-999999999999", 38, 10, ""},
		{"123456789012345678901234567890123456789", 38, 0, ""},
		{"", 3, 2, ""},
		{".", 3, 2, ""},
		{"-", 3, 2, ""},
		{"1x", 3, 2, ""},
		{"1e", 3, 2, ""},
		{"1.2.3", 9, 2, ""},
	} {
		got := ""
		if n, ok := ParseDecimal([]byte(c.text), c.precision, c.scale); ok {
			got = n.BigInt().String()
		}
		if got != c.want {
			t.Errorf("%q as decimal(%d,%d): got %q, want %q", c.text, c.precision, c.scale, got, c.want)
		}
	}
}

// A decimal that is taken has the number's exact value, and one that fits is taken.
func TestParseDecimalIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "text")
		scale := rapid.IntRange(0, 38).Draw(t, "scale")
		want, _ := new(big.Rat).SetString(text)
		want.Mul(want, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)
		fits := want.IsInt() && want.Num().CmpAbs(limit) < 0
		n, ok := ParseDecimal([]byte(text), 38, scale)
		if ok != fits || ok && n.BigInt().Cmp(want.Num()) != 0 {
			t.Fatalf("%s at scale %d: got %v, %v, want %v, %v", text, scale, n.BigInt(), ok, want, fits)
		}
	})
}

// Rows taken back leave no trace, at any depth.
func TestTruncateTakesRowsBack(t *testing.T) {
	inner := types.Struct{Fields: []types.Field{{Name: "s", Type: types.String, Nullable: true}, {Name: "l", Type: types.Long, Nullable: true}}}
	b, err := NewBuilder(types.Array{Element: inner, ContainsNull: true})
	if err != nil {
		t.Fatal(err)
	}
	add := func(text string) {
		element := b.Children[0]
		element.Children[0].AppendBytes([]byte(text))
		element.Children[1].AppendNull()
		element.Len++
	}
	add("a")
	add("b")
	b.CloseList()
	b.AppendNull()
	add("c")
	b.CloseList()
	add("unfinished")
	b.Truncate(1)
	add("d")
	b.CloseList()
	list := b.Finish().(*array.List)
	if got := list.String(); got != `[{["a" "b"] [(null) (null)]} {["d"] [(null)]}]` || list.NullN() != 0 {
		t.Errorf("got %s", got)
	}
	b.AppendNull()
	if again := b.Finish(); again.Len() != 1 || again.NullN() != 1 || list.Len() != 2 {
		t.Errorf("got %v", again)
	}
}

// A collector decides by the mode, and its counts agree: what was read is in a row, or was dropped.
func TestACollectorDecidesByTheMode(t *testing.T) {
	schema := types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long, Nullable: true}, {Name: "bad", Type: types.String, Nullable: true}}}
	for _, c := range []struct {
		mode    Mode
		corrupt int // the column
		want    string
		counts  batch.Counts
		fails   bool
	}{
		{Permissive, 1, `[1 (null)] [(null) half] [(null) lost] [2 (null)]`, batch.Counts{Read: 4, Corrupt: 2}, false},
		{"", -1, `[1 (null)] [(null) (null)] [(null) (null)] [2 (null)]`, batch.Counts{Read: 4, Corrupt: 2}, false},
		{DropMalformed, 1, `[1 (null)] [2 (null)]`, batch.Counts{Read: 4, Dropped: 2}, false},
		{FailFast, 1, "", batch.Counts{Read: 2}, true},
	} {
		counts := &batch.Counts{}
		col := NewCollector(&Rules{Schema: schema, Arrow: types.ToArrowSchema(schema), Mode: c.mode, Corrupt: c.corrupt})
		col.Begin(Reading{Counts: counts})
		add := func(n int64, text, fault string) error {
			if fault == "lost" {
				return col.Lose([]byte(text), 7, "")
			}
			if fault == "" {
				col.Root.Children[0].Int64s = append(col.Root.Children[0].Int64s, n)
				col.Root.Children[0].Len++
			} else {
				col.Root.Children[0].AppendNull()
			}
			col.Root.Children[1].AppendNull()
			col.Root.Len++
			return col.Keep([]byte(text), 7, fault)
		}
		err := errors.Join(add(1, "one", ""), add(0, "half", "no number"))
		if c.fails {
			if !errors.Is(err, errclass.MalformedRecord) || !strings.Contains(err.Error(), "half (no number, at byte 7)") {
				t.Errorf("%s: got %v", c.mode, err)
			}
			continue
		}
		tally := col.Tally()
		err = errors.Join(err, add(8, "taken back", ""), add(0, "too", "lost"))
		col.TakeBack(int(2-tally.Dropped), tally)
		err = errors.Join(err, add(0, "lost", "lost"), add(2, "two", ""))
		var got []string
		b := col.Last()
		for i := range int(b.NumRows()) {
			got = append(got, fmt.Sprintf("[%s %s]", b.Column(0).ValueStr(i), b.Column(1).ValueStr(i)))
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %s, %v, want %s", c.mode, strings.Join(got, " "), err, c.want)
		}
		col.End()
		if *counts != c.counts || counts.Rows() != b.NumRows() {
			t.Errorf("%q: counted %+v of %d rows, want %+v", c.mode, *counts, b.NumRows(), c.counts)
		}
	}
}

func TestTheCorruptColumnIsAString(t *testing.T) {
	schema := types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long}, {Name: "s", Type: types.String}}}
	for name, want := range map[string]int{"": -1, "x": -1, "s": 1} {
		if got, err := corruptColumn(schema, name); got != want || err != nil {
			t.Errorf("%q: got %d, %v", name, got, err)
		}
	}
	if _, err := corruptColumn(schema, "n"); !errors.Is(err, errclass.InvalidOptionValue) {
		t.Errorf("got %v", err)
	}
}

// Whatever is appended, taken back and made null, a column holds what a plain list would: for every kind, over batches.
func TestABuilderHoldsWhatAListWould(t *testing.T) {
	kinds := []types.Type{
		types.Boolean, types.Byte, types.Short, types.Integer, types.Long, types.Float, types.Double, types.String, types.Binary,
		types.Date, types.Timestamp, types.TimestampNTZ,
		types.Decimal{Precision: 20, Scale: 2},
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "type")
		b, err := NewBuilder(kind)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			var want []int64 // -1: null
			for range rapid.IntRange(0, 40).Draw(t, "steps") {
				switch n := rapid.Int64Range(-10, 9).Draw(t, "step"); {
				case n < -7:
					keep := rapid.IntRange(0, len(want)).Draw(t, "keep")
					b.Truncate(keep)
					want = want[:keep]
				case n < -4:
					b.AppendNull()
					want = append(want, -1)
				default:
					n = max(n, 0)
					appendNumber(b, n)
					want = append(want, n)
				}
			}
			got := b.Finish()
			if got.Len() != len(want) || got.DataType().ID() != types.ToArrow(kind).ID() {
				t.Fatalf("%d rows of %v, want %d", got.Len(), got.DataType(), len(want))
			}
			model, err := NewBuilder(kind)
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range want {
				if got.IsNull(i) != (n < 0) {
					t.Fatalf("row %d is null: %v, want %d", i, got.IsNull(i), n)
				}
				if n >= 0 {
					appendNumber(model, n)
				}
			}
			values := model.Finish()
			for i, at := 0, 0; i < len(want); i++ {
				if want[i] >= 0 {
					if got.ValueStr(i) != values.ValueStr(at) {
						t.Fatalf("row %d is %s, want %s", i, got.ValueStr(i), values.ValueStr(at))
					}
					at++
				}
			}
		}
	})
}

// appendNumber adds a small number in the way of the builder's kind.
func appendNumber(b *Builder, n int64) {
	switch b.Kind {
	case Bool:
		b.Bools = append(b.Bools, n%2 == 1)
	case Int8:
		b.Int8s = append(b.Int8s, int8(n))
	case Int16:
		b.Int16s = append(b.Int16s, int16(n))
	case Int32, Date:
		b.Int32s = append(b.Int32s, int32(n))
	case Int64, Timestamp, TimestampNTZ:
		b.Int64s = append(b.Int64s, n)
	case Float32:
		b.Float32s = append(b.Float32s, float32(n))
	case Float64:
		b.Float64s = append(b.Float64s, float64(n))
	case Decimal:
		b.Decimals = append(b.Decimals, decimal128.FromI64(n))
	default:
		b.AppendBytes([]byte(strings.Repeat("x", int(n))))
		return
	}
	b.Len++
}
