package state

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
)

// Get gives the value row of a key row; nil: there is none. It is good until the partition is changed or committed.
func (p *Partition) Get(key []byte) []byte { return p.table.get(key) }

// An Entry is where the value of a key lies; it is good until the partition is committed. Negative: nowhere.
type Entry int32

// Find is Get, and gives the entry for [Partition.Set].
func (p *Partition) Find(key []byte) (Entry, []byte) {
	e := p.table.find(maphash.Bytes(p.table.seed, key), key)
	if e < 0 || p.table.entry(e).removed {
		return Entry(e), nil
	}
	return Entry(e), p.table.arena.get(p.table.entry(e).value)
}

// Set is Put of a key that was found at an entry, without another search.
func (p *Partition) Set(e Entry, value []byte) {
	p.table.set(int(e), value)
	p.table.change(int(e))
}

// Put sets the value row of a key row. Both are copied.
func (p *Partition) Put(key, value []byte) { p.table.put(key, value) }

// Remove forgets a key, and reports whether it was there.
func (p *Partition) Remove(key []byte) bool { return p.table.remove(key) }

// Rows is how many entries there are.
func (p *Partition) Rows() int { return p.table.live }

// Entries gives the rows of every entry, in the order in which the keys first came. Entries may be removed meanwhile, and
// their values be set; keys that are put meanwhile may be left out.
func (p *Partition) Entries() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for e := range p.table.entries.n {
			if entry := p.table.entry(e); !entry.removed && !yield(p.table.arena.get(entry.key), p.table.arena.get(entry.value)) {
				return
			}
		}
	}
}

// Changed gives the entries that were put since the last commit, in the order in which they first were.
func (p *Partition) Changed() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for i := range p.table.changed.n {
			if entry := p.table.entry(int(*p.table.changed.at(i))); !entry.removed && !yield(p.table.arena.get(entry.key), p.table.arena.get(entry.value)) {
				return
			}
		}
	}
}

// Changes is how many entries were put or removed since the last commit.
func (p *Partition) Changes() int { return p.table.changed.n }

// Prefix gives the entries whose leading key columns are the row given, in the order of the column behind them if that is
// a time or a long. Entries may be removed and put meanwhile; what is put is not given.
func (p *Partition) Prefix(prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for _, e := range p.table.prefixes.find(p.table, prefix) {
			if entry := p.table.entry(int(e)); !entry.removed && !yield(p.table.arena.get(entry.key), p.table.arena.get(entry.value)) {
				return
			}
		}
	}
}

// Until gives the entries whose time is at most so many microseconds, and costs what it gives: an index by time is made at
// the first call and kept. Entries without a time (null) are never given. Entries may be removed and put
// meanwhile; what is put with a time of at most micros may be given or not.
func (p *Partition) Until(micros int64) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		if p.table.times == nil {
			p.table.indexTimes()
		}
		p.table.until(micros, yield)
	}
}

// PutNew sets the value row of a key that is not there, and reports whether it did.
func (p *Partition) PutNew(key, value []byte) bool { return p.table.putNew(key, value) }

// Time gives the time of an entry, as the store's spec says where it lies; ok is false where it is null, or nowhere.
func (p *Partition) Time(key, value []byte) (micros int64, ok bool) {
	if p.table.reader == nil {
		return 0, false
	}
	return p.table.reader.read(key, value)
}

// countRow is a row of one long.
const countRow = 16

// Count adds to the long that is a key's value, as [Partition.Put] would, and gives what it was: 0 where the key is not there. A key
// that comes to 0 is removed.
func (p *Partition) Count(key []byte, add int64) (before int64) {
	e := p.table.entryOf(key)
	entry := p.table.entry(e)
	var row [countRow]byte
	if !entry.removed && entry.valued {
		copy(row[:], p.table.arena.get(entry.value))
		before = int64(binary.LittleEndian.Uint64(row[8:]))
	}
	if before+add == 0 {
		p.table.removeEntry(e)
		return before
	}
	binary.LittleEndian.PutUint64(row[8:], uint64(before+add))
	p.table.set(e, row[:])
	p.table.change(e)
	return before
}
