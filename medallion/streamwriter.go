package medallion

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/console"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/filesink"
	"lakehouse/internal/connector/memory"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/sql"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// A Trigger says when the batches of a query run; the zero value runs them one after the other.
type Trigger = stream.Trigger

// The triggers: see package documentation of Spark's trigger().
var (
	ProcessingTime = stream.ProcessingTime
	Once           = stream.Once
	AvailableNow   = stream.AvailableNow
	Continuous     = stream.Continuous // refused by name, like RealTime
	RealTime       = stream.RealTime
	ParseTrigger   = stream.ParseTrigger
)

// A DataStreamWriter starts a streaming query. It is a value: a half-built writer can be kept and varied.
type DataStreamWriter struct {
	frame     *DataFrame
	format    string
	name      string
	mode      logical.OutputMode
	trigger   Trigger
	options   map[string]string
	partition []string
	each      func(s *Session, queryID string, schema Schema) stream.Sink // instead of a format: the user's own code
	err       error
}

// WriteStream begins a streaming query over the frame.
func (d *DataFrame) WriteStream() DataStreamWriter { return DataStreamWriter{frame: d, err: d.err} }

// Format names the sink: delta (the default), parquet, json, csv, text, kafka, console, memory, noop.
func (w DataStreamWriter) Format(name string) DataStreamWriter { w.format = name; return w }

// QueryName names the query, and a memory sink's table.
func (w DataStreamWriter) QueryName(name string) DataStreamWriter { w.name = name; return w }

// OutputMode is append (the default), complete or update.
func (w DataStreamWriter) OutputMode(mode string) DataStreamWriter {
	for _, m := range []logical.OutputMode{logical.Append, logical.Update, logical.Complete} {
		if strings.EqualFold(m.String(), mode) {
			w.mode = m
			return w
		}
	}
	w.err = cmp.Or(w.err, error(errclass.OutputModeInvalid.New(
		"Invalid streaming output mode: %s. Accepted output modes are 'Append', 'Complete', 'Update'.", mode)))
	return w
}

// Trigger says when batches run.
func (w DataStreamWriter) Trigger(t Trigger) DataStreamWriter { w.trigger = t; return w }

// PartitionBy names the partition columns of a Delta table that the query makes, or of the files that it writes.
func (w DataStreamWriter) PartitionBy(columns ...string) DataStreamWriter {
	w.partition = columns
	return w
}

// Option sets an option by its Spark name, in any letter case.
func (w DataStreamWriter) Option(name, value string) DataStreamWriter {
	w.options = maps.Clone(w.options)
	if w.options == nil {
		w.options = map[string]string{}
	}
	w.options[strings.ToLower(name)] = value
	if strings.EqualFold(name, "queryName") {
		w.name = value
	}
	return w
}

// streamOptions are what every sink takes.
var streamOptions = option.Table{
	{Name: "checkpointLocation", Doc: "The query's own folder: its progress, and what a restart needs."},
	{Name: "path", Doc: "The folder of the Delta table, or of the files, to write."},
	{Name: "queryName", Doc: "The query's name, like QueryName."},
}

// Start starts the query into the path (for Kafka, console, memory and noop, none).
func (w DataStreamWriter) Start(ctx context.Context, paths ...string) (*StreamingQuery, error) {
	if len(paths) > 0 {
		w = w.Option("path", paths[0])
	}
	if w.err != nil {
		return nil, w.err
	}
	if w.each != nil {
		return w.startEach(ctx)
	}
	switch format := strings.ToLower(cmp.Or(w.format, "delta")); {
	case filesink.Known(format):
		return w.startFiles(ctx)
	case format == "delta":
		return w.startDelta(ctx)
	case format == "console":
		return w.startConsole(ctx)
	case format == "memory":
		return w.startMemory(ctx)
	case format == "kafka":
		return w.startKafka(ctx)
	case format == "noop":
		return w.startNoop(ctx)
	case slices.Contains(unwrittenFormats, format):
		return nil, errclass.UnsupportedFeature.New("files of format %s are not written by this build.", format).
			WithHint("The sinks are %s.", strings.Join(sinkNames, ", "))
	default:
		return nil, errclass.DataSourceNotFound.New("Failed to find the sink: %s.", w.format).
			WithHint("%s", cmp.Or(errclass.DidYouMean(format, sinkNames), "The sinks are "+strings.Join(sinkNames, ", ")+"."))
	}
}

