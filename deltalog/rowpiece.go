package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// rowsOfFile is what a reader wants of one data file.
type rowsOfFile struct {
	reader  *RowReader
	file    AddFile
	stored  Schema         // to be read from the file
	sources []columnSource // of each column that is given
	index   bool           // a column needs the positions of the rows

	keep *lazyRows // only these rows; nil: all
	drop *lazyRows // not these rows; nil: none is left out
}

// A columnSource is where a column comes from: the column at that place among those read, a constant, or a metadata column, which
// may be read as well.
type columnSource struct {
	at       int
	constant string
	metadata RowMetadata
}

// indexed reports whether the file has to be read with the positions of its rows, in a last column.
func (f *rowsOfFile) indexed() bool { return f.index || f.keep != nil || f.drop != nil }

// asRead reports whether what is read is what is given.
func (f *rowsOfFile) asRead() bool {
	return !f.indexed() && len(f.stored.Fields) == len(f.sources) && len(f.reader.opts.Metadata) == 0
}

// lazyRows are rows that deletion vectors tell, read when the first piece of the file is.
type lazyRows struct {
	read func(ctx context.Context) (*RowSet, error)

	mu   sync.Mutex
	rows *RowSet // nil: not read yet
}

func (l *lazyRows) get(ctx context.Context) (*RowSet, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows == nil {
		rows, err := l.read(ctx)
		if err != nil {
			return nil, err
		}
		l.rows = rows
	}
	return l.rows, nil
}

// filePiece is row groups of a data file, given as rows of the table.
type filePiece struct {
	batch.Piece
	*rowsOfFile
}

// Read gives the rows, with the columns that the file does not hold.
func (p *filePiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range p.rows(ctx) {
			if err != nil {
				yield(nil, p.failed(err))
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

func (p *filePiece) rows(ctx context.Context) batch.Seq {
	if p.asRead() {
		return p.Piece.Read(ctx)
	}
	choose := p.choice(ctx)
	return batch.Transform(p.Piece.Read(ctx), func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		b, err := choose(b)
		if err != nil {
			return nil, err
		}
		return p.complete(b)
	})
}

// choice is how rows of a batch are left out. The positions of the rows are its last column.
func (p *filePiece) choice(ctx context.Context) func(arrow.RecordBatch) (arrow.RecordBatch, error) {
	set, in := p.drop, false
	if p.keep != nil {
		set, in = p.keep, true
	}
	return func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		if set == nil {
			return b, nil
		}
		rows, err := set.get(ctx)
		if err != nil {
			return nil, err
		}
		return onlyRows(b, rows, in), nil
	}
}

// onlyRows is the rows of a batch that are in the set, or those that are not.
func onlyRows(b arrow.RecordBatch, set *RowSet, in bool) arrow.RecordBatch {
	index := b.Column(int(b.NumCols()) - 1).(*array.Int64).Int64Values()
	if len(index) == 0 {
		return b
	}
	hits := set.within(index[0], index[len(index)-1])
	if !in && len(hits) == 0 || in && len(hits) == len(index) {
		return b
	}
	kept := make([]int32, 0, len(index))
	for i, row := range index {
		for len(hits) > 0 && hits[0] < row {
			hits = hits[1:]
		}
		if (len(hits) > 0 && hits[0] == row) == in {
			kept = append(kept, int32(i))
		}
	}
	return batch.TakeRows(b, kept)
}

// within is the rows of the set from one to another, both included.
func (s *RowSet) within(first, last int64) []int64 {
	var rows []int64
	it := s.bits.Iterator()
	for it.AdvanceIfNeeded(uint64(first)); it.HasNext(); {
		row := int64(it.Next())
		if row > last {
			break
		}
		rows = append(rows, row)
	}
	return rows
}

// failed says which data file could not be read.
func (p *filePiece) failed(err error) error {
	name := p.file.Path
	if at := p.reader.table.opts.Location; at != "" {
		name = at + "/" + name
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return errclass.DeltaFileNotFound.New("File %s referenced in the transaction log cannot be found. This occurs when data has been manually deleted from the file system rather than using the table `DELETE` statement: %w",
			name, err).WithHint("Restore the file, or read a version that does not need it.")
	}
	return errclass.FailedReadFile.New("Encountered error while reading file %s: %w", name, err)
}

// complete puts the columns that are not read among those that are.
func (p *filePiece) complete(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	out := p.reader.out
	columns := make([]arrow.Array, len(out.Fields))
	for i, from := range p.sources {
		var err error
		switch {
		case from.constant != "":
			columns[i], err = p.constant(out.Fields[i], int(b.NumRows()))
		case from.metadata != "":
			columns[i], err = p.metadata(from, b)
		default:
			columns[i] = b.Column(from.at)
		}
		if err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(types.ToArrowSchema(out), columns, b.NumRows()), nil
}

func (p *filePiece) constant(f Field, rows int) (arrow.Array, error) {
	value, err := ParsePartitionValue(f.Type, p.reader.partitionText(&p.file, f.Name))
	if err != nil {
		return nil, fmt.Errorf("partition column %s: %w", f.Name, err)
	}
	if value == nil {
		return batch.Nulls(types.ToArrow(f.Type), rows), nil
	}
	s, err := partitionScalar(value, f.Type)
	if err != nil {
		return nil, err
	}
	return scalar.MakeArrayFromScalar(s, rows, memory.DefaultAllocator)
}

// partitionScalar is a value of a partition column as an Arrow scalar of its type.
func partitionScalar(v predicate.Value, t Type) (scalar.Scalar, error) {
	n, isInt := v.(int64)
	switch to := types.ToArrow(t).(type) {
	case *arrow.Int8Type:
		return scalar.NewInt8Scalar(int8(n)), nil
	case *arrow.Int16Type:
		return scalar.NewInt16Scalar(int16(n)), nil
	case *arrow.Int32Type:
		return scalar.NewInt32Scalar(int32(n)), nil
	case *arrow.Date32Type:
		return scalar.NewDate32Scalar(arrow.Date32(n)), nil
	case *arrow.TimestampType:
		return scalar.NewTimestampScalar(arrow.Timestamp(n), to), nil
	case *arrow.Float32Type:
		f, _ := v.(float64)
		return scalar.NewFloat32Scalar(float32(f)), nil
	default:
		if isInt {
			return scalar.NewInt64Scalar(n), nil
		}
		return scalar.MakeScalarParam(v, to)
	}
}
