package files

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

var parquetOptions = option.Table{
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Inference takes the columns of all files, not of one."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: the files hold their schema."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "false", Doc: "Column names are matched exactly; else in any letter case, if none is exact."},
	{Name: "rescuedDataColumn", Unsupported: "columns that the schema lacks are not kept; add them to the schema."},
	{Name: "datetimeRebaseMode", Kind: option.Enum, Values: []string{"CORRECTED"}, Default: "CORRECTED", Doc: "Days before 1582 are read as written."},
	{Name: "int96RebaseMode", Kind: option.Enum, Values: []string{"CORRECTED"}, Default: "CORRECTED", Doc: "Likewise for INT96."},
}

type parquetFormat struct {
	merge, caseSensitive bool
	counts               *batch.Counts
}

func newParquet(v option.Values) (Format, error) {
	return parquetFormat{merge: v.Bool("mergeSchema"), caseSensitive: v.Bool("readerCaseSensitive"), counts: &batch.Counts{}}, nil
}

// Counts is of rows read: none is ever malformed.
func (f parquetFormat) Counts() *batch.Counts { return f.counts }

// Pieces is one for the file, which is opened when it is read.
func (f parquetFormat) Pieces(_ context.Context, file volumes.Location, info volumes.Info, schema types.Struct, opts logical.ScanOptions) ([]batch.Piece, error) {
	return []batch.Piece{&parquetPiece{place: file, info: info, want: wanted(schema, opts.Columns), where: opts.Where, format: f}}, nil
}

// Infer takes the columns of the first file, or, merging, of all.
func (f parquetFormat) Infer(ctx context.Context, files []File) (types.Struct, error) {
	var merged types.Struct
	for _, file := range files {
		schema, err := parquetSchema(ctx, file.Place)
		if err != nil {
			return merged, failed(file.Place, err)
		}
		for _, field := range schema.Fields {
			if merged.Index(field.Name) < 0 {
				merged.Fields = append(merged.Fields, field)
			}
		}
		if !f.merge {
			break
		}
	}
	return merged, nil
}

func parquetSchema(ctx context.Context, at volumes.Location) (types.Struct, error) {
	in, err := at.Store.Open(ctx, at.Key)
	if err != nil {
		return types.Struct{}, err
	}
	defer in.Close()
	file, err := parquetio.Open(in, in.Info().Size)
	if err != nil {
		return types.Struct{}, err
	}
	return file.Schema()
}

type parquetPiece struct {
	place  volumes.Location
	info   volumes.Info
	want   types.Struct
	where  predicate.Predicate
	format parquetFormat
}

// Size is the file's.
func (p *parquetPiece) Size() int64 { return p.info.Size }

// Read gives the row groups that the condition does not rule out.
func (p *parquetPiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if err := p.read(ctx, yield); err != nil {
			yield(nil, failed(p.place, err))
		}
	}
}

func (p *parquetPiece) read(ctx context.Context, yield func(arrow.RecordBatch, error) bool) error {
	in, err := p.place.Store.Open(ctx, p.place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := unchanged(p.info, in.Info()); err != nil {
		return err
	}
	file, err := parquetio.Open(in, in.Info().Size)
	if err != nil {
		return err
	}
	pieces, err := file.Pieces(parquetio.ReadOptions{Schema: p.want, Where: p.where, CaseSensitive: p.format.caseSensitive})
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		for b, err := range piece.Read(ctx) {
			if err != nil {
				return err
			}
			p.format.counts.Read.Add(b.NumRows())
			if !yield(b, nil) {
				return nil
			}
		}
	}
	return nil
}

// failed says which file could not be read.
func failed(at volumes.Location, err error) error {
	return errclass.FailedReadFile.New("Encountered error while reading file %s: %w", at.URI, err)
}

// unchanged holds a file against what was listed: a file that grows while it is read would give half a record.
func unchanged(listed, now volumes.Info) error {
	if (listed.ETag == "" || listed.ETag == now.ETag) && listed.Size == now.Size {
		return nil
	}
	return errclass.SourceFileChanged.New("the file changed after it was listed, from %d bytes to %d.", listed.Size, now.Size).
		WithHint("Write files elsewhere, and move them into the folder when they are complete.")
}
