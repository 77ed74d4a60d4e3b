package state

import "math/bits"

// A keyIndex finds the entries of a table by the hashes of their keys, by open addressing. A slot holds 32 bits of the hash beside
// the number of the entry: a search for a key passes over the entries of others without a look at them, which would cost a miss
// of the processor's caches for each.
type keyIndex struct {
	slots []uint64 // hash<<32 | entry+1; 0: empty; a power of two long
	used  int
}

const leastSlots = 16

// newKeyIndex has room for so many entries. Its memory is the arena's.
func newKeyIndex(a *arena, entries int) keyIndex {
	return keyIndex{slots: roomFor[uint64](a, max(leastSlots, 1<<bits.Len(uint(entries)*4/3)))}
}

// place is the slot of a hash's first candidate.
func (x *keyIndex) place(hash uint64) uint64 { return hash & uint64(len(x.slots)-1) }

// next is the entry in the first slot, from a place on, that has the hash; -1: there is none. The search goes on at the place
// that it gives.
func (x *keyIndex) next(hash, place uint64) (entry int, after uint64) {
	mask := uint64(len(x.slots) - 1)
	for {
		slot := x.slots[place]
		place = (place + 1) & mask
		if slot == 0 {
			return -1, place
		}
		if slot>>32 == hash&(1<<32-1) {
			return int(uint32(slot)) - 1, place
		}
	}
}

// add files an entry that is not there.
func (x *keyIndex) add(a *arena, hash uint64, entry int) {
	if (x.used+1)*4 > len(x.slots)*3 {
		x.grow(a)
	}
	x.put(hash<<32 | uint64(entry+1))
	x.used++
}

func (x *keyIndex) put(slot uint64) {
	mask := uint64(len(x.slots) - 1)
	at := slot >> 32 & mask
	for x.slots[at] != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = slot
}

func (x *keyIndex) grow(a *arena) {
	old := x.slots
	x.slots = roomFor[uint64](a, 2*len(old))
	for _, slot := range old {
		if slot != 0 {
			x.put(slot)
		}
	}
	giveBack(a, old)
}
