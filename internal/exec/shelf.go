package exec

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// A Shelf keeps an operator's rows for who takes them by number, many times: in memory while the budget has room for them, from then on
// in mapped files. Many goroutines may take.
type Shelf struct {
	schema types.Struct
	chunks []arrow.RecordBatch
	starts []int // the number of each chunk's first row, and how many rows there are
	held   reservation
	spill  *Spill // nil: all is in memory
}

const (
	maxShelfChunk     = 1 << 30 // bytes of a chunk in memory: texts of a column are found by numbers of 32 bits
	spilledShelfChunk = 4 << 20 // likewise of one in a mapped file, which lies in memory before it is written
)

// NewShelf reads an operator to its end, with all workers and in no order.
func newShelf(ctx context.Context, op Operator, env *Env, holder string) (*Shelf, error) {
	s := &Shelf{schema: op.Schema(), starts: []int{0}, held: reservation{memory: env.Memory, operator: holder}}
	f := shelfFilling{Shelf: s}
	err := gatherAll(ctx, op, env.workers(), func(_ int, b arrow.RecordBatch) error { return f.add(b) })
	if err == nil {
		err = f.settle()
	}
	if err != nil {
		s.Release()
		return nil, err
	}
	return s, nil
}

// Release gives the memory back. The shelf, and what is in its mapped files, is not to be used any more.
func (s *Shelf) Release() {
	s.held.release()
	if s.spill != nil {
		s.spill.Release()
	}
	s.chunks = nil
}

// Schema is the columns of the rows.
func (s *Shelf) Schema() types.Struct { return s.schema }

// NumRows is how many rows there are.
func (s *Shelf) NumRows() int { return s.starts[len(s.starts)-1] }

// Spilled reports whether the rows lie in mapped files.
func (s *Shelf) Spilled() bool { return s.spill != nil }

// Take is a column of the rows of those numbers.
func (s *Shelf) Take(column int, rows []int32) (arrow.Array, error) {
	if len(s.chunks) == 1 {
		return expr.Take(s.chunks[0].Column(column), rows), nil
	}
	return s.pick(rows).take(column)
}

// TakeRows is all columns of the rows of those numbers.
func (s *Shelf) TakeRows(rows []int32) (arrow.RecordBatch, error) {
	target := types.ToArrowSchema(s.schema)
	if len(s.chunks) == 1 {
		return newBatch(target, takeColumns(s.chunks[0].Columns(), rows), len(rows)), nil
	}
	from := s.pick(rows)
	columns := make([]arrow.Array, len(s.schema.Fields))
	for i := range columns {
		var err error
		if columns[i], err = from.take(i); err != nil {
			return nil, err
		}
	}
	return newBatch(target, columns, len(rows)), nil
}

// A shelfPick is rows of several chunks: those of each chunk, and where each row asked for stands among them.
type shelfPick struct {
	*Shelf
	chunks []int
	rows   [][]int32
	places []int32 // nil: they stand in the order asked for
}

func (s *Shelf) pick(rows []int32) *shelfPick {
	p := &shelfPick{Shelf: s}
	order := positions(len(rows))
	sorted := slices.IsSorted(rows)
	if !sorted {
		slices.SortFunc(order, func(a, b int32) int { return int(rows[a]) - int(rows[b]) })
		p.places = make([]int32, len(rows))
	}
	chunk, end := -1, 0
	for at, i := range order {
		row := int(rows[i])
		if row >= end {
			chunk = sort.SearchInts(s.starts, row+1) - 1
			end = s.starts[chunk+1]
			p.chunks, p.rows = append(p.chunks, chunk), append(p.rows, nil)
		}
		last := len(p.rows) - 1
		p.rows[last] = append(p.rows[last], int32(row-s.starts[chunk]))
		if !sorted {
			p.places[i] = int32(at)
		}
	}
	return p
}

func (p *shelfPick) take(column int) (arrow.Array, error) {
	t := types.ToArrow(p.schema.Fields[column].Type)
	parts := make([]arrow.Array, len(p.chunks))
	for i, chunk := range p.chunks {
		parts[i] = expr.Take(p.Shelf.chunks[chunk].Column(column), p.rows[i])
	}
	all, err := concatArrays(t, parts)
	if err != nil || p.places == nil {
		return all, err
	}
	return expr.Take(all, p.places), nil
}

// each calls f with the rows in the order of their numbers, a few thousand at a time.
func (s *Shelf) each(f func(first int, b arrow.RecordBatch) error) error {
	for i, chunk := range s.chunks {
		first := s.starts[i]
		for part := range cut(chunk) {
			if err := f(first, part); err != nil {
				return err
			}
			first += int(part.NumRows())
		}
	}
	return nil
}

// put adds a chunk.
func (s *Shelf) put(b arrow.RecordBatch) error {
	rows := s.NumRows() + int(b.NumRows())
	if rows > math.MaxInt32 {
		return errclass.MemoryLimit.New("%s has more than %d rows.", s.held.operator, math.MaxInt32).WithHint("Split them up by their keys.")
	}
	for _, c := range b.Columns() {
		expr.SettleNulls(c) // several will read them at once
	}
	s.chunks, s.starts = append(s.chunks, b), append(s.starts, rows)
	return nil
}

