package deltalog

import (
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

const (
	propTypeWidening = "delta.enableTypeWidening"
	keyTypeChanges   = "delta.typeChanges"
)

// TypeWidening reports whether the types of the table's columns may be widened.
func (m *Metadata) TypeWidening() bool {
	return strings.EqualFold(m.Configuration[propTypeWidening], "true")
}

// A TypeChange is one that a column, or a part of it, has gone through.
type TypeChange struct {
	From, To Type
	Path     []string // into arrays and maps: element, key, value
}

// CanWiden reports whether data files with the one type are read as the other, by the feature typeWidening.
func CanWiden(from, to Type) bool {
	switch from := from.(type) {
	case types.Decimal:
		d, ok := to.(types.Decimal)
		return ok && holds(d, from)
	case types.Primitive:
		if CanEvolve(from, to) {
			return true
		}
		whole := from == types.Byte || from == types.Short || from == types.Integer
		d, isDecimal := to.(types.Decimal)
		switch {
		case isDecimal && whole:
			return holds(d, types.Decimal{Precision: 10})
		case isDecimal && from == types.Long:
			return holds(d, types.Decimal{Precision: 20})
		}
		return whole && to == types.Type(types.Double)
	}
	return false
}

// fits reports whether all integers of a type are values of a decimal. The specification wants room for ten digits whatever the type; there
// are tables that have only what is needed.
func fits(from, to Type) bool {
	d, ok := to.(types.Decimal)
	digits := map[Type]int{types.Byte: 3, types.Short: 5}[from]
	return ok && digits > 0 && holds(d, types.Decimal{Precision: digits})
}

// CanEvolve reports whether a write that brings the wider type may widen the table's: only within one family of types.
func CanEvolve(from, to Type) bool {
	if from == to {
		return false
	}
	if d, ok := to.(types.Decimal); ok {
		was, ok := from.(types.Decimal)
		return ok && holds(d, was)
	}
	switch from {
	case types.Byte, types.Short, types.Integer:
		p, ok := to.(types.Primitive)
		return ok && types.Integral(to) && p > from.(types.Primitive)
	case types.Float:
		return to == types.Type(types.Double)
	case types.Date:
		return to == types.Type(types.TimestampNTZ)
	}
	return false
}

// holds reports whether all values of one decimal are values of the other.
func holds(wide, narrow types.Decimal) bool {
	return wide.Scale >= narrow.Scale && wide.Precision-wide.Scale >= narrow.Precision-narrow.Scale
}

// Evolve is the schema with the types of the rows where those are wider, by the rule ([CanEvolve], [CanWiden]), each change noted in the column's metadata; changed is false
// where none is. What the schema lacks is not added.
func Evolve(table, rows Schema, can func(from, to Type) bool) (evolved Schema, changed bool) {
	fields := slices.Clone(table.Fields)
	for i, f := range fields {
		at := rows.Index(f.Name)
		if at < 0 {
			continue
		}
		var changes []TypeChange
		t, inside := evolve(f.Type, rows.Fields[at].Type, nil, can, &changes)
		if inside || len(changes) > 0 {
			fields[i] = withTypeChanges(f, t, changes)
			changed = true
		}
	}
	return Schema{Fields: fields}, changed
}

// evolve is a type widened, and reports whether a struct inside of it has changed; changes are those that the field above notes.
func evolve(table, rows Type, path []string, can func(from, to Type) bool, changes *[]TypeChange) (t Type, inside bool) {
	switch table := table.(type) {
	case Schema:
		if rows, ok := rows.(Schema); ok {
			return asType(Evolve(table, rows, can))
		}
	case Array:
		if rows, ok := rows.(Array); ok {
			table.Element, inside = evolve(table.Element, rows.Element, append(slices.Clip(path), "element"), can, changes)
			return table, inside
		}
	case Map:
		if rows, ok := rows.(Map); ok {
			var also bool
			table.Key, inside = evolve(table.Key, rows.Key, append(slices.Clip(path), "key"), can, changes)
			table.Value, also = evolve(table.Value, rows.Value, append(slices.Clip(path), "value"), can, changes)
			return table, inside || also
		}
	default:
		if can(table, rows) {
			*changes = append(*changes, TypeChange{table, rows, path})
			return rows, false
		}
	}
	return table, false
}

func asType(s Schema, changed bool) (Type, bool) { return s, changed }

// withTypeChanges is a field with another type, and what has changed in its metadata.
func withTypeChanges(f Field, t Type, changes []TypeChange) Field {
	f.Type = t
	if len(changes) == 0 {
		return f
	}
	f.Metadata = maps.Clone(f.Metadata)
	if f.Metadata == nil {
		f.Metadata = map[string]any{}
	}
	noted, _ := f.Metadata[keyTypeChanges].([]any)
	noted = slices.Clone(noted)
	for _, c := range changes {
		entry := map[string]any{"fromType": typeName(c.From), "toType": typeName(c.To)}
		if len(c.Path) > 0 {
			entry["fieldPath"] = strings.Join(c.Path, ".")
		}
		noted = append(noted, entry)
	}
	f.Metadata[keyTypeChanges] = noted
	return f
}

func typeName(t Type) string { return strings.Trim(string(types.TypeToJSON(t)), `"`) }

// typeChanges are those that a field's metadata tells.
func typeChanges(f Field) ([]TypeChange, error) {
	noted, _ := f.Metadata[keyTypeChanges].([]any)
	var changes []TypeChange
	for _, n := range noted {
		entry, _ := n.(map[string]any)
		from, err := typeNamed(entry["fromType"])
		if err != nil {
			return nil, err
		}
		to, err := typeNamed(entry["toType"])
		if err != nil {
			return nil, err
		}
		c := TypeChange{From: from, To: to}
		if path, _ := entry["fieldPath"].(string); path != "" {
			c.Path = strings.Split(path, ".")
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func quotedName(name string) []byte {
	out, _ := encodeJSON(name) // a text cannot fail
	return out
}

func typeNamed(name any) (Type, error) {
	text, _ := name.(string)
	t, err := types.TypeFromJSON(quotedName(text))
	if err != nil {
		return nil, errclass.DeltaLogCorrupt.New("metadata %s: %w", keyTypeChanges, err)
	}
	return t, nil
}

// WithoutTypeChanges is the metadata of a table whose data files all have the types that its columns have now.
func (m *Metadata) WithoutTypeChanges() (Metadata, error) {
	schema, err := m.Schema()
	if err != nil {
		return Metadata{}, err
	}
	out, _ := types.MapFields(schema, func(f Field) Field {
		if _, noted := f.Metadata[keyTypeChanges]; noted {
			f.Metadata = maps.Clone(f.Metadata)
			delete(f.Metadata, keyTypeChanges)
		}
		return f
	}).(Schema)
	return m.WithSchema(out), nil
}

// checkTypeChanges refuses to read a table one of whose columns was changed in a way that the feature does not know.
func (m *Metadata) checkTypeChanges() error {
	if !strings.Contains(m.SchemaString, keyTypeChanges) {
		return nil
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	var refused error
	mapFields(schema, func(f Field, path []string) Field {
		changes, err := typeChanges(f)
		for _, c := range changes {
			if c.From != c.To && !CanWiden(c.From, c.To) && !fits(c.From, c.To) {
				err = errclass.DeltaUnsupportedTypeChange.New("Unable to operate on this table because an unsupported type change was applied. Field %s was changed from %s to %s.",
					strings.Join(append(path, c.Path...), "."), types.SQL(c.From), types.SQL(c.To))
			}
		}
		if refused == nil {
			refused = err
		}
		return f
	})
	return refused
}

// wasFloat reports whether older data files hold the column as float: what their statistics say of it was rounded to a float's digits.
func wasFloat(f Field) bool {
	changes, err := typeChanges(f)
	return err != nil || slices.ContainsFunc(changes, func(c TypeChange) bool { return c.From == types.Type(types.Float) && len(c.Path) == 0 })
}
