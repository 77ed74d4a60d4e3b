package delta

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// shownField is a column as the history shows it.
func shownField(f types.Field, parent []string) json.RawMessage {
	if len(parent) > 0 {
		f.Name = strings.Join(append(slices.Clip(parent), f.Name), ".")
	}
	whole := types.ToJSON(types.Struct{Fields: []types.Field{f}})
	var parsed struct {
		Fields []json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(whole, &parsed); err != nil || len(parsed.Fields) != 1 {
		return whole
	}
	return parsed.Fields[0]
}

func shownPosition(p *plan.ColumnPosition) string {
	if p.First {
		return "FIRST"
	}
	return "AFTER " + p.After
}

// addColumns is ADD COLUMNS, also of fields inside of columns.
func (a *altering) addColumns(c *plan.AddColumns) error {
	type added struct {
		Column   json.RawMessage `json:"column"`
		Position string          `json:"position,omitempty"`
	}
	var history []added
	for _, n := range c.Columns {
		if !n.Field.Nullable {
			return errclass.DeltaNotAllowed.New("Operation not allowed: `NOT NULL in ALTER TABLE ADD COLUMNS` is not supported for Delta tables").
				WithHint("Add the column without, and a CHECK constraint when its rows have values.")
		}
		if _, ok := defaultOf(n.Field); ok {
			return errclass.DeltaDefaultOfNewColumn.New("Failed to execute the command because DEFAULT values are not supported when adding new columns to previously existing Delta tables; " +
				"please add the column without a default value first, then run a second ALTER TABLE ALTER COLUMN SET DEFAULT command to apply for future inserted rows instead.")
		}
		if _, generated := generationOf(n.Field); generated || n.Field.Metadata[KeyIdentityStep] != nil {
			return errclass.DeltaNotAllowed.New("Operation not allowed: a generated column or an identity column cannot be added to a table.")
		}
		if err := checkNested(n.Field); err != nil {
			return err
		}
		if err := a.addColumn(n); err != nil {
			return err
		}
		h := added{Column: shownField(n.Field, n.Parent)}
		if n.Position != nil {
			h.Position = shownPosition(n.Position)
		}
		history = append(history, h)
	}
	a.operation("ADD COLUMNS", deltalog.Parameters{}.With("columns", jsonOf(history)))
	return nil
}

func (a *altering) addColumn(n plan.NewColumn) error {
	if len(n.Parent) > 0 {
		if _, _, err := fieldAt(a.schema, n.Parent); err != nil {
			return err
		}
	}
	return a.change(changeStruct(a.schema, n.Parent, func(s types.Struct) (types.Struct, error) {
		if s.Index(n.Field.Name) >= 0 {
			return s, errclass.FieldExists.New("Cannot add column, because `%s` already exists in \"%s\".", strings.Join(append(slices.Clip(n.Parent), n.Field.Name), "`.`"), types.SQL(s))
		}
		return inserted(s, n.Field, n.Position)
	}))
}

// change takes over a new schema.
func (a *altering) change(t types.Type, err error) error {
	if err != nil {
		return err
	}
	a.schema, _ = t.(types.Struct)
	return nil
}

// jsonOf is a value of plain structs and texts as JSON, which cannot fail.
func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// mappingNeeded is how Delta tells that columns must be mapped before one can go or be renamed.
const mappingNeeded = "Please enable Column Mapping on your Delta table with mapping mode 'name'.\nYou can use one of the following commands.\n\n" +
	"ALTER TABLE table_name SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')\n\nNote, if your table is not on the required protocol version it will be upgraded.\nColumn mapping requires at least protocol (2, 5)"

// renameColumn is RENAME COLUMN.
func (a *altering) renameColumn(c *plan.RenameColumn) error {
	if a.meta.ColumnMapping() == deltalog.MappingNone {
		return errclass.DeltaRenameUnsupported.New("Column rename is not supported for your Delta table. \n%s", mappingNeeded)
	}
	f, path, err := fieldAt(a.schema, c.From)
	if err != nil {
		return err
	}
	if err := a.checkDependants(path); err != nil {
		return err
	}
	parent := path[:len(path)-1]
	err = a.change(changeStruct(a.schema, parent, func(s types.Struct) (types.Struct, error) {
		if i := s.Index(c.To); i >= 0 && !strings.EqualFold(c.To, f.Name) {
			return s, errclass.FieldExists.New("Cannot rename column, because `%s` already exists in \"%s\".", strings.Join(append(slices.Clip(parent), c.To), "`.`"), types.SQL(s))
		}
		s.Fields = slices.Clone(s.Fields)
		s.Fields[s.Index(f.Name)].Name = c.To
		return s, nil
	}))
	if err != nil {
		return err
	}
	if len(parent) == 0 {
		a.renameIn(f.Name, c.To)
	}
	a.operation("RENAME COLUMN", deltalog.Parameters{}.With("oldColumnPath", told(path)).With("newColumnPath", told(append(slices.Clip(parent), c.To))))
	return nil
}

// told is a column's path as the history tells it: a part is quoted only where the dot would mislead.
func told(path []string) string {
	parts := slices.Clone(path)
	for i, part := range parts {
		if strings.Contains(part, ".") {
			parts[i] = quoted(part)
		}
	}
	return strings.Join(parts, ".")
}

// renameIn takes a column's new name over where the metadata tells it.
func (a *altering) renameIn(from, to string) {
	for i, p := range a.meta.PartitionColumns {
		if strings.EqualFold(p, from) {
			a.meta.PartitionColumns[i] = to
		}
	}
	const indexed = "delta.dataSkippingStatsColumns"
	if list, ok := a.meta.Configuration[indexed]; ok {
		a.meta.Configuration[indexed] = renamedIn(list, from, to)
	}
}

// renamedIn renames the first part of each path in a list of columns.
func renamedIn(list, from, to string) string {
	paths := strings.Split(list, ",")
	for i, p := range paths {
		first, rest, more := strings.Cut(strings.TrimSpace(p), ".")
		if strings.EqualFold(strings.Trim(first, "`"), from) {
			if paths[i] = quoted(to); more {
				paths[i] += "." + rest
			}
		}
	}
	return strings.Join(paths, ",")
}

// dropColumns is DROP COLUMNS.
func (a *altering) dropColumns(c *plan.DropColumns) (done bool, err error) {
	var dropped []string
	for _, column := range c.Columns {
		f, path, err := fieldAt(a.schema, column)
		if err != nil && c.IfExists {
			continue
		}
		if err != nil {
			return false, err
		}
		if a.meta.ColumnMapping() == deltalog.MappingNone {
			return false, errclass.DeltaDropUnsupported.New("DROP COLUMN is not supported for your Delta table. \n%s", mappingNeeded)
		}
		if err := a.dropColumn(f, path); err != nil {
			return false, err
		}
		dropped = append(dropped, told(path))
	}
	if len(dropped) == 0 {
		return true, nil
	}
	a.operation("DROP COLUMNS", deltalog.Parameters{}.With("columns", jsonOf(dropped)))
	return false, nil
}

func (a *altering) dropColumn(f types.Field, path []string) error {
	if len(path) == 1 && slices.ContainsFunc(a.meta.PartitionColumns, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
		return errclass.DeltaDropPartition.New("Dropping partition columns (%s) is not allowed.", f.Name)
	}
	clustering, err := clusteringOf(a.ctx, a.snap)
	if err != nil {
		return err
	}
	for _, by := range clustering {
		if alongside(by, path) {
			return errclass.DeltaDropClustering.New("Dropping clustering columns (%s) is not allowed.", dotted(by))
		}
	}
	if err := a.checkDependants(path); err != nil {
		return err
	}
	return a.change(changeStruct(a.schema, path[:len(path)-1], func(s types.Struct) (types.Struct, error) {
		if len(s.Fields) == 1 {
			return s, errclass.DeltaDropOnly.New("Cannot drop column from a schema with a single column. Schema:\n%s", types.SQL(s))
		}
		return withoutField(s, s.Index(f.Name)), nil
	}))
}

// replaceColumns is REPLACE COLUMNS: of columns that stay, only comments, order and nullability may change; new ones come behind, and columns go
// where they are mapped.
func (a *altering) replaceColumns(c *plan.ReplaceColumns) error {
	for _, f := range a.schema.Fields {
		if f.Metadata[KeyIdentityStep] != nil {
			return errclass.DeltaIdentityReplace.New("ALTER TABLE REPLACE COLUMNS is not supported for table with IDENTITY columns.")
		}
	}
	to := types.Struct{Fields: c.Columns}
	fields := make([]types.Field, len(c.Columns))
	var added, gone []string
	for i, f := range c.Columns {
		fields[i] = f
		at := a.schema.Index(f.Name)
		if at < 0 {
			added = append(added, f.Name)
			continue
		}
		was := a.schema.Fields[at]
		if !types.EqualIgnoringNullability(was.Type, f.Type) {
			return a.cannotReplace(to, fmt.Sprintf("Cannot change data type: %s from %s to %s", f.Name, types.SQL(was.Type), types.SQL(f.Type)))
		}
		if was.Nullable && !f.Nullable {
			return a.cannotReplace(to, "Cannot change nullable column to non-nullable: "+f.Name)
		}
		fields[i].Type, fields[i].Metadata = was.Type, maps.Clone(was.Metadata)
		fields[i] = withNote(fields[i], "comment", f.Metadata["comment"])
	}
	for _, f := range a.schema.Fields {
		if to.Index(f.Name) < 0 {
			gone = append(gone, f.Name)
		}
	}
	switch {
	case len(added) > 0 && len(gone) > 0:
		return a.cannotReplace(to, "This change contains column removals and additions, therefore they are ambiguous. Please make these changes individually using ALTER TABLE [ADD | DROP | RENAME] COLUMN.")
	case len(gone) > 0 && a.meta.ColumnMapping() == deltalog.MappingNone:
		return a.cannotReplace(to, fmt.Sprintf("Cannot change data type: dropping column(s) [%s]", strings.Join(gone, ", ")))
	}
	for _, name := range gone {
		i := a.schema.Index(name)
		if err := a.dropColumn(a.schema.Fields[i], []string{name}); err != nil {
			return err
		}
	}
	a.schema = types.Struct{Fields: fields}
	var history []json.RawMessage
	for _, f := range fields {
		history = append(history, shownField(f, nil))
	}
	a.operation("REPLACE COLUMNS", deltalog.Parameters{}.With("columns", jsonOf(history)))
	return nil
}

func (a *altering) cannotReplace(to types.Struct, reason string) error {
	return errclass.DeltaReplaceColumns.New("Unsupported ALTER TABLE REPLACE COLUMNS operation. Reason: %s\n\nFailed to change schema from:\n%s\nto:\n%s", reason, types.ToDDL(a.schema), types.ToDDL(to))
}

// withNote is a field with a key of its metadata set, or, by nil, without it.
func withNote(f types.Field, key string, value any) types.Field {
	f.Metadata = maps.Clone(f.Metadata)
	if value == nil {
		delete(f.Metadata, key)
		return f
	}
	if f.Metadata == nil {
		f.Metadata = map[string]any{}
	}
	f.Metadata[key] = value
	return f
}

// checkNested refuses NOT NULL inside of arrays and maps, which no writer checks.
func checkNested(f types.Field) error {
	var walk func(t types.Type, inside string) error
	walk = func(t types.Type, inside string) error {
		switch t := t.(type) {
		case types.Struct:
			for _, g := range t.Fields {
				if inside != "" && !g.Nullable {
					return errclass.DeltaNestedNotNull.New("The %s type of the field %s contains a NOT NULL constraint. Delta does not support NOT NULL constraints nested within arrays or maps.", inside, f.Name)
				}
				if err := walk(g.Type, inside); err != nil {
					return err
				}
			}
		case types.Array:
			return walk(t.Element, "element")
		case types.Map:
			if err := walk(t.Key, "key"); err != nil {
				return err
			}
			return walk(t.Value, "value")
		}
		return nil
	}
	return walk(f.Type, "")
}
