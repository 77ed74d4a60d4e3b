package delta

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A path leads to a column, and on through the fields of structs; into an array by element, into a map by key and value.

// changeStruct rewrites the struct at a path: the whole schema where the path is empty.
func changeStruct(t types.Type, path []string, change func(types.Struct) (types.Struct, error)) (types.Type, error) {
	if len(path) == 0 {
		s, ok := t.(types.Struct)
		if !ok {
			return nil, errclass.DeltaParentNotStruct.New("Cannot add a field because its parent is not a StructType. Found %s", types.SQL(t))
		}
		return change(s)
	}
	return changeInside(t, path[0], func(f types.Field) (types.Field, error) {
		inner, err := changeStruct(f.Type, path[1:], change)
		f.Type = inner
		return f, err
	})
}

// changeField rewrites the field at a path.
func changeField(t types.Type, path []string, change func(types.Field) (types.Field, error)) (types.Type, error) {
	return changeInside(t, path[0], func(f types.Field) (types.Field, error) {
		if len(path) == 1 {
			return change(f)
		}
		inner, err := changeField(f.Type, path[1:], change)
		f.Type = inner
		return f, err
	})
}

// changeInside rewrites one part of a type. The parts of arrays and maps are shown as fields of which only the type counts.
func changeInside(t types.Type, part string, change func(types.Field) (types.Field, error)) (types.Type, error) {
	switch t := t.(type) {
	case types.Struct:
		i := t.Index(part)
		if i < 0 {
			return nil, noColumn(part, t)
		}
		f, err := change(t.Fields[i])
		fields := slices.Clone(t.Fields)
		fields[i] = f
		return types.Struct{Fields: fields}, err
	case types.Array:
		if strings.EqualFold(part, "element") {
			f, err := change(types.Field{Name: "element", Type: t.Element, Nullable: t.ContainsNull})
			t.Element = f.Type
			return t, err
		}
	case types.Map:
		if strings.EqualFold(part, "key") {
			f, err := change(types.Field{Name: "key", Type: t.Key})
			t.Key = f.Type
			return t, err
		}
		if strings.EqualFold(part, "value") {
			f, err := change(types.Field{Name: "value", Type: t.Value, Nullable: t.ValueContainsNull})
			t.Value = f.Type
			return t, err
		}
	}
	return nil, noColumn(part, types.Struct{})
}

// fieldAt finds the field at a path, and the path as the table spells it.
func fieldAt(schema types.Struct, path []string) (f types.Field, spelled []string, err error) {
	var t types.Type = schema
	for _, part := range path {
		_, err := changeInside(t, part, func(found types.Field) (types.Field, error) {
			f = found
			return found, nil
		})
		if err != nil {
			return f, nil, noColumn(strings.Join(path, "."), schema)
		}
		spelled = append(spelled, f.Name)
		t = f.Type
	}
	return f, spelled, nil
}

func noColumn(name string, in types.Struct) error {
	return errclass.UnresolvedColumn.New("A column, variable, or function parameter with name `%s` cannot be resolved. Did you mean one of the following? [`%s`].",
		name, strings.Join(errclass.Nearest(name, in.Names(), 5), "`, `"))
}

// inserted puts a field into a struct: where the position says, else last.
func inserted(s types.Struct, f types.Field, at *plan.ColumnPosition) (types.Struct, error) {
	i := len(s.Fields)
	switch {
	case at == nil:
	case at.First:
		i = 0
	default:
		if i = s.Index(at.After) + 1; i == 0 {
			return s, errclass.FieldNotFound.New("No such struct field `%s` in %s.", at.After, strings.Join(s.Names(), ", "))
		}
	}
	return types.Struct{Fields: slices.Insert(slices.Clone(s.Fields), i, f)}, nil
}

func withoutField(s types.Struct, i int) types.Struct {
	return types.Struct{Fields: slices.Delete(slices.Clone(s.Fields), i, i+1)}
}
