package deltalog

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// CheckDataFiles refuses to write data files for a schema that they cannot have. Columns and fields of type VOID are left out of them,
// which leaves nothing of a table or a struct that has no others, and cannot be done inside of arrays and maps.
func CheckDataFiles(schema Schema) error {
	if len(schema.Fields) > 0 && !slices.ContainsFunc(schema.Fields, notVoid) {
		return errclass.DeltaWriteVoidTable.New("The Delta table is not writable because parts of the schema are not supported. Reason: All columns in the table schema have VOID type.").
			WithHint("Give a column another type by ALTER TABLE … ALTER COLUMN … TYPE.")
	}
	return checkVoids(schema, nil)
}

func notVoid(f Field) bool { return f.Type != Type(types.Null) }

func checkVoids(t Type, path []string) error {
	switch t := t.(type) {
	case Schema:
		if len(path) > 0 && len(t.Fields) > 0 && !slices.ContainsFunc(t.Fields, notVoid) {
			return errclass.DeltaWriteVoidStruct.New(
				"The Delta table is not writable because parts of the schema are not supported. Reason: The column %s is a struct where all fields have VOID type.", strings.Join(path, "."))
		}
		for _, f := range t.Fields {
			if err := checkVoids(f.Type, append(slices.Clip(path), f.Name)); err != nil {
				return err
			}
		}
	case Array:
		return checkParts(path, "ArrayType", t.Element)
	case Map:
		return checkParts(path, "MapType", t.Key, t.Value)
	}
	return nil
}

func checkParts(path []string, kind string, parts ...Type) error {
	for _, part := range parts {
		if contains(part, types.Null) {
			return errclass.DeltaVoidInside.New("Found nested NullType in column %s which is of %s. Delta doesn't support writing NullType in complex types.", strings.Join(path, "."), kind)
		}
	}
	return nil
}