// sinkNames are the formats that a stream can be written in; unwrittenFormats, those that are only read.
var (
	sinkNames        = append([]string{"delta", "console", "memory", "kafka", "noop"}, filesink.Names()...)
	unwrittenFormats = []string{"avro", "orc", "xml"}
)

// ToTable starts the query into a table of the catalog, which it makes, empty, when there is none.
func (w DataStreamWriter) ToTable(ctx context.Context, name string) (*StreamingQuery, error) {
	if w.err != nil {
		return nil, w.err
	}
	if f := strings.ToLower(w.format); f != "" && f != "delta" {
		return nil, errclass.UnsupportedFeature.New("toTable writes Delta tables; the query's format is %s.", w.format)
	}
	parts, err := sql.ParseTableName(name)
	if err != nil {
		return nil, err
	}
	full, err := w.frame.session.qualify(parts)
	if err != nil {
		return nil, err
	}
	opts, node, err := w.prepareDelta(ctx)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, true)
	if err != nil {
		return nil, err
	}
	table, err := w.frame.session.tableForStream(ctx, full, newTable{
		schema: nullable(node.Schema()), partition: w.partition, location: opts.String("path"), operation: "CREATE TABLE", tolerate: true,
	})
	if err != nil {
		return nil, err
	}
	return w.intoDelta(ctx, table, opts, node, cp)
}

// prepareDelta checks what a query into a Delta table needs, before a table is made for it.
func (w DataStreamWriter) prepareDelta(ctx context.Context) (option.Values, logical.Node, error) {
	opts, node, err := w.prepare(ctx, delta.SinkOptionTable)
	if err == nil && w.mode == logical.Update {
		err = errclass.DeltaUnsupportedOutputMode.New("Data source delta does not support Update output mode.").
			WithHint("Use append or complete.")
	}
	return opts, node, err
}

func (w DataStreamWriter) startDelta(ctx context.Context) (*StreamingQuery, error) {
	opts, node, err := w.prepareDelta(ctx)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, true)
	if err != nil {
		return nil, err
	}
	if !opts.Has("path") {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("Give it to Start(path) or as option path, or use ToTable(name).")
	}
	table, err := w.frame.session.deltaTable(opts.String("path"))
	if err != nil {
		return nil, err
	}
	return w.intoDelta(ctx, table, opts, node, cp)
}

func (w DataStreamWriter) intoDelta(ctx context.Context, table delta.Table, opts option.Values, node logical.Node, cp volumes.Location) (*StreamingQuery, error) {
	if err := noteStream(ctx, table, node, cp); err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(_ context.Context, queryID string) (stream.Sink, error) {
		return delta.NewSink(table, delta.SinkOptions{
			QueryID: queryID, Mode: w.mode, PartitionBy: w.partition, Schema: node.Schema(), Options: opts,
			SessionSettings: w.frame.session.writeSettings(),
		})
	})
}

func (w DataStreamWriter) startConsole(ctx context.Context) (*StreamingQuery, error) {
	opts, node, err := w.prepare(ctx, console.OptionTable)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, false)
	if err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(context.Context, string) (stream.Sink, error) {
		return console.NewSink(w.frame.session.out, opts, w.frame.session.evalContext().TimeZone), nil
	})
}

