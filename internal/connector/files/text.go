package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/csvio"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/lines"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/textio"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// splitBytes is how large a piece of a text file is: small enough to keep cores busy to the end, large enough that the
// records cut at borders do not matter.
const splitBytes = 4 << 20

// A decoder reads records for one schema.
type decoder interface {
	Decode(r io.Reader) batch.Seq
	DecodeRange(r io.ReaderAt, size, start, end int64) batch.Seq
	DecodeDocument(data []byte) batch.Seq
}

// textFormat is what the formats of text have in common.
type textFormat struct {
	whole       bool // a file is one document
	unsplit     bool // a file is read from its beginning
	maxUnpacked int64
	counts      *batch.Counts
	corrupt     string                                         // the corrupt-record column; empty: the format has none
	decoder     func(file, want types.Struct) (decoder, error) // the file's columns, and those to decode
	infer       func(ctx context.Context, files []File) (types.Struct, error)
	// prunes reports whether columns that nobody wants may stay undecoded.
	prunes func(want types.Struct) bool
}

func newJSON(v option.Values) (Format, error) {
	opts, err := jsonio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	opts.Counts = &batch.Counts{}
	maxUnpacked := v.Bytes("maxDecompressedBytes")
	return &textFormat{
		whole: opts.MultiLine, maxUnpacked: maxUnpacked, counts: opts.Counts, corrupt: opts.CorruptColumn,
		decoder: func(_, want types.Struct) (decoder, error) { return jsonio.NewDecoder(want, opts) },
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferJSON(ctx, files, opts, maxUnpacked)
		},
		prunes: func(want types.Struct) bool {
			return opts.Mode == records.Permissive && want.Index(opts.CorruptColumn) < 0
		},
	}, nil
}

func newCSV(v option.Values) (Format, error) {
	opts, err := csvio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	opts.Counts = &batch.Counts{}
	maxUnpacked := v.Bytes("maxDecompressedBytes")
	return &textFormat{
		whole: opts.MultiLine, maxUnpacked: maxUnpacked, counts: opts.Counts, corrupt: opts.CorruptColumn,
		unsplit: opts.SkipRows > 0, // the rows to skip may reach into any piece
		decoder: func(file, want types.Struct) (decoder, error) { return csvio.NewDecoder(file, want, opts) },
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferCSV(ctx, files, opts, maxUnpacked)
		},
		prunes: func(types.Struct) bool { return true }, // the decoder counts the columns it passes over
	}, nil
}

func newText(v option.Values) (Format, error) {
	opts, err := textio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	opts.Counts = &batch.Counts{}
	return &textFormat{
		whole: opts.WholeText, maxUnpacked: v.Bytes("maxDecompressedBytes"), counts: opts.Counts,
		decoder: func(_, want types.Struct) (decoder, error) { return textio.NewDecoder(want, opts) },
		infer: func(context.Context, []File) (types.Struct, error) {
			return textio.Schema(), nil
		},
		prunes: func(types.Struct) bool { return false },
	}, nil
}

// Infer finds the columns of files.
func (f *textFormat) Infer(ctx context.Context, files []File) (types.Struct, error) {
	return f.infer(ctx, files)
}

// Counts says what became of the records.
func (f *textFormat) Counts() *batch.Counts { return f.counts }

// Pieces cuts a file at record borders; a compressed file, or one document, is a single piece.
func (f *textFormat) Pieces(_ context.Context, file volumes.Location, info volumes.Info, schema types.Struct, opts logical.ScanOptions) ([]batch.Piece, error) {
	want := wanted(schema, opts.Columns)
	if f.corrupt != "" && len(want.Fields) == 1 && want.Fields[0].Name == f.corrupt {
		return nil, onlyCorrupt(f.corrupt)
	}
	decode := schema
	if f.prunes(want) {
		decode = want
	}
	d, err := f.decoder(schema, decode)
	if err != nil {
		return nil, err
	}
	var pick []int // columns of the decoder's batches that are wanted; nil: all as they come
	if !slices.Equal(decode.Names(), want.Names()) {
		for _, field := range want.Fields {
			pick = append(pick, decode.Index(field.Name))
		}
	}
	piece := textPiece{place: file, info: info, decoder: d, pick: pick, want: want, format: f, end: info.Size}
	if f.whole || f.unsplit || compressed(file.Key) || info.Size <= splitBytes {
		return []batch.Piece{&piece}, nil
	}
	var pieces []batch.Piece
	for at := int64(0); at < info.Size; at += splitBytes {
		part := piece
		part.start, part.end = at, min(at+splitBytes, info.Size)
		pieces = append(pieces, &part)
	}
	return pieces, nil
}

