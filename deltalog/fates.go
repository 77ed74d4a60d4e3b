package deltalog

import "math/bits"

// fates say of each file what was told of it last: by the how manyth action of the commits after the checkpoint, and whether that
// adds the file. There may be very many: each takes 16 bytes, and half as much again for room.
type fates struct {
	shards         [fateShards]fateShard
	added, removed int64 // how many files were added last, how many removed
}

const fateShards = 64

// A fateShard is a hash table with open addressing: it grows by itself, so that not all of them do so at once.
type fateShard struct {
	slots []fateSlot
	used  int
}

// A fateSlot has most of a file's key, and its fate.
type fateSlot struct {
	high uint64
	low  uint32
	fate fate
}

// A fate is the number of an action, from 1, twice, and one more where it adds the file; 0 is none.
type fate uint32

// maxFates bounds the number of actions.
const maxFates = 1<<31 - 1

func fateOf(number int64, added bool) fate {
	f := fate(number+1) << 1
	if added {
		f |= 1
	}
	return f
}

func (f fate) added() bool { return f&1 == 1 }

// set says what became of a file.
func (f *fates) set(key fateKey, to fate) {
	slot := f.shards[key.low>>58].slot(key)
	f.count(slot.fate, -1)
	f.count(to, 1)
	slot.fate = to
}

func (f *fates) count(of fate, files int64) {
	switch {
	case of == 0:
	case of.added():
		f.added += files
	default:
		f.removed += files
	}
}

// of is what became of a file; 0: nothing was told of it.
func (f *fates) of(key fateKey) fate {
	shard := &f.shards[key.low>>58]
	if shard.used == 0 {
		return 0
	}
	return shard.find(key).fate
}

// slot is the file's, a new one where it has none.
func (s *fateShard) slot(key fateKey) *fateSlot {
	if s.used >= len(s.slots)*3/4 {
		s.grow()
	}
	slot := s.find(key)
	if slot.fate == 0 {
		s.used++
		*slot = fateSlot{high: key.high, low: uint32(key.low)}
	}
	return slot
}

// find is the slot of a file, or the empty one where it belongs. Slots lie in the order of the keys, nearly, so that growing goes
// through both tables from end to end.
func (s *fateShard) find(key fateKey) *fateSlot {
	at, _ := bits.Mul64(key.high, uint64(len(s.slots)))
	for {
		slot := &s.slots[at]
		if slot.fate == 0 || slot.high == key.high && slot.low == uint32(key.low) {
			return slot
		}
		if at++; at == uint64(len(s.slots)) {
			at = 0
		}
	}
}

// grow makes a little more room: to double it would be to hold three times what there is.
func (s *fateShard) grow() {
	old := s.slots
	s.slots = make([]fateSlot, len(old)+len(old)/4+8)
	for _, slot := range old {
		if slot.fate != 0 {
			*s.find(fateKey{slot.high, uint64(slot.low)}) = slot
		}
	}
}
