package exec

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// sorter orders rows. Several goroutines sort runs; the first sequence merges them and has all rows.
// Rows of equal keys keep their order where there is one worker.
type sorter struct {
	child Operator
	order []logical.SortKey
	limit int64 // how many rows are wanted; negative: all
	env   *Env
}

func (s *sorter) Schema() types.Struct { return s.child.Schema() }

func (s *sorter) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = func(yield func(arrow.RecordBatch, error) bool) {
		runs, err := s.sortRuns(ctx)
		defer releaseRuns(runs)
		if err == nil {
			err = s.emit(runs, yield)
		}
		if err != nil {
			yield(nil, err)
		}
	}
	return seqs
}

func releaseRuns(runs []*sortRun) {
	for _, r := range runs {
		r.held.release()
	}
}

// sortRuns reads the child with all workers, each of which sorts what it has read.
func (s *sorter) sortRuns(ctx context.Context) ([]*sortRun, error) {
	runs := make([]*sortRun, s.env.workers())
	for i := range runs {
		runs[i] = &sortRun{
			sorter: s, eval: s.env.eval(i),
			held: reservation{memory: s.env.Memory, operator: "sort"},
		}
	}
	err := gatherAll(ctx, s.child, len(runs), func(i int, b arrow.RecordBatch) error { return runs[i].add(b) })
	if err != nil {
		return runs, err
	}
	return runs, sortAll(runs)
}

// A sortRun is the rows that one worker has read. It belongs to that worker.
type sortRun struct {
	*sorter
	eval    *expr.Context
	batches []arrow.RecordBatch
	bytes   int64 // of batches
	rows    int64
	entries []sortEntry
	texts   []byte // the encoded keys, one behind the other
	ends    []int  // where each entry's key ends in texts, by row
	held    reservation
}

// A sortEntry stands for a row. Most comparisons end at the first bytes of the key.
type sortEntry struct {
	prefix uint64
	row    uint32
}

func (r *sortRun) add(b arrow.RecordBatch) error {
	if err := r.encode(b); err != nil {
		return err
	}
	r.batches = append(r.batches, b)
	r.bytes += batchBytes(b)
	r.rows += b.NumRows()
	if err := r.held.hold(r.memory()); err != nil {
		return err
	}
	if r.limit >= 0 && r.rows > 2*r.limit+4*batch.TargetRows {
		return r.shrink()
	}
	return nil
}

func (r *sortRun) memory() int64 {
	return r.bytes + int64(16*cap(r.entries)+cap(r.texts)+8*cap(r.ends))
}

// encode appends the keys of a batch's rows.
func (r *sortRun) encode(b arrow.RecordBatch) error {
	encoders := make([]keyEncoder, len(r.order))
	for i, key := range r.order {
		v, err := key.Expr.Eval(r.eval, b)
		if err != nil {
			return err
		}
		encoders[i] = sortEncoder(key, v.Expand(int(b.NumRows())))
	}
	for row := range int(b.NumRows()) {
		from := len(r.texts)
		for _, encode := range encoders {
			r.texts = encode(r.texts, row)
		}
		r.entries = append(r.entries, sortEntry{prefix(r.texts[from:]), uint32(len(r.ends))})
		r.ends = append(r.ends, len(r.texts))
	}
	return nil
}

func sortEncoder(key logical.SortKey, arr arrow.Array) keyEncoder {
	null := byte(nullLast)
	if key.NullsFirst {
		null = nullFirst
	}
	if key.Descending {
		return newDescendingEncoder(arr, null)
	}
	return newKeyEncoder(arr, null)
}

// prefix is the first eight bytes of a key as a number that compares alike.
func prefix(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var padded [8]byte
	copy(padded[:], key)
	return binary.BigEndian.Uint64(padded[:])
}

func (r *sortRun) key(row uint32) []byte {
	if row == 0 {
		return r.texts[:r.ends[0]]
	}
	return r.texts[r.ends[row-1]:r.ends[row]]
}

func (r *sortRun) sort() {
	slices.SortFunc(r.entries, func(a, b sortEntry) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := bytes.Compare(r.key(a.row), r.key(b.row)); c != 0 {
			return c
		}
		return cmp.Compare(a.row, b.row)
	})
}

// shrink keeps the first rows up to the limit.
func (r *sortRun) shrink() error {
	r.sort()
	all, err := concatBatches(r.Schema(), r.batches)
	if err != nil {
		return err
	}
	first := r.entries[:min(int64(len(r.entries)), r.limit)]
	kept, texts, ends := make([]int32, len(first)), []byte(nil), make([]int, len(first))
	for i, e := range first {
		kept[i] = int32(e.row)
		texts = append(texts, r.key(e.row)...)
		ends[i] = len(texts)
		first[i].row = uint32(i)
	}
	r.entries, r.texts, r.ends = first, texts, ends
	rows := takeRows(all, kept)
	r.batches, r.bytes, r.rows = []arrow.RecordBatch{rows}, batchBytes(rows), rows.NumRows()
	return nil
}
