package delta

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
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

// The types of changes, as the feed spells them.
const (
	insertedRow     = "insert"
	deletedRow      = "delete"
	updatePreimage  = "update_preimage"
	updatePostimage = "update_postimage"
)

// changeFolder is where a table keeps files of changed rows.
const changeFolder = "_change_data"

// writeChanges writes rows of the change data feed: the table's columns, as queries see them, and _change_type. The files are for one
// version, and are part of it once they are among its actions.
func writeChanges(ctx context.Context, t Table, protocol deltalog.Protocol, meta deltalog.Metadata, op exec.Operator, opts option.Values, workers int) ([]deltalog.AddCDCFile, error) {
	stats, err := meta.StatsOptions()
	if err != nil {
		return nil, err
	}
	stored, err := meta.StoredSchema()
	if err != nil {
		return nil, err
	}
	stored.Fields = append(slices.Clip(stored.Fields), changeTypeField)
	store, err := volumes.Sub(t.Store, changeFolder)
	if err != nil {
		return nil, err
	}
	parquet := parquetio.WriterOptions{Compression: opts.String("compression"), OmitVoid: true}
	extension := parquetio.Extension(parquet.Compression)
	files, err := datafiles.New(datafiles.Config{
		Store: store, Schema: stored, PartitionBy: stats.PartitionColumns, KeepPartition: protocol.MaterializesPartitions(&meta),
		Target: opts.Bytes("targetFileSize"), MaxRows: opts.Int("maxRecordsPerFile"),
		Name: func(int, int) string { return fmt.Sprintf("cdc-00000-%s.c000%s.parquet", uuid.NewString(), extension) },
		Open: func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
			w, err := parquetio.NewWriter(out, schema, parquet)
			return &parquetFile{Writer: w}, err
		},
	}).Write(ctx, &renamed{op, stored}, workers)
	if err != nil {
		return nil, err
	}
	all := make([]deltalog.AddCDCFile, len(files))
	for i, f := range files {
		all[i] = deltalog.AddCDCFile{
			Path: changeFolder + "/" + f.Name, PartitionValues: f.Values, Size: f.Encoder.(*parquetFile).stats.Size,
		}
	}
	return all, nil
}

var changeTypeField = types.Field{Name: deltalog.ChangeTypeColumn, Type: types.String, Nullable: true}

// A changeWriter takes changed rows from the workers of a change and writes them meanwhile.
type changeWriter struct {
	table    Table
	protocol deltalog.Protocol
	meta     deltalog.Metadata
	opts     ChangeOptions
	schema   types.Struct
	arrow    *arrow.Schema
	rows     chan arrow.RecordBatch
	done     chan struct{} // closed behind the last file
	files    []deltalog.AddCDCFile
	err      error
}

func newChangeWriter(t Table, protocol deltalog.Protocol, meta deltalog.Metadata, opts ChangeOptions) (*changeWriter, error) {
	schema, err := meta.Schema()
	if err != nil {
		return nil, err
	}
	schema = deltalog.UserSchema(schema)
	schema.Fields = append(slices.Clip(schema.Fields), changeTypeField)
	return &changeWriter{
		table: t, protocol: protocol, meta: meta, opts: opts, schema: schema, arrow: types.ToArrowSchema(schema),
		rows: make(chan arrow.RecordBatch), done: make(chan struct{}),
	}, nil
}

// start begins to write, until finish. What fails ends the context.
func (w *changeWriter) start(ctx context.Context, fail context.CancelCauseFunc) {
	go func() {
		defer close(w.done)
		w.err = batch.Guard(func() (err error) {
			w.files, err = writeChanges(ctx, w.table, w.protocol, w.meta, w, w.opts.Options, max(1, w.opts.Workers))
			return err
		})
		if w.err != nil {
			fail(w.err)
		}
	}()
}

// put records rows, which have the table's columns.
func (w *changeWriter) put(ctx context.Context, rows arrow.RecordBatch, kind string) error {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.Reserve(int(rows.NumRows()))
	for range rows.NumRows() {
		b.Append(kind)
	}
	columns := append(rows.Columns()[:rows.NumCols():rows.NumCols()], b.NewArray())
	select {
	case w.rows <- array.NewRecordBatch(w.arrow, columns, rows.NumRows()):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// finish says that there are no more rows, and waits until all are written.
func (w *changeWriter) finish() ([]deltalog.AddCDCFile, error) {
	close(w.rows)
	<-w.done
	return w.files, w.err
}

// Schema is the table's columns and the type of the change.
func (w *changeWriter) Schema() types.Struct { return w.schema }

// Execute gives the rows to whichever worker asks.
func (w *changeWriter) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Coalesce(func(yield func(arrow.RecordBatch, error) bool) {
			for {
				select {
				case b, ok := <-w.rows:
					if !ok || !yield(b, nil) {
						return
					}
				case <-ctx.Done():
					yield(nil, context.Cause(ctx))
					return
				}
			}
		})
	}
	return seqs
}
