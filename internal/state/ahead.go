package state

import "hash/maphash"

// Ahead brings what a partition holds of keys near, before they are looked up one by one: its steps go over all keys, so that the
// processor waits for many places of memory at a time. It changes nothing, and needs not be told the truth: a key that is not
// looked up later, or has changed by then, costs time alone.
type Ahead struct {
	table   *table
	hashes  []uint64
	entries []int32
	seen    uint64 // makes the loads count as used
}

// AheadKeys is how many keys are well loaded at once: what they bring stays in the caches until it is used.
const AheadKeys = 256

// LoadNext loads the next keys, from one on, when it is the turn of one of each [AheadKeys].
func (a *Ahead) LoadNext(keys Rows, i int) {
	if i%AheadKeys != 0 {
		return
	}
	for k := i; k < min(i+AheadKeys, keys.Len()); k++ {
		a.Key(keys.At(k))
	}
	a.Load()
}

// LoadNextOf is LoadNext for some of the keys.
func (a *Ahead) LoadNextOf(keys Rows, rows []int32, i int) {
	if i%AheadKeys != 0 {
		return
	}
	for _, row := range rows[i:min(i+AheadKeys, len(rows))] {
		a.Key(keys.At(int(row)))
	}
	a.Load()
}

// Ahead is for keys of the partition. One goroutine uses it, as the partition.
func (p *Partition) Ahead() *Ahead { return &Ahead{table: p.table} }

// Key notes a key.
func (a *Ahead) Key(key []byte) { a.hashes = append(a.hashes, maphash.Bytes(a.table.seed, key)) }

// Load loads the keys that were noted, and forgets them.
func (a *Ahead) Load() {
	t := a.table
	for _, hash := range a.hashes {
		a.seen += t.index.slots[t.index.place(hash)]
	}
	for _, hash := range a.hashes {
		if e, _ := t.index.next(hash, t.index.place(hash)); e >= 0 {
			a.entries = append(a.entries, int32(e))
		}
	}
	a.hashes = a.hashes[:0]
	a.load(a.entries)
	a.entries = a.entries[:0]
}

// loadEvery loads, once in a while, the first of the entries that are still to be visited after i others.
func (a *Ahead) loadEvery(left []int32, i int) {
	if i%AheadKeys == 0 {
		a.load(left[:min(AheadKeys, len(left))])
	}
}

// load loads entries.
func (a *Ahead) load(entries []int32) {
	t := a.table
	for _, e := range entries {
		a.seen += uint64(t.entry(int(e)).value.at)
	}
	for _, e := range entries {
		entry := t.entry(int(e))
		a.seen += uint64(t.arena.first(entry.key)) + uint64(t.arena.first(entry.value))
	}
}
