package medallion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// show answers the commands that ask.
func (s *Session) show(ctx context.Context, c plan.Command) (*DataFrame, error) {
	switch c := c.(type) {
	case *plan.ShowTables:
		return s.showTables(ctx, c)
	case *plan.ShowSchemas:
		return s.showSchemas(ctx, c)
	case *plan.ShowCatalogs:
		all, err := s.catalog.Catalogs(ctx)
		return s.names("catalog string", all, c.Pattern, err)
	case *plan.ShowColumns:
		schema, err := s.tableSchema(ctx, c.Table)
		return s.names("col_name string", schema.Names(), "", err)
	case *plan.ShowTableProperties:
		return s.showProperties(ctx, c)
	case *plan.ShowCreateTable:
		return s.showCreate(ctx, c)
	case *plan.DescribeTable:
		return s.describeTable(ctx, c)
	case *plan.DescribeSchema:
		return s.describeSchema(ctx, c)
	case *plan.DescribeQuery:
		schema, err := (&DataFrame{session: s, rel: c.Query}).Schema(ctx)
		return s.columns(schema, nil, err)
	case *plan.DescribeHistory:
		return s.describeHistory(ctx, c)
	case *plan.DescribeDetail:
		return s.describeDetail(ctx, c)
	case *plan.Explain:
		return s.explain(ctx, c)
	}
	return nil, errclass.UnsupportedFeature.New("the statement %T is not supported.", c)
}

func (s *Session) names(ddl string, all []string, pattern string, err error) (*DataFrame, error) {
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, n := range all {
		if matchesPattern(n, pattern) {
			rows = append(rows, []any{n})
		}
	}
	return s.answer(ddl, rows)
}

// matchesPattern is SHOW's LIKE: a regular expression in which * is any text, | separates alternatives, and letter
// case does not count. One that is no regular expression matches nothing.
func matchesPattern(name, pattern string) bool {
	if pattern == "" {
		return true
	}
	for alternative := range strings.SplitSeq(strings.TrimSpace(pattern), "|") {
		re, err := regexp.Compile("(?is)^(?:" + strings.ReplaceAll(alternative, "*", ".*") + ")$")
		if err == nil && re.MatchString(name) {
			return true
		}
	}
	return false
}

func (s *Session) showTables(ctx context.Context, c *plan.ShowTables) (*DataFrame, error) {
	catalogName, schema := s.current()
	if len(c.Schema) > 0 {
		var err error
		if catalogName, schema, err = s.schemaName(c.Schema); err != nil {
			return nil, err
		}
	}
	tables, err := s.catalog.Tables(ctx, catalogName, schema)
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(t string) bool { return !matchesPattern(t, c.Pattern) })
	if c.Extended {
		return s.showTablesExtended(ctx, catalogName, schema, tables)
	}
	var rows [][]any
	for _, t := range tables {
		rows = append(rows, []any{schema, t, false})
	}
	s.mu.Lock()
	views := slices.Sorted(maps.Keys(s.views))
	s.mu.Unlock()
	for _, v := range views {
		if matchesPattern(v, c.Pattern) {
			rows = append(rows, []any{"", v, true})
		}
	}
	return s.answer("namespace string, tableName string, isTemporary boolean", rows)
}

// showTablesExtended is SHOW TABLE EXTENDED: what the catalog knows of tables, which are not opened for it.
func (s *Session) showTablesExtended(ctx context.Context, catalogName, schema string, tables []string) (*DataFrame, error) {
	var rows [][]any
	for _, t := range tables {
		entry, err := s.catalog.Lookup(ctx, catalog.Name{Catalog: catalogName, Schema: schema, Table: t})
		if errors.Is(err, errclass.TableNotFound) {
			continue // dropped meanwhile
		}
		if err != nil {
			return nil, err
		}
		information, err := s.tableInformation(entry)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{schema, t, false, information})
	}
	return s.answer("namespace string, tableName string, isTemporary boolean, information string", rows)
}

