package files

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// binaryOptions has no option of the format itself; pathGlobFilter is of every read.
var binaryOptions = option.Table{
	{Name: "maxLength", Kind: option.Bytes, Default: "2147483647", Doc: "A longer file fails the read, where its content is wanted."},
}

// binaryColumns are those of format binaryFile, one row a file.
var binaryColumns = types.Struct{Fields: []types.Field{
	{Name: "path", Type: types.String, Nullable: true},
	{Name: "modificationTime", Type: types.Timestamp, Nullable: true},
	{Name: "length", Type: types.Long, Nullable: true},
	{Name: "content", Type: types.Binary, Nullable: true},
}}

type binaryFormat struct{ most int64 }

func newBinary(v option.Values) (Format, error) {
	return binaryFormat{most: min(v.Bytes("maxLength"), 1<<31-1)}, nil // what an Arrow column can hold
}

// Infer gives the columns, which are always the same.
func (f binaryFormat) Infer(context.Context, []File) (types.Struct, error) { return binaryColumns, nil }

// Scan takes the columns by their names.
func (f binaryFormat) Scan(schema types.Struct, opts logical.ScanOptions) (Scan, error) {
	want := wanted(schema, opts.Columns)
	for _, field := range schema.Fields {
		if i := binaryColumns.Index(field.Name); i < 0 || binaryColumns.Fields[i].Type != field.Type {
			return nil, errclass.UnsupportedDatatype.New("Binary file data source has the columns %s, not `%s` of the type \"%s\".",
				types.ToDDL(binaryColumns), field.Name, types.SQL(field.Type))
		}
	}
	return &binaryScan{f, want, types.ToArrowSchema(want)}, nil
}

type binaryScan struct {
	binaryFormat
	want  types.Struct
	arrow *arrow.Schema
}

// Pieces gives the one of a file.
func (s *binaryScan) Pieces(_ context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	return []Piece{&binaryPiece{s, file, info}}, nil
}

type binaryPiece struct {
	scan  *binaryScan
	place volumes.Location
	info  volumes.Info
}

// Size is the file's, if its content is read.
func (p *binaryPiece) Size() int64 {
	if p.scan.want.Index("content") < 0 {
		return 0
	}
	return p.info.Size
}

// Read gives the file's row.
func (p *binaryPiece) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		b, err := p.row(ctx)
		if err != nil {
			yield(nil, failed(p.place, err))
			return
		}
		*counts = batch.Counts{Read: 1}
		yield(b, nil)
	}
}

func (p *binaryPiece) row(ctx context.Context) (arrow.RecordBatch, error) {
	root, err := records.NewBuilder(p.scan.want)
	if err != nil {
		return nil, err
	}
	for i, f := range p.scan.want.Fields {
		b := root.Children[i]
		switch strings.ToLower(f.Name) {
		case "path":
			b.AppendBytes([]byte(hadoopPath(p.place.URI)))
		case "modificationtime":
			b.Int64s = append(b.Int64s, p.info.ModTime.UnixMilli()*1000)
			b.Len++
		case "length":
			b.Int64s = append(b.Int64s, p.info.Size)
			b.Len++
		default:
			if err := p.content(ctx, b); err != nil {
				return nil, err
			}
		}
	}
	root.Len = 1
	rows, _ := root.LastRows(p.scan.arrow)
	return rows, nil
}

// content reads the whole file.
func (p *binaryPiece) content(ctx context.Context, b *records.Builder) error {
	if p.info.Size > p.scan.most {
		return errclass.FailedReadFile.New("The length of %s is %d, which exceeds the max length allowed: %d.", p.place.URI, p.info.Size, p.scan.most).
			WithHint("Read the other columns alone, or raise option 'maxLength'.")
	}
	in, err := p.place.Store.Open(ctx, p.place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := unchanged(p.info, in.Info()); err != nil {
		return err
	}
	b.Bytes = make([]byte, p.info.Size)
	if n, err := (stoppable{in, ctx}).ReadAt(b.Bytes, 0); n < len(b.Bytes) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	b.CloseBytes()
	return nil
}

// hadoopPath is a URI as Hadoop's paths are written: with one slash, and not encoded.
func hadoopPath(uri string) string {
	rest, ok := strings.CutPrefix(uri, "file://")
	if !ok {
		return uri
	}
	if name, err := volumes.DecodePath(rest); err == nil {
		rest = name
	}
	return "file:" + rest
}

// FixedColumns reports whether the files of a format have the same columns always, so that nothing is inferred.
func FixedColumns(format string) bool {
	low := strings.ToLower(format)
	return low == "text" || low == "binaryfile"
}
