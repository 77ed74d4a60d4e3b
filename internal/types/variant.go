package types

import "github.com/apache/arrow-go/v18/arrow"

// The fields of a variant in Arrow.
const (
	VariantMetadata = 0
	VariantValue    = 1
)

// variantMark is the metadata of the field "metadata" that tells a variant from a struct of two binaries, as in what Spark
// hands on in Arrow.
var variantMark = arrow.NewMetadata([]string{"variant"}, []string{"true"})

// variantArrow is how columns of type VARIANT are held: a struct of two binaries, which are null in no row that is there.
var variantArrow = arrow.StructOf(
	arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary, Metadata: variantMark},
	arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary},
)

// IsArrowVariant reports whether an Arrow column holds variants.
func IsArrowVariant(t arrow.DataType) bool {
	s, ok := t.(*arrow.StructType)
	return ok && isVariant(s)
}

func isVariant(t *arrow.StructType) bool {
	return t.NumFields() == 2 && t.Field(VariantMetadata).Metadata.Equal(variantMark) && arrow.TypeEqual(t, variantArrow)
}

// HasVariant reports whether a type is VARIANT, or has it within.
func HasVariant(t Type) bool {
	switch t := t.(type) {
	case Array:
		return HasVariant(t.Element)
	case Map:
		return HasVariant(t.Key) || HasVariant(t.Value)
	case Struct:
		for _, f := range t.Fields {
			if HasVariant(f.Type) {
				return true
			}
		}
		return false
	}
	return t == Variant
}
