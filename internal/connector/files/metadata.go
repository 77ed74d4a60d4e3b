package files

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// MetadataColumn is the column that tells of each row which file it is from. It is there for who names it.
const metadataColumn = "_metadata"

const rowIndex = "row_index"

var metadataFields = []types.Field{
	{Name: "file_path", Type: types.String},
	{Name: "file_name", Type: types.String},
	{Name: "file_size", Type: types.Long},
	{Name: "file_block_start", Type: types.Long},
	{Name: "file_block_length", Type: types.Long},
	{Name: "file_modification_time", Type: types.Timestamp},
}

// Metadata is the metadata column of a format's files.
func Metadata(format string) types.Field {
	fields := metadataFields
	if strings.EqualFold(format, "parquet") {
		fields = append(slices.Clip(fields), types.Field{Name: rowIndex, Type: types.Long})
	}
	return types.Field{Name: metadataColumn, Type: types.Struct{Fields: fields}}
}

// rowIndexed is a format that can number the rows of a file.
type rowIndexed interface {
	// withRowIndex has a last column, row_index, beside the wanted ones.
	withRowIndex() Format
}

// An extent is a piece that is not the whole of its file.
type extent interface{ extent() (start, length int64) }

// metadataAt is where the metadata column stands among the wanted; -1: nobody wants it, or the files have a column of that name.
func metadataAt(schema types.Struct, columns []string) int {
	if schema.Index(metadataColumn) >= 0 {
		return -1
	}
	for i, name := range columns {
		if strings.EqualFold(name, metadataColumn) {
			return i
		}
	}
	return -1
}

// scanMetadata adds the metadata column at a position.
func scanMetadata(format Format, schema types.Struct, opts logical.ScanOptions, at int) (Scan, error) {
	s := &metadataScan{at: at, field: Metadata("")}
	if indexed, ok := format.(rowIndexed); ok && numbersRows(format) {
		format, s.field, s.indexed = indexed.withRowIndex(), Metadata("parquet"), true
	}
	columns := append([]string{}, opts.Columns[:at]...)
	opts.Columns = append(columns, opts.Columns[at+1:]...)
	want := wanted(schema, opts.Columns)
	fields := append([]types.Field{}, want.Fields[:at]...)
	s.arrow = types.ToArrowSchema(types.Struct{Fields: append(append(fields, s.field), want.Fields[at:]...)})
	var err error
	s.inner, err = format.Scan(schema, opts)
	return s, err
}

// metadataScan is a reading of files with their metadata.
type metadataScan struct {
	inner   Scan
	at      int
	field   types.Field
	indexed bool          // the inner batches have row_index as their last column
	arrow   *arrow.Schema // of the batches
}

// Pieces reads what is known of the file.
func (s *metadataScan) Pieces(ctx context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	pieces, err := s.inner.Pieces(ctx, file, info)
	if err != nil {
		return nil, err
	}
	for i, p := range pieces {
		start, length := int64(0), info.Size
		if e, ok := p.(extent); ok {
			start, length = e.extent()
		}
		pieces[i] = &withMetadata{Piece: p, scan: s, values: []scalar.Scalar{
			scalar.NewStringScalar(file.URI), scalar.NewStringScalar(path.Base(file.Key)), scalar.NewInt64Scalar(info.Size),
			scalar.NewInt64Scalar(start), scalar.NewInt64Scalar(length),
			scalar.NewTimestampScalar(arrow.Timestamp(info.ModTime.UnixMilli()*1000), types.ToArrow(types.Timestamp)),
		}}
	}
	return pieces, nil
}

// withMetadata puts the metadata of its file among the columns of a piece.
type withMetadata struct {
	Piece
	scan   *metadataScan
	values []scalar.Scalar
}

// Read completes each batch.
func (w *withMetadata) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	return batch.Transform(w.Piece.Read(ctx, counts), w.complete)
}

func (w *withMetadata) complete(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	rows, inner := int(b.NumRows()), b.Columns()
	var children []arrow.ArrayData
	for _, v := range w.values {
		c, err := scalar.MakeArrayFromScalar(v, rows, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		children = append(children, c.Data())
	}
	if w.scan.indexed {
		children = append(children, inner[len(inner)-1].Data())
		inner = inner[:len(inner)-1]
	}
	data := array.NewData(types.ToArrow(w.scan.field.Type), rows, []*memory.Buffer{nil}, children, 0, 0)
	columns := append([]arrow.Array{}, inner[:w.scan.at]...)
	columns = append(append(columns, array.NewStructData(data)), inner[w.scan.at:]...)
	return array.NewRecordBatch(w.scan.arrow, columns, b.NumRows()), nil
}

// numbersRows reports whether a format, partitioned or not, can number the rows of a file.
func numbersRows(f Format) bool {
	if p, ok := f.(Partitioned); ok {
		f = p.Format
	}
	_, ok := f.(rowIndexed)
	return ok
}
