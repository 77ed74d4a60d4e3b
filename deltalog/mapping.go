package deltalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A ColumnMapping says by what the columns of a table are found in its data files.
type ColumnMapping string

// The modes of column mapping.
const (
	MappingNone ColumnMapping = "none" // by their names
	MappingName ColumnMapping = "name" // by physical names, which never change
	MappingID   ColumnMapping = "id"   // by the field ids of Parquet
)

const (
	propMapping     = "delta.columnMapping.mode"
	propMaxColumnID = "delta.columnMapping.maxColumnId"

	keyColumnID     = "delta.columnMapping.id"
	keyPhysicalName = "delta.columnMapping.physicalName"
	keyNestedIDs    = "delta.columnMapping.nested.ids"

	keyFieldID        = "parquet.field.id" // as Spark tells its Parquet writer
	keyNestedFieldIDs = "parquet.field.nested.ids"
)

// ColumnMapping is the table's mode.
func (m *Metadata) ColumnMapping() ColumnMapping {
	mode := ColumnMapping(strings.ToLower(m.Configuration[propMapping]))
	if mode == "" {
		return MappingNone
	}
	return mode
}

// StoredName is the name of a column in data files, statistics and partition values.
func (m *Metadata) StoredName(f Field) string {
	if m.ColumnMapping() == MappingNone {
		return f.Name
	}
	return physicalName(f)
}

func physicalName(f Field) string {
	if name, ok := f.Metadata[keyPhysicalName].(string); ok {
		return name
	}
	return f.Name
}

// ColumnID is the id of a column that is mapped.
func ColumnID(f Field) (id int64, ok bool) {
	id, ok = f.Metadata[keyColumnID].(int64)
	return id, ok
}

// StoredSchema is the table's columns as data files have them: with their physical names and field ids where they are mapped.
func (m *Metadata) StoredSchema() (Schema, error) {
	schema, err := m.Schema()
	if err != nil || m.ColumnMapping() == MappingNone {
		return schema, err
	}
	return mapFields(schema, func(f Field, _ []string) Field {
		stored := Field{Name: physicalName(f), Type: f.Type, Nullable: f.Nullable}
		if id, ok := ColumnID(f); ok {
			stored.Metadata = map[string]any{keyFieldID: id}
			if inside, ok := f.Metadata[keyNestedIDs]; ok {
				stored.Metadata[keyNestedFieldIDs] = inside
			}
		}
		return stored
	}), nil
}

// StoredPartitionColumns are the partition columns as partition values name them.
func (m *Metadata) StoredPartitionColumns() ([]string, error) {
	schema, err := m.Schema()
	if err != nil {
		return nil, err
	}
	fields, err := pick(schema, m.PartitionColumns)
	if err != nil {
		return nil, err
	}
	return m.storedNames(fields.Fields), nil
}

func (m *Metadata) storedNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = m.StoredName(f)
	}
	return names
}

// mapFields rewrites the fields of a schema, at any depth, each before those inside of it; it is told where they stand.
func mapFields(s Schema, change func(f Field, path []string) Field) Schema {
	out, _ := mapType(s, nil, change).(Schema)
	return out
}

func mapType(t Type, path []string, change func(Field, []string) Field) Type {
	switch t := t.(type) {
	case Schema:
		fields := make([]Field, len(t.Fields))
		for i, f := range t.Fields {
			at := append(slices.Clip(path), f.Name)
			fields[i] = change(f, at)
			fields[i].Type = mapType(f.Type, at, change)
		}
		return Schema{Fields: fields}
	case Array:
		t.Element = mapType(t.Element, append(slices.Clip(path), "element"), change)
		return t
	case Map:
		t.Key = mapType(t.Key, append(slices.Clip(path), "key"), change)
		t.Value = mapType(t.Value, append(slices.Clip(path), "value"), change)
		return t
	}
	return t
}

