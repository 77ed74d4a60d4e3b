package records

import (
	"math/big"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

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
