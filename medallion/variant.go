package medallion

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A VariantVal is a value of type VARIANT in a row: the two byte strings that it is made of.
type VariantVal struct{ Value, Metadata []byte }

// ToJSON is the value as JSON, timestamps in UTC.
func (v VariantVal) ToJSON() (string, error) { return variant.New(v.Metadata, v.Value).JSON(time.UTC) }

// String is the value as JSON; what is no variant shows as such.
func (v VariantVal) String() string {
	text, err := v.ToJSON()
	if err != nil {
		return "<malformed variant>"
	}
	return text
}

func variantValue(a *array.Struct, i int) VariantVal {
	part := func(field int) []byte { return append([]byte(nil), a.Field(field).(*array.Binary).Value(i)...) }
	return VariantVal{Value: part(types.VariantValue), Metadata: part(types.VariantMetadata)}
}
