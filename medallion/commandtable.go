package medallion

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// newTable says how a table is made.
type newTable struct {
	schema     Schema
	partition  []string
	cluster    [][]string // paths of columns; nil: none
	location   string     // empty: managed
	comment    string
	managed    bool // its folder belongs to its name
	properties map[string]string
	operation  string
	options    option.Values // of the write that fills it
	mode       saveMode      // how a write treats a table that lies at the location; empty: it is refused
	replace    bool
	tolerate   bool // of two that make the table at once, the second uses the first's
}

func (s *Session) createTableCommand(ctx context.Context, c *plan.CreateTable) error {
	if c.Using != "" && c.Using != "delta" {
		return errclass.UnsupportedFeature.New("CREATE TABLE … USING %s is not supported; tables are Delta: USING DELTA.", c.Using)
	}
	if err := uniqueColumns(types.Struct{Fields: c.Columns}.Names()); err != nil {
		return err
	}
	if c.MustExist {
		if err := s.mustExist(ctx, c.Name); err != nil {
			return err
		}
	}
	if isDeltaPath(c.Name) {
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
	t, err := newTableOf(c)
	if err != nil {
		return err
	}
	if c.Query != nil {
		_, err = s.createTableAs(ctx, name, &DataFrame{session: s, rel: c.Query}, t)
		return err
	}
	_, err = s.createTable(ctx, name, t)
	return err
}

// mustExist refuses to replace a table that there is not.
func (s *Session) mustExist(ctx context.Context, parts []string) error {
	table, err := s.tableOf(ctx, parts)
	exists := err == nil
	if exists {
		exists, err = table.Exists(ctx)
	}
	if err != nil && !isNotFound(err) || exists {
		return err
	}
	return errclass.DeltaCannotReplaceMissing.New("Table %s cannot be replaced as it does not exist.", strings.Join(parts, ".")).
		WithHint("Use CREATE OR REPLACE TABLE to create the table.")
}

func isDeltaPath(name []string) bool { return len(name) == 2 && strings.EqualFold(name[0], "delta") }

func newTableOf(c *plan.CreateTable) (newTable, error) {
	operation := "CREATE TABLE"
	switch {
	case c.MustExist:
		operation = "REPLACE TABLE"
	case c.OrReplace:
		operation = "CREATE OR REPLACE TABLE"
	}
	if c.Query != nil {
		operation += " AS SELECT"
	}
	none, err := delta.WriteOptionTable.Parse(nil)
	return newTable{
		schema: types.Struct{Fields: c.Columns}, partition: c.PartitionBy, cluster: c.ClusterBy, location: strings.TrimRight(c.Location, "/"), comment: c.Comment,
		properties: c.Properties, operation: operation, options: none, replace: c.OrReplace, tolerate: c.IfNotExists,
	}, err
}

// createByPath is CREATE TABLE delta.`path`: a table without a name.
func (s *Session) createByPath(ctx context.Context, c *plan.CreateTable) error {
	if c.Location != "" {
		return errclass.InvalidSyntax.New("CREATE TABLE delta.`%s` has its location in its name; LOCATION '%s' is one too many.", c.Name[1], c.Location)
	}
	table, err := s.deltaTable(strings.TrimRight(c.Name[1], "/"))
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
	t, err := newTableOf(c)
	if err != nil {
		return err
	}
	if c.Query != nil {
		return s.fill(ctx, table, &DataFrame{session: s, rel: c.Query}, t)
	}
	return s.makeEmpty(ctx, table, catalog.External, t)
}

// createTable makes the Delta log first and the name last: a crash between leaves a table without a name,
// which the next attempt adopts when it is empty of commits but the first.
func (s *Session) createTable(ctx context.Context, name catalog.Name, t newTable) (catalog.Table, error) {
	entry, table, err := s.place(ctx, name, t)
	if err != nil {
		return s.tolerated(ctx, entry, t, err)
	}
	if err := s.makeEmpty(ctx, table, entry.Type, t); err != nil {
		return entry, err
	}
	return s.register(ctx, entry, t)
}

func (s *Session) makeEmpty(ctx context.Context, table delta.Table, kind string, t newTable) error {
	return delta.Create(ctx, table, delta.CreateOptions{
		Schema: t.schema, PartitionBy: t.partition, Properties: s.withDefaultProperties(t.properties), Comment: t.comment,
		Managed: kind == catalog.Managed, Operation: t.operation, Replace: t.replace, ClusterBy: t.cluster, Eval: s.evalContext(),
	})
}

// defaultProperties begins the settings that give new tables a property: of x, delta.x.
const defaultProperties = "spark.databricks.delta.properties.defaults."

// withDefaultProperties are a new table's properties, with those that the session gives all new tables.
func (s *Session) withDefaultProperties(given map[string]string) map[string]string {
	var out map[string]string
	s.mu.Lock()
	conf := maps.Clone(s.conf)
	s.mu.Unlock()
	for key, value := range conf {
		name, ok := strings.CutPrefix(key, defaultProperties)
		if !ok || hasFold(given, "delta."+name) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out["delta."+name] = value
	}
	if out == nil {
		return given
	}
	maps.Copy(out, given)
	return out
}

func hasFold(m map[string]string, key string) bool {
	for have := range m {
		if strings.EqualFold(have, key) {
			return true
		}
	}
	return false
}

// createTableAs makes a table of a query's rows: they and the table's metadata are one commit.
func (s *Session) createTableAs(ctx context.Context, name catalog.Name, frame *DataFrame, t newTable) (catalog.Table, error) {
	if t.operation == "" {
		t.operation = "CREATE TABLE AS SELECT"
	}
	entry, table, err := s.place(ctx, name, t)
	if err != nil {
		return s.tolerated(ctx, entry, t, err)
	}
	if entry.Type == catalog.External && !t.replace {
		exists, err := table.Exists(ctx)
		if err != nil {
			return entry, err
		}
		if exists {
			return s.takeOver(ctx, entry, table, frame, t)
		}
	}
	t.managed = entry.Type == catalog.Managed
	if err := s.fill(ctx, table, frame, t); err != nil {
		return entry, err
	}
	return s.register(ctx, entry, t)
}

// takeOver gives a name to the table that lies at a location, and writes the frame's rows to it as the mode says.
// CREATE TABLE … AS SELECT has no mode: it would replace what it did not know of.
func (s *Session) takeOver(ctx context.Context, entry catalog.Table, table delta.Table, frame *DataFrame, t newTable) (catalog.Table, error) {
	if t.mode == "" || t.mode == saveErrorIfExists {
		return entry, locationNotEmpty(entry)
	}
	w := frame.Write().PartitionBy(t.partition...)
	w.mode = t.mode
	if err := w.into(ctx, table, []string{"delta", entry.Location}, t.options); err != nil {
		return entry, err
	}
	return s.register(ctx, entry, t)
}

// fill writes the rows of a frame as a new table, or in place of all that one holds.
func (s *Session) fill(ctx context.Context, table delta.Table, frame *DataFrame, t newTable) error {
	op, read, err := frame.into(ctx, table)
	if err != nil {
		return err
	}
	if err := uniqueColumns(op.Schema().Names()); err != nil {
		return err
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Read:      read,
		Overwrite: true, OverwriteSchema: true, PartitionBy: t.partition, ClusterBy: t.cluster, Properties: s.withDefaultProperties(t.properties), Comment: t.comment, Managed: t.managed,
		Operation: t.operation, Options: t.options, SessionSettings: s.writeSettings(),
	})
	return err
}

