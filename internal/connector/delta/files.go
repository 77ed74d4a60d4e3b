package delta

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// newFile is a data file that no commit names yet.
type newFile struct {
	add  deltalog.AddFile
	rows int64
}

// fileWriter writes an operator's rows into data files.
type fileWriter struct {
	rows  *datafiles.Writer
	stats deltalog.StatsOptions
	tags  map[string]string
}

// newFiles makes the writer of data files of a table with this protocol and metadata; the rows have the schema, as data files have it.
func newFiles(store volumes.Store, schema types.Struct, protocol deltalog.Protocol, meta *deltalog.Metadata, opts option.Values) (*fileWriter, error) {
	stats, err := meta.StatsOptions()
	if err != nil {
		return nil, err
	}
	if err := deltalog.CheckDataFiles(schema); err != nil {
		return nil, err
	}
	parquet := parquetio.WriterOptions{Compression: opts.String("compression"), OmitVoid: true}
	extension := parquetio.Extension(parquet.Compression)
	return &fileWriter{stats: stats, tags: meta.FileTags(), rows: datafiles.New(datafiles.Config{
		Store: store, Schema: schema, PartitionBy: stats.PartitionColumns, KeepPartition: opts.Bool("writePartitionColumns") || protocol.MaterializesPartitions(meta),
		Place:  placeOf(*meta),
		Target: opts.Bytes("targetFileSize"), MaxRows: opts.Int("maxRecordsPerFile"),
		Name: func(int, int) string { return fmt.Sprintf("part-00000-%s-c000%s.parquet", uuid.NewString(), extension) },
		Open: func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
			w, err := parquetio.NewWriter(out, schema, parquet)
			return &parquetFile{Writer: w}, err
		},
	})}, nil
}

// The table properties by which data files lie in folders of random names, and not in those of their partitions: stores that share out their
// work by the beginnings of names then spread them.
const (
	propRandomPrefixes = "delta.randomizeFilePrefixes"
	propPrefixLength   = "delta.randomPrefixLength"
	defaultPrefix      = 2
	maxPrefix          = 64
)

// placeOf says where data files lie; nil: in the folders of their partitions.
func placeOf(m deltalog.Metadata) func(folder, base string) string {
	if !strings.EqualFold(m.Configuration[propRandomPrefixes], "true") {
		return nil
	}
	return func(_, base string) string { return path.Join(randomPrefix(m), base) }
}

// randomPrefix is a folder's name of random letters and digits, or none where the table does not ask for it.
func randomPrefix(m deltalog.Metadata) string {
	if !strings.EqualFold(m.Configuration[propRandomPrefixes], "true") {
		return ""
	}
	length, err := strconv.Atoi(m.Configuration[propPrefixLength])
	if err != nil || length <= 0 {
		length = defaultPrefix
	}
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	name := make([]byte, min(length, maxPrefix))
	for i := range name {
		name[i] = letters[rand.IntN(len(letters))]
	}
	return string(name)
}

// parquetFile keeps what the log shall know of a file.
type parquetFile struct {
	*parquetio.Writer
	stats  parquetio.FileStats
	closed time.Time
}

// Close writes the footer.
func (f *parquetFile) Close() (err error) {
	f.stats, err = f.Writer.Close()
	f.closed = time.Now() //nolint:forbidigo // the file's time is the disk's, not the query's
	return err
}

// writeAs walks the rows with up to n workers. Where the write shall make fewer and larger files one of them writes what all make.
func (w *fileWriter) writeAs(ctx context.Context, op exec.Operator, n int, optimized bool) ([]newFile, error) {
	if optimized {
		return w.write(ctx, &brought{op, n}, 1)
	}
	return w.write(ctx, op, n)
}

// brought is the rows of an operator that n workers make, as one sequence.
type brought struct {
	exec.Operator
	workers int
}

// Execute gives all rows to the first.
func (b *brought) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = exec.InOrder(ctx, b.Operator, b.workers)
	return seqs
}

// write walks the rows with up to n workers. Files of a write that fails are left for VACUUM, as Spark leaves them.
func (w *fileWriter) write(ctx context.Context, op exec.Operator, n int) ([]newFile, error) {
	done, err := w.rows.Write(ctx, op, n)
	if err != nil {
		return nil, err
	}
	all := make([]newFile, len(done))
	for i, f := range done {
		parquet := f.Encoder.(*parquetFile)
		all[i] = newFile{rows: f.Rows, add: deltalog.AddFile{
			Path: f.Name, PartitionValues: f.Values, Size: parquet.stats.Size, ModificationTime: parquet.closed.UnixMilli(),
			DataChange: true, Stats: deltalog.StatsOf(parquet.stats, w.stats), Tags: w.tags,
		}}
	}
	return all, nil
}
