package deltalog

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"
)

// metadata makes a metadata column for the rows of a batch.
func (p *filePiece) metadata(from columnSource, b arrow.RecordBatch) (arrow.Array, error) {
	rows := int(b.NumRows())
	switch from.metadata {
	case RowIndex:
		return b.Column(int(b.NumCols()) - 1), nil
	case FilePath:
		return scalar.MakeArrayFromScalar(scalar.NewStringScalar(p.file.Path), rows, memory.DefaultAllocator)
	case BaseRowID:
		return sameLong(p.file.BaseRowID, rows)
	case DefaultVersion:
		return sameLong(p.file.DefaultRowCommitVersion, rows)
	case RowID:
		return p.rowIDs(from, b)
	case RowCommitVersion:
		return p.commitVersions(from, b)
	}
	return nil, nil
}

func sameLong(v *int64, rows int) (arrow.Array, error) {
	if v == nil {
		return array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, rows), nil
	}
	return scalar.MakeArrayFromScalar(scalar.NewInt64Scalar(*v), rows, memory.DefaultAllocator)
}

// rowIDs are the ids that the file keeps for its rows; a row that it keeps none for has that of the file's first row, and its position
// added.
func (p *filePiece) rowIDs(from columnSource, b arrow.RecordBatch) (arrow.Array, error) {
	base := p.file.BaseRowID
	if base == nil {
		return p.keptOr(from, b, func(int) (int64, bool) { return 0, false }), nil
	}
	index := b.Column(int(b.NumCols()) - 1).(*array.Int64)
	return p.keptOr(from, b, func(i int) (int64, bool) { return *base + index.Value(i), true }), nil
}

// commitVersions are the versions that the file keeps for its rows; the others have the file's own.
func (p *filePiece) commitVersions(from columnSource, b arrow.RecordBatch) (arrow.Array, error) {
	version := p.file.DefaultRowCommitVersion
	if version == nil {
		return p.keptOr(from, b, func(int) (int64, bool) { return 0, false }), nil
	}
	return p.keptOr(from, b, func(int) (int64, bool) { return *version, true }), nil
}

func (p *filePiece) keptOr(from columnSource, b arrow.RecordBatch, otherwise func(i int) (int64, bool)) arrow.Array {
	var kept *array.Int64
	if from.at >= 0 {
		kept = b.Column(from.at).(*array.Int64)
		if kept.NullN() == 0 {
			return kept
		}
	}
	out := array.NewInt64Builder(memory.DefaultAllocator)
	out.Reserve(int(b.NumRows()))
	for i := range int(b.NumRows()) {
		if kept != nil && kept.IsValid(i) {
			out.UnsafeAppend(kept.Value(i))
		} else if v, ok := otherwise(i); ok {
			out.UnsafeAppend(v)
		} else {
			out.AppendNull()
		}
	}
	return out.NewArray()
}
