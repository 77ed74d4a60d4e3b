package delta

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// metadataColumn is the column that tells of each row where it comes from. It is there for who names it.
const metadataColumn = "_metadata"

// rowsMetadata are the fields of the metadata column that differ from row to row, or that only the log knows, and what they are to a reader
// of rows.
var rowsMetadata = map[string]deltalog.RowMetadata{
	"row_index": deltalog.RowIndex, "row_id": deltalog.RowID, "base_row_id": deltalog.BaseRowID,
	"default_row_commit_version": deltalog.DefaultVersion, "row_commit_version": deltalog.RowCommitVersion,
}

// metadataField is the metadata column of a table. As in Spark the position of a row is among its fields where the table may have deletion
// vectors or tracks its rows, and what row tracking knows, where it does.
func metadataField(m deltalog.Metadata, p deltalog.Protocol) types.Field {
	fields := []types.Field{
		{Name: "file_path", Type: types.String},
		{Name: "file_name", Type: types.String},
		{Name: "file_size", Type: types.Long},
		{Name: "file_block_start", Type: types.Long},
		{Name: "file_block_length", Type: types.Long},
		{Name: "file_modification_time", Type: types.Timestamp},
	}
	tracked := m.TracksRows()
	if tracked || slices.Contains(p.ReaderFeatures, "deletionVectors") {
		fields = append(fields, types.Field{Name: "row_index", Type: types.Long})
	}
	if tracked {
		for _, name := range []string{"row_id", "base_row_id", "default_row_commit_version", "row_commit_version"} {
			fields = append(fields, types.Field{Name: name, Type: types.Long})
		}
	}
	return types.Field{Name: metadataColumn, Type: types.Struct{Fields: fields}}
}

// hidden is the column that a source of the table has beside those of its schema.
func (c columns) hidden() []types.Field {
	if c.schema.Index(metadataColumn) >= 0 {
		return nil
	}
	return []types.Field{c.metadata}
}

// MetadataColumns is the column that is there for who names it.
func (s *Source) MetadataColumns() []types.Field { return s.hidden() }

// MetadataColumns is the column that is there for who names it.
func (p *Provider) MetadataColumns() []types.Field { return p.hidden() }

// splitMetadata takes the metadata column out of those that are wanted, and tells where it stood; -1: nobody wants it.
func (c columns) splitMetadata(wanted []string) (rest []string, at int) {
	if c.schema.Index(metadataColumn) >= 0 {
		return wanted, -1
	}
	for i, name := range wanted {
		if strings.EqualFold(name, metadataColumn) {
			return append(slices.Clone(wanted[:i]), wanted[i+1:]...), i
		}
	}
	return wanted, -1
}

// rowMetadata is what a reader of rows has to tell for the column.
func (c columns) rowMetadata() []deltalog.RowMetadata {
	var all []deltalog.RowMetadata
	for _, f := range c.metadata.Type.(types.Struct).Fields {
		if m, ok := rowsMetadata[f.Name]; ok {
			all = append(all, m)
		}
	}
	return all
}

// metadataPiece puts the metadata column among those of a piece, whose last columns are those of the rows' metadata.
type metadataPiece struct {
	batch.Piece
	column types.Field
	at     int
	schema *arrow.Schema
	file   []scalar.Scalar // what is the same in all rows
}

func (s *Source) metadataPiece(p batch.Piece, at int, rows types.Struct, file deltalog.AddFile) batch.Piece {
	own := len(s.rowMetadata())
	fields := slices.Insert(slices.Clone(rows.Fields[:len(rows.Fields)-own]), at, s.metadata)
	return &metadataPiece{
		Piece: p, column: s.metadata, at: at, schema: types.ToArrowSchema(types.Struct{Fields: fields}),
		file: []scalar.Scalar{
			scalar.NewStringScalar(s.table.URI + "/" + volumes.EncodePath(file.Path)), scalar.NewStringScalar(path.Base(file.Path)),
			scalar.NewInt64Scalar(file.Size), scalar.NewInt64Scalar(0), scalar.NewInt64Scalar(file.Size),
			scalar.NewTimestampScalar(arrow.Timestamp(file.ModificationTime*1000), types.ToArrow(types.Timestamp)),
		},
	}
}

// Read completes each batch.
func (p *metadataPiece) Read(ctx context.Context) batch.Seq {
	return batch.Transform(p.Piece.Read(ctx), func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		rows := int(b.NumRows())
		t := types.ToArrow(p.column.Type).(*arrow.StructType)
		var children []arrow.ArrayData
		for _, v := range p.file {
			c, err := scalar.MakeArrayFromScalar(v, rows, memory.DefaultAllocator)
			if err != nil {
				return nil, err
			}
			children = append(children, c.Data())
		}
		given := b.Columns()
		own := t.NumFields() - len(p.file)
		for _, c := range given[len(given)-own:] {
			children = append(children, c.Data())
		}
		column := array.NewStructData(array.NewData(t, rows, []*memory.Buffer{nil}, children, 0, 0))
		columns := slices.Insert(slices.Clone(given[:len(given)-own]), p.at, arrow.Array(column))
		return array.NewRecordBatch(p.schema, columns, b.NumRows()), nil
	})
}
