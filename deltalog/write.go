package deltalog

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/parquetio"
)

// WriteOptions shape the data files of a write. The zero value is fine.
type WriteOptions struct {
	// TargetFileBytes is about how large a data file becomes: 0 is 128 MiB.
	TargetFileBytes int64
	// MaxRowsPerFile bounds the rows of a data file: 0 is no bound.
	MaxRowsPerFile int64
	// Compression is a codec by Spark's name: snappy (the default), zstd, gzip, lz4_raw or none.
	Compression string
	// Dynamic makes an overwrite replace only the partitions that it writes.
	Dynamic bool
	// UserMetadata is a text of one's own in the commit.
	UserMetadata string
}

const defaultTargetFileBytes = 128 << 20

// Append adds rows to the table, in one version. Columns are found by their names, letter case aside, and must have the types of the
// table's; those that the rows lack are null. See [Txn.Write] for what is refused.
func (t *Table) Append(ctx context.Context, rows Batches, opts WriteOptions) (Commit, error) {
	return t.write(ctx, rows, opts, "Append", func(*Txn, []AddFile) error { return nil })
}

// Overwrite replaces the table's rows by these, in one version, or with opts.Dynamic those of the partitions that these have rows of.
// Versions from before keep their rows.
func (t *Table) Overwrite(ctx context.Context, rows Batches, opts WriteOptions) (Commit, error) {
	return t.write(ctx, rows, opts, "Overwrite", func(x *Txn, added []AddFile) error { return x.replace(ctx, added, opts.Dynamic) })
}

func (t *Table) write(ctx context.Context, rows Batches, opts WriteOptions, mode string, then func(*Txn, []AddFile) error) (Commit, error) {
	s, err := t.Snapshot(ctx)
	if err != nil {
		return Commit{}, err
	}
	x := s.Begin(Operation{
		Name: "WRITE", UserMetadata: opts.UserMetadata,
		Parameters: Parameters{}.With("mode", mode).With("partitionBy", jsonText(append([]string{}, s.PartitionColumns()...))),
	})
	added, err := x.Write(ctx, rows, opts)
	if err == nil {
		err = then(x, added)
	}
	if err != nil {
		return Commit{}, t.located(err)
	}
	return x.Commit(ctx)
}

// Write writes rows into data files, partitioned and with statistics, and adds them to the transaction; it tells which. Nobody sees them
// before the commit, and those of a transaction that is never committed are left for vacuum.
//
// NOT NULL is held. What needs SQL to be evaluated is refused by name: check constraints, invariants, generated columns, identity
// columns, and defaults of columns that the rows lack.
func (x *Txn) Write(ctx context.Context, rows Batches, opts WriteOptions) ([]AddFile, error) {
	m := x.metadata()
	if m == nil {
		return nil, errclass.DeltaSchemaNotSet.New("table schema is not set.").WithHint("Call UpdateMetadata before Write.")
	}
	plain, err := newPlainRows(m)
	if err != nil {
		return nil, err
	}
	files, err := x.WriteFiles(ctx, func(context.Context) []Batches {
		return []Batches{batch.Transform(rows, plain.stored)}
	}, opts)
	if err != nil {
		return nil, err
	}
	added, bytes := int64(0), int64(0)
	for i := range files {
		added, bytes = added+recordsOf(&files[i]), bytes+files[i].Size
	}
	x.Add(files...)
	x.SetMetrics(map[string]string{
		"numFiles": strconv.Itoa(len(files)), "numOutputRows": strconv.FormatInt(added, 10), "numOutputBytes": strconv.FormatInt(bytes, 10),
	})
	return files, nil
}

func recordsOf(file *AddFile) int64 {
	return max(ParseStats(file.Stats, Schema{}).NumRecords, 0)
}

// WriteFiles writes rows that are as data files have them, see [Metadata.StoredSchema], into data files of the table, a worker for each
// sequence. It says what would add them, and adds nothing.
func (x *Txn) WriteFiles(ctx context.Context, share func(context.Context) []Batches, opts WriteOptions) ([]AddFile, error) {
	t, m := x.table, x.metadata()
	protocol, err := x.Protocol()
	if err != nil {
		return nil, err
	}
	stats, err := m.StatsOptions()
	if err != nil {
		return nil, err
	}
	if err := CheckDataFiles(stats.Schema); err != nil {
		return nil, err
	}
	parquet := parquetio.WriterOptions{Compression: opts.Compression, OmitVoid: true}
	extension := parquetio.Extension(opts.Compression)
	if opts.TargetFileBytes <= 0 {
		opts.TargetFileBytes = defaultTargetFileBytes
	}
	done, err := datafiles.New(datafiles.Config{
		Store: t.store, Schema: stats.Schema, PartitionBy: stats.PartitionColumns, KeepPartition: protocol.MaterializesPartitions(m), Target: opts.TargetFileBytes, MaxRows: opts.MaxRowsPerFile,
		Text: PartitionValue, Folder: PartitionDir,
		Name: func(int, int) string { return fmt.Sprintf("part-00000-%s-c000%s.parquet", t.opts.NewID(), extension) },
		Open: func(out io.Writer, schema Schema) (datafiles.Encoder, error) {
			w, err := parquetio.NewWriter(out, schema, parquet)
			return &parquetFile{Writer: w, clock: t.opts.Clock}, err
		},
	}).Write(ctx, share)
	if err != nil {
		return nil, err
	}
	files := make([]AddFile, len(done))
	for i, f := range done {
		parquet := f.Encoder.(*parquetFile)
		files[i] = AddFile{
			Path: f.Name, PartitionValues: f.Values, Size: parquet.stats.Size, ModificationTime: parquet.closed.UnixMilli(),
			DataChange: true, Stats: StatsOf(parquet.stats, stats), Tags: m.FileTags(),
		}
	}
	return files, nil
}

// parquetFile keeps what the log shall know of a file.
type parquetFile struct {
	*parquetio.Writer
	clock  func() time.Time
	stats  parquetio.FileStats
	closed time.Time
}

// Close writes the footer.
func (f *parquetFile) Close() (err error) {
	f.stats, err = f.Writer.Close()
	f.closed = f.clock()
	return err
}

// replace removes every file of the table from it: what the transaction has written takes their place. With dynamic it removes only those
// of the partitions that have new files.
func (x *Txn) replace(ctx context.Context, added []AddFile, dynamic bool) error {
	keys, err := x.metadata().StoredPartitionColumns()
	if err != nil {
		return err
	}
	if !dynamic || len(keys) == 0 {
		x.ReadWholeTable()
	} else if err := x.ReadPartitions(added); err != nil {
		return err
	}
	written := map[string]bool{}
	for i := range added {
		written[added[i].PartitionKey(keys)] = true
	}
	for f, err := range x.read.Files(ctx) {
		if err != nil {
			return err
		}
		if !dynamic || len(keys) == 0 || written[f.PartitionKey(keys)] {
			x.Remove(f)
		}
	}
	return nil
}

// FromRecords is batches that are already made, for [Table.Append] and its like.
func FromRecords(batches ...arrow.RecordBatch) Batches { return batch.Of(slices.Clone(batches)...) }
