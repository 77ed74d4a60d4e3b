package state

import (
	"bytes"
	"hash/maphash"
)

// A table holds the entries of one partition: keys and values in an arena, found by an index of hashes. Nothing
// in it is a pointer, so that millions of groups do not cost the garbage collector. Entries keep the
// order in which their keys first came.
type table struct {
	seed    maphash.Seed
	index   keyIndex
	entries slab[tableEntry]
	live    int
	changed slab[int32] // entries changed since the last version
	arena   *arena
	wasted  int64 // bytes of the arena that no entry names any more

	prefixes *prefixIndex // nil: the store has none
	reader   *timeReader  // nil: the entries have no time
	times    *timeIndex   // nil until somebody asks
}

type tableEntry struct {
	key, value span
	removed    bool
	changed    bool
	valued     bool // it has had a value
	linked     bool // it is in the chain of its prefix
}

// newTable is an empty table with the indexes that a store wants.
func newTable(spec StoreSpec, budget *Budget) *table {
	t := &table{seed: maphash.MakeSeed(), arena: newArena(budget)}
	t.index = newKeyIndex(t.arena, 0)
	if spec.PrefixColumns > 0 {
		t.prefixes = newPrefixIndex(spec.Key, spec.PrefixColumns)
	}
	if spec.Time != nil {
		t.reader = newTimeReader(*spec.Time, spec.Key, spec.Value)
	}
	return t
}

// entry is the one of a number.
func (t *table) entry(e int) *tableEntry { return t.entries.at(e) }

// find gives the number of a key's entry, which may be a removed one; -1: there is none.
func (t *table) find(hash uint64, key []byte) int {
	for place := t.index.place(hash); ; {
		var e int
		if e, place = t.index.next(hash, place); e < 0 || bytes.Equal(t.arena.get(t.entry(e).key), key) {
			return e
		}
	}
}

// get gives the value of a key; nil: there is none.
func (t *table) get(key []byte) []byte {
	e := t.find(maphash.Bytes(t.seed, key), key)
	if e < 0 || t.entry(e).removed {
		return nil
	}
	return t.arena.get(t.entry(e).value)
}

func (t *table) put(key, value []byte) {
	e := t.entryOf(key)
	t.set(e, value)
	t.change(e)
}

// entryOf is the number of a key's entry, which is made if there is none.
func (t *table) entryOf(key []byte) int {
	hash := maphash.Bytes(t.seed, key)
	if e := t.find(hash, key); e >= 0 {
		return e
	}
	return t.insert(hash, key)
}

// putNew is put for a key that is not there.
func (t *table) putNew(key, value []byte) bool {
	hash := maphash.Bytes(t.seed, key)
	e := t.find(hash, key)
	if e >= 0 && !t.entry(e).removed {
		return false
	}
	if e < 0 {
		e = t.insert(hash, key)
	}
	t.set(e, value)
	t.change(e)
	return true
}

// set gives an entry its value.
func (t *table) set(e int, value []byte) {
	entry := t.entry(e)
	if t.times != nil {
		t.keepTime(e, value)
	}
	if entry.removed {
		entry.removed = false
		t.live++
	}
	if entry.valued && int(entry.value.size) == len(value) && t.arena.readers.Load() == 0 {
		copy(t.arena.get(entry.value), value)
	} else {
		t.wasted += int64(entry.value.size)
		entry.value = t.arena.add(value)
	}
	entry.valued = true
	if t.prefixes != nil && !entry.linked {
		t.prefixes.link(t, e)
	}
}

// keepTime files an entry that is about to have the value under its time.
func (t *table) keepTime(e int, value []byte) {
	entry := t.entry(e)
	key := t.arena.get(entry.key)
	now, ok := t.reader.read(key, value)
	if !ok {
		return
	}
	if !entry.removed && entry.valued {
		if before, ok := t.reader.read(key, t.arena.get(entry.value)); ok && before>>bucketBits == now>>bucketBits {
			return
		}
	}
	t.times.add(int32(e), now)
}

// indexTimes makes the index of times of what there is.
func (t *table) indexTimes() {
	t.times = newTimeIndex()
	for e := range t.entries.n {
		if entry := t.entry(e); !entry.removed {
			if at, ok := t.reader.read(t.arena.get(entry.key), t.arena.get(entry.value)); ok {
				t.times.add(int32(e), at)
			}
		}
	}
}

// insert adds an entry without a value.
func (t *table) insert(hash uint64, key []byte) int {
	e := t.entries.n
	t.entries.add(t.arena, tableEntry{key: t.arena.add(key)})
	t.live++
	t.index.add(t.arena, hash, e)
	return e
}

func (t *table) remove(key []byte) bool {
	e := t.find(maphash.Bytes(t.seed, key), key)
	if e < 0 || t.entry(e).removed {
		return false
	}
	t.removeEntry(e)
	return true
}

func (t *table) removeEntry(e int) {
	if !t.entry(e).removed {
		t.entry(e).removed = true
		t.live--
		t.change(e)
	}
}

func (t *table) change(e int) {
	if !t.entry(e).changed {
		t.entry(e).changed = true
		t.changed.add(t.arena, int32(e))
	}
}

// settle takes the changes for written. When half of what the table holds is no longer wanted, it is made
// anew; that is paid for by the changes that made it so.
func (t *table) settle() {
	for i := range t.changed.n {
		t.entry(int(*t.changed.at(i))).changed = false
	}
	t.changed.reset()
	const small = 1024
	if removed := t.entries.n - t.live; removed > t.live+small || t.wasted > t.arena.used/2+small {
		t.rebuild()
	}
}

// rebuild makes the table anew beside the old one, whose memory is the budget's until then.
func (t *table) rebuild() {
	fresh := &table{seed: t.seed, arena: newArena(t.arena.account.budget), prefixes: t.prefixes.empty(), reader: t.reader}
	fresh.index = newKeyIndex(fresh.arena, t.live)
	for i := range t.entries.n {
		if e := t.entry(i); !e.removed {
			key := t.arena.get(e.key)
			fresh.set(fresh.insert(maphash.Bytes(t.seed, key), key), t.arena.get(e.value))
		}
	}
	if t.times != nil {
		fresh.indexTimes()
	}
	t.arena.account.close()
	*t = *fresh
}

// entryBytes is what an entry takes beside its key and value.
const entryBytes = 2*12 + 4

// liveBytes is how many bytes the entries of this version take. The keys of removed entries count until the table is made anew.
func (t *table) liveBytes() int64 { return t.arena.used - t.wasted + int64(t.live)*entryBytes }

// memory is how many bytes the table takes on the heap.
func (t *table) memory() int64 {
	return t.arena.account.held.Load() + t.times.memory() + t.prefixes.memory()
}
