package medallion

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A DataFrameReader reads files and tables at rest. It is a value: a half-built reader can be kept and varied.
type DataFrameReader struct{ source }

// A DataStreamReader reads files and tables as they grow.
type DataStreamReader struct{ source }

// source is what both readers collect.
type source struct {
	session   *Session
	format    string
	schema    *Schema
	options   map[string]string
	streaming bool
	err       error
}

// Read begins a batch read.
func (s *Session) Read() DataFrameReader { return DataFrameReader{source{session: s}} }

// ReadStream begins a streaming read.
func (s *Session) ReadStream() DataStreamReader {
	return DataStreamReader{source{session: s, streaming: true}}
}

func (r source) withOption(name, value string) source {
	r.options = maps.Clone(r.options)
	if r.options == nil {
		r.options = map[string]string{}
	}
	for have := range r.options { // the last one given counts, whatever its letter case
		if strings.EqualFold(have, name) {
			delete(r.options, have)
		}
	}
	r.options[name] = value
	return r
}

func (r source) withSchema(ddl string) source {
	schema, err := types.ParseDDL(ddl)
	r.schema, r.err = &schema, cmp.Or(r.err, err)
	return r
}

// frame is the read as a frame; the source is resolved at once, so that mistakes show here.
func (r source) frame(ctx context.Context, paths []string) (*DataFrame, error) {
	if r.err != nil {
		return nil, r.err
	}
	options := maps.Clone(r.options)
	for name, value := range r.options {
		if strings.EqualFold(name, "path") {
			delete(options, name)
			if len(paths) == 0 {
				paths = []string{value}
			}
		}
	}
	rel := &plan.DataSource{
		Format: cmp.Or(r.format, "delta"), Schema: r.schema, Options: options, Paths: paths, Streaming: r.streaming,
	}
	d := &DataFrame{session: r.session, rel: rel}
	node, err := d.resolve(ctx)
	if err != nil {
		return nil, err
	}
	// The frame keeps what was resolved: a folder is listed and a schema inferred once, at load.
	d.rel = &resolved{Node: leafOf(node)}
	return d, nil
}

// Format names the data source: json, csv, xml, text, parquet, avro, orc, binaryFile, delta, kafka.
func (r DataFrameReader) Format(name string) DataFrameReader { r.format = name; return r }

// Schema gives the columns as DDL.
func (r DataFrameReader) Schema(ddl string) DataFrameReader {
	r.source = r.withSchema(ddl)
	return r
}

// Option sets an option by its Spark name, in any letter case.
func (r DataFrameReader) Option(name, value string) DataFrameReader {
	r.source = r.withOption(name, value)
	return r
}

// Load reads the paths. An option or a name that is wrong is an error here.
func (r DataFrameReader) Load(ctx context.Context, paths ...string) (*DataFrame, error) {
	return r.frame(ctx, paths)
}

// Table reads a table by name.
func (r DataFrameReader) Table(name string) *DataFrame {
	parts, err := sql.ParseTableName(name)
	return &DataFrame{session: r.session, rel: &plan.NamedTable{Name: parts, Options: r.options}, err: cmp.Or(r.err, err)}
}

// Format names the data source: json, csv, xml, text, parquet, avro, orc, binaryFile, cloudFiles, delta, kafka, rate,
// rate-micro-batch, socket.
func (r DataStreamReader) Format(name string) DataStreamReader { r.format = name; return r }

// Schema gives the columns as DDL. A stream of files needs it.
func (r DataStreamReader) Schema(ddl string) DataStreamReader {
	r.source = r.withSchema(ddl)
	return r
}

// Option sets an option by its Spark name, in any letter case.
func (r DataStreamReader) Option(name, value string) DataStreamReader {
	r.source = r.withOption(name, value)
	return r
}

// Load reads a folder or a Delta table as a stream. An option or a name that is wrong is an error here.
func (r DataStreamReader) Load(ctx context.Context, paths ...string) (*DataFrame, error) {
	return r.frame(ctx, paths)
}

// Table reads a table as a stream: what it holds first, then what comes.
func (r DataStreamReader) Table(ctx context.Context, name string) (*DataFrame, error) {
	parts, err := sql.ParseTableName(name)
	if err := cmp.Or(r.err, err); err != nil {
		return nil, err
	}
	d := &DataFrame{session: r.session, rel: &plan.NamedTable{Name: parts, Options: r.options, Streaming: true}}
	_, err = d.resolve(ctx)
	return d, err
}

