package delta

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"lakehouse/deltalog"
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
}

func newFiles(store volumes.Store, schema types.Struct, stats deltalog.StatsOptions, opts option.Values) *fileWriter {
	parquet := parquetio.WriterOptions{Compression: opts.String("compression")}
	extension := parquetio.Extension(parquet.Compression)
	return &fileWriter{stats: stats, rows: datafiles.New(datafiles.Config{
		Store: store, Schema: schema, PartitionBy: stats.PartitionColumns, KeepPartition: opts.Bool("writePartitionColumns"), Target: opts.Bytes("targetFileSize"), MaxRows: opts.Int("maxRecordsPerFile"),
		Name: func(int, int) string { return fmt.Sprintf("part-00000-%s-c000%s.parquet", uuid.NewString(), extension) },
		Open: func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
			w, err := parquetio.NewWriter(out, schema, parquet)
			return &parquetFile{Writer: w}, err
		},
	})}
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
			DataChange: true, Stats: deltalog.StatsOf(parquet.stats, w.stats),
		}}
	}
	return all, nil
}