// tableInformation is a line for each thing that the catalog knows, in Spark's words.
func (s *Session) tableInformation(entry catalog.Table) (string, error) {
	lines := [][2]string{
		{"Catalog", entry.Name.Catalog},
		{"Database", entry.Name.Schema},
		{"Table", entry.Name.Table},
		{"Created Time", time.UnixMilli(entry.Created).In(s.TimeZone()).Format(time.UnixDate)},
		{"Last Access", "UNKNOWN"},
		{"Type", entry.Type},
		{"Provider", entry.Provider},
		{"Comment", entry.Comment},
		{"View Text", entry.ViewText},
	}
	if entry.Type != catalog.View {
		table, err := s.deltaTable(entry.Location)
		if err != nil {
			return "", err
		}
		lines = append(lines, [2]string{"Location", table.URI})
	}
	var b strings.Builder
	for _, line := range lines {
		if line[1] != "" {
			b.WriteString(line[0] + ": " + line[1] + "\n")
		}
	}
	return b.String(), nil
}

func (s *Session) showSchemas(ctx context.Context, c *plan.ShowSchemas) (*DataFrame, error) {
	catalogName, _ := s.current()
	if c.Catalog != "" {
		catalogName = strings.ToLower(c.Catalog)
		if err := s.requireCatalog(ctx, catalogName); err != nil {
			return nil, err
		}
	}
	all, err := s.catalog.Schemas(ctx, catalogName)
	return s.names("namespace string", all, c.Pattern, err)
}

func (s *Session) tableSchema(ctx context.Context, parts []string) (Schema, error) {
	return (&DataFrame{session: s, rel: &plan.NamedTable{Name: parts}}).Schema(ctx)
}

func (s *Session) columns(schema Schema, more [][]any, err error) (*DataFrame, error) {
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, f := range schema.Fields {
		rows = append(rows, columnRow(f))
	}
	return s.answer("col_name string, data_type string, comment string", append(rows, more...))
}

// columnRow describes a column: its name, type and comment.
func columnRow(f types.Field) []any {
	var comment any
	if text, ok := f.Metadata["comment"].(string); ok {
		comment = text
	}
	return []any{f.Name, f.Type.String(), comment}
}

func (s *Session) showProperties(ctx context.Context, c *plan.ShowTableProperties) (*DataFrame, error) {
	_, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	props := tableProperties(detail)
	if c.Key != nil {
		value, ok := props[*c.Key]
		if !ok {
			value = "Table " + s.fullName(c.Table) + " does not have property: " + *c.Key
		}
		return s.answer("key string, value string", [][]any{{*c.Key, value}})
	}
	var rows [][]any
	for _, k := range slices.Sorted(maps.Keys(props)) {
		rows = append(rows, []any{k, props[k]})
	}
	return s.answer("key string, value string", rows)
}

const historyColumns = "version bigint, timestamp timestamp, userId string, userName string, operation string, operationParameters map<string,string>, " +
	"job struct<jobId: string, jobName: string, jobRunId: string, runId: string, jobOwnerId: string, triggerType: string>, " +
	"notebook struct<notebookId: string>, clusterId string, " +
	"readVersion bigint, isolationLevel string, isBlindAppend boolean, operationMetrics map<string,string>, userMetadata string, engineInfo string"

func (s *Session) describeHistory(ctx context.Context, c *plan.DescribeHistory) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	history, err := table.Log.History(ctx, c.Limit)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, h := range history {
		row := []any{
			h.Version, h.Timestamp, text(h.UserID), text(h.UserName), text(h.Operation), parameterTexts(h.OperationParameters),
			textsOf(h.Job, "jobId", "jobName", "jobRunId", "runId", "jobOwnerId", "triggerType"), textsOf(h.Notebook, "notebookId"), text(h.ClusterID),
			orNull(h.ReadVersion), text(h.IsolationLevel), orNull(h.IsBlindAppend), h.OperationMetrics, text(h.UserMetadata), text(h.EngineInfo),
		}
		rows = append(rows, row)
	}
	return s.answer(historyColumns, rows)
}