// assignColumns gives the columns of a mapped table ids and physical names, where they have none yet. Those that an overwrite keeps,
// by name and type, and those of a table that becomes a mapped one, keep what they are called in data files.
func (m *Metadata) assignColumns(old *Metadata, newID func() string) error {
	if m.ColumnMapping() == MappingNone {
		return nil
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	a, err := newAssignment(m, old, newID)
	if err != nil {
		return err
	}
	mapFields(schema, func(f Field, _ []string) Field { a.note(f); return f })
	schema = mapFields(schema, a.column)
	if m.icebergCompat() >= 2 {
		schema = mapFields(schema, a.nested)
	}
	if m.Configuration == nil {
		m.Configuration = map[string]string{}
	}
	m.Configuration[propMaxColumnID] = strconv.FormatInt(a.last, 10)
	*m = m.WithSchema(schema)
	return nil
}

// An assignment is how columns are given ids and physical names.
type assignment struct {
	before  map[string]Field // the columns of the version before, by where they stand
	becomes bool             // the table was not mapped before
	last    int64            // the greatest id that was given
	newID   func() string
}

func newAssignment(m, old *Metadata, newID func() string) (*assignment, error) {
	a := &assignment{before: map[string]Field{}, last: maxColumnID(m), newID: newID}
	if old == nil {
		return a, nil
	}
	a.becomes = old.ColumnMapping() == MappingNone
	a.last = max(a.last, maxColumnID(old))
	schema, err := old.Schema()
	if err != nil {
		return nil, err
	}
	mapFields(schema, func(f Field, path []string) Field {
		a.before[placeOf(path)] = f
		return f
	})
	return a, nil
}

func placeOf(path []string) string { return strings.ToLower(strings.Join(path, "\x00")) }

// note keeps the ids that a column has from being given again.
func (a *assignment) note(f Field) {
	if id, ok := ColumnID(f); ok {
		a.last = max(a.last, id)
	}
	for _, id := range nestedIDs(f) {
		a.last = max(a.last, id)
	}
}

func (a *assignment) next() int64 {
	a.last++
	return a.last
}

// column gives a column what it lacks.
func (a *assignment) column(f Field, path []string) Field {
	if f.Metadata = maps.Clone(f.Metadata); f.Metadata == nil {
		f.Metadata = map[string]any{}
	}
	was, had := a.before[placeOf(path)]
	same := had && types.EqualIgnoringNullability(was.Type, f.Type)
	if _, ok := ColumnID(f); !ok {
		id, kept := ColumnID(was)
		if !kept || !same {
			id = a.next()
		}
		f.Metadata[keyColumnID] = id
	}
	if _, ok := f.Metadata[keyPhysicalName].(string); ok {
		return f
	}
	name, kept := was.Metadata[keyPhysicalName].(string)
	switch {
	case a.becomes && had:
		name = was.Name
	case !kept || !same:
		name = "col-" + a.newID()
	case was.Metadata[keyNestedIDs] != nil:
		f.Metadata[keyNestedIDs] = was.Metadata[keyNestedIDs]
	}
	f.Metadata[keyPhysicalName] = name
	return f
}

func maxColumnID(m *Metadata) int64 {
	id, err := strconv.ParseInt(m.Configuration[propMaxColumnID], 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// checkMapping refuses a mode that there is not, columns of a mapped table that cannot be told apart, and a change of the mode that would
// lose the data files' columns.
func (m *Metadata) checkMapping(old *Metadata) error {
	mode := m.ColumnMapping()
	switch mode {
	case MappingNone, MappingName, MappingID:
	default:
		return errclass.InvalidParameterValue.New("The value '%s' of the table property '%s' is invalid: it should be none, name or id.", m.Configuration[propMapping], propMapping)
	}
	if old != nil && old.ColumnMapping() != mode && (old.ColumnMapping() != MappingNone || mode != MappingName) {
		return errclass.DeltaColumnMappingMode.New("Changing column mapping mode from '%s' to '%s' is not supported.", old.ColumnMapping(), mode).
			WithHint("A table without column mapping can be given mode 'name'; write another one for all else.")
	}
	if mode == MappingNone {
		return nil
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	ids, names := map[int64]bool{}, map[string]bool{}
	return checkMapped(schema, "", ids, names)
}

func checkMapped(t Type, parent string, ids map[int64]bool, names map[string]bool) error {
	switch t := t.(type) {
	case Schema:
		for _, f := range t.Fields {
			id, ok := ColumnID(f)
			name, named := f.Metadata[keyPhysicalName].(string)
			path := parent + "\x00" + name
			if !ok || !named || ids[id] || names[path] {
				return errclass.DeltaLogCorrupt.New("column `%s` of a table with column mapping has no id and physical name of its own.", f.Name)
			}
			ids[id], names[path] = true, true
			if err := checkMapped(f.Type, path, ids, names); err != nil {
				return err
			}
		}
	case Array:
		return checkMapped(t.Element, parent+"\x00element", ids, names)
	case Map:
		if err := checkMapped(t.Key, parent+"\x00key", ids, names); err != nil {
			return err
		}
		return checkMapped(t.Value, parent+"\x00value", ids, names)
	}
	return nil
}