// place says where a new table is to lie, and refuses the name or place that is taken.
func (s *Session) place(ctx context.Context, name catalog.Name, t newTable) (catalog.Table, delta.Table, error) {
	entry := catalog.Table{
		Name: name, Type: catalog.External, Provider: "delta", Location: t.location, Comment: t.comment, Created: s.clock().UnixMilli(),
	}
	if t.location == "" {
		entry.Type = catalog.Managed
	}
	err := s.catalog.CanCreate(ctx, name)
	if err == nil && entry.Type == catalog.Managed {
		entry.Location, err = s.catalog.Place(ctx, name)
	}
	if t.replace && errors.Is(err, errclass.TableAlreadyExists) {
		entry, err = s.replaced(ctx, entry, t)
	}
	if err != nil {
		return entry, delta.Table{}, err
	}
	at, err := s.space.Resolve(entry.Location)
	if err != nil {
		return entry, delta.Table{}, err
	}
	table, err := s.deltaTableAt(at)
	switch {
	case err != nil:
		return entry, table, err
	case entry.Type == catalog.Managed:
		return entry, table, s.aloneInSchema(ctx, entry, at, t)
	}
	return entry, table, notAmongOthers(ctx, entry, at, table)
}

// aloneInSchema refuses a managed table where its schema's LOCATION has something already: the folders there are not the
// catalog's alone, and to take over what CREATE TABLE left when it was cut short is then not safe.
func (s *Session) aloneInSchema(ctx context.Context, entry catalog.Table, at volumes.Location, t newTable) error {
	schema, err := s.catalog.Schema(ctx, entry.Name.Catalog, entry.Name.Schema)
	if err != nil || schema.Location == "" || t.replace && s.isNamed(ctx, entry.Name) {
		return err
	}
	for _, err := range at.Store.List(ctx, at.Key, volumes.ListOptions{Hidden: true}) {
		if err != nil {
			return nil // there is no such folder yet, or making the table will tell what ails it
		}
		return errclass.LocationAlreadyExists.New("Cannot name the managed table as %s, as its associated location '%s' already exists.", entry.Name, at.URI).
			WithHint("Please pick a different table name, or remove the existing location first.")
	}
	return nil
}

