package expr

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A variants is a column of type VARIANT, to be read.
type variants struct {
	metadata, value texts
	vector          Vector
}

func variantsOf(v Vector) variants {
	s, ok := v.Values.(*array.Struct)
	if !ok { // a column of nulls alone
		return variants{vector: v}
	}
	part := func(i int) texts { return textsOf(Vector{Values: fieldOf(s, i), Const: v.Const}) }
	return variants{part(types.VariantMetadata), part(types.VariantValue), v}
}

// at is the variant of row i, which is not null.
func (v *variants) at(i int) variant.Value {
	return variant.New(bytesOf(v.metadata.at(i)), bytesOf(v.value.at(i)))
}

// cells are the variants of n rows.
func (v *variants) cells(n int) []cell {
	out := make([]cell, n)
	for i := range out {
		if !v.vector.null(i) {
			out[i] = cell{v.at(i), true}
		}
	}
	return out
}

// A cell is a variant, or none.
type cell struct {
	value variant.Value
	ok    bool
}

// A variantBuilder makes a column of type VARIANT.
type variantBuilder struct {
	variant.Builder
	metadata, value *textBuilder
	valid           mask
}

func newVariantBuilder(n int) *variantBuilder {
	return &variantBuilder{metadata: newTextBuilder(n), value: newTextBuilder(n), valid: fullMask(n)}
}

// end closes a row with what has been built; a null row without.
func (b *variantBuilder) end(ok bool) {
	if !ok {
		b.valid.clear(len(b.value.offsets) - 1)
		b.metadata.appendString("")
		b.value.appendString("")
		return
	}
	b.raw(b.Metadata(), b.Data())
}

// raw adds a row.
func (b *variantBuilder) raw(metadata, value []byte) {
	b.metadata.data = append(b.metadata.data, metadata...)
	b.metadata.end(true)
	b.value.data = append(b.value.data, value...)
	b.value.end(true)
}

// copyOf adds a row: a variant that stands within another, with no more keys than its own.
func (b *variantBuilder) copyOf(v variant.Value) error {
	b.Reset()
	err := b.Value(v)
	if err == nil {
		b.end(true)
	}
	return err
}

func (b *variantBuilder) array() arrow.Array {
	n := len(b.value.offsets) - 1
	fields := []arrow.Array{b.metadata.array(types.Binary), b.value.array(types.Binary)}
	valid := b.valid
	if valid.nulls(n) == 0 {
		valid = nil
	}
	return newStructLike(types.ToArrow(types.Variant), fields, valid, n)
}

// bytesOf is the text's bytes, which nobody may change.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
