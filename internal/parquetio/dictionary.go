package parquetio

import (
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// number is a physical type that Parquet stores in so many plain bytes.
type number interface {
	int32 | int64 | float32 | float64
}

// A numberDictionary gives each distinct value its index, in order of first appearance. Values are
// distinct by their bits, so that every NaN and both zeros are kept.
//
// The table is open-addressed and holds index+1. It is seeded, so that nobody can choose values
// that collide; the seed does not show in the file.
type numberDictionary[T number] struct {
	values []T
	table  []uint32
	shift  uint8
	seed   uint64
}

// minTable is the number of slots that a dictionary starts with.
const minTable = 1 << 10

func newNumberDictionary[T number](seed uint64) *numberDictionary[T] {
	d := &numberDictionary[T]{seed: seed}
	d.reset()
	return d
}

func (d *numberDictionary[T]) reset() {
	d.values = d.values[:0]
	if d.table == nil {
		d.table = make([]uint32, minTable)
	}
	clear(d.table)
	d.shift = uint8(64 - bits.TrailingZeros(uint(len(d.table))))
}

// bitsOf is the value as its bits.
func bitsOf[T number](v T) uint64 {
	if unsafe.Sizeof(v) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&v)))
	}
	return *(*uint64)(unsafe.Pointer(&v))
}

func mix(key, seed uint64) uint64 {
	hi, lo := bits.Mul64(key^seed, 0x9E3779B97F4A7C15)
	return hi ^ lo*0xD6E8FEB86659FD93
}

// index appends the index of each value.
func (d *numberDictionary[T]) index(indexes []uint32, values []T) []uint32 {
	table, shift, seed := d.table, d.shift, d.seed
	start := len(indexes)
	indexes = append(indexes, make([]uint32, len(values))...)
	out := indexes[start:]
	for i, v := range values {
		key := bitsOf(v)
		at := mix(key, seed) >> shift
		for {
			entry := table[at&uint64(len(table)-1)]
			if entry == 0 {
				out[i] = d.insert(at, v)
				table, shift = d.table, d.shift
				break
			}
			if bitsOf(d.values[entry-1]) == key {
				out[i] = entry - 1
				break
			}
			at++
		}
	}
	return indexes
}

// insert adds a value whose empty slot is at. The table stays at most half full.
func (d *numberDictionary[T]) insert(at uint64, v T) uint32 {
	d.values = append(d.values, v)
	d.table[at&uint64(len(d.table)-1)] = uint32(len(d.values))
	if 2*len(d.values) > len(d.table) {
		d.rehash(2 * len(d.table))
	}
	return uint32(len(d.values) - 1)
}

func (d *numberDictionary[T]) rehash(size int) {
	d.table = make([]uint32, size)
	d.shift = uint8(64 - bits.TrailingZeros(uint(size)))
	mask := uint64(size - 1)
	for i, v := range d.values {
		at := mix(bitsOf(v), d.seed) >> d.shift
		for d.table[at&mask] != 0 {
			at++
		}
		d.table[at&mask] = uint32(i + 1)
	}
}

// A bytesDictionary is a numberDictionary for strings of bytes.
type bytesDictionary struct {
	data    []byte
	ends    []uint32 // value i is data[ends[i-1]:ends[i]]
	stamps  []uint32 // the last page that holds value i
	table   []slot
	hashing maphash.Seed
}

// A slot holds index+1 and some bits of the hash, so that most other values are told apart without a look at them.
type slot struct {
	entry, hash uint32
}

func newBytesDictionary(seed maphash.Seed) *bytesDictionary {
	return &bytesDictionary{hashing: seed, table: make([]slot, minTable)}
}

func (d *bytesDictionary) reset() {
	d.data, d.ends, d.stamps = d.data[:0], d.ends[:0], d.stamps[:0]
	clear(d.table)
}

func (d *bytesDictionary) value(i uint32) []byte {
	if i == 0 {
		return d.data[:d.ends[0]]
	}
	return d.data[d.ends[i-1]:d.ends[i]]
}

// index appends the index of each span of data and marks the values as part of the page.
func (d *bytesDictionary) index(indexes []uint32, data []byte, spans []span, page uint32) []uint32 {
	start := len(indexes)
	indexes = append(indexes, make([]uint32, len(spans))...)
	out := indexes[start:]
	for i, s := range spans {
		v := data[s.start:s.end]
		at := d.find(v)
		d.stamps[at] = page
		out[i] = at
	}
	return indexes
}

// find gives the index of v, a new one where it is not known yet.
func (d *bytesDictionary) find(v []byte) uint32 {
	h := maphash.Bytes(d.hashing, v)
	mask := uint64(len(d.table) - 1)
	short := uint32(h >> 32)
	for at := h; ; at++ {
		s := &d.table[at&mask]
		switch {
		case s.entry == 0:
			d.data = append(d.data, v...)
			d.ends = append(d.ends, uint32(len(d.data)))
			d.stamps = append(d.stamps, 0)
			*s = slot{entry: uint32(len(d.ends)), hash: short}
			if 2*len(d.ends) > len(d.table) {
				d.rehash(2 * len(d.table))
			}
			return uint32(len(d.ends) - 1)
		case s.hash == short && string(d.value(s.entry-1)) == string(v):
			return s.entry - 1
		}
	}
}

func (d *bytesDictionary) rehash(size int) {
	d.table = make([]slot, size)
	mask := uint64(len(d.table) - 1)
	for i := range d.ends {
		h := maphash.Bytes(d.hashing, d.value(uint32(i)))
		at := h
		for d.table[at&mask].entry != 0 {
			at++
		}
		d.table[at&mask] = slot{entry: uint32(i + 1), hash: uint32(h >> 32)}
	}
}
