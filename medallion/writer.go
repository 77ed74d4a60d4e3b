package medallion

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/sql"
)

// A DataFrameWriter writes a frame's rows to a Delta table. It is a value: a half-built writer can be kept and varied.
type DataFrameWriter struct {
	frame     *DataFrame
	format    string
	mode      saveMode
	options   map[string]string
	partition []string
	err       error
}

type saveMode string

const (
	saveErrorIfExists saveMode = "errorifexists"
	saveAppend        saveMode = "append"
	saveOverwrite     saveMode = "overwrite"
	saveIgnore        saveMode = "ignore"
)

// Write begins a batch write.
func (d *DataFrame) Write() DataFrameWriter {
	return DataFrameWriter{frame: d, mode: saveErrorIfExists, err: d.err}
}

// Format names the sink: delta, the default.
func (w DataFrameWriter) Format(name string) DataFrameWriter { w.format = name; return w }

// Mode says what happens to a table that is there: append, overwrite, ignore, or errorifexists (the default).
func (w DataFrameWriter) Mode(mode string) DataFrameWriter {
	switch m := saveMode(strings.ToLower(mode)); m {
	case saveAppend, saveOverwrite, saveIgnore, saveErrorIfExists:
		w.mode = m
	case "error", "default":
		w.mode = saveErrorIfExists
	default:
		w.err = cmp.Or(w.err, error(errclass.InvalidSaveMode.New("The specified save mode \"%s\" is invalid. Valid save modes include \"append\", \"overwrite\", \"ignore\", \"error\", \"errorifexists\", and \"default\".", mode)))
	}
	return w
}

// Option sets an option by its Spark name, in any letter case.
func (w DataFrameWriter) Option(name, value string) DataFrameWriter {
	w.options = maps.Clone(w.options)
	if w.options == nil {
		w.options = map[string]string{}
	}
	w.options[strings.ToLower(name)] = value
	return w
}

// PartitionBy names the partition columns of a table that the write makes.
func (w DataFrameWriter) PartitionBy(columns ...string) DataFrameWriter {
	w.partition = columns
	return w
}

var pathOption = option.Spec{Name: "path", Doc: "The folder of the Delta table to write."}

// Save writes to the table at a path.
func (w DataFrameWriter) Save(ctx context.Context, paths ...string) error {
	if len(paths) > 0 {
		w = w.Option("path", paths[0])
	}
	opts, err := w.check(ctx)
	if err != nil {
		return err
	}
	if !opts.Has("path") {
		return errclass.PathRequired.New("'path' is not specified.")
	}
	table, err := w.frame.session.deltaTable(opts.String("path"))
	if err != nil {
		return err
	}
	return w.into(ctx, table, opts, "WRITE")
}

// SaveAsTable writes to a table of the catalog, which it makes when there is none.
func (w DataFrameWriter) SaveAsTable(ctx context.Context, name string) error {
	opts, err := w.check(ctx)
	if err != nil {
		return err
	}
	parts, err := sql.ParseTableName(name)
	if err != nil {
		return err
	}
	s := w.frame.session
	full, err := s.qualify(parts)
	if err != nil {
		return err
	}
	entry, err := s.catalog.Lookup(ctx, full)
	if isNotFound(err) {
		_, err = s.createTableAs(ctx, full, w.frame, newTable{partition: w.partition, location: opts.String("path"), options: opts})
		return err
	}
	if err != nil {
		return err
	}
	table, err := s.deltaTable(entry.Location)
	if err != nil {
		return err
	}
	if w.mode == saveErrorIfExists {
		return errclass.TableAlreadyExists.New("Cannot create table or view %s because it already exists.", full).
			WithHint("Choose a different name, drop or replace the existing object, or write with mode append or overwrite.")
	}
	return w.into(ctx, table, opts, "WRITE")
}

func (w DataFrameWriter) check(ctx context.Context) (option.Values, error) {
	if w.err != nil {
		return option.Values{}, w.err
	}
	streaming, err := w.frame.IsStreaming(ctx)
	if err != nil {
		return option.Values{}, err
	}
	if streaming {
		return option.Values{}, errclass.CallOnStreaming.New("The method `write` can not be called on streaming Dataset/DataFrame.").
			WithHint("Use writeStream.")
	}
	if f := cmp.Or(strings.ToLower(w.format), "delta"); f != "delta" {
		return option.Values{}, errclass.DataSourceNotFound.New("Failed to find the sink: %s.", w.format).
			WithHint("Batch writes go to Delta tables: format delta.")
	}
	return append(option.Table{pathOption}, delta.WriteOptionTable...).Parse(w.options)
}

