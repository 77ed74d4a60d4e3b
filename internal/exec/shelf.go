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

// A Shelf keeps an operator's rows for who takes them by number, many times: a few in memory, many, and those for which the budget has no
// room, in mapped files. Many goroutines may take.
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
	// mappedShelfChunk is how many bytes go into a mapped file although the budget has room: on the heap the collector would hold as much again
	// as garbage, and the kernel could not write them out when the machine has no memory.
	mappedShelfChunk = 32 << 20
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
	taken, err := s.TakeColumns([]int{column}, rows)
	if err != nil {
		return nil, err
	}
	return taken[0], nil
}

// TakeRows is all columns of the rows of those numbers.
func (s *Shelf) TakeRows(rows []int32) (arrow.RecordBatch, error) {
	columns, err := s.TakeColumns(allOf(len(s.schema.Fields)), rows)
	if err != nil {
		return nil, err
	}
	return newBatch(types.ToArrowSchema(s.schema), columns, len(rows)), nil
}

func allOf(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TakeColumns is some columns of the rows of those numbers.
func (s *Shelf) TakeColumns(columns []int, rows []int32) ([]arrow.Array, error) {
	taken := make([]arrow.Array, len(columns))
	if len(s.chunks) == 1 {
		for i, c := range columns {
			taken[i] = expr.Take(s.chunks[0].Column(c), rows)
		}
		return taken, nil
	}
	from := s.pick(rows)
	for i, c := range columns {
		var err error
		if taken[i], err = from.take(c); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// A shelfPick is rows of several chunks: those of each chunk, and where each row asked for stands among them.
type shelfPick struct {
	*Shelf
	chunks []int
	rows   [][]int32
	places []int32 // nil: they stand in the order asked for
}

// pick sorts rows by their chunks.
func (s *Shelf) pick(rows []int32) *shelfPick {
	of := make([]int32, len(rows))
	counts := make([]int32, len(s.chunks)+1) // behind the chunk's own number: of those before it, then
	chunk, inOrder := 0, true
	for i, row := range rows {
		if at := int(row); at < s.starts[chunk] || at >= s.starts[chunk+1] {
			next := sort.SearchInts(s.starts, at+1) - 1
			inOrder = inOrder && next > chunk
			chunk = next
		}
		of[i] = int32(chunk)
		counts[chunk+1]++
	}
	for c := range s.chunks {
		counts[c+1] += counts[c]
	}
	next := slices.Clone(counts)
	within, places := make([]int32, len(rows)), make([]int32, len(rows))
	for i, c := range of {
		within[next[c]], places[i] = rows[i]-int32(s.starts[c]), next[c]
		next[c]++
	}
	p := &shelfPick{Shelf: s, places: places}
	if inOrder {
		p.places = nil
	}
	for c := range s.chunks {
		if from, to := counts[c], counts[c+1]; from < to {
			p.chunks, p.rows = append(p.chunks, c), append(p.rows, within[from:to])
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
	loose []arrow.RecordBatch // under mu, as is the shelf and all below: not yet in a chunk
	bytes int64               // of these
	kept  int64               // what the budget was asked for chunks in memory beside mapped ones
	tight bool                // the budget has no room for more
}

func (f *shelfFilling) add(b arrow.RecordBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loose, f.bytes = append(f.loose, b), f.bytes+batchBytes(b)
	switch {
	case f.tight && f.bytes >= spilledShelfChunk, f.bytes >= mappedShelfChunk:
		return f.toMapped()
	case f.tight:
		return nil
	}
	err := f.held.add(batchBytes(b))
	if !errors.Is(err, errclass.MemoryLimit) {
		return err
	}
	f.tight = true
	if e := f.toMapped(); !errors.Is(e, errors.ErrUnsupported) {
		err = e
	}
	return err
}

// toMapped moves what is loose into mapped files.
func (f *shelfFilling) toMapped() error {
	if f.spill == nil {
		f.spill = &Spill{}
	}
	f.held.release()
	if err := f.held.hold(f.kept); err != nil {
		return err
	}
	most := int64(mappedShelfChunk)
	if f.tight {
		most = spilledShelfChunk
	}
	return f.combine(most, f.putMapped)
}

// putMapped adds a chunk in a mapped file, or in memory where the disk has no room and the budget has.
func (f *shelfFilling) putMapped(b arrow.RecordBatch) error {
	err := f.putSpilled(b)
	if err == nil || f.held.add(batchBytes(b)) != nil {
		return err
	}
	f.kept = f.held.held
	return f.put(b)
}

// settle puts the last rows on the shelf.
func (f *shelfFilling) settle() error {
	if f.spill != nil {
		defer f.spill.Cool()
		return f.toMapped()
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
