package delta

import (
	"slices"

	"lakehouse/internal/types"
)

// The fields of structs, like columns, go by name: these functions hold rows of one type against a table of another, at
// any depth, and find what the table lacks.

// holds reports whether a table's type has all fields of rows, and perhaps more, and fits holds for all that is no struct, array or map.
func holds(table, rows types.Type, fits func(rows, table types.Type) bool) bool {
	switch rows := rows.(type) {
	case types.Struct:
		table, ok := table.(types.Struct)
		return ok && !slices.ContainsFunc(rows.Fields, func(f types.Field) bool {
			i := table.Index(f.Name)
			return i < 0 || !holds(table.Fields[i].Type, f.Type, fits)
		})
	case types.Array:
		table, ok := table.(types.Array)
		return ok && holds(table.Element, rows.Element, fits)
	case types.Map:
		table, ok := table.(types.Map)
		return ok && holds(table.Key, rows.Key, fits) && holds(table.Value, rows.Value, fits)
	}
	return fits(rows, table)
}

// unknownField is the first field of rows that the table's type lacks, as a path; empty where it has them all.
func unknownField(table, rows types.Type) string {
	switch rows := rows.(type) {
	case types.Struct:
		table, ok := table.(types.Struct)
		if !ok {
			return ""
		}
		for _, f := range rows.Fields {
			i := table.Index(f.Name)
			if i < 0 {
				return f.Name
			}
			if inner := unknownField(table.Fields[i].Type, f.Type); inner != "" {
				return f.Name + "." + inner
			}
		}
	case types.Array:
		if table, ok := table.(types.Array); ok {
			return unknownField(table.Element, rows.Element)
		}
	case types.Map:
		if table, ok := table.(types.Map); ok {
			if inner := unknownField(table.Key, rows.Key); inner != "" {
				return inner
			}
			return unknownField(table.Value, rows.Value)
		}
	}
	return ""
}

// withUnknown is the table's type with the fields that it lacks, behind its own.
func withUnknown(table, rows types.Type) types.Type {
	switch rows := rows.(type) {
	case types.Struct:
		if have, ok := table.(types.Struct); ok {
			return withUnknownFields(have, rows)
		}
	case types.Array:
		if have, ok := table.(types.Array); ok {
			have.Element = withUnknown(have.Element, rows.Element)
			return have
		}
	case types.Map:
		if have, ok := table.(types.Map); ok {
			have.Key, have.Value = withUnknown(have.Key, rows.Key), withUnknown(have.Value, rows.Value)
			return have
		}
	}
	return table
}

func withUnknownFields(table, rows types.Struct) types.Struct {
	fields := append([]types.Field{}, table.Fields...)
	for _, f := range rows.Fields {
		if i := table.Index(f.Name); i >= 0 {
			fields[i].Type = withUnknown(fields[i].Type, f.Type)
		} else {
			fields = append(fields, f)
		}
	}
	return types.Struct{Fields: fields}
}
