package parquetio

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// A Piece is some row groups of a file, one after the other. It is a batch.Piece.
type Piece struct {
	file   *File
	opts   ReadOptions
	schema *arrow.Schema
	groups []int
	first  int64
	rows   int64
	size   int64
}

var _ batch.Piece = (*Piece)(nil)

// pieceBytes is what a piece has at least, where there are enough row groups that follow each other.
const pieceBytes = 4 << 20

// Pieces shares the file out by row groups, without those that opts.Where refutes. It finds out here
// whether the file has what is wanted in types that convert; Read finds what is wrong with the bytes.
func (f *File) Pieces(opts ReadOptions) ([]batch.Piece, error) {
	if opts.BatchRows <= 0 {
		opts.BatchRows = batch.TargetRows
	}
	if err := f.checkIDs(opts); err != nil {
		return nil, err
	}
	p := f.planner(opts)
	if _, err := p.fields(f.root, opts.Schema); err != nil {
		return nil, err
	}
	batches := opts.Schema
	if opts.RowIndex {
		batches.Fields = append(slices.Clip(batches.Fields), types.Field{Name: "row_index", Type: types.Long})
	}
	schema := types.ToArrowSchema(batches)
	var pieces []batch.Piece
	var open *Piece // the last one, while it may grow
	var first int64
	for i := range f.footer.groups {
		g := &f.footer.groups[i]
		switch {
		case g.rows == 0:
			continue
		case !f.mayMatch(g, opts):
			open = nil
		default:
			if open == nil || open.size >= pieceBytes {
				open = &Piece{file: f, opts: opts, schema: schema, first: first}
				pieces = append(pieces, open)
			}
			open.add(i, g, p.leaves)
		}
		first += g.rows
	}
	return pieces, nil
}

func (p *Piece) add(group int, g *rowGroup, leaves []*leafReader) {
	p.groups = append(p.groups, group)
	p.rows += g.rows
	for _, leaf := range leaves {
		p.size += g.chunks[leaf.number].size
	}
}

// Size is the number of compressed bytes of the wanted columns.
func (p *Piece) Size() int64 { return p.size }

// FirstRow is the position in the file of the piece's first row; the others follow without a gap.
func (p *Piece) FirstRow() int64 { return p.first }

// NumRows is the number of rows of the piece.
func (p *Piece) NumRows() int64 { return p.rows }

// reading is the piece, read from another handle of its file.
func (p *Piece) reading(in io.ReaderAt) *Piece {
	file, piece := *p.file, *p
	file.in, piece.file = in, &file
	return &piece
}

// Read gives the rows. It holds the compressed wanted columns of one row group at a time.
func (p *Piece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, i := range p.groups {
			r, err := p.open(ctx, i)
			for err == nil && r.left > 0 {
				var b arrow.RecordBatch
				if b, err = r.next(ctx); err == nil && !yield(b, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, fmt.Errorf("read parquet row group %d: %w", i, err))
				return
			}
		}
	}
}

// A groupReader reads one row group.
type groupReader struct {
	schema  *arrow.Schema
	columns []*assembler
	leaves  []*leafReader
	group   *rowGroup
	left    int64
	most    int   // rows of a batch
	index   int64 // of the next row in the file; -1: nobody asks
}

func (p *Piece) open(ctx context.Context, group int) (r *groupReader, err error) {
	defer recovered(&err)
	plan := p.file.planner(p.opts)
	columns, err := plan.fields(p.file.root, p.opts.Schema)
	if err != nil {
		return nil, err
	}
	g := &p.file.footer.groups[group]
	r = &groupReader{schema: p.schema, columns: columns, leaves: plan.leaves, group: g, left: g.rows, most: p.opts.BatchRows, index: -1}
	if p.opts.RowIndex {
		r.index = 0
		for i := range group {
			r.index += p.file.footer.groups[i].rows
		}
	}
	for _, leaf := range plan.leaves {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := leaf.open(p.file.in, &g.chunks[leaf.number]); err != nil {
			return nil, fmt.Errorf("column %s: %w", leaf.node.path, err)
		}
	}
	return r, nil
}

// next reads a batch.
func (r *groupReader) next(ctx context.Context) (b arrow.RecordBatch, err error) {
	defer recovered(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := r.batchRows()
	for _, leaf := range r.leaves {
		if err := leaf.read(n); err != nil {
			return nil, fmt.Errorf("column %s: %w", leaf.node.path, err)
		}
	}
	arrays := make([]arrow.Array, len(r.columns), len(r.columns)+1)
	for i, column := range r.columns {
		if arrays[i], err = column.array(n); err != nil {
			return nil, err
		}
	}
	if r.index >= 0 {
		arrays = append(arrays, r.rowIndex(n))
	}
	r.left -= int64(n)
	return array.NewRecordBatch(r.schema, arrays, int64(n)), nil
}

// rowIndex numbers the rows of a batch.
func (r *groupReader) rowIndex(n int) arrow.Array {
	index := make([]int64, n)
	for i := range index {
		index[i] = r.index + int64(i)
	}
	r.index += int64(n)
	data := array.NewData(arrow.PrimitiveTypes.Int64, n, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(index))}, nil, 0, 0)
	return array.NewInt64Data(data)
}

const (
	// batchValueBytes is what the strings of a batch's column should have at most.
	batchValueBytes = 64 << 20
	// batchLevels is how many list elements a batch's column should have at most.
	batchLevels = 1 << 20
)

// batchRows is how many rows the next batch has: fewer where values are wide or lists long.
func (r *groupReader) batchRows() int {
	n := min(int64(r.most), r.left)
	for _, leaf := range r.leaves {
		c := &r.group.chunks[leaf.number]
		n = min(n, share(batchLevels, c.values, r.group.rows), share(batchValueBytes, c.uncompressedSize, r.group.rows))
		if leaf.values != nil {
			n = min(n, share(batchValueBytes, int64(leaf.values.widest()), 1))
		}
	}
	return int(max(n, 1))
}

// share is how many rows there are to limit, if so many rows have total.
func share(limit, total, rows int64) int64 {
	perRow := total / max(rows, 1)
	if perRow <= 0 {
		return limit
	}
	return limit / perRow
}

// recovered makes an error of a panic: whatever a file says, it is no reason to stop the program.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: the file breaks its reader: %v", p)
	}
}
