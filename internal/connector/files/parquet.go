package files

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

var parquetOptions = option.Table{
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Inference takes the columns of all files, not of one."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: the files hold their schema."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "false", Doc: "Column names are matched exactly; else in any letter case, if none is exact."},
	{Name: "rescuedDataColumn", Doc: "The name of a string column, which is added to the schema, for what no other column takes: columns that the schema lacks, and those of another type, as one JSON object. Names are then matched exactly, unless readerCaseSensitive says otherwise."},
	{Name: "rescuedDataColumn.filePath.enabled", Kind: option.Bool, Default: "true", Doc: "The object also has the path of the file, as _file_path; the default is the configuration spark.databricks.sql.rescuedDataColumn.filePath.enabled."},
	{Name: "datetimeRebaseMode", Kind: option.Enum, Values: datetime.RebaseModes, Default: string(datetime.Corrected), Doc: "How days before 1582-10-15 and timestamps before 1900 are read, of files that do not tell that Spark wrote them: as written (CORRECTED), as those of the old calendar, which keep their date and time (LEGACY), or not (EXCEPTION)."},
	{Name: "int96RebaseMode", Kind: option.Enum, Values: datetime.RebaseModes, Default: string(datetime.Corrected), Doc: "Likewise for timestamps of the type INT96."},
}

type parquetFormat struct {
	merge, caseSensitive bool
	rescued              string // the rescued-data column; empty: none
	rescuedPath          bool
	datetimes, int96     datetime.RebaseMode
	found                *records.Found // nil: nobody asks what the files hold
	rowIndex             bool           // rows are numbered
}

func newParquet(v option.Values) (Format, error) {
	rescued := v.String("rescuedDataColumn")
	return parquetFormat{
		merge:         v.Bool("mergeSchema"),
		caseSensitive: v.Bool("readerCaseSensitive") || rescued != "" && !v.Has("readerCaseSensitive"),
		rescued:       rescued, rescuedPath: v.Bool("rescuedDataColumn.filePath.enabled"),
		datetimes: datetime.RebaseMode(v.String("datetimeRebaseMode")), int96: datetime.RebaseMode(v.String("int96RebaseMode")),
	}, nil
}

// parquetScan is a reading of Parquet files.
type parquetScan struct {
	opts parquetio.ReadOptions
}

// Scan says what is read of each file.
func (f parquetFormat) Scan(schema types.Struct, opts logical.ScanOptions) (Scan, error) {
	read := parquetio.ReadOptions{
		Schema: wanted(schema, opts.Columns), Where: opts.Where, CaseSensitive: f.caseSensitive, RowIndex: f.rowIndex,
		DatetimeRebase: f.datetimes, Int96Rebase: f.int96,
	}
	if f.found != nil || f.rescued != "" && read.Schema.Index(f.rescued) >= 0 {
		return f.rescuing(schema, read)
	}
	return parquetScan{read}, nil
}

// openParquet opens a file that must be as it was listed.
func openParquet(ctx context.Context, file volumes.Location, info volumes.Info) (volumes.Reader, error) {
	in, err := file.Store.Open(ctx, file.Key)
	if err != nil {
		return nil, err
	}
	if err := unchanged(info, in.Info()); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// Pieces shares the row groups out that the condition does not rule out.
func (s parquetScan) Pieces(ctx context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	open := func(ctx context.Context) (parquetio.Input, int64, error) {
		in, err := openParquet(ctx, file, info)
		return in, info.Size, err
	}
	var pieces []Piece
	for _, p := range parquetio.Split(ctx, open, info.Size, s.opts) {
		pieces = append(pieces, &parquetPiece{p, file})
	}
	return pieces, nil
}

// Infer takes the columns of the first file, or, merging, of all.
func (f parquetFormat) Infer(ctx context.Context, files []File) (types.Struct, error) {
	var merged types.Struct
	for _, file := range files {
		schema, err := parquetSchema(ctx, file.Place)
		if err != nil {
			return merged, failed(file.Place, err)
		}
		if merged, err = mergeColumns(merged, schema); err != nil {
			return merged, failed(file.Place, err)
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

// parquetPiece counts the rows that it gives, and names its file when something is wrong.
type parquetPiece struct {
	rows  batch.Piece
	place volumes.Location
}

// Size is that of the row groups.
func (p *parquetPiece) Size() int64 { return p.rows.Size() }

// Read passes the rows on: none is ever corrupt.
func (p *parquetPiece) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		*counts = batch.Counts{}
		for b, err := range p.rows.Read(ctx) {
			if err != nil {
				yield(nil, failed(p.place, err))
				return
			}
			counts.Read += b.NumRows()
			if !yield(b, nil) {
				return
			}
		}
	}
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