// fileStream makes the streaming file source.
func (r resolver) fileStream(ctx context.Context, d *plan.DataSource) (logical.Node, error) {
	if len(d.Paths) != 1 {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("A stream of files reads one path, which may be a glob.")
	}
	opts, err := autoloader.ParseOptions(d.Format, d.Options, files.OptionTable)
	if err != nil {
		return nil, err
	}
	if d, err = singleVariant(d, opts); err != nil {
		return nil, err
	}
	if d.Schema == nil && strings.EqualFold(d.Format, autoloader.CloudFiles) && slices.Contains(inferredFormats, opts.Format) {
		return r.inferredStream(ctx, d, opts)
	}
	table, err := files.OptionTable(opts.Format)
	if err != nil {
		return nil, err
	}
	if opts.Inference.Evolution == autoloader.Rescue && optionNamed(opts.FormatOptions, "rescuedDataColumn") == "" && table.Knows("rescuedDataColumn") {
		opts.FormatOptions["rescuedDataColumn"] = rescuedColumn
	}
	format, err := files.NewFormat(opts.Format, r.withConf(table, opts.FormatOptions))
	if err != nil {
		return nil, err
	}
	if format, err = files.With(ctx, format, files.Settings{Space: r.space, Now: r.clock}); err != nil {
		return nil, err
	}
	schema, parts, err := r.streamSchema(ctx, d, opts, format)
	if err != nil {
		return nil, err
	}
	config := r.streamConfig(d, opts, files.Partitioned{Format: format, Partitions: parts})
	config.Schema, config.Watch = schema, watchFields(format, parts)
	provider, err := autoloader.New(ctx, d.Format, config)
	if err != nil {
		return nil, err
	}
	return &logical.StreamRelation{Provider: provider}, nil
}

// streamConfig is what all streams of files have.
func (r resolver) streamConfig(d *plan.DataSource, opts autoloader.Options, decoder autoloader.Decoder) autoloader.Config {
	return autoloader.Config{
		Path: strings.TrimRight(d.Paths[0], "/"), Space: r.space, Options: opts, Decoder: decoder,
		Workers: r.confInt(confWorkers), Zone: r.evalContext().TimeZone, Clock: r.clock, Log: r.log,
	}
}

// streamSchema is the columns of a stream of files: those given (or, for text, those that there are) and those of
// key=value folders.
func (r resolver) streamSchema(ctx context.Context, d *plan.DataSource, opts autoloader.Options, format files.Format) (Schema, files.Partitions, error) {
	parts, err := r.cloudPartitions(ctx, d, opts)
	if err != nil {
		return Schema{}, parts, err
	}
	switch {
	case d.Schema != nil:
		return files.WithPartitions(files.WithRescued(format, nullable(*d.Schema)), parts), parts, nil
	case r.Conf(confInference) == "true" || files.FixedColumns(opts.Format):
		options := r.withConf(files.SourceOptionTable, opts.FormatOptions)
		options["pathGlobFilter"] = opts.PathGlobFilter // of the files that the stream reads
		options["recursiveFileLookup"] = strconv.FormatBool(opts.RecursiveFileLookup)
		source, err := files.NewSource(ctx, files.SourceOptions{Space: r.space, Format: opts.Format, Paths: d.Paths, Options: options})
		if err != nil {
			return Schema{}, parts, err
		}
		return source.Schema(), parts, nil
	}
	return Schema{}, parts, nil // autoloader.New says what is missing
}

// foundPartitions are the columns of the key=value folders that are there.
func (r resolver) foundPartitions(ctx context.Context, d *plan.DataSource, opts autoloader.Options) (files.Partitions, error) {
	place, err := r.space.Resolve(strings.TrimRight(d.Paths[0], "/"))
	if err != nil {
		return files.Partitions{}, err
	}
	return files.FindPartitions(ctx, files.NewListing(place, opts.PathGlobFilter, opts.RecursiveFileLookup), r.evalContext().TimeZone)
}

// withConf gives a read that knows the options what the session says of them, unless it says otherwise itself: the time zone,
// and whether rescued data names its file.
func (r resolver) withConf(table option.Table, options map[string]string) map[string]string {
	out := map[string]string{}
	if slices.Contains(table.Names(), "timeZone") {
		out["timeZone"] = r.Conf(confTimeZone)
	}
	rescues := slices.ContainsFunc(slices.Collect(maps.Keys(options)), func(name string) bool { return strings.EqualFold(name, "rescuedDataColumn") })
	if r.Conf(confRescuedPath) == "false" && rescues {
		out["rescuedDataColumn.filePath.enabled"] = "false"
	}
	for name, value := range options {
		for have := range out {
			if strings.EqualFold(name, have) {
				delete(out, have)
			}
		}
		out[name] = value
	}
	return out
}
