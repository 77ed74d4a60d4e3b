package autoloader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Decoder reads files.
type Decoder interface {
	// Scan settles, once for all files, how they are read: the columns that opts wants of schema.
	Scan(schema types.Struct, opts logical.ScanOptions) (files.Scan, error)
}

// rows are those of some batches.
type rows struct {
	source *source
	files  []*planned

	evolution *evolution // nil: fields that the schema lacks are passed over, or rescued
}

// A planned file stands in the source log.
type planned struct {
	place    volumes.Location
	batch    int64
	modified int64
	account  account
}

func (r *rows) Schema() types.Struct { return r.source.Schema() }

func (r *rows) String() string { return r.source.String() }

// Scan opens one file after the other: each must still be there.
func (r *rows) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		decoder, err := r.decoder()
		if err != nil {
			yield(nil, err)
			return
		}
		scan, err := decoder.Scan(r.Schema(), opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, f := range r.files {
			pieces, err := r.open(ctx, f, scan)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range pieces {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// decoder is the source's, or one that notes new fields.
func (r *rows) decoder() (Decoder, error) {
	if !r.source.watches() {
		return r.source.config.Decoder, nil
	}
	watch, err := r.source.config.Watch()
	r.evolution = &evolution{watch: watch}
	return watch, err
}

// open gives the pieces of one file.
func (r *rows) open(ctx context.Context, f *planned, scan files.Scan) ([]batch.Piece, error) {
	info, err := f.place.Store.Stat(ctx, f.place.Key)
	if err == nil {
		return r.decode(ctx, f, info, scan)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read batch %d: %w", f.batch, err)
	}
	return nil, r.missing(ctx, f)
}

func (r *rows) decode(ctx context.Context, f *planned, info volumes.Info, scan files.Scan) ([]batch.Piece, error) {
	config := r.source.config
	if info.ModTime.UnixMilli() != f.modified {
		if config.AllowOverwrites {
			config.Log.InfoContext(ctx, "a file was overwritten after it was planned; what it holds now is read in a batch of its own", "file", f.place.URI)
			return nil, nil
		}
		config.Log.InfoContext(ctx, "a file changed after it was planned; it is read as it is", "file", f.place.URI)
	}
	pieces, err := scan.Pieces(ctx, f.place, info)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, r.missing(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	f.account.open(len(pieces))
	all := make([]batch.Piece, len(pieces))
	for i, p := range pieces {
		all[i] = &watched{piece: p, number: i, rows: r, file: f, info: info}
	}
	return all, nil
}

// missing is nil where vanished files do not matter.
func (r *rows) missing(ctx context.Context, f *planned) error {
	if r.source.config.IgnoreMissingFiles {
		r.source.config.Log.WarnContext(ctx, "a planned file has vanished and gives no rows", "file", f.place.URI, "batch", f.batch)
		return nil
	}
	return errclass.SourceFileMissing.New("%s belongs to batch %d of %s, and is gone.", f.place.URI, f.batch, r.source.log.dir).
		WithHint("Bring it back (look into the archive), or set ignoreMissingFiles to go on without its rows.")
}

// watched is a piece of a file that must not change while it is read: what was read of it would be half of
// one version and half of another.
type watched struct {
	piece  files.Piece
	number int // among the file's pieces
	rows   *rows
	file   *planned
	info   volumes.Info // as it was when the file was taken apart
}

// Size is the piece's.
func (w *watched) Size() int64 { return w.piece.Size() }

// Read enters into the file's account what became of the records, however the reading ends.
func (w *watched) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var counts batch.Counts
		defer func() { w.file.account.enter(w.number, counts) }()
		for b, err := range w.piece.Read(ctx, &counts) {
			if err != nil {
				if err = w.explain(ctx, err); err != nil {
					yield(nil, err)
				}
				return
			}
			if !yield(b, nil) {
				return
			}
		}
		if err := cmp.Or(w.unchanged(ctx), w.rows.evolve(ctx)); err != nil {
			yield(nil, err)
		}
	}
}

// explain: an error of the decoder may only be the trace of a file that went away or changed. Nil: it
// went away or is corrupt, and that does not matter.
func (w *watched) explain(ctx context.Context, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return w.rows.missing(ctx, w.file)
	}
	if changed := w.unchanged(ctx); changed != nil {
		return changed
	}
	if config := w.rows.source.config; config.IgnoreCorruptFiles && files.IsCorrupt(err) {
		config.Log.WarnContext(ctx, "a file cannot be read to its end; the rows before the fault count", "file", w.file.place.URI, "batch", w.file.batch, "error", err)
		return nil
	}
	return err
}

func (w *watched) unchanged(ctx context.Context) error {
	info, err := w.file.place.Store.Stat(ctx, w.file.place.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.rows.missing(ctx, w.file)
	case err != nil:
		return fmt.Errorf("read batch %d: %w", w.file.batch, err)
	case info.Size != w.info.Size || !info.ModTime.Equal(w.info.ModTime):
		return errclass.SourceFileChanged.New("%s changed while batch %d read it.", w.file.place.URI, w.file.batch).
			WithHint("Move files into the folder whole. The batch is repeated when the query starts again.")
	}
	return nil
}
