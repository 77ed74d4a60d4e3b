package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"lakehouse/internal/types"
)

// A prefixIndex chains the entries whose leading key columns are equal.
type prefixIndex struct {
	seed   maphash.Seed
	cut    prefixCutter
	heads  map[uint64]int32 // hash of the prefix → newest entry + 1
	next   []int32          // by entry: the one before it in its chain + 1
	buffer []byte
}

func newPrefixIndex(key types.Struct, columns int) *prefixIndex {
	return &prefixIndex{seed: maphash.MakeSeed(), cut: newPrefixCutter(key.Fields, columns), heads: map[uint64]int32{}}
}

func (x *prefixIndex) empty() *prefixIndex {
	if x == nil {
		return nil
	}
	return &prefixIndex{seed: x.seed, cut: x.cut, heads: map[uint64]int32{}}
}

// memory estimates the bytes of the index.
func (x *prefixIndex) memory() int64 {
	if x == nil {
		return 0
	}
	const headBytes = 24
	return int64(len(x.heads))*headBytes + int64(cap(x.next))*4
}

func (x *prefixIndex) link(t *table, e int) {
	for len(x.next) <= e {
		x.next = append(x.next, 0)
	}
	x.buffer = x.cut.prefix(x.buffer[:0], t.arena.get(t.entry(e).key))
	hash := maphash.Bytes(x.seed, x.buffer)
	x.next[e], x.heads[hash] = x.heads[hash], int32(e)+1
	t.entry(e).linked = true
}

// find gives the live entries of a prefix, in the order of the column behind it. Removed entries that it meets
// leave the chain.
func (x *prefixIndex) find(t *table, prefix []byte) []int32 {
	hash := maphash.Bytes(x.seed, prefix)
	var found []int32
	before := int32(-1)
	for e := x.heads[hash] - 1; e >= 0; {
		following := x.next[e] - 1
		if t.entry(int(e)).removed {
			t.entry(int(e)).linked = false
			x.unlink(hash, before, following)
			e = following
			continue
		}
		x.buffer = x.cut.prefix(x.buffer[:0], t.arena.get(t.entry(int(e)).key))
		if bytes.Equal(x.buffer, prefix) {
			found = append(found, e)
		}
		before, e = e, following
	}
	slices.SortFunc(found, func(a, b int32) int {
		return x.cut.compare(t.arena.get(t.entry(int(a)).key), t.arena.get(t.entry(int(b)).key))
	})
	return found
}

// unlink takes what stood between two entries out of a chain.
func (x *prefixIndex) unlink(hash uint64, before, following int32) {
	switch {
	case before >= 0:
		x.next[before] = following + 1
	case following >= 0:
		x.heads[hash] = following + 1
	default:
		delete(x.heads, hash)
	}
}

// A prefixCutter makes the row of a key's leading columns. Values behind the slots stand in the order of their columns, so
// that those of the prefix come first.
type prefixCutter struct {
	columns  []prefixColumn
	nulls    int // bytes of null bits of a prefix
	slots    int // where the slots of a key begin
	variable int // where the variable part of a key begins
	head     int // where that of a prefix does

	next      int // the slot of the column behind the prefix; 0: there is none
	nextFixed bool
}

type prefixColumn struct {
	fixed bool // the value is its slot
	room  int
}

func newPrefixCutter(fields []types.Field, columns int) prefixCutter {
	c := prefixCutter{nulls: nullBytes(columns), slots: nullBytes(len(fields)), variable: fixedSize(len(fields)), head: fixedSize(columns)}
	for _, f := range fields[:columns] {
		c.columns = append(c.columns, prefixColumn{fixed: isFixed(f.Type), room: room(f.Type)})
	}
	if columns < len(fields) {
		c.next, c.nextFixed = c.slots+8*columns, isFixed(fields[columns].Type)
	}
	return c
}

// prefix appends the row of the prefix to out. A key that is no row of its fields has a prefix that equals no other.
func (c *prefixCutter) prefix(out, key []byte) []byte {
	if len(key) < c.variable {
		return append(out, key...)
	}
	from := len(out)
	out = append(out, key[:c.nulls]...)
	for f := len(c.columns); f < 8*c.nulls; f++ {
		out[from+f>>3] &^= 1 << (f & 7)
	}
	end := c.variable
	for i, column := range c.columns {
		word := binary.LittleEndian.Uint64(key[c.slots+8*i:])
		if !column.fixed && word != 0 {
			at, size := int(word>>32), int(word&math.MaxUint32)
			end = max(end, at+max(padded(size), column.room))
			word = uint64(at-c.variable+c.head)<<32 | uint64(size)
		}
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return append(out, key[c.variable:min(end, len(key))]...)
}

// compare orders keys of one prefix by the column behind it, if that is a time or a long, and else by their bytes.
func (c *prefixCutter) compare(a, b []byte) int {
	if c.nextFixed && min(len(a), len(b)) >= c.variable {
		x, y := int64(binary.LittleEndian.Uint64(a[c.next:])), int64(binary.LittleEndian.Uint64(b[c.next:]))
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return bytes.Compare(a, b)
}
