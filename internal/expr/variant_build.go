package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// convertToVariant makes a variant of each value.
func convertToVariant(c *caster, arr arrow.Array) (arrow.Array, error) {
	return toVariants(Vector{Values: arr}, c.from, arr.Len(), "cast")
}

// toVariants makes variants of n values of any type.
func toVariants(v Vector, t types.Type, n int, function string) (arrow.Array, error) {
	b := newVariantBuilder(n)
	write := writeVariants(&b.Builder, v.Values, t)
	for i := range n {
		if v.null(i) {
			b.end(false)
			continue
		}
		b.Reset()
		if err := write(v.at(i)); err != nil {
			return nil, err
		}
		if b.TooLarge() {
			return nil, variant.TooLarge(function)
		}
		b.end(true)
	}
	return b.array(), nil
}

// A variantWriter adds row i, which is not null, to the variant that is being built.
type variantWriter func(i int) error

// writeVariants is the writer of a column.
func writeVariants(b *variant.Builder, arr arrow.Array, t types.Type) variantWriter {
	switch t := t.(type) {
	case types.Array:
		return writeArrays(b, arr.(list), t)
	case types.Map:
		return writeMaps(b, arr.(*array.Map), t)
	case types.Struct:
		return writeStructs(b, arr.(*array.Struct), t)
	case types.Decimal:
		return writeEach(arr, func(v decimal128.Num) { b.Decimal(v, t.Scale) })
	case types.Primitive:
		return writePrimitives(b, arr, t)
	}
	return func(int) error { b.Null(); return nil }
}

func writePrimitives(b *variant.Builder, arr arrow.Array, t types.Primitive) variantWriter {
	switch t {
	case types.Boolean:
		return writeEach(arr, b.Bool)
	case types.Byte:
		return writeEach(arr, func(v int8) { b.Long(int64(v)) })
	case types.Short:
		return writeEach(arr, func(v int16) { b.Long(int64(v)) })
	case types.Integer:
		return writeEach(arr, func(v int32) { b.Long(int64(v)) })
	case types.Long:
		return writeEach(arr, b.Long)
	case types.Float:
		return writeEach(arr, b.Float)
	case types.Double:
		return writeEach(arr, b.Double)
	case types.String:
		return writeEach(arr, func(v string) { b.String(bytesOf(v)) })
	case types.Binary:
		return writeEach(arr, func(v string) { b.Binary(bytesOf(v)) })
	case types.Date:
		return writeEach(arr, b.Date)
	case types.Timestamp:
		return writeEach(arr, b.Timestamp)
	case types.TimestampNTZ:
		return writeEach(arr, b.TimestampNTZ)
	case types.Variant:
		column := variantsOf(Vector{Values: arr})
		return func(i int) error { return b.Value(column.at(i)) }
	default:
		return func(int) error { b.Null(); return nil }
	}
}

func writeEach[T value](arr arrow.Array, add func(T)) variantWriter {
	values := load[T](arr)
	return func(i int) error {
		add(values[i])
		return nil
	}
}

// nullable writes a null where the column has one.
func (w variantWriter) nullable(b *variant.Builder, arr arrow.Array) variantWriter {
	return func(i int) error {
		if isNull(arr, i) {
			b.Null()
			return nil
		}
		return w(i)
	}
}

func writeArrays(b *variant.Builder, arr list, t types.Array) variantWriter {
	elements := elementsOf(arr)
	write := writeVariants(b, elements, t.Element).nullable(b, elements)
	return func(i int) error {
		start, end := arr.ValueOffsets(i)
		o := b.Start()
		for e := start; e < end; e++ {
			b.Element(o)
			if err := write(int(e)); err != nil {
				return err
			}
		}
		b.EndArray(o)
		return nil
	}
}

func writeMaps(b *variant.Builder, arr *array.Map, t types.Map) variantWriter {
	keys, values := textsOf(Vector{Values: arr.Keys()}), arr.Items()
	write := writeVariants(b, values, t.Value).nullable(b, values)
	return func(i int) error {
		start, end := arr.ValueOffsets(i)
		o := b.Start()
		for e := int(start); e < int(end); e++ {
			b.Key(o, bytesOf(keys.at(e)))
			if err := write(e); err != nil {
				return err
			}
		}
		return b.EndObject(o)
	}
}

func writeStructs(b *variant.Builder, arr *array.Struct, t types.Struct) variantWriter {
	write := make([]variantWriter, len(t.Fields))
	for i, f := range t.Fields {
		column := fieldOf(arr, i)
		write[i] = writeVariants(b, column, f.Type).nullable(b, column)
	}
	return func(i int) error {
		o := b.Start()
		for f := range write {
			b.Key(o, []byte(t.Fields[f].Name))
			if err := write[f](i); err != nil {
				return err
			}
		}
		return b.EndObject(o)
	}
}
