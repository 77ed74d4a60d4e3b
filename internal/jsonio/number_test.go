package jsonio

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// A number of up to 19 digits is the double that is nearest to it, as strconv finds it.
func TestSimpleDoubleIsTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`(0|[1-9][0-9]{0,18})`).Draw(t, "digits")
		text := digits
		if fraction := rapid.IntRange(0, 19-len(digits)).Draw(t, "scale"); fraction > 0 {
			text += "." + rapid.StringMatching(fmt.Sprintf(`[0-9]{%d}`, fraction)).Draw(t, "fraction")
		}
		assertDouble(t, text)
	})
}

// Numbers that lie between two doubles, or nearly so.
func TestSimpleDoubleAtTheMiddle(t *testing.T) {
	for _, text := range []string{
		"9007199254740993", "9007199254740995", "9007199254740993.0", "9007199254740993.001", "18014398509481986", "18014398509481990",
		"9999999999999999999", "0.9999999999999999", "1.0000000000000002", "94.59250000000002", "0.000000000000000001", "4503599627370496.5",
		"9007199254740992.5", "1844674407370955161", "9.007199254740993", "900.7199254740993", "0.900719925474099", "8.000000000000001",
	} {
		assertDouble(t, text)
	}
	for n := range uint64(1000) {
		assertDouble(t, strconv.FormatUint(1<<53+n*7919, 10))
		assertDouble(t, strconv.FormatUint(1<<62+n*6700417, 10))
	}
}

func assertDouble(t interface{ Fatalf(string, ...any) }, text string) {
	want, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("%v", err)
	}
	p := parser{data: []byte("-" + text + ",")}
	got, ok := p.simpleDouble()
	if !ok || math.Float64bits(got) != math.Float64bits(-want) || p.pos != len(text)+1 {
		t.Fatalf("-%s is read as %v, %v up to %d; want %v", text, got, ok, p.pos, -want)
	}
}
