package medallion

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// readFiles is read_files('path', format => 'json', …), and STREAM read_files(…): Auto Loader's options, without their prefix.
func readFiles(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	d := &plan.DataSource{Format: autoloader.CloudFiles, Streaming: args.streaming, Options: maps.Clone(args.options)}
	if len(args.tables) > 0 {
		return nil, errclass.UnsupportedFeature.New("read_files reads files, not tables.")
	}
	place, err := args.required("path", 0)
	if err != nil {
		return nil, err
	}
	d.Paths = []string{place}
	delete(args.options, "path")
	if ddl := optionNamed(args.options, "schema"); ddl != "" {
		schema, err := types.ParseDDL(ddl)
		if err != nil {
			return nil, err
		}
		d.Schema = &schema
	}
	d.Options = map[string]string{}
	for name, value := range autoloader.WithPrefix(args.options) {
		if !strings.EqualFold(name, "schema") {
			d.Options[name] = value
		}
	}
	if optionNamed(d.Options, "cloudFiles.inferColumnTypes") == "" {
		d.Options["cloudFiles.inferColumnTypes"] = "true"
	}
	if optionNamed(d.Options, "cloudFiles.format") == "" {
		if d.Options["cloudFiles.format"], err = r.formatOf(ctx, place, optionNamed(d.Options, "pathGlobFilter")); err != nil {
			return nil, err
		}
	}
	if args.streaming {
		return r.fileStream(ctx, d)
	}
	return r.filesAtRest(ctx, d)
}

// suffixes tell the formats of files.
var suffixes = map[string]string{
	".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".tsv": "csv", ".txt": "text", ".xml": "xml",
	".parquet": "parquet", ".avro": "avro", ".orc": "orc",
}

// formatOf guesses the format from the names of the files, which must agree.
func (r resolver) formatOf(ctx context.Context, name, glob string) (string, error) {
	place, err := r.space.Resolve(strings.TrimRight(name, "/"))
	if err != nil {
		return "", err
	}
	found := suffixOf(place.Key)
	l := files.NewListing(place, glob, true)
	for info, err := range l.Files(ctx) {
		if err != nil || found != "" {
			break
		}
		found = suffixOf(info.Name)
	}
	if found == "" {
		return "", errclass.InvalidOption.New("read_files cannot tell the format of the files in %s.", name).WithHint("Name it: format => 'json'.")
	}
	return found, nil
}

func suffixOf(name string) string {
	base := path.Base(name)
	for _, packed := range []string{".gz", ".bz2", ".zst", ".snappy", ".deflate"} {
		base = strings.TrimSuffix(base, packed)
	}
	return suffixes[strings.ToLower(path.Ext(base))]
}

// onlyStreams are the options that say how a stream goes on.
var onlyStreams = []string{
	"cloudFiles.maxFilesPerTrigger", "maxFilesPerTrigger", "cloudFiles.maxBytesPerTrigger", "maxBytesPerTrigger", "cloudFiles.maxFileAge", "maxFileAge",
	"cloudFiles.includeExistingFiles", "cloudFiles.allowOverwrites", "cloudFiles.cleanSource", "cloudFiles.cleanSource.retentionDuration",
	"cloudFiles.cleanSource.moveDestination", "cleanSource", "sourceArchiveDir", "cloudFiles.schemaLocation", "cloudFiles.schemaEvolutionMode",
	"cloudFiles.schemaEvolution.restart", "cloudFiles.useNotifications", "cloudFiles.backfillInterval", "cloudFiles.useIncrementalListing",
	"latestFirst", "fileNameOnly", "maxCachedFiles", "discardCachedInputRatio",
}

// filesAtRest reads files once, with the options of Auto Loader that say what is read and how.
func (r resolver) filesAtRest(ctx context.Context, d *plan.DataSource) (logical.Node, error) {
	source, err := r.restingFiles(ctx, d, nil)
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Source: source}, nil
}

func (r resolver) restingFiles(ctx context.Context, d *plan.DataSource, keep func(files.File) bool) (*files.Source, error) {
	for name := range d.Options {
		if slices.ContainsFunc(onlyStreams, func(only string) bool { return strings.EqualFold(only, name) }) {
			return nil, errclass.InvalidOption.New("option '%s' is one of streams.", name).WithHint("Leave it out, or read FROM STREAM read_files(…).")
		}
	}
	opts, err := autoloader.ParseOptions(autoloader.CloudFiles, d.Options, files.OptionTable)
	if err != nil {
		return nil, err
	}
	table, err := files.OptionTable(opts.Format)
	if err != nil {
		return nil, err
	}
	if d, err = singleVariant(d, opts); err != nil {
		return nil, err
	}
	infers := d.Schema == nil && slices.Contains(inferredFormats, opts.Format)
	options := opts.FormatOptions
	if infers {
		options = r.inferredOptions(table.Knows, opts)
	}
	format, err := files.NewFormat(opts.Format, r.withConf(table, options))
	if err != nil {
		return nil, err
	}
	reads := r.withConf(append(slices.Clip(files.SourceOptionTable), table...), options)
	maps.Copy(reads, restOptions(opts))
	from := files.SourceOptions{
		Space: r.space, Format: opts.Format, Paths: d.Paths, Schema: d.Schema, Options: reads, Now: r.clock, Keep: keep, Loose: opts.LooseGlobs,
	}
	var parts []types.Field
	from.Partitions = func(found []types.Field) []types.Field {
		if parts = found; opts.Inference.Partitioned {
			parts = namedPartitions(opts.Inference.Partitions, found, d.Schema)
		}
		return parts
	}
	if infers {
		config := r.inferenceConfig(opts, options, format)
		from.Infer = func(ctx context.Context, all []files.File) (types.Struct, error) {
			config.Partitions = parts
			return autoloader.Columns(ctx, config, all)
		}
	}
	return files.NewSource(ctx, from)
}

// inferenceConfig is how columns are inferred.
func (r resolver) inferenceConfig(opts autoloader.Options, options map[string]string, format files.Format) autoloader.Config {
	return autoloader.Config{
		Space: r.space, Options: opts, Infer: format, Log: r.log,
		RescuedColumn: optionNamed(options, "rescuedDataColumn"), CorruptColumn: corruptColumn(options),
		SampleFiles: r.confInt(confSampleFiles), SampleBytes: r.confBytes(confSampleBytes),
	}
}

// restOptions are those of a batch read that Auto Loader's options hold.
func restOptions(opts autoloader.Options) map[string]string {
	out := map[string]string{
		"recursiveFileLookup": strconv.FormatBool(opts.RecursiveFileLookup),
		"ignoreMissingFiles":  strconv.FormatBool(opts.IgnoreMissingFiles), "ignoreCorruptFiles": strconv.FormatBool(opts.IgnoreCorruptFiles),
	}
	for name, value := range map[string]string{"pathGlobFilter": opts.PathGlobFilter, "modifiedAfter": opts.ModifiedAfter, "modifiedBefore": opts.ModifiedBefore} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
