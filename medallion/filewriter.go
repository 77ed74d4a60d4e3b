package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/connector/filesink"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
)

// saveFiles writes Parquet, JSON, CSV or text files into a folder.
func (w DataFrameWriter) saveFiles(ctx context.Context) error {
	table, err := filesink.OptionTable(w.format)
	if err != nil {
		return err
	}
	opts, err := append(option.Table{pathOption}, table...).Parse(w.options)
	if err != nil {
		return err
	}
	if !opts.Has("path") {
		return errclass.PathRequired.New("'path' is not specified.")
	}
	s := w.frame.session
	place, err := s.space.Resolve(strings.TrimRight(opts.String("path"), "/"))
	if err != nil {
		return err
	}
	op, err := w.frame.operator(ctx)
	if err != nil {
		return err
	}
	return filesink.Save(ctx, op, filesink.SaveOptions{
		Place: place, Format: w.format, Mode: fileModes[w.mode], PartitionBy: w.partition, Options: opts,
		PartitionOverwrite: s.writeSettings().PartitionOverwriteMode(opts), Workers: s.confInt(confWorkers), Zone: s.TimeZone(),
	})
}

var fileModes = map[saveMode]filesink.Mode{
	saveErrorIfExists: filesink.ErrorIfExists, saveAppend: filesink.Append, saveOverwrite: filesink.Overwrite, saveIgnore: filesink.Ignore,
}

// startFiles starts a query into a folder of files.
func (w DataStreamWriter) startFiles(ctx context.Context) (*StreamingQuery, error) {
	format := strings.ToLower(w.format)
	table, err := filesink.StreamOptionTable(format)
	if err != nil {
		return nil, err
	}
	opts, node, err := w.prepare(ctx, table)
	if err != nil {
		return nil, err
	}
	if w.mode != logical.Append {
		return nil, errclass.OutputModeDataSource.New("Invalid streaming output mode: %s. This output mode is not supported in Data Source %s.", strings.ToLower(w.mode.String()), format).
			WithHint("Files are only added: use append, or a Delta table for complete.")
	}
	cp, err := w.checkpoint(opts, true)
	if err != nil {
		return nil, err
	}
	if !opts.Has("path") {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("Give it to Start(path) or as option path.")
	}
	s := w.frame.session
	place, err := s.space.Resolve(strings.TrimRight(opts.String("path"), "/"))
	if err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(context.Context, string) (stream.Sink, error) {
		return filesink.NewSink(filesink.SinkOptions{
			Place: place, Format: format, PartitionBy: w.partition, Schema: node.Schema(), Options: opts,
			Workers: s.confInt(confWorkers), Zone: s.TimeZone(), Clock: s.clock,
		})
	})
}
