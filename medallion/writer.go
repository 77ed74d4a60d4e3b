package medallion

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/filesink"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// A DataFrameWriter writes a frame's rows to a Delta table, or into files. It is a value: a half-built writer can be kept and varied.
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

// Format names the sink: delta (the default), parquet, json, csv or text files, kafka, noop.
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

// PartitionBy names the partition columns of a table that the write makes, or of files.
func (w DataFrameWriter) PartitionBy(columns ...string) DataFrameWriter {
	w.partition = columns
	return w
}

var pathOption = option.Spec{Name: "path", Doc: "The folder of the Delta table, or of the files, to write."}

// Save writes to the table at a path, or files into a folder.
func (w DataFrameWriter) Save(ctx context.Context, paths ...string) error {
	return w.guarded(func() error { return w.save(ctx, paths...) })
}

func (w DataFrameWriter) save(ctx context.Context, paths ...string) error {
	if len(paths) > 0 {
		w = w.Option("path", paths[0])
	}
	if err := w.checkFrame(ctx); err != nil {
		return err
	}
	if f := strings.ToLower(w.format); filesink.Known(f) {
		return w.saveFiles(ctx)
	}
	if ok, err := w.saveFeed(ctx); ok {
		return err
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
	return w.into(ctx, table, []string{"delta", opts.String("path")}, opts)
}

// SaveAsTable writes to a table of the catalog, which it makes when there is none.
func (w DataFrameWriter) SaveAsTable(ctx context.Context, name string) error {
	return w.guarded(func() error { return w.saveAsTable(ctx, name) })
}

func (w DataFrameWriter) saveAsTable(ctx context.Context, name string) error {
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
		_, err = s.createTableAs(ctx, full, w.frame, newTable{partition: w.partition, location: opts.String("path"), options: opts, mode: w.mode})
		return err
	}
	if err != nil {
		return err
	}
	if entry.Type == catalog.View {
		return writeIntoView(full)
	}
	table, err := s.deltaTable(entry.Location)
	if err != nil {
		return err
	}
	if w.mode == saveErrorIfExists {
		return errclass.TableAlreadyExists.New("Cannot create table or view %s because it already exists.", full).
			WithHint("Choose a different name, drop or replace the existing object, or write with mode append or overwrite.")
	}
	return w.into(ctx, table, full.Parts(), opts)
}

// InsertInto writes to a table that is there, column by column by position, as INSERT INTO does; with mode overwrite in
// place of its rows.
func (w DataFrameWriter) InsertInto(ctx context.Context, name string) error {
	return w.guarded(func() error { return w.insertInto(ctx, name) })
}

func (w DataFrameWriter) insertInto(ctx context.Context, name string) error {
	opts, err := w.check(ctx)
	if err != nil {
		return err
	}
	if len(w.partition) > 0 {
		return errclass.UnsupportedFeature.New("insertInto() can't be used together with partitionBy().").
			WithHint("Partition columns have already been defined for the table: it is not necessary to use partitionBy().")
	}
	parts, err := sql.ParseTableName(name)
	if err != nil {
		return err
	}
	return w.frame.session.insertWith(ctx, &plan.Insert{Table: parts, Query: w.frame.rel, Overwrite: w.mode == saveOverwrite}, opts)
}

// guarded is a write whose panic is an error.
func (w DataFrameWriter) guarded(write func() error) error {
	_, err := guarded(w.frame.session, func() (struct{}, error) { return struct{}{}, write() })
	return err
}

// checkFrame finds the mistakes of the chain so far.
func (w DataFrameWriter) checkFrame(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	streaming, err := w.frame.IsStreaming(ctx)
	if err == nil && streaming {
		err = errclass.CallOnStreaming.New("The method `write` can not be called on streaming Dataset/DataFrame.").
			WithHint("Use writeStream.")
	}
	return err
}

// check gives the options of a write into a Delta table.
func (w DataFrameWriter) check(ctx context.Context) (option.Values, error) {
	if err := w.checkFrame(ctx); err != nil {
		return option.Values{}, err
	}
	switch f := cmp.Or(strings.ToLower(w.format), "delta"); {
	case f == "delta":
		return append(option.Table{pathOption}, delta.WriteOptionTable...).Parse(w.options)
	case filesink.Known(f):
		return option.Values{}, errclass.UnsupportedFeature.New("tables are Delta; files of format %s are written into folders.", f).
			WithHint("Use Save(path), or leave out the format.")
	case slices.Contains(unwrittenFormats, f):
		return option.Values{}, errclass.UnsupportedFeature.New("files of format %s are not written by this build.", f).
			WithHint("The formats are delta, %s.", strings.Join(filesink.Names(), ", "))
	default:
		return option.Values{}, errclass.DataSourceNotFound.New("Failed to find the sink: %s.", w.format).
			WithHint("%s", cmp.Or(errclass.DidYouMean(f, append(filesink.Names(), "delta")), "The formats are delta, "+strings.Join(filesink.Names(), ", ")+"."))
	}
}

func (w DataFrameWriter) into(ctx context.Context, table delta.Table, name []string, opts option.Values) error {
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
	if replaced, text, err := replacing(opts); replaced != nil || err != nil {
		if err == nil && exists {
			err = w.replace(ctx, name, replaced, text, opts)
		}
		if err != nil || exists {
			return err
		}
	}
	op, read, err := w.frame.into(ctx, table)
	if err != nil {
		return err
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Read:      read,
		Overwrite: w.mode == saveOverwrite, PartitionBy: w.partition, Operation: "WRITE", Options: opts,
		SessionSettings: w.frame.session.writeSettings(),
	})
	return err
}

// replace puts the frame's rows, whose columns go by their names, in the place of some of the table's.
func (w DataFrameWriter) replace(ctx context.Context, name []string, r *plan.Replace, text string, opts option.Values) error {
	if w.mode != saveOverwrite {
		return errclass.InvalidOption.New("options replaceWhere, replaceOn and replaceUsing go with mode overwrite.")
	}
	schema, err := w.frame.Schema(ctx)
	if err != nil {
		return err
	}
	return w.frame.session.replace(ctx, replacement{
		Replace: r, text: text, target: plan.Target{Name: name, Alias: r.Alias}, frame: w.frame, into: schema.Names(),
	}, opts)
}
