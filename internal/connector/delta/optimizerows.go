package delta

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

// fileRows is the rows of files, in their order. Several goroutines decode ahead of who reads.
type fileRows struct {
	reader *deltalog.RowReader
	files  []deltalog.AddFile
	ahead  int // how many pieces are decoded side by side
}

// Schema is what the reader gives.
func (f *fileRows) Schema() types.Struct { return f.reader.Schema() }

// Execute gives all rows as the first sequence.
func (f *fileRows) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = batch.Coalesce(func(yield func(arrow.RecordBatch, error) bool) { f.walk(ctx, yield) })
	return seqs
}

// A decoded is a batch on its way from the goroutine that decoded it.
type decoded struct {
	rows arrow.RecordBatch
	err  error
}

// batchesAhead bounds how far a piece is decoded before anybody wants it.
const batchesAhead = 4

// walk starts a goroutine for each piece, no more than ahead at once, and takes their batches in order.
func (f *fileRows) walk(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces := make(chan chan decoded, max(0, f.ahead-1))
	finished := make(chan struct{})
	defer func() { <-finished }()
	defer cancel()
	go func() {
		defer close(finished)
		defer close(pieces)
		f.start(ctx, pieces)
	}()
	for piece := range pieces {
		for d := range piece {
			if !yield(d.rows, d.err) || d.err != nil {
				cancel()
				drainPieces(pieces, piece)
				return
			}
		}
	}
	if err := ctx.Err(); err != nil {
		yield(nil, context.Cause(ctx))
	}
}

// drainPieces lets the goroutines that are still decoding end.
func drainPieces(pieces chan chan decoded, current chan decoded) {
	for range current {
	}
	for piece := range pieces {
		for range piece {
		}
	}
}

// start decodes the pieces of the files in turn, each in a goroutine of its own that ends with its channel.
func (f *fileRows) start(ctx context.Context, pieces chan<- chan decoded) {
	for i := range f.files {
		var of []batch.Piece
		err := batch.Guard(func() (err error) {
			of, err = f.reader.Pieces(ctx, f.files[i])
			return err
		})
		if err != nil {
			of = []batch.Piece{failedPiece{err}}
		}
		for _, p := range of {
			out := make(chan decoded, batchesAhead)
			select {
			case pieces <- out:
			case <-ctx.Done():
				return
			}
			go decode(ctx, p, out)
		}
	}
}

func decode(ctx context.Context, p batch.Piece, out chan<- decoded) {
	defer close(out)
	for b, err := range batch.Guarded(p.Read(ctx)) {
		select {
		case out <- decoded{b, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// A failedPiece stands for a file that could not be opened.
type failedPiece struct{ err error }

func (p failedPiece) Size() int64 { return 0 }

func (p failedPiece) Read(context.Context) batch.Seq { return batch.Fail(p.err) }

// rewriteBin writes the rows of a bin anew.
func (o *optimizing) rewriteBin(ctx context.Context, b *bin, workers int) ([]deltalog.AddFile, error) {
	reader, err := o.snap.Reader(deltalog.ReadOptions{Metadata: o.tracked()})
	if err != nil {
		return nil, err
	}
	rows := &fileRows{reader: reader, files: b.files, ahead: workers + 1}
	if o.curve != nil {
		return o.rewriteAlong(ctx, b, rows)
	}
	w, op, err := o.writer(rows, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	files, err := w.write(ctx, op, 1)
	return o.arranged(files, b), err
}

// tracked is what row tracking says of each row, which the rewritten rows keep.
func (o *optimizing) tracked() []deltalog.RowMetadata {
	if !strings.EqualFold(o.meta.Configuration["delta.enableRowTracking"], "true") {
		return nil
	}
	return []deltalog.RowMetadata{deltalog.RowID, deltalog.RowCommitVersion}
}

// The table properties that name the columns in which data files keep what row tracking says of copied rows.
const (
	propRowIDColumn         = "delta.rowTracking.materializedRowIdColumnName"
	propCommitVersionColumn = "delta.rowTracking.materializedRowCommitVersionColumnName"
)

// writer writes rows as data files have them: under physical names, with what row tracking knows of them.
func (o *optimizing) writer(op exec.Operator, target int64) (*fileWriter, exec.Operator, error) {
	stored, err := o.meta.StoredSchema()
	if err != nil {
		return nil, nil, err
	}
	stored.Fields = append([]types.Field{}, stored.Fields...)
	if o.tracked() != nil {
		for _, property := range []string{propRowIDColumn, propCommitVersionColumn} {
			stored.Fields = append(stored.Fields, types.Field{Name: o.meta.Configuration[property], Type: types.Long, Nullable: true})
		}
	}
	if o.tracked() != nil || o.meta.ColumnMapping() != deltalog.MappingNone {
		op = &renamed{op, stored}
	}
	opts, err := WriteOptionTable.Parse(map[string]string{"targetFileSize": strconv.FormatInt(target, 10)})
	if err != nil {
		return nil, nil, err
	}
	files, err := newFiles(o.table.Store, op.Schema(), o.snap.Protocol(), &o.meta, opts)
	return files, op, err
}

// arranged marks files as holding no new rows.
func (o *optimizing) arranged(files []newFile, b *bin) []deltalog.AddFile {
	adds := make([]deltalog.AddFile, len(files))
	for i := range files {
		adds[i] = files[i].add
		adds[i].DataChange = false
		o.tag(&adds[i], b)
	}
	return adds
}
