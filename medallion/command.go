package medallion

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// command carries out a statement that is no query.
func (s *Session) command(ctx context.Context, c plan.Command) (*DataFrame, error) {
	switch c := c.(type) {
	case *plan.UseCatalog:
		return s.nothing(), s.useCatalog(ctx, c)
	case *plan.UseSchema:
		return s.nothing(), s.useSchema(ctx, c)
	case *plan.CreateSchema:
		return s.nothing(), s.createSchema(ctx, c)
	case *plan.DropSchema:
		return s.nothing(), s.dropSchema(ctx, c)
	case *plan.CreateTable:
		return s.nothing(), s.createTableCommand(ctx, c)
	case *plan.DropTable:
		return s.nothing(), s.dropTable(ctx, c)
	case *plan.CreateView:
		return s.nothing(), s.createView(ctx, c)
	case *plan.Insert:
		return s.nothing(), s.insert(ctx, c)
	case *plan.SetConf:
		return s.setConfCommand(c)
	case *plan.ResetConf:
		return s.nothing(), s.resetConf(c)
	default:
		return s.show(ctx, c)
	}
}

func (s *Session) useCatalog(ctx context.Context, c *plan.UseCatalog) error {
	all, err := s.catalog.Catalogs(ctx)
	if err != nil {
		return err
	}
	name := strings.ToLower(c.Name)
	if !slices.Contains(all, name) {
		return errclass.CatalogNotFound.New("The catalog `%s` not found.", c.Name).
			WithHint("%s", cmp.Or(errclass.DidYouMean(name, all), "CREATE SCHEMA `"+c.Name+"`.<schema> makes it."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currentCatalog, s.currentSchema = name, catalog.DefaultSchema
	return nil
}

func (s *Session) useSchema(ctx context.Context, c *plan.UseSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	ok, err := s.catalog.HasSchema(ctx, catalogName, schema)
	if err != nil {
		return err
	}
	if !ok {
		return s.catalog.SchemaNotFound(ctx, catalogName, schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currentCatalog, s.currentSchema = catalogName, schema
	return nil
}

// schemaName completes a schema's name of one or two parts.
func (s *Session) schemaName(parts []string) (catalogName, schema string, err error) {
	current, _ := s.current()
	switch len(parts) {
	case 1:
		return current, strings.ToLower(parts[0]), nil
	case 2:
		return strings.ToLower(parts[0]), strings.ToLower(parts[1]), nil
	}
	return "", "", errclass.SchemaNotFound.New("%s is no name of a schema.", strings.Join(parts, "."))
}

func (s *Session) createSchema(ctx context.Context, c *plan.CreateSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	if c.Location != "" {
		return errclass.UnsupportedFeature.New("CREATE SCHEMA with LOCATION is not supported; tables may have a LOCATION each.")
	}
	err = s.catalog.CreateSchema(ctx, catalogName, schema, catalog.Schema{Comment: c.Comment, Properties: c.Properties})
	if c.IfNotExists && errors.Is(err, errclass.SchemaAlreadyExists) {
		return nil
	}
	return err
}

func (s *Session) dropSchema(ctx context.Context, c *plan.DropSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	err = s.catalog.DropSchema(ctx, catalogName, schema, c.Cascade)
	if c.IfExists && errors.Is(err, errclass.SchemaNotFound) {
		return nil
	}
	return err
}

func (s *Session) createTableCommand(ctx context.Context, c *plan.CreateTable) error {
	if c.Using != "" && c.Using != "delta" {
		return errclass.UnsupportedFeature.New("CREATE TABLE … USING %s is not supported; tables are Delta: USING DELTA.", c.Using)
	}
	if len(c.Name) == 2 && strings.EqualFold(c.Name[0], "delta") {
		return s.createByPath(ctx, c)
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return err
	}
	if c.IfNotExists {
		if _, err := s.catalog.Lookup(ctx, name); !isNotFound(err) {
			return err
		}
	}
	t := s.newTableOf(c)
	if c.Query != nil {
		_, err = s.createTableAs(ctx, name, &DataFrame{session: s, rel: c.Query}, t)
		return err
	}
	_, err = s.createTable(ctx, name, t)
	return err
}

func (s *Session) newTableOf(c *plan.CreateTable) newTable {
	operation := "CREATE TABLE"
	if c.OrReplace {
		operation = "CREATE OR REPLACE TABLE"
	}
	return newTable{
		schema: types.Struct{Fields: c.Columns}, partition: c.PartitionBy, location: strings.TrimRight(c.Location, "/"), comment: c.Comment,
		properties: c.Properties, operation: operation, replace: c.OrReplace, tolerate: c.IfNotExists,
	}
}

// createByPath is CREATE TABLE delta.`path`: a table without a name.
func (s *Session) createByPath(ctx context.Context, c *plan.CreateTable) error {
	table, err := s.deltaTable(c.Name[1])
	if err != nil {
		return err
	}
	exists, err := table.Exists(ctx)
	if err != nil || exists && c.IfNotExists {
		return err
	}
	if exists && !c.OrReplace {
		return errclass.TableAlreadyExists.New("Cannot create table or view delta.`%s` because it already exists.", table.URI)
	}
	t := s.newTableOf(c)
	if c.Query != nil {
		w := (&DataFrame{session: s, rel: c.Query}).Write().Mode("overwrite").PartitionBy(c.PartitionBy...)
		return w.Save(ctx, c.Name[1])
	}
	return delta.Create(ctx, table, delta.CreateOptions{
		Schema: t.schema, PartitionBy: t.partition, Properties: t.properties, Comment: t.comment, Operation: t.operation, Replace: t.replace,
	})
}

func (s *Session) dropTable(ctx context.Context, c *plan.DropTable) error {
	if len(c.Name) == 1 && s.dropTempView(c.Name[0]) {
		return nil
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	if c.IfExists && (isNotFound(err) || errors.Is(err, errclass.SchemaNotFound)) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.View != (entry.Type == catalog.View) {
		return errclass.WrongObjectType.New("%s is a %s.", name, strings.ToLower(entry.Type)).
			WithHint("Drop a view by DROP VIEW and a table by DROP TABLE.")
	}
	return s.catalog.Drop(ctx, name)
}

func (s *Session) createView(ctx context.Context, c *plan.CreateView) error {
	frame := &DataFrame{session: s, rel: c.Query}
	if len(c.Columns) > 0 {
		frame = frame.ToDF(c.Columns...)
	}
	if c.Temporary {
		if _, taken := s.tempView(path.Join(c.Name...)); taken && !c.OrReplace {
			return errclass.TableAlreadyExists.New("Cannot create the temporary view `%s` because it already exists.", c.Name[0])
		}
		return frame.CreateOrReplaceTempView(ctx, c.Name[len(c.Name)-1])
	}
	if _, err := frame.resolve(ctx); err != nil {
		return err
	}
	if len(c.Columns) > 0 {
		return errclass.UnsupportedFeature.New("CREATE VIEW with a column list is not supported; name the columns in the query.")
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return err
	}
	entry := catalog.Table{Name: name, Type: catalog.View, ViewText: c.Text, Created: s.clock().UnixMilli()}
	if c.OrReplace {
		return s.catalog.Replace(ctx, entry)
	}
	err = s.catalog.Create(ctx, entry)
	if c.IfNotExists && errors.Is(err, errclass.TableAlreadyExists) {
		return nil
	}
	return err
}

// insert is INSERT INTO and INSERT OVERWRITE.
func (s *Session) insert(ctx context.Context, c *plan.Insert) error {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return err
	}
	schema, err := table.Schema(ctx)
	if err != nil {
		return err
	}
	frame, err := insertColumns(ctx, &DataFrame{session: s, rel: c.Query}, schema, c, strings.Join(c.Table, "."))
	if err != nil {
		return err
	}
	op, err := frame.operator(ctx)
	if err != nil {
		return err
	}
	none, err := delta.WriteOptionTable.Parse(nil)
	if err != nil {
		return err
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Overwrite: c.Overwrite, StructsByPosition: !c.ByName, Operation: "WRITE", Options: none, Workers: s.confInt(confWorkers), Eval: s.evalContext(),
	})
	return err
}

// insertColumns gives the query's columns the table's names: by position, by a column list, or BY NAME.
func insertColumns(ctx context.Context, frame *DataFrame, schema Schema, c *plan.Insert, name string) (*DataFrame, error) {
	if c.ByName {
		return frame, nil
	}
	have, err := frame.Schema(ctx)
	if err != nil {
		return nil, err
	}
	want := schema.Names()
	if len(c.Columns) > 0 {
		want = c.Columns
		for _, w := range want {
			if schema.Index(w) < 0 {
				return nil, errclass.UnresolvedColumn.New("A column, variable, or function parameter with name `%s` cannot be resolved. Did you mean one of the following? [`%s`].",
					w, strings.Join(errclass.Nearest(w, schema.Names(), 5), "`, `"))
			}
		}
	}
	if len(have.Fields) != len(want) {
		return nil, errclass.DeltaInsertArity.New("Cannot write to '%s', %s data columns; target table has %d column(s) but the inserted data has %d column(s)",
			name, map[bool]string{true: "not enough", false: "too many"}[len(have.Fields) < len(want)], len(want), len(have.Fields))
	}
	return frame.ToDF(want...), nil
}

// tableOf opens the Delta table of a name, or of delta.`path`.
func (s *Session) tableOf(ctx context.Context, parts []string) (delta.Table, error) {
	if len(parts) == 2 && strings.EqualFold(parts[0], "delta") {
		return s.deltaTable(strings.TrimRight(parts[1], "/"))
	}
	name, err := s.qualify(parts)
	if err != nil {
		return delta.Table{}, err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	if err != nil {
		return delta.Table{}, err
	}
	if entry.Type == catalog.View {
		return delta.Table{}, errclass.WrongObjectType.New("%s is a view, not a table.", name)
	}
	return s.deltaTable(entry.Location)
}

func (s *Session) setConfCommand(c *plan.SetConf) (*DataFrame, error) {
	if c.Key != "" && c.Value != nil {
		if err := s.SetConf(c.Key, *c.Value); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	conf := maps.Clone(s.conf)
	s.mu.Unlock()
	var rows [][]any
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if c.Key == "" || c.Key == key {
			rows = append(rows, []any{key, conf[key]})
		}
	}
	if c.Key != "" && rows == nil {
		rows = append(rows, []any{c.Key, "<undefined>"})
	}
	return s.answer("key string, value string", rows)
}

func (s *Session) resetConf(c *plan.ResetConf) error {
	for key, value := range defaultConf() {
		if c.Key == "" || c.Key == key {
			if err := s.SetConf(key, value); err != nil {
				return err
			}
		}
	}
	return nil
}
