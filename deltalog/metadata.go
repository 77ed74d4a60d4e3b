package deltalog

import (
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// Schema is the table's columns, partition columns included.
func (m *Metadata) Schema() (Schema, error) {
	if m.SchemaString == "" {
		return Schema{}, nil
	}
	schema, err := types.FromJSON([]byte(m.SchemaString))
	if err != nil {
		return Schema{}, errclass.DeltaLogCorrupt.New("metaData.schemaString: %w", err)
	}
	return schema, nil
}

// WithSchema is the metadata with another schema.
func (m Metadata) WithSchema(schema Schema) Metadata {
	m.SchemaString = string(types.ToJSON(schema))
	return m
}

// clone shares nothing with m.
func (m *Metadata) clone() Metadata {
	c := *m
	c.PartitionColumns = slices.Clone(m.PartitionColumns)
	c.Configuration = maps.Clone(m.Configuration)
	c.Format.Options = maps.Clone(m.Format.Options)
	return c
}

// invalidInNames cannot stand in a column's name: Parquet readers of old would trip over them.
const invalidInNames = " ,;{}()\n\t="

// check refuses metadata that no table should have.
func (m *Metadata) check() error {
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	names := nameRules{anyCharacter: m.ColumnMapping() != MappingNone}
	if err := names.check(schema, ""); err != nil {
		return err
	}
	for _, column := range m.PartitionColumns {
		i := schema.Index(column)
		if i < 0 {
			return errclass.DeltaInvalidPartitionColumn.New("partition column `%s` is not a column of the table.", column).
				WithHint("%s", errclass.DidYouMean(column, schema.Names()))
		}
		switch schema.Fields[i].Type.(type) {
		case Array, Map, Schema:
			return errclass.DeltaInvalidPartitionColumn.New("cannot partition by column `%s` of type %s.",
				column, schema.Fields[i].Type)
		}
		if schema.Fields[i].Type == types.Variant {
			return errclass.InvalidPartitionType.New("Cannot use \"VARIANT\" for partition column.")
		}
	}
	if len(m.PartitionColumns) > 0 && len(m.PartitionColumns) == len(schema.Fields) {
		return errclass.DeltaInvalidPartitionColumn.New("cannot partition by all columns of the table.")
	}
	return nil
}

// nameRules say what a column may be called. Where columns are mapped no data file has to hold their names.
type nameRules struct{ anyCharacter bool }

func (r nameRules) check(s Schema, prefix string) error {
	seen := map[string]bool{}
	for _, f := range s.Fields {
		if !r.anyCharacter && strings.ContainsAny(f.Name, invalidInNames) {
			return errclass.DeltaInvalidColumnName.New(
				"found invalid character(s) among ' ,;{}()\\n\\t=' in the column name `%s`.", prefix+f.Name).
				WithHint("Rename the column, for example by an alias, or give the table the property delta.columnMapping.mode = 'name'.")
		}
		low := strings.ToLower(f.Name)
		if seen[low] {
			return errclass.DeltaDuplicateColumns.New("found duplicate column(s): %s.", prefix+f.Name)
		}
		seen[low] = true
		if err := r.checkType(f.Type, prefix+f.Name+"."); err != nil {
			return err
		}
	}
	return nil
}

func (r nameRules) checkType(t Type, prefix string) error {
	switch t := t.(type) {
	case Schema:
		return r.check(t, prefix)
	case Array:
		return r.checkType(t.Element, prefix+"element.")
	case Map:
		if err := r.checkType(t.Key, prefix+"key."); err != nil {
			return err
		}
		return r.checkType(t.Value, prefix+"value.")
	}
	return nil
}

// fieldWith is the path of the first field that carries the metadata key, empty when none does.
func fieldWith(t Type, key string) string {
	switch t := t.(type) {
	case Schema:
		for _, f := range t.Fields {
			if f.Metadata[key] != nil {
				return f.Name
			}
			if inner := fieldWith(f.Type, key); inner != "" {
				return f.Name + "." + inner
			}
		}
	case Array:
		return fieldWith(t.Element, key)
	case Map:
		return fieldWith(t.Key, key) + fieldWith(t.Value, key)
	}
	return ""
}
