package parquetio

import (
	"encoding/binary"
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

// minTable is the number of slots that a dictionary starts with, and tableGrowth how many times as many a full one gets.
const (
	minTable    = 1 << 10
	tableGrowth = 4
)

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
		d.rehash(tableGrowth * len(d.table))
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

// A bytesDictionary is a numberDictionary for strings of bytes. Those of up to eight bytes are
// compared as one word, without a look at where they lie; of longer ones the word is the hash.
type bytesDictionary struct {
	data   []byte
	ends   []uint32 // value i is data[ends[i-1]:ends[i]]
	stamps []uint32 // the last page that holds value i
	table  []slot
	seed   uint64
}

type slot struct {
	word  uint64
	entry uint32 // index+1; 0: empty
	size  uint32
}

// shortBytes is the length up to which a value is its own word.
const shortBytes = 8

func newBytesDictionary(seed uint64) *bytesDictionary {
	return &bytesDictionary{seed: seed, table: make([]slot, minTable)}
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
	var last slot // rows that lie together often have the same value
	var lastSpan span
	for i, s := range spans {
		size := uint32(s.end - s.start)
		if size > shortBytes && size == last.size && string(data[s.start:s.end]) == string(data[lastSpan.start:lastSpan.end]) {
			out[i] = last.entry - 1
			continue
		}
		word := d.word(data, s)
		if size <= shortBytes && word == last.word && size == last.size && last.entry != 0 {
			out[i] = last.entry - 1
			continue
		}
		at := mix(word+uint64(size), d.seed)
		for {
			found := &d.table[at&uint64(len(d.table)-1)]
			if found.word == word && found.size == size && found.entry != 0 &&
				(size <= shortBytes || string(d.value(found.entry-1)) == string(data[s.start:s.end])) {
				out[i] = found.entry - 1
				d.stamps[found.entry-1] = page
				last, lastSpan = *found, s
				break
			}
			if found.entry == 0 {
				out[i] = d.insert(found, word, data[s.start:s.end], page)
				last, lastSpan = slot{word: word, entry: out[i] + 1, size: size}, s
				break
			}
			at++
		}
	}
	return indexes
}

// word is the value itself, filled up with zeros, or the hash of a longer one.
func (d *bytesDictionary) word(data []byte, s span) uint64 {
	size := int(s.end - s.start)
	if size > shortBytes {
		return hashLong(data[s.start:s.end], d.seed)
	}
	if at := int(s.start); at+8 <= len(data) {
		return binary.LittleEndian.Uint64(data[at:]) & (1<<(8*size) - 1)
	}
	return tailWord(data[s.start:s.end])
}

// hashLong hashes more than eight bytes, sixteen at a time; the last ones overlap.
func hashLong(v []byte, seed uint64) uint64 {
	h := seed ^ uint64(len(v))
	tail := v[len(v)-8:]
	for ; len(v) > 16; v = v[16:] {
		h = mix(binary.LittleEndian.Uint64(v)^h, binary.LittleEndian.Uint64(v[8:])^seed)
	}
	var head uint64
	if len(v) >= 8 {
		head = binary.LittleEndian.Uint64(v)
	}
	return mix(head^h, binary.LittleEndian.Uint64(tail)^seed)
}

// insert fills an empty slot. The table stays at most half full.
func (d *bytesDictionary) insert(empty *slot, word uint64, v []byte, page uint32) uint32 {
	d.data = append(d.data, v...)
	d.ends = append(d.ends, uint32(len(d.data)))
	d.stamps = append(d.stamps, page)
	*empty = slot{word: word, entry: uint32(len(d.ends)), size: uint32(len(v))}
	if 2*len(d.ends) > len(d.table) {
		d.rehash()
	}
	return uint32(len(d.ends) - 1)
}

func (d *bytesDictionary) rehash() {
	old := d.table
	d.table = make([]slot, tableGrowth*len(old))
	mask := uint64(len(d.table) - 1)
	for _, s := range old {
		if s.entry == 0 {
			continue
		}
		at := mix(s.word+uint64(s.size), d.seed)
		for d.table[at&mask].entry != 0 {
			at++
		}
		d.table[at&mask] = s
	}
}