func (s *Session) isNamed(ctx context.Context, name catalog.Name) bool {
	_, err := s.catalog.Lookup(ctx, name)
	return err == nil
}

// replaced is a new table's entry where another has the name: it stays at the other's place.
func (s *Session) replaced(ctx context.Context, entry catalog.Table, t newTable) (catalog.Table, error) {
	old, err := s.catalog.Lookup(ctx, entry.Name)
	if err != nil {
		return entry, err
	}
	if old.Type == catalog.View {
		return entry, writeIntoView(entry.Name)
	}
	if t.location != "" {
		was, err := s.space.Resolve(old.Location)
		if err != nil {
			return entry, err
		}
		is, err := s.space.Resolve(t.location)
		if err != nil {
			return entry, err
		}
		if was.URI != is.URI {
			return entry, errclass.DeltaLocationMismatch.New("The location of the existing table %s is `%s`. It doesn't match the specified location `%s`.", entry.Name, was.URI, is.URI).
				WithHint("Drop the table first, or leave out LOCATION.")
		}
	}
	entry.Type, entry.Location = old.Type, old.Location
	return entry, nil
}

// notAmongOthers refuses a folder that holds files and is no Delta table.
func notAmongOthers(ctx context.Context, entry catalog.Table, at volumes.Location, table delta.Table) error {
	exists, err := table.Exists(ctx)
	if err != nil || exists {
		return err
	}
	for _, err := range at.Store.List(ctx, at.Key, volumes.ListOptions{}) {
		if err != nil {
			return nil // there is no such folder yet, or making the table will tell what ails it
		}
		return locationNotEmpty(entry)
	}
	return nil
}

func locationNotEmpty(entry catalog.Table) error {
	return errclass.DeltaLocationNotEmpty.New("Cannot create table (%s). The associated location ('%s') is not empty.", entry.Name, entry.Location).
		WithHint("Choose an empty one, or take over a Delta table as it is by CREATE TABLE … LOCATION without a query.")
}

func writeIntoView(name catalog.Name) error {
	return errclass.DeltaWriteIntoView.New("%s is a view. Writes to a view are not supported.", name).
		WithHint("Drop it by DROP VIEW first, or choose another name.")
}

func (s *Session) register(ctx context.Context, entry catalog.Table, t newTable) (catalog.Table, error) {
	if t.replace {
		return entry, s.catalog.Replace(ctx, entry)
	}
	return s.tolerated(ctx, entry, t, s.catalog.Create(ctx, entry))
}

// tolerated is the entry that another made meanwhile, where that is as good.
func (s *Session) tolerated(ctx context.Context, entry catalog.Table, t newTable, err error) (catalog.Table, error) {
	if t.tolerate && errors.Is(err, errclass.TableAlreadyExists) {
		return s.catalog.Lookup(ctx, entry.Name)
	}
	return entry, err
}

// uniqueColumns refuses two columns of one name, letter case aside.
func uniqueColumns(names []string) error {
	for i, n := range names {
		if slices.ContainsFunc(names[:i], func(m string) bool { return strings.EqualFold(m, n) }) {
			return errclass.ColumnAlreadyExists.New("The column `%s` already exists.", strings.ToLower(n)).
				WithHint("Choose another name or rename the existing column.")
		}
	}
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, errclass.TableNotFound) }
