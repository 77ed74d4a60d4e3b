package types

import (
	"fmt"

	"pgregory.net/rapid"
)

// anyType draws a type of bounded depth.
func anyType(depth int) *rapid.Generator[Type] {
	return rapid.Custom(func(t *rapid.T) Type {
		kinds := 6
		if depth == 0 {
			kinds = 3
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return Primitive(rapid.IntRange(int(Null), int(CalendarInterval)).Draw(t, "primitive"))
		case 1:
			precision := rapid.IntRange(1, MaxPrecision).Draw(t, "precision")
			return Decimal{Precision: precision, Scale: rapid.IntRange(0, precision).Draw(t, "scale")}
		case 2:
			return rapid.SampledFrom([]Type{Interval{Year, Month}, Interval{Day, Second}}).Draw(t, "interval")
		case 3:
			return Array{Element: anyType(depth-1).Draw(t, "element"), ContainsNull: true}
		case 4:
			return Map{Key: anyType(depth-1).Draw(t, "key"), Value: anyType(depth-1).Draw(t, "value"), ValueContainsNull: true}
		default:
			return anySchema(depth-1).Draw(t, "struct")
		}
	})
}

func anySchema(depth int) *rapid.Generator[Struct] {
	return rapid.Custom(func(t *rapid.T) Struct {
		fields := make([]Field, rapid.IntRange(1, 4).Draw(t, "fields"))
		for i := range fields {
			name := rapid.OneOf(
				rapid.StringMatching(`[a-z_][a-zA-Z0-9_]{0,5}`),
				rapid.StringN(1, 6, -1),
				rapid.SampledFrom([]string{"not", "comment", "struct", "array", "a`b", "1", "é"}),
			).Draw(t, "name")
			fields[i] = Field{
				Name: fmt.Sprintf("%s%d", name, i), Type: anyType(depth).Draw(t, "type"),
				Nullable: rapid.Bool().Draw(t, "nullable"),
			}
			if rapid.Bool().Draw(t, "commented") {
				fields[i].Metadata = map[string]any{"comment": rapid.String().Draw(t, "comment")}
			}
		}
		return Struct{Fields: fields}
	})
}
