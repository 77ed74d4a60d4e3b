package state

import (
	"container/heap"
	"encoding/binary"
	"slices"

	"lakehouse/internal/types"
)

func sameTime(a, b *TimeOf) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.InValue == b.InValue && slices.Equal(a.Path, b.Path)
}

// timeReader reads the time of an entry from its rows, as they are encoded.
type timeReader struct {
	inValue bool
	steps   []timeStep
}

type timeStep struct{ field, slot int }

func newTimeReader(at TimeOf, key, value types.Struct) *timeReader {
	r := &timeReader{inValue: at.InValue}
	row := key
	if at.InValue {
		row = value
	}
	for _, f := range at.Path {
		r.steps = append(r.steps, timeStep{field: f, slot: nullBytes(len(row.Fields)) + 8*f})
		row, _ = row.Fields[f].Type.(types.Struct)
	}
	return r
}

// read gives the time of an entry; ok is false where it is null.
func (r *timeReader) read(key, value []byte) (micros int64, ok bool) {
	row := key
	if r.inValue {
		row = value
	}
	for i, s := range r.steps {
		if len(row) < s.slot+8 || isNullBit(row, s.field) {
			return 0, false
		}
		word := binary.LittleEndian.Uint64(row[s.slot:])
		if i == len(r.steps)-1 {
			return int64(word), true
		}
		var err error
		if row, err = referred(row, word); err != nil {
			return 0, false
		}
	}
	return 0, false
}

// A timeIndex finds the entries up to a time without a look at the others. It sorts entries into buckets of
// about a second. An entry that was removed, or has another time now, is left where it was until its
// bucket is visited.
type timeIndex struct {
	buckets map[int64][]int32 // time >> bucketBits → entries
	order   timeHeap          // of the buckets
}

const bucketBits = 20

func newTimeIndex() *timeIndex { return &timeIndex{buckets: map[int64][]int32{}} }

func (x *timeIndex) add(e int32, micros int64) {
	b := micros >> bucketBits
	list, there := x.buckets[b]
	if !there {
		heap.Push(&x.order, b)
	}
	x.buckets[b] = append(list, e)
}

// memory estimates the bytes of the index.
func (x *timeIndex) memory() int64 {
	if x == nil {
		return 0
	}
	const bucketBytes = 64
	n := int64(len(x.buckets)) * bucketBytes
	for _, list := range x.buckets {
		n += int64(cap(list)) * 4
	}
	return n
}

// until visits the live entries with a time of at most limit, bucket by bucket, oldest first, until the visitor has
// enough. The visitor may change the table.
func (t *table) until(limit int64, visit func(key, value []byte) bool) {
	x := t.times
	var due []int64
	for len(x.order) > 0 && x.order[0] <= limit>>bucketBits {
		due = append(due, heap.Pop(&x.order).(int64))
	}
	lists := make([][]int32, len(due))
	for i, b := range due {
		lists[i] = x.buckets[b]
		delete(x.buckets, b)
	}
	more := true
	for i, b := range due {
		slices.Sort(lists[i])
		var kept []int32
		if kept, more = t.visitBucket(slices.Compact(lists[i]), b, limit, visit, more); len(kept) > 0 {
			x.putBack(b, kept)
		}
	}
}

func (x *timeIndex) putBack(b int64, list []int32) {
	again, there := x.buckets[b] // there: the visitor put entries there
	if !there {
		heap.Push(&x.order, b)
	}
	x.buckets[b] = append(list, again...)
}

// visitBucket gives what stays in the bucket, and whether the visitor, if it wants more, still does.
func (t *table) visitBucket(list []int32, b, limit int64, visit func(key, value []byte) bool, more bool) ([]int32, bool) {
	kept := list[:0]
	ahead := Ahead{table: t}
	for i, e := range list {
		ahead.loadEvery(list[i:], i)
		entry := t.entry(int(e))
		if entry.removed {
			continue
		}
		key, value := t.arena.get(entry.key), t.arena.get(entry.value)
		at, ok := t.reader.read(key, value)
		if !ok || at>>bucketBits != b {
			continue
		}
		if more && at <= limit {
			more = visit(key, value)
		}
		kept = append(kept, e)
	}
	return slices.DeleteFunc(kept, func(e int32) bool { return t.entry(int(e)).removed }), more // by the visitor
}

// timeHeap is the numbers of the buckets, smallest first.
type timeHeap []int64

func (h timeHeap) Len() int           { return len(h) }
func (h timeHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h timeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timeHeap) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *timeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
