package jsonio_test

import (
	"testing"
	"time"

	"lakehouse/internal/jsonio"
	"lakehouse/internal/variant"
)

// FuzzParseVariant reads a text as a variant: what is printed of it reads again.
func FuzzParseVariant(f *testing.F) {
	f.Add("{\"a\":1}\n[1,2.5]\n{\"a\":")
	f.Fuzz(func(t *testing.T, text string) {
		var b variant.Builder
		if err := jsonio.ParseVariant(&b, []byte(text)); err != nil {
			return
		}
		v := variant.New(b.Metadata(), b.Data())
		first, err := v.JSON(time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		var again variant.Builder
		if err := jsonio.ParseVariant(&again, []byte(first)); err != nil {
			t.Fatalf("%q prints as %q: %v", text, first, err)
		}
	})
}
