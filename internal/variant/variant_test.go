package variant_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/variant"
)

// A fataler is a test, or a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// parse is the variant of a JSON text.
func parse(t fataler, text string) variant.Value {
	t.Helper()
	var b variant.Builder
	if err := jsonio.ParseVariant(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return variant.New(bytes.Clone(b.Metadata()), bytes.Clone(b.Data()))
}

func TestPathsLeadToParts(t *testing.T) {
	v := parse(t, `{"a":[1,{"b":"x","c d":null}],"":2}`)
	for path, want := range map[string]string{
		"$": `{"":2,"a":[1,{"b":"x","c d":null}]}`, "$.a[0]": "1", "$['a'][1].b": `"x"`, `$.a[1]["c d"]`: "null", "$['']": "2",
		"$.a[2]": "", "$.a.b": "", "$[0]": "", "$.A": "",
	} {
		steps, ok := variant.ParsePath(path)
		if !ok {
			t.Errorf("%s is no path", path)
			continue
		}
		part, found, err := v.Get(steps)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found {
			got, _ = part.JSON(time.UTC)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{"", "a", "$.", "$..a", "$.a[", "$[-1]", "$['a]", `$["a']`, "$ .a", "$[*]"} {
		if _, ok := variant.ParsePath(path); ok {
			t.Errorf("%q is taken for a path", path)
		}
	}
}

// Fields stand in the order of Java's strings, which is not that of UTF-8.
func TestKeysAreInTheOrderOfUTF16(t *testing.T) {
	v := parse(t, `{"\ue000":1,"😀":2,"z":3,"zz":4}`)
	if got, want := asJSON(t, v), `{"z":3,"zz":4,"😀":2,"`+"\ue000"+`":1}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func asJSON(t fataler, v variant.Value) string {
	t.Helper()
	text, err := v.JSON(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A field is found among few by looking, among many by halving.
func TestFieldsAreFound(t *testing.T) {
	for _, n := range []int{1, 31, 32, 300} {
		var b variant.Builder
		b.Reset()
		o := b.Start()
		for i := range n {
			b.Key(o, []byte{byte('a' + i%7), byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
			b.Long(int64(i))
		}
		if err := b.EndObject(o); err != nil {
			t.Fatal(err)
		}
		c, err := variant.New(b.Metadata(), b.Data()).Container()
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			v, found, err := c.Find([]byte{byte('a' + i%7), byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
			if got, _ := v.Int(); err != nil || !found || got != int64(i) {
				t.Fatalf("%d of %d: %d, %t, %v", i, n, got, found, err)
			}
		}
		if _, found, err := c.Find([]byte("nobody")); found || err != nil {
			t.Errorf("of %d: %t, %v", n, found, err)
		}
	}
}

func TestTwoFieldsOfOneKeyAreRefused(t *testing.T) {
	var b variant.Builder
	b.Reset()
	o := b.Start()
	for range 2 {
		b.Key(o, []byte("a"))
		b.Null()
	}
	if err := b.EndObject(o); !errors.Is(err, errclass.VariantDuplicateKey) {
		t.Error(err)
	}
}

// Values that overlap can be more than there are atoms: who walks them gives up.
func TestOverlappingValuesAreMalformed(t *testing.T) {
	value := []byte{0} // a null
	for range 60 {     // each array has two elements, both at the next
		value = append([]byte{3, 2, 0, 0, byte(min(len(value), 255))}, value...)
	}
	v := variant.New([]byte{1, 0, 0}, value)
	if _, err := v.AppendJSON(nil, datetime.NewClock(nil)); !errors.Is(err, errclass.MalformedVariant) {
		t.Error(err)
	}
	if _, err := v.Schema(); !errors.Is(err, errclass.MalformedVariant) {
		t.Error(err)
	}
	var b variant.Builder
	b.Reset()
	if err := b.Value(v); !errors.Is(err, errclass.MalformedVariant) {
		t.Error(err)
	}
	if v.Valid() {
		t.Error("it is valid")
	}
}

// What is built is read back, and a copy of a part has its keys alone.
func TestBuiltValuesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(t, 4)
		v := parse(t, text)
		again := parse(t, asJSON(t, v))
		if a, b := asJSON(t, v), asJSON(t, again); a != b {
			t.Fatalf("%s became %s, then %s", text, a, b)
		}
		if !v.Valid() {
			t.Fatalf("%s is not valid", text)
		}
		var b variant.Builder
		b.Reset()
		if err := b.Value(v); err != nil {
			t.Fatal(err)
		}
		if got := asJSON(t, variant.New(b.Metadata(), b.Data())); got != asJSON(t, v) {
			t.Fatalf("the copy of %s is %s", text, got)
		}
	})
}

func jsonText(t *rapid.T, depth int) string {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		return rapid.SampledFrom([]string{"null", "true", "1", "-129", "70000", "5000000000", "1.5", "0.00001", "1e300", `"x"`, `"é😀\n"`, `""`}).Draw(t, "scalar")
	}
	var parts []string
	if rapid.Bool().Draw(t, "array") {
		for range rapid.IntRange(0, 5).Draw(t, "elements") {
			parts = append(parts, jsonText(t, depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "", "zz", "é", "😀"}), 0, 5, rapid.ID).Draw(t, "keys")
	for _, k := range keys {
		parts = append(parts, `"`+k+`":`+jsonText(t, depth-1))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// FuzzValue reads bytes from a stranger in every way there is: an error is an answer, a panic or a hang is not.
func FuzzValue(f *testing.F) {
	for _, text := range []string{"1", `"x"`, `[1,[2,null],1.5e3]`, `{"a":{"b":[1.25,"y"]},"c":true}`} {
		v := parse(f, text)
		metadata, value, err := v.Raw()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(metadata, value)
	}
	f.Add([]byte{1, 0, 0}, []byte{3, 2, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, metadata, value []byte) {
		v := variant.New(metadata, value)
		text, err := v.JSON(time.UTC)
		if valid := v.Valid(); valid && err != nil && !errors.Is(err, errclass.MalformedVariant) {
			t.Fatal(err)
		}
		_, schemaErr := v.Schema()
		path, _ := variant.ParsePath("$.a[0]")
		_, _, _ = v.Get(path)
		var b variant.Builder
		b.Reset()
		if b.Value(v) != nil || err != nil || schemaErr != nil { // fields out of order are put in order
			return
		}
		if again, err := variant.New(b.Metadata(), b.Data()).JSON(time.UTC); err != nil || again != text {
			t.Fatalf("%s was copied as %s, %v", text, again, err)
		}
	})
}

func TestNumbersTakeTheBytesThatTheyNeed(t *testing.T) {
	var b variant.Builder
	for _, test := range []struct {
		add  func()
		want []byte
	}{
		{func() { b.Long(math.MinInt8) }, []byte{0x0c, 0x80}},
		{func() { b.Long(128) }, []byte{0x10, 0x80, 0}},
		{func() { b.Decimal(decimal128.FromI64(-15), 1) }, []byte{0x20, 1, 0xf1, 0xff, 0xff, 0xff}},
		{func() { b.Decimal(decimal128.FromI64(15), 18) }, []byte{0x24, 18, 15, 0, 0, 0, 0, 0, 0, 0}},
		{func() { b.Double(math.NaN()) }, []byte{0x1c, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}},
	} {
		b.Reset()
		test.add()
		if !slices.Equal(b.Data(), test.want) {
			t.Errorf("% x, want % x", b.Data(), test.want)
		}
	}
}

func BenchmarkParseAndPrint(b *testing.B) {
	text := []byte(`{"id":12345,"name":"somebody","tags":["a","b","c"],"price":12.50,"nested":{"x":1,"y":[1,2,3]},"ok":true}`)
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		var builder variant.Builder
		for b.Loop() {
			if err := jsonio.ParseVariant(&builder, text); err != nil {
				b.Fatal(err)
			}
			builder.Metadata()
		}
	})
	v := parse(b, string(text))
	b.Run("print", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		clock := datetime.NewClock(nil)
		var out []byte
		for b.Loop() {
			var err error
			if out, err = v.AppendJSON(out[:0], clock); err != nil {
				b.Fatal(err)
			}
		}
	})
}
