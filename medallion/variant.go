package medallion

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/plan"
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

// singleVariant is the source with the schema that the option singleVariantColumn says, if it is given: then no columns are
// inferred.
func singleVariant(d *plan.DataSource, opts autoloader.Options) (*plan.DataSource, error) {
	schema, err := files.SingleVariant(opts.Format, opts.FormatOptions, d.Schema)
	if err != nil || schema == d.Schema {
		return d, err
	}
	out := *d
	out.Schema = schema
	return &out, nil
}
