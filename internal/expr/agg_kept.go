package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A kept store holds one value of any type for each group, as rows of columns gathered so far.
type kept struct {
	t      types.Type
	refs   []int32 // group → row of all chunks together; -1: nothing yet
	chunks []arrow.Array
	rows   int32
}

func (k *kept) grow(n int) {
	for len(k.refs) < n {
		k.refs = append(k.refs, -1)
	}
}

// column is the values for all groups.
func (k *kept) column() (arrow.Array, error) {
	if len(k.chunks) == 0 {
		return nulls(k.t, len(k.refs)), nil
	}
	all, err := Concat(k.chunks)
	if err != nil {
		return nil, err
	}
	return Take(all, k.refs), nil
}

// add keeps the given rows of a column and returns where the first of them went.
func (k *kept) add(arr arrow.Array, rows []int32) (int32, error) {
	if limit := 2*int32(len(k.refs)) + 65536; k.rows+int32(len(rows)) > limit {
		if err := k.compact(); err != nil {
			return 0, err
		}
	}
	at := k.rows
	k.chunks = append(k.chunks, retype(Take(arr, rows), types.ToArrow(k.t)))
	k.rows += int32(len(rows))
	return at, nil
}

// compact drops the rows that no group holds any more.
func (k *kept) compact() error {
	if len(k.chunks) == 0 {
		return nil
	}
	all, err := Concat(k.chunks)
	if err != nil {
		return err
	}
	live := make([]int32, 0, len(k.refs))
	for g, r := range k.refs {
		if r >= 0 {
			k.refs[g] = int32(len(live))
			live = append(live, r)
		}
	}
	k.chunks, k.rows = []arrow.Array{Take(all, live)}, int32(len(live))
	return nil
}

func (k *kept) bytes() int64 {
	n := int64(cap(k.refs)) * 4
	for _, c := range k.chunks {
		n += int64(c.Data().SizeInBytes())
	}
	return n
}

// winners are the rows of one batch that their groups keep.
type winners struct {
	row  []int32  // by group; -1: none in this batch
	list []uint32 // groups in the order of their first win
}

func (w *winners) grow(n int) {
	for len(w.row) < n {
		w.row = append(w.row, -1)
	}
}

func (w *winners) win(g uint32, row int) {
	if w.row[g] < 0 {
		w.list = append(w.list, g)
	}
	w.row[g] = int32(row)
}

// store moves the winning rows of each column into its store, and is ready for the next batch.
func (w *winners) store(stores []*kept, columns []arrow.Array) error {
	if len(w.list) == 0 {
		return nil
	}
	rows := make([]int32, len(w.list))
	for i, g := range w.list {
		rows[i] = w.row[g]
		w.row[g] = -1
	}
	for c, k := range stores {
		at, err := k.add(columns[c], rows)
		if err != nil {
			return err
		}
		for i, g := range w.list {
			k.refs[g] = at + int32(i)
		}
	}
	w.list = w.list[:0]
	return nil
}
