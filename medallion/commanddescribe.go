package medallion

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// describeTable is DESCRIBE [EXTENDED] of a table or a view.
func (s *Session) describeTable(ctx context.Context, c *plan.DescribeTable) (*DataFrame, error) {
	schema, err := s.tableSchema(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if c.Column != nil {
		return s.describeColumn(c.Column, schema)
	}
	entry, named, err := s.entryOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if named && entry.Type == catalog.View {
		return s.columns(schema, extended(c.Extended, viewDetail(entry)), nil)
	}
	if !named && !isDeltaPath(c.Table) { // a temporary view, or files of another format
		return s.columns(schema, nil, nil)
	}
	table, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if !named {
		entry = catalog.Table{Name: catalog.Name{Catalog: catalog.SessionCatalog, Schema: "delta", Table: c.Table[1]}, Type: catalog.External}
	}
	rows := append(partitionRows(detail), extended(c.Extended, tableDetail(entry.Name, entry.Type, table, detail))...)
	return s.columns(schema, rows, nil)
}

// describeColumn is DESCRIBE of one column. As in Spark it may have no parts, and a table's statistics are not shown by EXTENDED.
func (s *Session) describeColumn(name []string, schema Schema) (*DataFrame, error) {
	at := schema.Index(name[0])
	if at < 0 {
		return nil, errclass.UnresolvedColumn.New("A column, variable, or function parameter with name `%s` cannot be resolved. Did you mean one of the following? [`%s`].",
			strings.Join(name, "`.`"), strings.Join(schema.Names(), "`, `"))
	}
	if len(name) > 1 {
		return nil, errclass.UnsupportedFeature.New("The feature is not supported: DESCRIBE of a nested column: `%s`.", strings.Join(name, "`.`")).
			WithHint("DESCRIBE the column `%s`.", schema.Fields[at].Name)
	}
	column := columnRow(schema.Fields[at])
	if column[2] == nil {
		column[2] = "NULL"
	}
	return s.answer("info_name string, info_value string", [][]any{{"col_name", column[0]}, {"data_type", column[1]}, {"comment", column[2]}})
}

// entryOf is the catalog's entry of a name that is no path and no temporary view's; false where there is none.
func (s *Session) entryOf(ctx context.Context, parts []string) (catalog.Table, bool, error) {
	if len(parts) == 2 && isPath(parts) {
		return catalog.Table{}, false, nil
	}
	if len(parts) == 1 {
		if _, ok := s.tempView(parts[0]); ok {
			return catalog.Table{}, false, nil
		}
	}
	name, err := s.qualify(parts)
	if err != nil {
		return catalog.Table{}, false, err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	return entry, err == nil, err
}

func extended(yes bool, rows [][]any) [][]any {
	if !yes {
		return nil
	}
	return append([][]any{{"", "", ""}, {"# Detailed Table Information", "", ""}}, rows...)
}

func partitionRows(detail delta.Detail) [][]any {
	if len(detail.PartitionColumns) == 0 {
		return nil
	}
	rows := [][]any{{"# Partition Information", "", ""}, {"# col_name", "data_type", "comment"}}
	for _, p := range detail.PartitionColumns {
		if at := detail.Schema.Index(p); at >= 0 {
			rows = append(rows, columnRow(detail.Schema.Fields[at]))
		}
	}
	return rows
}

// tableDetail tells a table's name by its parts: of one without a name those of delta.`path`.
func tableDetail(name catalog.Name, kind string, table delta.Table, detail delta.Detail) [][]any {
	rows := [][]any{
		{"Catalog", name.Catalog, ""},
		{"Namespace", name.Schema, ""},
		{"Database", name.Schema, ""},
		{"Table", name.Table, ""},
		{"Type", kind, ""},
	}
	if detail.Description != "" {
		rows = append(rows, []any{"Comment", detail.Description, ""})
	}
	rows = append(rows, []any{"Location", table.URI, ""}, []any{"Provider", "delta", ""})
	if kind == catalog.Managed {
		rows = append(rows, []any{"Is_managed_location", "true", ""})
	}
	return append(rows, []any{"Table Properties", propertyList(tableProperties(detail)), ""})
}

func viewDetail(entry catalog.Table) [][]any {
	rows := [][]any{
		{"Catalog", entry.Name.Catalog, ""},
		{"Database", entry.Name.Schema, ""},
		{"Table", entry.Name.Table, ""},
		{"Type", entry.Type, ""},
	}
	if entry.Comment != "" {
		rows = append(rows, []any{"Comment", entry.Comment, ""})
	}
	return append(rows,
		[]any{"View Text", entry.ViewText, ""},
		[]any{"View Catalog and Namespace", entry.ViewCatalog + "." + entry.ViewSchema, ""},
		[]any{"View Query Output Columns", "[`" + strings.Join(entry.ViewOutput, "`, `") + "`]", ""})
}

// tableProperties are what SHOW TBLPROPERTIES shows: the table's, the versions of its protocol and the features that it names, and what it is
// clustered by.
func tableProperties(detail delta.Detail) map[string]string {
	all := map[string]string{
		"delta.minReaderVersion": strconv.Itoa(detail.MinReaderVersion),
		"delta.minWriterVersion": strconv.Itoa(detail.MinWriterVersion),
	}
	if detail.MinWriterVersion >= 7 { // older versions name no features
		for _, feature := range detail.Features {
			all["delta.feature."+feature] = "supported"
		}
	}
	if len(detail.ClusteringColumns) > 0 {
		all["clusteringColumns"] = clusteringText(detail.ClusteringColumns)
	}
	maps.Copy(all, detail.Properties)
	return all
}

// clusteringText is a list of paths in JSON, as Delta keeps it.
func clusteringText(columns []string) string {
	paths := make([][]string, len(columns))
	for i, c := range columns {
		paths[i] = strings.Split(c, ".")
	}
	text, _ := json.Marshal(paths) // texts cannot fail
	return string(text)
}

func propertyList(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// showCreate is SHOW CREATE TABLE: the statement that makes such a table, or such a view.
func (s *Session) showCreate(ctx context.Context, c *plan.ShowCreateTable) (*DataFrame, error) {
	entry, named, err := s.entryOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if named && entry.Type == catalog.View {
		return s.answer("createtab_stmt string", [][]any{{createViewText(entry)}})
	}
	table, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	name := quoteParts(c.Table)
	if named {
		name = quoteParts(entry.Name.Parts())
	}
	text := createTableText(name, detail)
	if entry.Type != catalog.Managed {
		text += "LOCATION " + types.QuoteString(table.URI) + "\n"
	}
	return s.answer("createtab_stmt string", [][]any{{text}})
}

func createTableText(name string, detail delta.Detail) string {
	columns := make([]string, len(detail.Declared.Fields))
	for i, f := range detail.Declared.Fields {
		columns[i] = sql.Format(f)
	}
	text := fmt.Sprintf("CREATE TABLE %s (\n  %s)\nUSING delta\n", name, strings.Join(columns, ",\n  "))
	if len(detail.PartitionColumns) > 0 {
		text += "PARTITIONED BY (" + quoteList(detail.PartitionColumns) + ")\n"
	}
	if len(detail.ClusteringColumns) > 0 {
		columns := make([]string, len(detail.ClusteringColumns))
		for i, c := range detail.ClusteringColumns {
			columns[i] = quoteParts(strings.Split(c, "."))
		}
		text += "CLUSTER BY (" + strings.Join(columns, ", ") + ")\n"
	}
	if detail.Description != "" {
		text += "COMMENT " + types.QuoteString(detail.Description) + "\n"
	}
	settable := settableProperties(detail)
	var properties []string
	for _, k := range slices.Sorted(maps.Keys(settable)) {
		properties = append(properties, types.QuoteString(k)+" = "+types.QuoteString(settable[k]))
	}
	if len(properties) > 0 {
		text += "TBLPROPERTIES (\n  " + strings.Join(properties, ",\n  ") + ")\n"
	}
	return text
}

// settableProperties are the properties that a statement needs to make such a table: without those that Delta sets by itself, and with the
// feature that DEFAULT is not taken without.
func settableProperties(detail delta.Detail) map[string]string {
	settable := maps.Clone(detail.Properties)
	maps.DeleteFunc(settable, func(name, _ string) bool { return delta.IsBookKeeping(name) })
	if slices.Contains(detail.Features, "allowColumnDefaults") {
		if settable == nil {
			settable = map[string]string{}
		}
		settable["delta.feature.allowColumnDefaults"] = "supported"
	}
	return settable
}

func createViewText(entry catalog.Table) string {
	text := "CREATE VIEW " + quoteParts(entry.Name.Parts())
	if len(entry.ViewColumns) > 0 {
		text += " (" + quoteList(entry.ViewColumns) + ")"
	}
	if entry.Comment != "" {
		text += "\nCOMMENT " + types.QuoteString(entry.Comment)
	}
	return text + "\nAS " + entry.ViewText + "\n"
}

func quoteParts(parts []string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = types.QuoteIfNeeded(p)
	}
	return strings.Join(quoted, ".")
}

func quoteList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = types.QuoteIfNeeded(n)
	}
	return strings.Join(quoted, ", ")
}
