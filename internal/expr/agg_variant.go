package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

var variantAggregates = map[string]aggregateFunction{
	"schema_of_variant_agg": {1, 1, buildSchemaOfVariantAgg},
}

// buildSchemaOfVariantAgg is schema_of_variant_agg(v): the type that holds all variants of a group. It gathers the types of
// the rows, as JSON.
func buildSchemaOfVariantAgg(b *builder) (*aggregate, error) {
	if err := b.coerceTo(aVariant); err != nil {
		return nil, err
	}
	shown := b.args
	b.args = []Expr{b.make(types.String, variantTypes)}
	t := types.Array{Element: types.String}
	finish := func(all arrow.Array, lists list) (arrow.Array, error) {
		values := textsOf(Vector{Values: all})
		out := newTextBuilder(lists.Len())
		seen := map[string]types.Type{}
		for i := range lists.Len() {
			merged := types.Type(types.Null)
			start, end := lists.ValueOffsets(i)
			for e := start; e < end; e++ {
				text := values.at(int(e))
				one, known := seen[text]
				if !known {
					var err error
					if one, err = types.TypeFromJSON([]byte(text)); err != nil {
						return nil, err
					}
					seen[text] = one
				}
				merged = variant.MergeSchemas(merged, one)
			}
			out.appendString(variant.SchemaSQL(merged))
		}
		return out.array(types.String), nil
	}
	return &aggregate{
		args: b.args, shown: shown, result: types.String, buffer: structOf(field("buf", t, false)),
		start: func(*Context) Accumulator {
			return &gathered{collectState: collectState{t: t}, result: types.String, finish: finish}
		},
	}, nil
}

// variantTypes are the types of variants, as JSON.
func variantTypes(_ *Context, n int, args []Vector) (arrow.Array, error) {
	column := variantsOf(args[0])
	return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
		t, err := column.at(i).Schema()
		if err != nil {
			return dst, false, err
		}
		return append(dst, types.TypeToJSON(t)...), true, nil
	})
}
