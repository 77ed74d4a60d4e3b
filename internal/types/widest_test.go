package types

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"
)

func TestCommonTypes(t *testing.T) {
	for _, test := range []struct{ a, b, tightest, widest string }{
		{"int", "int", "int", "int"},
		{"void", "array<int>", "array<int>", "array<int>"},
		{"tinyint", "bigint", "bigint", "bigint"},
		{"int", "float", "double", "double"},
		{"float", "float", "float", "float"},
		{"float", "double", "double", "double"},
		{"int", "decimal(12,2)", "decimal(12,2)", "decimal(12,2)"},
		{"int", "decimal(5,2)", "", "decimal(12,2)"},
		{"decimal(5,2)", "decimal(8,4)", "", "decimal(8,4)"},
		{"decimal(38,2)", "decimal(38,10)", "", "decimal(38,2)"},
		{"decimal(5,2)", "double", "", "double"},
		{"date", "timestamp", "timestamp", "timestamp"},
		{"date", "timestamp_ntz", "timestamp_ntz", "timestamp_ntz"},
		{"timestamp", "timestamp_ntz", "timestamp", "timestamp"},
		{"interval day", "interval minute to second", "interval day to second", "interval day to second"},
		{"interval day", "interval year", "", ""},
		{"string", "int", "", ""},
		{"boolean", "int", "", ""},
		{"array<int>", "array<bigint>", "array<bigint>", "array<bigint>"},
		{"map<int,decimal(5,2)>", "map<bigint,int>", "", "map<bigint,decimal(12,2)>"},
		{"struct<a:int>", "struct<A:double>", "struct<a:double>", "struct<a:double>"},
		{"struct<a:int>", "struct<b:int>", "", ""},
	} {
		a, b := mustType(t, test.a), mustType(t, test.b)
		check := func(name string, common func(a, b Type) (Type, bool), want string) {
			t.Helper()
			got := ""
			if c, ok := common(a, b); ok {
				got = c.String()
			}
			if got != want {
				t.Errorf("%s(%s, %s) = %q, want %q", name, a, b, got, want)
			}
		}
		check("TightestCommon", TightestCommon, test.tightest)
		check("Widest", Widest, test.widest)
	}
}

func mustType(t *testing.T, text string) Type {
	t.Helper()
	typ, err := ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// The common type does not depend on the order of the two, names of fields aside.
func TestWidestIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyType(2).Draw(t, "a"), anyType(2).Draw(t, "b")
		ab, okAB := Widest(a, b)
		ba, okBA := Widest(b, a)
		if okAB != okBA || okAB && !EqualIgnoringNullability(ab, ba) {
			t.Fatalf("Widest(%s, %s) = %v; the other way %v", a, b, ab, ba)
		}
		if same, ok := Widest(a, a); !ok || !Equal(same, a) {
			t.Fatalf("Widest(%s, %s) = %v", a, a, same)
		}
	})
}

func TestArrowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anySchema(3).Draw(t, "schema")
		got, err := FromArrowSchema(ToArrowSchema(want))
		if err != nil || !Equal(got, want) {
			t.Fatalf("%s came back as %s, %v", want, got, err)
		}
	})
}

func TestOthersArrowTypesAreRead(t *testing.T) {
	for _, test := range []struct {
		arrow arrow.DataType
		want  string
	}{
		{arrow.BinaryTypes.LargeString, "string"},
		{arrow.BinaryTypes.StringView, "string"},
		{arrow.PrimitiveTypes.Uint32, "bigint"},
		{arrow.PrimitiveTypes.Uint64, "decimal(20,0)"},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int8), "array<tinyint>"},
		{arrow.FixedSizeListOf(3, arrow.PrimitiveTypes.Float32), "array<float>"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "string"},
		{&arrow.Decimal256Type{Precision: 20, Scale: 3}, "decimal(20,3)"},
		{&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Paris"}, "timestamp"},
		{&arrow.TimestampType{Unit: arrow.Second}, "timestamp_ntz"},
	} {
		if got, err := FromArrow(test.arrow); err != nil || got.String() != test.want {
			t.Errorf("FromArrow(%s) = %v, %v; want %s", test.arrow, got, err, test.want)
		}
	}
	for _, refused := range []arrow.DataType{arrow.FixedWidthTypes.Time64us, &arrow.Decimal256Type{Precision: 50}} {
		if got, err := FromArrow(refused); err == nil {
			t.Errorf("FromArrow(%s) = %v, want an error", refused, got)
		}
	}
}