func (w DataStreamWriter) startMemory(ctx context.Context) (*StreamingQuery, error) {
	opts, node, err := w.prepare(ctx, nil)
	if err != nil {
		return nil, err
	}
	if w.name == "" {
		return nil, errclass.QueryNameRequired.New("queryName must be specified for memory sink.")
	}
	cp, err := w.checkpoint(opts, false)
	if err != nil {
		return nil, err
	}
	sink := memory.NewSink(node.Schema(), w.mode)
	q, err := w.start(ctx, node, cp, func(context.Context, string) (stream.Sink, error) { return sink, nil })
	if err == nil {
		w.frame.session.setTempView(w.name, tempView{source: sink.Table, schema: node.Schema()})
	}
	return q, err
}

// prepare checks the options and resolves the frame.
func (w DataStreamWriter) prepare(ctx context.Context, own option.Table) (option.Values, logical.Node, error) {
	opts, err := append(append(option.Table{}, streamOptions...), own...).Parse(w.options)
	if err != nil {
		return opts, nil, err
	}
	node, err := w.frame.resolve(ctx)
	if err != nil {
		return opts, nil, err
	}
	if !logical.IsStreaming(node) {
		return opts, nil, errclass.WriteStreamNotAllowed.New("`writeStream` can be called only on streaming Dataset/DataFrame.")
	}
	return opts, node, logical.CheckStreaming(node, w.mode)
}

// checkpoint is where the query keeps its progress. Sinks that keep nothing may do without: their
// queries get a folder of their own under the root.
func (w DataStreamWriter) checkpoint(opts option.Values, required bool) (volumes.Location, error) {
	s := w.frame.session
	switch {
	case opts.Has("checkpointLocation"):
		return s.space.Resolve(strings.TrimRight(opts.String("checkpointLocation"), "/"))
	case s.Conf(confCheckpoint) != "":
		return s.space.Resolve(path.Join(s.Conf(confCheckpoint), cmp.Or(w.name, uuid.NewString())))
	case required:
		return volumes.Location{}, errclass.CheckpointMissing.New("checkpointLocation must be specified either through option(\"checkpointLocation\", ...) or SparkSession.conf.set(\"%s\", ...).", confCheckpoint)
	}
	return s.scratch()
}

func (w DataStreamWriter) start(ctx context.Context, node logical.Node, cp volumes.Location, sink func(context.Context, string) (stream.Sink, error)) (*StreamingQuery, error) {
	s := w.frame.session
	store, err := volumes.Sub(cp.Store, cp.Key)
	if err != nil {
		return nil, err
	}
	q, err := s.queries.Start(ctx, stream.Config{
		Name: w.name, Plan: node, OpenSink: sink, Mode: w.mode, Trigger: w.trigger,
		Checkpoint: store, Location: cp.URI, Partitions: s.confInt(confPartitions),
		WatermarkPolicy: s.Conf(confWatermarks), NoEmptyBatches: s.Conf(confNoData) == "false",
		Env: s.env, Clock: s.clock, After: s.after, Log: s.log, OnProgress: s.report, Life: s.queryLife(), KeepActive: s.keepsActive(), Replan: w.frame.resolve,
	})
	if err != nil {
		return nil, err
	}
	return &StreamingQuery{q}, nil
}

// tableForStream finds a table, or makes it, empty. One that is there has to lie where the query wants it.
func (s *Session) tableForStream(ctx context.Context, name catalog.Name, wanted newTable) (delta.Table, error) {
	entry, err := s.catalog.Lookup(ctx, name)
	if isNotFound(err) {
		entry, err = s.createTable(ctx, name, wanted)
	}
	if err != nil {
		return delta.Table{}, err
	}
	if entry.Type == catalog.View {
		return delta.Table{}, errclass.UnsupportedFeature.New("%s is a view; a stream writes tables.", name)
	}
	table, err := s.deltaTable(entry.Location)
	if err != nil || wanted.location == "" {
		return table, err
	}
	there, err := s.deltaTable(wanted.location)
	if err == nil && there.URI != table.URI {
		err = errclass.DeltaLocationMismatch.New("The location of the existing table %s is `%s`. It doesn't match the specified location `%s`.", name, table.URI, there.URI)
	}
	return table, err
}
