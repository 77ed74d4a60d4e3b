package medallion

import (
	"context"
	"maps"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// alterTable is ALTER TABLE.
func (s *Session) alterTable(ctx context.Context, c *plan.AlterTable) error {
	switch a := c.Action.(type) {
	case *plan.RenameTable:
		return s.renameTable(ctx, c.Name, a.To)
	case *plan.SetLocation:
		return s.setLocation(ctx, c.Name, a.Location)
	}
	table, err := s.tableOf(ctx, c.Name)
	if err != nil {
		return err
	}
	if a, ok := c.Action.(*plan.DropFeature); ok {
		return delta.DropFeature(ctx, table, a.Name, deltalog.DropFeatureOptions{TruncateHistory: a.TruncateHistory}, s.optimizeOptions())
	}
	return delta.Alter(ctx, table, c.Action, s.alterOptions(c.Name))
}

func (s *Session) alterOptions(name []string) delta.AlterOptions {
	return delta.AlterOptions{Name: s.fullName(name), Eval: s.evalContext(), Workers: s.confInt(confWorkers)}
}

// entryNamed is the catalog's entry of a table; views and paths have none.
func (s *Session) entryNamed(ctx context.Context, parts []string, statement string) (catalog.Table, error) {
	if isDeltaPath(parts) {
		return catalog.Table{}, errclass.UnsupportedFeature.New("%s of a path is not supported: `%s` has no name.", statement, parts[1])
	}
	name, err := s.qualify(parts)
	if err != nil {
		return catalog.Table{}, err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	if err == nil && entry.Type == catalog.View {
		err = errclass.WrongObjectType.New("A table is expected, but %s is a view.", name)
	}
	return entry, err
}

// renameTable is RENAME TO. The rows stay where they are.
func (s *Session) renameTable(ctx context.Context, from, to []string) error {
	entry, err := s.entryNamed(ctx, from, "ALTER TABLE … RENAME TO")
	if err != nil {
		return err
	}
	if len(to) == 1 {
		to = []string{entry.Name.Catalog, entry.Name.Schema, to[0]}
	}
	name, err := s.qualify(to)
	if err != nil {
		return err
	}
	if name.Catalog != entry.Name.Catalog || name.Schema != entry.Name.Schema {
		return errclass.InvalidSyntax.New("RENAME TABLE source and destination databases do not match: '%s' != '%s'.", entry.Name.Schema, name.Schema)
	}
	return s.catalog.Rename(ctx, entry.Name, name)
}

// setLocation is SET LOCATION: the name leads to another Delta table, of the same columns. A managed table is one no
// more, for the other folder was not made for it: DROP TABLE leaves both.
func (s *Session) setLocation(ctx context.Context, parts []string, location string) error {
	entry, err := s.entryNamed(ctx, parts, "ALTER TABLE … SET LOCATION")
	if err != nil {
		return err
	}
	was, err := s.deltaTable(entry.Location)
	if err != nil {
		return err
	}
	location = strings.TrimRight(location, "/")
	is, err := s.deltaTable(location)
	if err != nil {
		return err
	}
	exists, err := is.Exists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		return errclass.DeltaMissingTable.New("`%s` is not a Delta table.", location)
	}
	if err := sameColumns(ctx, was, is); err != nil || was.URI == is.URI {
		return err
	}
	if entry.Type == catalog.Managed {
		if err := s.catalog.Reserve(ctx, entry.Location); err != nil {
			return err
		}
	}
	entry.Type, entry.Reserved, entry.Location = catalog.External, false, location
	return s.catalog.Replace(ctx, entry)
}

func sameColumns(ctx context.Context, a, b delta.Table) error {
	one, err := a.Schema(ctx)
	if err != nil {
		return err
	}
	other, err := b.Schema(ctx)
	if err != nil {
		return err
	}
	if !types.EqualIgnoringNullability(one, other) {
		return errclass.DeltaSetLocationSchema.New("The schema of the new Delta location is different than the current table schema. original schema: %s destination schema: %s", one, other).
			WithHint("Give the other table a name of its own.")
	}
	return nil
}

// truncateTable is TRUNCATE TABLE.
func (s *Session) truncateTable(ctx context.Context, c *plan.TruncateTable) error {
	if len(c.Partition) > 0 {
		return errclass.DeltaTruncatePartition.New("Operation not allowed: TRUNCATE TABLE on Delta tables does not support partition predicates; use DELETE to delete specific partitions or rows.")
	}
	table, err := s.tableOf(ctx, c.Name)
	if err != nil {
		return err
	}
	return delta.Truncate(ctx, table)
}

// commentOn is COMMENT ON TABLE, COLUMN or SCHEMA.
func (s *Session) commentOn(ctx context.Context, c *plan.CommentOn) error {
	text := ""
	if c.Comment != nil {
		text = *c.Comment
	}
	switch c.Kind {
	case "table":
		table, err := s.tableOf(ctx, c.Name)
		if err != nil {
			return err
		}
		return delta.Alter(ctx, table, &plan.SetProperties{Properties: map[string]string{"comment": text}}, s.alterOptions(c.Name))
	case "column":
		return s.commentOnColumn(ctx, c, text)
	}
	return s.commentOnSchema(ctx, c.Name, text)
}

// commentOnColumn finds the table in a name that goes on with a column: the longest beginning that is one.
func (s *Session) commentOnColumn(ctx context.Context, c *plan.CommentOn, text string) error {
	var first error
	for n := min(len(c.Name)-1, 3); n > 0; n-- {
		table, err := s.tableOf(ctx, c.Name[:n])
		if err != nil {
			first = err
			continue
		}
		change := plan.ColumnChange{Column: c.Name[n:], Comment: &text}
		return delta.Alter(ctx, table, &plan.ChangeColumns{Changes: []plan.ColumnChange{change}}, s.alterOptions(c.Name[:n]))
	}
	if first == nil {
		first = errclass.InvalidSyntax.New("COMMENT ON COLUMN takes a table's name and a column's.")
	}
	return first
}

// createTableLike is CREATE TABLE … LIKE: an empty table with the columns, partitioning and properties of another.
func (s *Session) createTableLike(ctx context.Context, c *plan.CreateTableLike) error {
	if c.Using != "" && c.Using != "delta" {
		return errclass.UnsupportedFeature.New("CREATE TABLE … USING %s is not supported; tables are Delta: USING DELTA.", c.Using)
	}
	source, err := s.tableOf(ctx, c.Source)
	if err != nil {
		return err
	}
	like, err := source.Definition(ctx)
	if err != nil {
		return err
	}
	properties := like.Properties
	maps.Copy(properties, c.Properties)
	none, err := delta.WriteOptionTable.Parse(nil)
	if err != nil {
		return err
	}
	return s.createNamed(ctx, c.Name, c.IfNotExists, newTable{
		schema: like.Schema, partition: like.PartitionBy, cluster: like.ClusterBy, comment: like.Comment, properties: properties,
		location: strings.TrimRight(c.Location, "/"), operation: "CREATE TABLE", options: none, tolerate: c.IfNotExists,
	})
}

// createNamed makes an empty table by its name, or by its path.
func (s *Session) createNamed(ctx context.Context, parts []string, ifNotExists bool, t newTable) error {
	if isDeltaPath(parts) {
		table, err := s.deltaTable(strings.TrimRight(parts[1], "/"))
		if err != nil {
			return err
		}
		exists, err := table.Exists(ctx)
		if err != nil || exists && ifNotExists {
			return err
		}
		if exists {
			return errclass.TableAlreadyExists.New("Cannot create table or view delta.`%s` because it already exists.", table.URI)
		}
		return s.makeEmpty(ctx, table, catalog.External, t)
	}
	name, err := s.qualify(parts)
	if err != nil {
		return err
	}
	if ifNotExists {
		if _, err := s.catalog.Lookup(ctx, name); !isNotFound(err) {
			return err
		}
	}
	_, err = s.createTable(ctx, name, t)
	return err
}

// showPartitions is SHOW PARTITIONS.
func (s *Session) showPartitions(ctx context.Context, c *plan.ShowPartitions) (*DataFrame, error) {
	_, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if len(detail.PartitionColumns) == 0 {
		return nil, errclass.DeltaNotPartitioned.New("SHOW PARTITIONS is not allowed on a table that is not partitioned: %s", s.fullName(c.Table))
	}
	frame := (&DataFrame{session: s, rel: &plan.NamedTable{Name: c.Table}}).SelectCols(quotedNames(detail.PartitionColumns)...).Distinct()
	var order []SortOrder
	for _, p := range detail.PartitionColumns {
		order = append(order, Col(types.QuoteIfNeeded(p)).Asc())
	}
	for _, v := range c.Partition {
		if !slices.ContainsFunc(detail.PartitionColumns, func(p string) bool { return strings.EqualFold(p, v.Column) }) {
			return nil, errclass.DeltaShowPartitionColumns.New("Non-partitioning column(s) [%s] are specified for SHOW PARTITIONS", v.Column)
		}
		if v.Value == nil {
			return nil, errclass.InvalidSyntax.New("Partition column %s needs a value: PARTITION (%s = …).", v.Column, v.Column)
		}
		column := &plan.UnresolvedAttribute{Parts: []string{v.Column}}
		frame = frame.Filter(Column{expr: &plan.UnresolvedFunction{Name: "<=>", Args: []plan.Expression{column, v.Value}}})
	}
	return frame.OrderBy(order...), nil
}

func quotedNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = types.QuoteIfNeeded(n)
	}
	return out
}