func (w DataFrameWriter) into(ctx context.Context, table delta.Table, opts option.Values, operation string) error {
	if streaming, err := w.frame.IsStreaming(ctx); err != nil || streaming {
		return cmp.Or(err, error(errclass.CallOnStreaming.New("The method `write` can not be called on streaming Dataset/DataFrame.")))
	}
	exists, err := table.Exists(ctx)
	if err != nil {
		return err
	}
	if exists && w.mode == saveIgnore {
		return nil
	}
	if exists && w.mode == saveErrorIfExists {
		return errclass.TableAlreadyExists.New("Cannot create table or view delta.`%s` because it already exists.", table.URI).
			WithHint("Write with mode append or overwrite.")
	}
	op, err := w.frame.operator(ctx)
	if err != nil {
		return err
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Overwrite: w.mode == saveOverwrite, PartitionBy: w.partition, Operation: operation, Options: opts,
		Workers: w.frame.session.confInt(confWorkers), Eval: w.frame.session.evalContext(),
	})
	return err
}

// newTable says how a table is made.
type newTable struct {
	schema     Schema
	partition  []string
	location   string // empty: managed
	comment    string
	properties map[string]string
	operation  string
	options    option.Values
	replace    bool
	tolerate   bool // of two that make the table at once, the second uses the first's
}

// createTable makes the Delta log first and the name last: a crash between leaves a table without a name,
// which the next attempt adopts when it is empty of commits but the first.
func (s *Session) createTable(ctx context.Context, name catalog.Name, t newTable) (catalog.Table, error) {
	entry := catalog.Table{
		Name: name, Type: catalog.External, Provider: "delta", Location: t.location, Comment: t.comment, Created: s.clock().UnixMilli(),
	}
	if t.location == "" {
		entry.Type, entry.Location = catalog.Managed, catalog.Location(name)
	}
	table, err := s.deltaTable(entry.Location)
	if err != nil {
		return entry, err
	}
	if err := s.catalog.CanCreate(ctx, name); err != nil && !t.replace {
		return entry, err
	}
	err = delta.Create(ctx, table, delta.CreateOptions{
		Schema: t.schema, PartitionBy: t.partition, Properties: t.properties, Comment: t.comment,
		Managed: entry.Type == catalog.Managed, Operation: t.operation, Replace: t.replace,
	})
	if err != nil {
		return entry, err
	}
	return s.register(ctx, entry, t)
}

func (s *Session) register(ctx context.Context, entry catalog.Table, t newTable) (catalog.Table, error) {
	if t.replace {
		return entry, s.catalog.Replace(ctx, entry)
	}
	err := s.catalog.Create(ctx, entry)
	if t.tolerate && errors.Is(err, errclass.TableAlreadyExists) {
		return s.catalog.Lookup(ctx, entry.Name)
	}
	return entry, err
}

// createTableAs makes a table of a query's rows: they and the table's metadata are one commit.
func (s *Session) createTableAs(ctx context.Context, name catalog.Name, frame *DataFrame, t newTable) (catalog.Table, error) {
	entry := catalog.Table{
		Name: name, Type: catalog.External, Provider: "delta", Location: t.location, Comment: t.comment, Created: s.clock().UnixMilli(),
	}
	if t.location == "" {
		entry.Type, entry.Location = catalog.Managed, catalog.Location(name)
	}
	table, err := s.deltaTable(entry.Location)
	if err != nil {
		return entry, err
	}
	if err := s.catalog.CanCreate(ctx, name); err != nil && !t.replace {
		return entry, err
	}
	if exists, err := table.Exists(ctx); err != nil || exists && t.location != "" && !t.replace {
		return entry, cmp.Or(err, error(errclass.DeltaNonEmptyLocation.New("Cannot create table %s: its location %s holds a Delta table already.", name, table.URI).
			WithHint("Leave out the query to take the table over as it is, use CREATE OR REPLACE TABLE, or choose another location.")))
	}
	op, err := frame.operator(ctx)
	if err != nil {
		return entry, err
	}
	operation := "CREATE TABLE AS SELECT"
	if t.replace {
		operation = "CREATE OR REPLACE TABLE AS SELECT"
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Overwrite: true, OverwriteSchema: true, PartitionBy: t.partition, Properties: t.properties,
		Operation: operation, Options: t.options, Workers: s.confInt(confWorkers), Eval: s.evalContext(),
	})
	if err != nil {
		return entry, err
	}
	return s.register(ctx, entry, t)
}

func isNotFound(err error) bool { return errors.Is(err, errclass.TableNotFound) }
