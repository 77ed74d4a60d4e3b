package medallion

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// The settings of Auto Loader's schema inference.
const (
	confSampleFiles = "spark.databricks.cloudFiles.schemaInference.sampleSize.numFiles"
	confSampleBytes = "spark.databricks.cloudFiles.schemaInference.sampleSize.numBytes"
)

// rescuedColumn takes what no column takes, unless rescuedDataColumn names another.
const rescuedColumn = "_rescued_data"

// inferredFormats are those whose columns Auto Loader infers, and lets grow.
var inferredFormats = []string{"json", "csv", "xml", "avro", "parquet"}

// inferredStream makes an Auto Loader stream whose columns are found, kept in its schema location, and may grow.
func (r resolver) inferredStream(ctx context.Context, d *plan.DataSource, opts autoloader.Options) (logical.Node, error) {
	table, err := files.OptionTable(opts.Format)
	if err != nil {
		return nil, err
	}
	options := r.inferredOptions(table.Knows, opts)
	format, err := files.NewFormat(opts.Format, r.withConf(table, options))
	if err != nil {
		return nil, err
	}
	if format, err = files.With(ctx, format, files.Settings{Space: r.space, Now: r.clock}); err != nil {
		return nil, err
	}
	parts, err := r.cloudPartitions(ctx, d, opts)
	if err != nil {
		return nil, err
	}
	config := r.streamConfig(d, opts, files.Partitioned{Format: format, Partitions: parts})
	config.Infer, config.Partitions = format, parts.Fields
	config.RescuedColumn, config.CorruptColumn = optionNamed(options, "rescuedDataColumn"), corruptColumn(options)
	config.SampleFiles, config.SampleBytes = r.confInt(confSampleFiles), r.confBytes(confSampleBytes)
	config.Watch = watchFields(format, parts)
	provider, err := autoloader.New(ctx, d.Format, config)
	if err != nil {
		return nil, err
	}
	return &logical.StreamRelation{Provider: provider}, nil
}

// inferredOptions are the format's, as Auto Loader has them where it infers columns: what no column takes is rescued, and
// CSV files begin with their columns' names, and need not have the same.
func (r resolver) inferredOptions(knows func(string) bool, opts autoloader.Options) map[string]string {
	options := maps.Clone(opts.FormatOptions)
	defaults := map[string]string{}
	if optionNamed(options, "badRecordsPath") == "" { // the two do not mix
		defaults["rescuedDataColumn"] = rescuedColumn
	}
	if opts.Format == "csv" {
		defaults["header"], defaults["inferSchema"] = "true", strconv.FormatBool(opts.Inference.ColumnTypes)
		defaults["mergeSchema"] = "true"
	}
	for name, value := range defaults {
		if knows(name) && optionNamed(options, name) == "" {
			options[name] = value
		}
	}
	return options
}

func corruptColumn(options map[string]string) string {
	return cmp.Or(optionNamed(options, "columnNameOfCorruptRecord"), "_corrupt_record")
}

func optionNamed(options map[string]string, name string) string {
	for have, value := range options {
		if strings.EqualFold(have, name) {
			return value
		}
	}
	return ""
}

// cloudPartitions are the columns of key=value folders: those that the stream began with, those that were named, or those
// that are there.
func (r resolver) cloudPartitions(ctx context.Context, d *plan.DataSource, opts autoloader.Options) (files.Partitions, error) {
	parts, err := r.foundPartitions(ctx, d, opts)
	if err != nil {
		return parts, err
	}
	in := opts.Inference
	if d.Schema == nil {
		fields, kept, err := autoloader.KeptPartitions(ctx, r.space, strings.TrimRight(in.SchemaLocation, "/"))
		if err != nil {
			return parts, err
		}
		if kept {
			parts.Fields = fields
			return parts, nil
		}
	}
	if in.Partitioned {
		parts.Fields = namedPartitions(in.Partitions, parts.Fields, d.Schema)
	}
	return parts, nil
}

// namedPartitions gives the named columns the types of the schema, or of the folders; else they are strings.
func namedPartitions(names []string, found []types.Field, schema *Schema) (out []types.Field) {
	for _, name := range names {
		f := types.Field{Name: name, Type: types.String, Nullable: true}
		if i := slices.IndexFunc(found, func(f types.Field) bool { return strings.EqualFold(f.Name, name) }); i >= 0 {
			f.Type = found[i].Type
		}
		if schema != nil {
			if i := schema.Index(name); i >= 0 {
				f.Type = schema.Fields[i].Type
			}
		}
		out = append(out, f)
	}
	return out
}

// growing is the leaf of a stream whose columns may grow: a plan that is resolved takes the newest.
type growing struct {
	mu   sync.Mutex
	leaf *logical.StreamRelation // one leaf, however often a plan names it, as long as its columns stay
}

// Current is the leaf with the columns as they are now.
func (g *growing) Current() logical.Node {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.leaf.Provider.(*autoloader.Provider); ok {
		if newest := p.Newest(); newest != p {
			g.leaf = &logical.StreamRelation{Name: g.leaf.Name, Provider: newest}
		}
	}
	return g.leaf
}

// leafOf is what a frame keeps of a node that was resolved.
func leafOf(node logical.Node) any {
	if leaf, ok := node.(*logical.StreamRelation); ok {
		if _, grows := leaf.Provider.(*autoloader.Provider); grows {
			return &growing{leaf: leaf}
		}
	}
	return node
}

// confBytes is a setting that SetConf has checked to be a size.
func (s *Session) confBytes(key string) int64 {
	n, _ := option.ParseBytes(s.Conf(key))
	return n
}

// watchFields makes decoders that note what files hold beyond the schema.
func watchFields(format files.Format, parts files.Partitions) func() (autoloader.Watch, error) {
	return func() (autoloader.Watch, error) {
		found := new(records.Found)
		noting := files.Noting(format, found)
		return autoloader.Watch{
			Decoder: files.Partitioned{Format: noting, Partitions: parts},
			Noted: func() (unknown []string, misfits bool) {
				for _, f := range found.Fields() {
					if f.Misfit {
						misfits = true
					} else {
						unknown = append(unknown, strings.Join(f.Path, "."))
					}
				}
				return unknown, misfits
			},
		}, nil
	}
}
