package parquetio

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// handles opens a file in memory and counts.
type handles struct {
	data          []byte
	err           error
	opened, still atomic.Int32
}

type handle struct {
	*bytes.Reader
	of *handles
}

func (h handle) Close() error { h.of.still.Add(-1); return nil }

func (h *handles) open(context.Context) (Input, int64, error) {
	if h.err != nil {
		return nil, 0, h.err
	}
	h.opened.Add(1)
	h.still.Add(1)
	return handle{bytes.NewReader(h.data), h}, int64(len(h.data)), nil
}

// numbersFile is a file of so many numbers that do not compress, and the numbers: n counts them.
func numbersFile(t *testing.T, rows, group int) []byte {
	t.Helper()
	schema := columns("n", types.Long, "random", types.Long)
	random := rand.New(rand.NewPCG(1, 2))
	n, r := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	for i := range rows {
		n.Append(int64(i))
		r.Append(random.Int64())
	}
	b := array.NewRecordBatch(types.ToArrowSchema(schema), []arrow.Array{n.NewArray(), r.NewArray()}, int64(rows))
	data, _ := writeAll(t, schema, WriterOptions{RowGroupRows: int64(group)}, b)
	return data
}

func firstColumn(t *testing.T, p batch.Piece) []int64 {
	t.Helper()
	var all []int64
	for b, err := range p.Read(t.Context()) {
		if err != nil {
			t.Error(err)
			return nil
		}
		all = append(all, b.Column(0).(*array.Int64).Int64Values()...)
	}
	return all
}

// A large file is shared out by its row groups, so that several readers have work; together they read each row once, in
// order, each through a handle of its own, and none is left open.
func TestLargeFileIsSplit(t *testing.T) {
	const rows = 1 << 20
	h := &handles{data: numbersFile(t, rows, rows/8)}
	pieces := Split(t.Context(), h.open, int64(len(h.data)), ReadOptions{Schema: columns("n", types.Long, "random", types.Long)})
	if len(pieces) < 3 {
		t.Fatalf("%d bytes in 8 row groups are %d pieces", len(h.data), len(pieces))
	}
	if still := h.still.Load(); still != 0 {
		t.Errorf("%d handles are open before a piece is read", still)
	}
	read := make([][]int64, len(pieces))
	var group sync.WaitGroup
	for i, p := range pieces {
		group.Go(func() { read[i] = firstColumn(t, p) })
	}
	group.Wait()
	all := slices.Concat(read...)
	for i, n := range all {
		if n != int64(i) {
			t.Fatalf("row %d is %d", i, n)
		}
	}
	if len(all) != rows {
		t.Errorf("%d rows of %d", len(all), rows)
	}
	if again := firstColumn(t, pieces[1]); !slices.Equal(again, read[1]) {
		t.Errorf("read again, a piece has %d rows, not %d", len(again), len(read[1]))
	}
	pieces[0].Read(t.Context())(func(_ arrow.RecordBatch, err error) bool { return err != nil }) // who stops early leaves nothing open
	if opened, still := h.opened.Load(), h.still.Load(); opened != int32(len(pieces)+3) || still != 0 {
		t.Errorf("%d opened, %d still open", opened, still)
	}
}

// Row groups that the condition rules out are no pieces.
func TestSplitLeavesRowGroupsOut(t *testing.T) {
	h := &handles{data: numbersFile(t, 1<<20, 1<<17)}
	where := predicate.Compare{Column: []string{"n"}, Op: predicate.Equal, Value: int64(1<<19 + 5)}
	pieces := Split(t.Context(), h.open, int64(len(h.data)), ReadOptions{Schema: columns("n", types.Long), Where: where})
	if len(pieces) != 1 {
		t.Fatalf("%d pieces", len(pieces))
	}
	if got := firstColumn(t, pieces[0]); len(got) != 1<<17 || got[0] != 1<<19 {
		t.Errorf("%d rows", len(got))
	}
}

// A small file is opened once, when it is read.
func TestSmallFileIsOnePiece(t *testing.T) {
	h := &handles{data: numbersFile(t, 1000, 100)}
	pieces := Split(t.Context(), h.open, int64(len(h.data)), ReadOptions{Schema: columns("n", types.Long)})
	if len(pieces) != 1 || h.opened.Load() != 0 {
		t.Fatalf("%d pieces, opened %d times", len(pieces), h.opened.Load())
	}
	if got := firstColumn(t, pieces[0]); len(got) != 1000 || h.opened.Load() != 1 || h.still.Load() != 0 {
		t.Errorf("%d rows, opened %d times, %d still open", len(got), h.opened.Load(), h.still.Load())
	}
}

// What is wrong with a large file is told by those who read it, who know whether it matters.
func TestFaultsOfLargeFilesShowWhenRead(t *testing.T) {
	schema := columns("n", types.Long)
	good := numbersFile(t, 1<<20, 1<<17)
	fault := func(t *testing.T, h *handles, spoil func()) {
		t.Helper()
		pieces := Split(t.Context(), h.open, 5<<20, ReadOptions{Schema: schema})
		spoil()
		if len(pieces) == 0 {
			t.Fatal("no pieces")
		}
		for i, p := range pieces {
			if _, err := batch.Collect(p.Read(t.Context())); err == nil {
				t.Errorf("piece %d of %d is read in spite of it", i, len(pieces))
			}
		}
		if h.still.Load() != 0 {
			t.Errorf("%d handles are open", h.still.Load())
		}
	}
	nothing := func() {}
	t.Run("gone", func(t *testing.T) {
		h := &handles{err: fs.ErrNotExist}
		fault(t, h, nothing)
		_, err := batch.Collect(Split(t.Context(), h.open, 5<<20, ReadOptions{Schema: schema})[0].Read(t.Context()))
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("no Parquet", func(t *testing.T) { fault(t, &handles{data: make([]byte, 5<<20)}, nothing) })
	t.Run("cut short", func(t *testing.T) { fault(t, &handles{data: good[:len(good)-1]}, nothing) })
	t.Run("replaced by another", func(t *testing.T) {
		h := &handles{data: good}
		fault(t, h, func() { h.data = append(h.data, 0) })
	})
}
