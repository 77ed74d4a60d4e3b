package deltalog

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// statsColumns are the columns of the property delta.dataSkippingStatsColumns, by their stored names; nil: it is not set.
func (m *Metadata) statsColumns() ([][]string, error) {
	text, set := m.Configuration[propStatsColumns]
	if !set {
		return nil, nil
	}
	schema, err := m.Schema()
	if err != nil {
		return nil, err
	}
	columns := [][]string{}
	for _, name := range splitOutside(text, ',') {
		path, err := m.storedPath(schema, splitOutside(name, '.'))
		if err != nil {
			return nil, err
		}
		columns = append(columns, path)
	}
	return columns, nil
}

// storedPath is a column's path as data files have it.
func (m *Metadata) storedPath(schema Schema, path []string) ([]string, error) {
	stored := make([]string, len(path))
	t := Type(schema)
	for i, name := range path {
		name = unquoted(name)
		inside, ok := t.(Schema)
		at := inside.Index(name)
		if !ok || at < 0 {
			return nil, errclass.DeltaColumnNotInSchema.New("Couldn't find column %s of the table property %s in:\n%s", strings.Join(path, "."), propStatsColumns, types.ToDDL(schema)).
				WithHint("%s", errclass.DidYouMean(name, inside.Names()))
		}
		stored[i], t = m.StoredName(inside.Fields[at]), inside.Fields[at].Type
	}
	return stored, nil
}

// splitOutside splits a text at a byte, but not between backticks.
func splitOutside(text string, at byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := range len(text) {
		switch {
		case text[i] == '`':
			quoted = !quoted
		case text[i] == at && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// checkStatsColumns refuses columns of the property that can have no statistics, and those that it names twice.
func (m *Metadata) checkStatsColumns() error {
	text, set := m.Configuration[propStatsColumns]
	if !set {
		return nil
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	if _, err := m.statsColumns(); err != nil {
		return err
	}
	seen, twice := map[string]bool{}, []string{}
	for _, name := range splitOutside(text, ',') {
		name = strings.TrimSpace(name)
		if slices.ContainsFunc(m.PartitionColumns, func(p string) bool { return strings.EqualFold(p, strings.Trim(name, "`")) }) {
			return errclass.DeltaSkippingPartition.New("Data skipping is not supported for partition column '%s'.", name).
				WithHint("The partition values say it all: leave the column out of %s.", propStatsColumns)
		}
		leaves, err := statsLeaves(name, typeAt(schema, splitOutside(name, '.')), strings.Contains(name, "."))
		if err != nil {
			return err
		}
		for _, leaf := range leaves {
			if key := strings.ToLower(leaf); seen[key] {
				twice = append(twice, leaf)
			} else {
				seen[key] = true
			}
		}
	}
	if len(twice) > 0 {
		return errclass.DeltaSkippingTwice.New("Duplicated data skipping columns found: %s.", strings.Join(twice, ","))
	}
	return nil
}

// statsLeaves are the columns that a name of the property stands for. One inside of a struct may be of a type without statistics.
func statsLeaves(name string, t Type, inside bool) ([]string, error) {
	if s, ok := t.(Schema); ok {
		var all []string
		for _, f := range s.Fields {
			leaves, err := statsLeaves(name+"."+types.QuoteIfNeeded(f.Name), f.Type, true)
			if err != nil {
				return nil, err
			}
			all = append(all, leaves...)
		}
		return all, nil
	}
	if !inside && !hasRange(t) {
		return nil, errclass.DeltaSkippingType.New("Data skipping is not supported for column '%s' of type %s.", name, types.SQL(t)).
			WithHint("Leave the column out of %s.", propStatsColumns)
	}
	return []string{name}, nil
}

// hasRange reports whether statistics may tell the least and the greatest value of a type.
func hasRange(t Type) bool {
	switch t := t.(type) {
	case Schema, Array, Map:
		return false
	case types.Primitive:
		return t != types.Boolean && t != types.Binary && t != types.Null
	}
	return true
}

// typeAt is the type of the column at a path that is there.
func typeAt(schema Schema, path []string) Type {
	t := Type(schema)
	for _, name := range path {
		inside, ok := t.(Schema)
		if !ok {
			break
		}
		if at := inside.Index(unquoted(name)); at >= 0 {
			t = inside.Fields[at].Type
		}
	}
	return t
}

func unquoted(name string) string {
	return strings.ReplaceAll(strings.Trim(strings.TrimSpace(name), "`"), "``", "`")
}
