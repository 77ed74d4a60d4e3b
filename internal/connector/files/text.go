package files

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/text/encoding"

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
	"lakehouse/internal/xmlio"
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

// reads makes a decoder for one reading.
type reads func(records.Reading) decoder

// textFormat is what the formats of text have in common.
type textFormat struct {
	whole   bool // a file is one document
	unsplit bool // a file is read from its beginning
	ordered bool // so it is if a column is a VARIANT: what a value is depends on those before it
	unpack  *unpacker
	binary  bool                   // names do not say that a file is compressed
	passes  func(name string) bool // files that are read; nil: all
	corrupt string                 // the corrupt-record column; empty: the format has none
	rescued string                 // the rescued-data column; empty: none
	badPath string                 // of option badRecordsPath
	charset encoding.Encoding      // nil: UTF-8
	// borders finds where a file can be cut, and cutter does while it is read; both nil: anywhere, as a line's beginning can be found.
	borders func(ctx context.Context, r io.ReaderAt, size int64) ([]int64, error)
	cutter  func(size int64) *xmlio.Cutter
	// prepare is the format with what must be read for it; nil: it is as it is.
	prepare func(ctx context.Context, space *volumes.Space) (*textFormat, error)
	bad     *badRecords
	found   *records.Found // takes note of what the schema lacks; nil: nobody asks
	// newDecoder is for the file's columns, and those to decode.
	newDecoder func(file, want types.Struct, found *records.Found) (reads, error)
	infer      func(ctx context.Context, files []File) (types.Struct, error)
	// prunes reports whether columns that nobody wants may stay undecoded.
	prunes func(want types.Struct) bool
}

