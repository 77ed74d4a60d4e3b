package types

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A column of nulls is one whatever the type has inside, and has as many rows as is asked.
func TestNullArrayOfEveryType(t *testing.T) {
	void := Struct{Fields: []Field{{Name: "a", Type: Integer, Nullable: true}, {Name: "v", Type: Null, Nullable: true}}}
	for _, of := range []Type{
		Null, Boolean, Byte, Long, Double,
		Decimal{Precision: 38, Scale: 2},
		String, Binary, Date, Timestamp, Variant, void,
		Array{Element: Null, ContainsNull: true},
		Array{Element: void},
		Map{Key: String, Value: void},
		Struct{},
		Struct{Fields: []Field{{Name: "deep", Type: Array{Element: Struct{Fields: []Field{{Name: "s", Type: void}}}}}}},
	} {
		for _, n := range []int{0, 1, 9} {
			a := NullArray(ToArrow(of), n)
			if !arrow.TypeEqual(a.DataType(), ToArrow(of)) || a.Len() != n || a.NullN() != n {
				t.Errorf("%v: %v has %d rows, %d nulls, want %d", of, a.DataType(), a.Len(), a.NullN(), n)
			}
			for i := range n {
				if a.IsValid(i) && of != Type(Null) { // of void Arrow only counts
					t.Errorf("%v: row %d of %d is not null", of, i, n)
				}
			}
			if s, ok := a.(*array.Struct); ok && s.NumField() > 0 && s.Field(0).Len() != n {
				t.Errorf("%v: fields of %d rows, want %d", of, s.Field(0).Len(), n)
			}
		}
	}
}