// ToSpill moves the rows into mapped files and gives their memory back.
func (s *Shelf) ToSpill() error {
	if s.spill != nil {
		return nil
	}
	s.spill = &Spill{}
	chunks := s.chunks
	s.chunks, s.starts = nil, []int{0}
	for i, c := range chunks {
		chunks[i] = nil
		for c.NumRows() > 0 {
			n := max(1, min(c.NumRows(), spilledShelfChunk*c.NumRows()/max(1, batchBytes(c))))
			if err := s.putSpilled(c.NewSlice(0, n)); err != nil {
				return err
			}
			c = c.NewSlice(n, c.NumRows())
		}
	}
	s.held.release()
	s.spill.Cool()
	return nil
}

func (s *Shelf) putSpilled(b arrow.RecordBatch) error {
	columns := make([]arrow.Array, b.NumCols())
	for i, c := range takeColumns(b.Columns(), positions(int(b.NumRows()))) { // what a slice leaves out is not copied
		data, err := s.spill.data(c.Data())
		if err != nil {
			return err
		}
		columns[i] = array.MakeFromData(data)
	}
	return s.put(array.NewRecordBatch(b.Schema(), columns, b.NumRows()))
}

// data is a copy of a column that lies in the spill.
func (s *Spill) data(from arrow.ArrayData) (arrow.ArrayData, error) {
	buffers := make([]*memory.Buffer, len(from.Buffers()))
	for i, b := range from.Buffers() {
		if b == nil {
			continue
		}
		space, err := s.room(b.Len())
		if err != nil {
			return nil, err
		}
		copy(space, b.Bytes())
		buffers[i] = memory.NewBufferBytes(space)
	}
	children := make([]arrow.ArrayData, len(from.Children()))
	for i, c := range from.Children() {
		var err error
		if children[i], err = s.data(c); err != nil {
			return nil, err
		}
	}
	return array.NewData(from.DataType(), from.Len(), buffers, children, from.NullN(), from.Offset()), nil
}

// A shelfFilling is a shelf whose rows still come.
type shelfFilling struct {
	*Shelf
	mu    sync.Mutex
	loose []arrow.RecordBatch // under mu, as is the shelf: not yet in a chunk
	bytes int64               // of these
}

func (f *shelfFilling) add(b arrow.RecordBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loose, f.bytes = append(f.loose, b), f.bytes+batchBytes(b)
	if f.spill == nil {
		err := f.held.add(batchBytes(b))
		if errors.Is(err, errclass.MemoryLimit) {
			if e := f.beginSpill(); !errors.Is(e, errors.ErrUnsupported) {
				err = e
			}
		}
		return err
	}
	if f.bytes < spilledShelfChunk {
		return nil
	}
	return f.combine(spilledShelfChunk, f.putSpilled)
}

// beginSpill moves what has come so far.
func (f *shelfFilling) beginSpill() error {
	f.spill = &Spill{}
	if err := f.combine(spilledShelfChunk, f.putSpilled); err != nil {
		if errors.Is(err, errors.ErrUnsupported) {
			f.spill = nil
		}
		return err
	}
	f.held.release()
	return nil
}

// settle puts the last rows on the shelf.
func (f *shelfFilling) settle() error {
	if f.spill != nil {
		defer f.spill.Cool()
		return f.combine(spilledShelfChunk, f.putSpilled)
	}
	return f.combine(maxShelfChunk, f.put)
}

// combine makes of loose batches chunks of up to so many bytes.
func (f *shelfFilling) combine(most int64, put func(arrow.RecordBatch) error) error {
	loose := f.loose
	f.loose, f.bytes = nil, 0
	for len(loose) > 0 {
		n, bytes := 0, int64(0)
		for n < len(loose) && (n == 0 || bytes+batchBytes(loose[n]) <= most) {
			bytes += batchBytes(loose[n])
			n++
		}
		chunk, err := joinBatches(f.schema, loose[:n:n])
		if err == nil {
			err = put(chunk)
		}
		if err != nil {
			return err
		}
		clear(loose[:n])
		loose = loose[n:]
	}
	return nil
}

// joinBatches puts batches behind each other, and lets go of each column of theirs when it has been copied.
func joinBatches(schema types.Struct, batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	if len(batches) == 1 {
		return batches[0], nil
	}
	rows := int64(0)
	parts := make([][]arrow.Array, len(schema.Fields))
	for i, b := range batches {
		rows += b.NumRows()
		for c := range parts {
			parts[c] = append(parts[c], b.Column(c))
		}
		batches[i] = nil
	}
	target := types.ToArrowSchema(schema)
	columns := make([]arrow.Array, len(parts))
	for c := range parts {
		var err error
		if columns[c], err = concatArrays(target.Field(c).Type, parts[c]); err != nil {
			return nil, err
		}
		parts[c] = nil
	}
	return array.NewRecordBatch(target, columns, rows), nil
}
