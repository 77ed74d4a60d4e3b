package delta

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// ConvertOptions say how a folder of Parquet files becomes a table.
type ConvertOptions struct {
	PartitionBy  []types.Field // in the order of the folders
	NoStatistics bool
	Workers      int
}

// Convert makes the Parquet files of a folder a Delta table, by one commit of a log: no file is rewritten. A folder that
// has a log is a table already, and stays as it is.
func Convert(ctx context.Context, t Table, opts ConvertOptions) (files int64, err error) {
	exists, err := t.Exists(ctx)
	if err != nil || exists {
		return 0, err
	}
	c := &conversion{table: t, opts: opts}
	if err := c.list(ctx); err != nil {
		return 0, err
	}
	if err := c.read(ctx); err != nil {
		return 0, err
	}
	return int64(len(c.files)), c.commit(ctx)
}

type conversion struct {
	table  Table
	opts   ConvertOptions
	files  []convertedFile
	schema types.Struct // of all files, and the partition columns
}

// A convertedFile is one of the files of the folder.
type convertedFile struct {
	add    deltalog.AddFile
	schema types.Struct
	stats  parquetio.FileStats
}

// list looks for the files; names that begin with "_" or "." are no data.
func (c *conversion) list(ctx context.Context) error {
	for f, err := range c.table.Store.List(ctx, ".", volumes.ListOptions{Recursive: true}) {
		if errors.Is(err, fs.ErrNotExist) && len(c.files) == 0 {
			return errclass.PathNotFound.New("Path does not exist: %s.", c.table.URI)
		}
		if err != nil {
			return err
		}
		values, err := c.partitionOf(f.Name)
		if err != nil {
			return err
		}
		c.files = append(c.files, convertedFile{add: deltalog.AddFile{
			Path: f.Name, PartitionValues: values, Size: f.Size, ModificationTime: f.ModTime.UnixMilli(), DataChange: true,
		}})
	}
	if len(c.files) == 0 {
		return errclass.UnableToInferSchema.New("No file found in the directory: %s.", c.table.URI)
	}
	return nil
}

// partitionOf reads the partition from the folders of a file's name: the columns that were given, and no others.
func (c *conversion) partitionOf(name string) (map[string]*string, error) {
	var found []string
	values := map[string]*string{}
	for dir := range strings.SplitSeq(path.Dir(name), "/") {
		key, text, ok := strings.Cut(dir, "=")
		if !ok {
			continue
		}
		key, text = unescapeHive(key), unescapeHive(text)
		at := len(found)
		found = append(found, key)
		if at >= len(c.opts.PartitionBy) {
			continue
		}
		column := c.opts.PartitionBy[at]
		if !strings.EqualFold(column.Name, key) {
			return nil, errclass.DeltaConvertPartitionColumn.New("Expecting partition column `%s`, but found partition column `%s` from parsing the file name: %s.", column.Name, key, name)
		}
		value, err := canonical(column, text)
		if err != nil {
			return nil, fmt.Errorf("convert %s: %w", name, err)
		}
		values[column.Name] = value
	}
	if len(found) != len(c.opts.PartitionBy) {
		return nil, errclass.DeltaConvertPartitionCount.New("Expecting %d partition column(s): %s, but found %d partition column(s): %s from parsing the file name: %s.",
			len(c.opts.PartitionBy), listed(types.Struct{Fields: c.opts.PartitionBy}.Names()), len(found), listed(found), name).
			WithHint("Write CONVERT TO DELTA … PARTITIONED BY (column type, …), with the columns of the folders.")
	}
	return values, nil
}

func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// hiveNull is the folder of null.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// canonical is a partition value as the log writes it.
func canonical(column types.Field, text string) (*string, error) {
	if text == hiveNull || text == "" {
		return nil, nil
	}
	value, err := deltalog.ParsePartitionValue(column.Type, &text)
	if err != nil {
		return nil, err
	}
	return deltalog.PartitionValue(column.Type, value)
}

func unescapeHive(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// read takes from each footer the columns, and what it tells of them.
func (c *conversion) read(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, c.opts.Workers))
	for i := range c.files {
		group.Go(func() error {
			if err := batch.Guard(func() error { return c.files[i].open(ctx, c.table.Store) }); err != nil {
				return fmt.Errorf("convert %s: %w", c.files[i].add.Path, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range c.files {
		of := c.files[i].schema
		c.schema = nullable(withUnknownFields(c.schema, of))
		if !holds(c.schema, nullable(of), types.EqualIgnoringNullability) {
			return errclass.CannotMergeSchemas.New("Failed merging schema: the columns of %s do not go with those of the files before it: %s and %s.", c.files[i].add.Path, of, c.schema)
		}
	}
	for _, p := range c.opts.PartitionBy {
		p.Nullable = true
		if at := c.schema.Index(p.Name); at >= 0 {
			c.schema.Fields[at] = p // the folder's name decides
			continue
		}
		c.schema.Fields = append(c.schema.Fields, p)
	}
	return nil
}

func (f *convertedFile) open(ctx context.Context, store volumes.Store) error {
	in, err := store.Open(ctx, f.add.Path)
	if err != nil {
		return err
	}
	file, err := parquetio.Open(in, in.Info().Size)
	if err == nil {
		if f.schema, err = file.Schema(); err == nil {
			f.stats = file.Stats(f.schema)
		}
	}
	return errors.Join(err, in.Close())
}

func (c *conversion) commit(ctx context.Context) error {
	partition := types.Struct{Fields: c.opts.PartitionBy}.Names()
	txn := c.table.Log.BeginCreate(deltalog.Operation{
		Name: "CONVERT", Metrics: map[string]string{"numConvertedFiles": strconv.Itoa(len(c.files))},
		Parameters: deltalog.Parameters{}.With("numFiles", len(c.files)).With("partitionedBy", jsonList(partition)).
			With("collectStats", !c.opts.NoStatistics).With("sourceFormat", "parquet"),
	})
	txn.ReadWholeTable() // the files were there before: that is no blind append
	txn.UpdateMetadata(deltalog.Metadata{PartitionColumns: append([]string{}, partition...)}.WithSchema(deltalog.UserSchema(c.schema)))
	meta := txn.Metadata()
	stats, err := meta.StatsOptions()
	if err != nil {
		return err
	}
	for i := range c.files {
		f := &c.files[i]
		if !c.opts.NoStatistics {
			f.add.Stats = deltalog.StatsOf(f.stats, stats)
		}
		txn.Add(f.add)
	}
	_, err = txn.Commit(ctx)
	return err
}