// onlyCorrupt refuses a query of the corrupt-record column alone, as Spark does: it nearly always means that the file was
// not read as it is.
func onlyCorrupt(column string) error {
	return errclass.UnsupportedOnlyCorruptRecord.New("The feature is not supported: Queries from raw JSON/CSV/XML files are disallowed "+
		"when the referenced columns only include the internal corrupt record column (named `%s` here).", column).
		WithHint("If each file is one document, set option 'multiLine' to true. Else name another column too, or write the rows to a table first.")
}

type textPiece struct {
	place      volumes.Location
	info       volumes.Info // as listed
	format     *textFormat
	decoder    decoder
	pick       []int
	want       types.Struct
	start, end int64
}

// Size is what is read, before it is unpacked.
func (p *textPiece) Size() int64 { return p.end - p.start }

// Read opens the file and decodes the piece.
func (p *textPiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if err := p.read(ctx, yield); err != nil {
			yield(nil, failed(p.place, err))
		}
	}
}

func (p *textPiece) read(ctx context.Context, yield func(arrow.RecordBatch, error) bool) error {
	in, err := p.place.Store.Open(ctx, p.place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := unchanged(p.info, in.Info()); err != nil {
		return err
	}
	rows, done, err := p.rows(ctx, in)
	if err != nil {
		return err
	}
	defer done()
	for b, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if !yield(p.picked(b), nil) {
			return nil
		}
	}
	return p.stillThere(ctx)
}

// stillThere holds the file against what was listed once more, now that it is read.
func (p *textPiece) stillThere(ctx context.Context) error {
	now, err := p.place.Store.Stat(ctx, p.place.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // what was opened has been read, whatever became of its name
	}
	if err != nil {
		return err
	}
	return unchanged(p.info, now)
}

// rows decodes the piece; done lets go of what it needed.
func (p *textPiece) rows(ctx context.Context, in volumes.Reader) (rows batch.Seq, done func(), err error) {
	if !compressed(p.place.Key) && !p.format.whole {
		return p.decoder.DecodeRange(stoppable{in, ctx}, in.Info().Size, p.start, p.end), func() {}, nil
	}
	plain, err := unpack(p.place.Key, io.NewSectionReader(stoppable{in, ctx}, 0, in.Info().Size), p.format.maxUnpacked)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = plain.Close() } // read to its end or given up: nothing is lost
	if !p.format.whole {
		return p.decoder.Decode(plain), done, nil
	}
	data, err := wholeDocument(plain)
	if err != nil {
		done()
		return nil, nil, err
	}
	return p.decoder.DecodeDocument(data), done, nil
}

// stoppable ends the reading when nobody wants it any more: a file may hold a terabyte without one record.
type stoppable struct {
	in  io.ReaderAt
	ctx context.Context // of the one read that this is for
}

func (s stoppable) ReadAt(p []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.in.ReadAt(p, at)
}

// wholeDocument reads a file that is one document, or a byte more than one may have: the decoder refuses that.
func wholeDocument(plain io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(plain, lines.MaxDocument+1))
}

// picked is the wanted columns of a decoder's batch.
func (p *textPiece) picked(b arrow.RecordBatch) arrow.RecordBatch {
	if p.pick == nil {
		return b
	}
	columns := make([]arrow.Array, len(p.pick))
	for i, at := range p.pick {
		columns[i] = b.Column(at)
	}
	return array.NewRecordBatch(types.ToArrowSchema(p.want), columns, b.NumRows())
}