// parameterTexts shows an operation's parameters as Spark's history does: every value as a text.
func parameterTexts(parameters deltalog.Parameters) map[string]string {
	texts := make(map[string]string, len(parameters))
	for _, p := range parameters {
		switch value := p.Value.(type) {
		case nil:
		case float64: // a number of the log's JSON
			texts[p.Name] = strconv.FormatFloat(value, 'f', -1, 64)
		default:
			texts[p.Name] = fmt.Sprint(value)
		}
	}
	return texts
}

// textsOf takes members of a JSON object as the fields of a struct: what Databricks writes of its jobs. Where there is
// no object the struct is null.
func textsOf(object json.RawMessage, names ...string) any {
	var members map[string]any
	if json.Unmarshal(object, &members) != nil || members == nil {
		return nil
	}
	fields := make([]any, len(names))
	for i, name := range names {
		if v := members[name]; v != nil {
			fields[i] = fmt.Sprint(v)
		}
	}
	return fields
}

// orNull is what a pointer leads to.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// text is a value that is null when empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

const detailColumns = "format string, id string, name string, description string, location string, createdAt timestamp, lastModified timestamp, " +
	"partitionColumns array<string>, clusteringColumns array<string>, numFiles bigint, sizeInBytes bigint, properties map<string,string>, minReaderVersion int, minWriterVersion int, tableFeatures array<string>"

func (s *Session) describeDetail(ctx context.Context, c *plan.DescribeDetail) (*DataFrame, error) {
	table, d, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	name := ""
	if !isDeltaPath(c.Table) {
		name = s.fullName(c.Table)
	}
	return s.answer(detailColumns, [][]any{{
		"delta", d.ID, text(name), text(d.Description), table.URI, d.CreatedAt, d.LastModified, d.PartitionColumns,
		d.ClusteringColumns,
		d.NumFiles, d.SizeInBytes, d.Properties, int32(d.MinReaderVersion), int32(d.MinWriterVersion), d.Features,
	}})
}

func (s *Session) explain(ctx context.Context, c *plan.Explain) (*DataFrame, error) {
	var text string
	var err error
	switch explained := c.Statement.(type) {
	case *plan.Query:
		text, err = s.explainQuery(ctx, explained, c.Mode)
	case *plan.Delete:
		text, err = s.explainDelete(ctx, explained)
	case *plan.Update:
		text, err = s.explainUpdate(ctx, explained)
	case *plan.MergeInto:
		text, err = s.explainMerge(ctx, explained)
	default:
		err = errclass.UnsupportedFeature.New("EXPLAIN of a command is not supported.")
	}
	if err != nil {
		return nil, err
	}
	return s.answer("plan string", [][]any{{text}})
}

func (s *Session) explainQuery(ctx context.Context, query *plan.Query, mode string) (string, error) {
	node, err := (&DataFrame{session: s, rel: query.Relation}).resolve(ctx)
	if err != nil {
		return "", err
	}
	optimized, err := logical.AnswerFromMetadata(ctx, logical.Optimize(node))
	if err != nil {
		return "", err
	}
	reports, err := logical.Reports(ctx, optimized)
	if err != nil {
		return "", err
	}
	text := "== Physical Plan ==\n" + logical.Explain(optimized)
	if len(reports) > 0 {
		text += "\n== Scans ==\n" + strings.Join(reports, "\n") + "\n"
	}
	if mode == "extended" {
		text = "== Analyzed Logical Plan ==\n" + logical.Explain(node) + "\n" + text
	}
	return text, nil
}

// nullable is a schema as a table stores it: every column may be null.
func nullable(s Schema) Schema { return types.AsNullable(s).(types.Struct) }
