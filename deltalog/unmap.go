package deltalog

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"lakehouse/internal/errclass"
)

// WithoutColumnMapping is the metadata of a table whose data files are all to be written anew, by the names that the columns have now. The
// property stays, as "none", where it is kept.
func (m *Metadata) WithoutColumnMapping(keepProperty bool) (Metadata, error) {
	schema, err := m.Schema()
	if err != nil {
		return Metadata{}, err
	}
	if err := (nameRules{}).check(schema, ""); err != nil {
		return Metadata{}, invalidUnmapped(schema)
	}
	plain := m.clone()
	delete(plain.Configuration, propMaxColumnID)
	delete(plain.Configuration, propMapping)
	if keepProperty {
		plain.Configuration[propMapping] = string(MappingNone)
	}
	return plain.WithSchema(mapFields(schema, func(f Field, _ []string) Field {
		f.Metadata = maps.Clone(f.Metadata)
		maps.DeleteFunc(f.Metadata, func(key string, _ any) bool {
			return key == keyFieldID || strings.HasPrefix(key, "delta.columnMapping.") || strings.HasPrefix(key, "parquet.field.nested")
		})
		return f
	})), nil
}

// invalidUnmapped names the columns that no data file can have by their names.
func invalidUnmapped(schema Schema) error {
	var names []string
	mapFields(schema, func(f Field, path []string) Field {
		if strings.ContainsAny(f.Name, invalidInNames) {
			names = append(names, strings.Join(path, "."))
		}
		return f
	})
	return errclass.DeltaInvalidUnmapped.New("Found invalid character(s) among ' ,;{}()\\n\\t=' in the column names of your schema. Invalid column names: %s. "+
		"Column mapping cannot be removed when there are invalid characters in the column names.", strings.Join(names, ", ")).
		WithHint("Please rename the columns to remove the invalid characters and execute this command again.")
}

// Unmap says that the metadata without column mapping, which the transaction gives the table, goes with its files: it adds none by physical
// names, and removes all that there are. Nobody may add another in between.
func (x *Txn) Unmap() {
	x.unmaps = true
	x.Alone()
}

// checkUnmapped refuses to leave a file behind that has its columns by physical names.
func (x *Txn) checkUnmapped(ctx context.Context) error {
	if !x.unmaps || x.read == nil {
		return nil
	}
	files, err := x.read.NumFiles(ctx)
	if err == nil && files != int64(len(x.actions.Removes)) {
		err = fmt.Errorf("internal error: column mapping removed with %d of %d files", len(x.actions.Removes), files)
	}
	return err
}
