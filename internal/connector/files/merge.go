package files

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// mergeColumns has the columns of both, as Spark merges the schemas of files: structs field by field; types must be the same,
// except that the wider of two decimals of one scale is taken.
func mergeColumns(a, b types.Struct) (types.Struct, error) {
	out := types.Struct{Fields: append([]types.Field(nil), a.Fields...)}
	for _, f := range b.Fields {
		i := out.Index(f.Name)
		if i < 0 {
			out.Fields = append(out.Fields, f)
			continue
		}
		t, ok := mergeTypes(out.Fields[i].Type, f.Type)
		if !ok {
			return out, errclass.CannotMergeSchemas.New("Failed merging schemas: the fields `%s` and `%s` have the types \"%s\" and \"%s\".",
				out.Fields[i].Name, f.Name, types.SQL(out.Fields[i].Type), types.SQL(f.Type)).
				WithHint("Give a schema.")
		}
		out.Fields[i].Type = t
		out.Fields[i].Nullable = out.Fields[i].Nullable || f.Nullable
	}
	return out, nil
}

func mergeTypes(a, b types.Type) (types.Type, bool) {
	switch x := a.(type) {
	case types.Struct:
		y, ok := b.(types.Struct)
		if !ok {
			return nil, false
		}
		merged, err := mergeColumns(x, y)
		return merged, err == nil
	case types.Array:
		y, ok := b.(types.Array)
		if !ok {
			return nil, false
		}
		element, ok := mergeTypes(x.Element, y.Element)
		return types.Array{Element: element, ContainsNull: x.ContainsNull || y.ContainsNull}, ok
	case types.Map:
		y, ok := b.(types.Map)
		if !ok {
			return nil, false
		}
		key, okKey := mergeTypes(x.Key, y.Key)
		value, okValue := mergeTypes(x.Value, y.Value)
		return types.Map{Key: key, Value: value, ValueContainsNull: x.ValueContainsNull || y.ValueContainsNull}, okKey && okValue
	case types.Decimal:
		y, ok := b.(types.Decimal)
		return types.Decimal{Precision: max(x.Precision, y.Precision), Scale: x.Scale}, ok && x.Scale == y.Scale
	}
	return a, types.Equal(a, b)
}
