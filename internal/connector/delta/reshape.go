package delta

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// The fields of structs, like columns, go by name: these functions hold rows of one type against a table of another, at
// any depth.

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

// outline is the columns without what is inside of them.
func outline(s types.Struct) types.Struct {
	out := types.Struct{Fields: slices.Clone(s.Fields)}
	for i := range out.Fields {
		out.Fields[i].Type = types.Null
	}
	return out
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

// shaped is the type of rows with the fields of the table's structs, in their order; what is no struct keeps its type.
func shaped(rows, table types.Type) types.Type {
	switch table := table.(type) {
	case types.Struct:
		if rows, ok := rows.(types.Struct); ok {
			fields := append([]types.Field{}, table.Fields...)
			for i, f := range fields {
				if at := rows.Index(f.Name); at >= 0 {
					fields[i].Type, fields[i].Nullable = shaped(rows.Fields[at].Type, f.Type), rows.Fields[at].Nullable
				} else {
					fields[i].Type, fields[i].Nullable = types.AsNullable(f.Type), true
				}
			}
			return types.Struct{Fields: fields}
		}
	case types.Array:
		if rows, ok := rows.(types.Array); ok {
			rows.Element = shaped(rows.Element, table.Element)
			return rows
		}
	case types.Map:
		if rows, ok := rows.(types.Map); ok {
			rows.Key, rows.Value = shaped(rows.Key, table.Key), shaped(rows.Value, table.Value)
			return rows
		}
	}
	return rows
}

// reshape gives the values of a column of type rows the type shaped(rows, table): fields move, and missing ones are null.
// No value is copied.
func reshape(data arrow.ArrayData, rows, table types.Type) arrow.ArrayData {
	to := shaped(rows, table)
	if types.Equal(rows, to) {
		return data
	}
	switch rows := rows.(type) {
	case types.Struct:
		return remade(data, to, reshapeFields(data, rows, table.(types.Struct)))
	case types.Array:
		return remade(data, to, []arrow.ArrayData{reshape(data.Children()[0], rows.Element, table.(types.Array).Element)})
	case types.Map:
		table := table.(types.Map)
		entries := data.Children()[0]
		key := reshape(entries.Children()[0], rows.Key, table.Key)
		value := reshape(entries.Children()[1], rows.Value, table.Value)
		inner := types.ToArrow(to).(*arrow.MapType).Elem()
		return array.NewData(types.ToArrow(to), data.Len(), data.Buffers(), []arrow.ArrayData{
			array.NewData(inner, entries.Len(), entries.Buffers(), []arrow.ArrayData{key, value}, entries.NullN(), entries.Offset()),
		}, data.NullN(), data.Offset())
	}
	return data
}

func reshapeFields(data arrow.ArrayData, rows, table types.Struct) []arrow.ArrayData {
	children := make([]arrow.ArrayData, len(table.Fields))
	for i, f := range table.Fields {
		if at := rows.Index(f.Name); at >= 0 {
			children[i] = reshape(data.Children()[at], rows.Fields[at].Type, f.Type)
		} else {
			children[i] = array.MakeArrayOfNull(memory.DefaultAllocator, types.ToArrow(types.AsNullable(f.Type)), data.Offset()+data.Len()).Data()
		}
	}
	return children
}

// remade is the data under another type, with other children.
func remade(data arrow.ArrayData, to types.Type, children []arrow.ArrayData) arrow.ArrayData {
	return array.NewData(types.ToArrow(to), data.Len(), data.Buffers(), children, data.NullN(), data.Offset())
}