func newJSON(v option.Values) (Format, error) {
	opts, err := jsonio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	unpack := newUnpacker(v.Bytes("maxDecompressedBytes"))
	charset, err := charsetOf(v)
	if err != nil {
		return nil, err
	}
	bad, err := badRecordsPath(v)
	return &textFormat{
		badPath: bad, charset: charset,
		whole: opts.MultiLine, unsplit: !lines.CanSplit(opts.LineSep), unpack: unpack, corrupt: opts.CorruptColumn, rescued: opts.Rescued,
		newDecoder: func(_, want types.Struct, found *records.Found) (reads, error) {
			opts := opts
			opts.Found = found
			d, err := jsonio.NewDecoder(want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferJSON(ctx, files, opts, sourceOf(unpack, charset))
		},
		prunes: func(want types.Struct) bool {
			return opts.Mode == records.Permissive && want.Index(opts.CorruptColumn) < 0 &&
				bad == "" && (opts.Rescued == "" || want.Index(opts.Rescued) < 0)
		},
	}, err
}

func newCSV(v option.Values) (Format, error) {
	opts, err := csvio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	unpack := newUnpacker(v.Bytes("maxDecompressedBytes"))
	charset, err := charsetOf(v)
	if err != nil {
		return nil, err
	}
	bad, err := badRecordsPath(v)
	return &textFormat{
		badPath: bad, charset: charset,
		whole: opts.MultiLine, unpack: unpack, corrupt: opts.CorruptColumn, rescued: opts.Rescued,
		ordered: true,
		unsplit: opts.SkipRows > 0 || !lines.CanSplit(opts.LineSep), // the rows to skip may reach into any piece
		newDecoder: func(file, want types.Struct, found *records.Found) (reads, error) {
			opts := opts
			opts.Found = found
			d, err := csvio.NewDecoder(file, want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferCSV(ctx, files, opts, sourceOf(unpack, charset))
		},
		prunes: func(want types.Struct) bool { // the decoder counts the columns it passes over
			return bad == "" && (opts.Rescued == "" || want.Index(opts.Rescued) < 0)
		},
	}, err
}

func newText(v option.Values) (Format, error) {
	opts, err := textio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	charset, err := charsetOf(v)
	if err != nil {
		return nil, err
	}
	return &textFormat{
		charset: charset,
		whole:   opts.WholeText, unsplit: !lines.CanSplit(opts.LineSep), unpack: newUnpacker(v.Bytes("maxDecompressedBytes")),
		newDecoder: func(_, want types.Struct, _ *records.Found) (reads, error) {
			d, err := textio.NewDecoder(want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
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

// textScan is a reading of text files.
type textScan struct {
	*textFormat
	decoder reads
	pick    []int         // columns of the decoder's batches that are wanted; nil: all as they come
	picked  *arrow.Schema // of those columns
}

// Scan makes the decoder.
func (f *textFormat) Scan(schema types.Struct, opts logical.ScanOptions) (Scan, error) {
	if f.badPath != "" && f.bad == nil || f.prepare != nil {
		return nil, errNoSpace
	}
	want := wanted(schema, opts.Columns)
	if f.corrupt != "" && len(want.Fields) == 1 && want.Fields[0].Name == f.corrupt {
		return nil, onlyCorrupt(f.corrupt)
	}
	decode := schema
	if f.found == nil && f.prunes(want) {
		decode = want
	}
	if f.ordered && types.HasVariant(schema) {
		whole := *f
		whole.unsplit = true
		f = &whole
	}
	d, err := f.newDecoder(schema, decode, f.found)
	if err != nil {
		return nil, err
	}
	scan := &textScan{textFormat: f, decoder: d, picked: types.ToArrowSchema(want)}
	if !slices.Equal(decode.Names(), want.Names()) {
		for _, field := range want.Fields {
			scan.pick = append(scan.pick, decode.Index(field.Name))
		}
	}
	return scan, nil
}

// Pieces cuts a file at record borders; a compressed file, or one document, is a single piece.
func (s *textScan) Pieces(ctx context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	piece := textPiece{scan: s, place: file, info: info, end: info.Size}
	if s.passes != nil && !s.passes(file.Key) {
		return nil, nil
	}
	if s.whole || s.unsplit || s.charset != nil || s.packed(file.Key) || info.Size <= splitBytes {
		return []Piece{&piece}, nil
	}
	if s.borders != nil {
		return s.cut(ctx, piece)
	}
	var cutter *xmlio.Cutter
	if s.cutter != nil {
		cutter = s.cutter(info.Size)
	}
	var pieces []Piece
	for at := int64(0); at < info.Size; at += splitBytes {
		part := piece
		part.start, part.end = at, min(at+splitBytes, info.Size)
		part.cutter, part.number = cutter, len(pieces)
		pieces = append(pieces, &part)
	}
	return pieces, nil
}

// packed reports whether a file is compressed as a whole.
func (f *textFormat) packed(name string) bool { return !f.binary && compressed(name) }

// cut cuts a file at the borders of its format.
func (s *textScan) cut(ctx context.Context, piece textPiece) ([]Piece, error) {
	in, err := piece.place.Store.Open(ctx, piece.place.Key)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := unchanged(piece.info, in.Info()); err != nil {
		return nil, failed(piece.place, err)
	}
	borders, err := s.borders(ctx, stoppable{in, ctx}, piece.info.Size)
	if err != nil {
		return nil, failed(piece.place, err)
	}
	pieces := make([]Piece, len(borders))
	for i, at := range borders {
		part := piece
		if part.start = at; i+1 < len(borders) {
			part.end = borders[i+1]
		}
		pieces[i] = &part
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
	scan       *textScan
	place      volumes.Location
	info       volumes.Info // as listed
	start, end int64        // about, where there is a cutter
	cutter     *xmlio.Cutter
	number     int // of the piece, among the file's
}

func (p *textPiece) extent() (start, length int64) { return p.start, p.end - p.start }

// Size is what is read, before it is unpacked.
func (p *textPiece) Size() int64 { return p.end - p.start }

// Read opens the file and decodes the piece.
func (p *textPiece) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		err := p.read(ctx, counts, yield)
		if err != nil {
			err = failed(p.place, err)
		}
		if bad := p.scan.bad; bad != nil && err != nil && IsCorrupt(err) {
			err = bad.lost(ctx, p.place.URI, err)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (p *textPiece) read(ctx context.Context, counts *batch.Counts, yield func(arrow.RecordBatch, error) bool) error {
	in, err := p.place.Store.Open(ctx, p.place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := unchanged(p.info, in.Info()); err != nil {
		return err
	}
	reading := records.Reading{Counts: counts, File: p.place.URI}
	var bad *badFile
	if p.scan.bad != nil {
		bad = p.scan.bad.file(ctx, p.place.URI)
		reading.Bad = bad
	}
	rows, done, err := p.rows(ctx, in, p.scan.decoder(reading))
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
		if !yield(p.scan.pickFrom(b), nil) {
			return nil
		}
	}
	return bad.flush()
}

// rows decodes the piece; done lets go of what it needed.
func (p *textPiece) rows(ctx context.Context, in volumes.Reader, d decoder) (rows batch.Seq, done func(), err error) {
	if p.cutter != nil {
		rows, err = p.part(stoppable{in, ctx}, in.Info().Size, d)
		return rows, func() {}, err
	}
	if !p.scan.packed(p.place.Key) && !p.scan.whole && p.scan.charset == nil {
		return d.DecodeRange(stoppable{in, ctx}, in.Info().Size, p.start, p.end), func() {}, nil
	}
	plain, err := sourceOf(p.scan.unpack, p.scan.charset)(p.place.Key, io.NewSectionReader(stoppable{in, ctx}, 0, in.Info().Size))
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = plain.Close() } // read to its end or given up: nothing is lost
	if !p.scan.whole {
		return d.Decode(plain), done, nil
	}
	data, err := wholeDocument(plain)
	if err != nil {
		done()
		return nil, nil, err
	}
	return d.DecodeDocument(data), done, nil
}

// part decodes the piece, once it is known where it begins and ends.
func (p *textPiece) part(in io.ReaderAt, size int64, d decoder) (batch.Seq, error) {
	part, err := p.cutter.Part(in, p.number)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if d, ok := d.(interface{ DecodePart(xmlio.Part) batch.Seq }); ok && part.Data != nil {
		return d.DecodePart(part), nil
	}
	return d.DecodeRange(in, size, part.Start, part.End), nil
}

// A plainSource gives the text of a file as UTF-8.
type plainSource func(name string, r io.Reader) (io.ReadCloser, error)

func sourceOf(unpack *unpacker, charset encoding.Encoding) plainSource {
	return func(name string, r io.Reader) (io.ReadCloser, error) {
		plain, err := unpack.open(name, r)
		if err != nil {
			return nil, err
		}
		return decoded(plain, charset), nil
	}
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

// pickFrom gives the wanted columns of a decoder's batch.
func (s *textScan) pickFrom(b arrow.RecordBatch) arrow.RecordBatch {
	if s.pick == nil {
		return b
	}
	columns := make([]arrow.Array, len(s.pick))
	for i, at := range s.pick {
		columns[i] = b.Column(at)
	}
	return array.NewRecordBatch(s.picked, columns, b.NumRows())
}
