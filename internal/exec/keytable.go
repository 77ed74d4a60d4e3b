package exec

import (
	"bytes"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A keyTable numbers distinct keys 0, 1, … in the order in which they come. It hashes with open
// addressing, and keeps the keys as columns.
type keyTable struct {
	hasher  hasher
	schema  types.Struct
	slots   []uint32 // number of a key + 1; 0: free
	most    int      // keys, before the slots grow
	hashes  []uint64 // of the keys
	columns []storedKeys
	chunks  [][]arrow.Array // the keys as they came, for the result; nil: nobody will ask
	bytes   int64           // estimate of what chunks hold
	spill   *Spill          // where room is made for keys that are expected; nil: on the heap
}

// storedKeys is one column of the numbered keys, as keyColumn has it.
type storedKeys struct {
	words []uint64
	ends  []int
	data  []byte
	nulls []bool // nil until the first null
}

// none is the number of a key that is not in the table.
const none = ^uint32(0)

const firstSlots = 1024

func newKeyTable(h hasher, schema types.Struct) *keyTable {
	width := 0
	for _, f := range schema.Fields {
		width += keyWidth(types.ToArrow(f.Type))
	}
	return &keyTable{
		hasher: h, schema: schema, slots: make([]uint32, firstSlots), most: firstSlots / 2,
		columns: make([]storedKeys, width), chunks: make([][]arrow.Array, len(schema.Fields)),
	}
}

// newKeyNumbers is a table that nobody will ask for its keys.
func newKeyNumbers(h hasher, schema types.Struct) *keyTable {
	t := newKeyTable(h, schema)
	t.chunks = nil
	return t
}

// expect makes room for so many keys, so that none is made twice as they come.
func (t *keyTable) expect(keys int) {
	slots := len(t.slots)
	for 5*slots < 8*keys {
		slots *= 2
	}
	t.resize(slots)
	t.most = max(t.most, keys)
	t.hashes = withRoom(t.spill, t.hashes, keys)
	for i := range t.columns {
		if c := &t.columns[i]; c.words != nil {
			c.words = withRoom(t.spill, c.words, keys)
		}
	}
}

// withRoom gives numbers the room to become n, in the spill, if there is one and it has the room.
func withRoom[T int32 | uint64](s *Spill, values []T, n int) []T {
	if s != nil && n > cap(values) {
		if space, err := zeroed[T](s, n); err == nil {
			return space[:copy(space, values)]
		}
	}
	return slices.Grow(values, max(0, n-len(values)))
}

// size is how many keys there are.
func (t *keyTable) size() int { return len(t.hashes) }

// insert gives the number of each row's key, numbering those that are new, and the rows that were new.
func (t *keyTable) insert(k *keys, numbers []uint32) (fresh []int32) {
	for row := range k.rows {
		if len(t.hashes) >= t.most {
			t.grow()
		}
		slot, found := t.seek(k, row)
		if !found {
			fresh = append(fresh, int32(row))
			t.add(k, row, slot)
		}
		numbers[row] = t.slots[slot] - 1
	}
	if len(fresh) > 0 && t.chunks != nil {
		t.keep(k, fresh)
	}
	return fresh
}

// find gives the number of each row's key, or none.
func (t *keyTable) find(k *keys, numbers []uint32) {
	for row := range k.rows {
		if slot, found := t.seek(k, row); found {
			numbers[row] = t.slots[slot] - 1
		} else {
			numbers[row] = none
		}
	}
}

// seek is the slot of the row's key, or the free slot where it belongs.
func (t *keyTable) seek(k *keys, row int) (slot uint64, found bool) {
	hash := k.hashes[row]
	mask := uint64(len(t.slots) - 1)
	for slot = hash & mask; ; slot = (slot + 1) & mask {
		n := t.slots[slot]
		if n == 0 {
			return slot, false
		}
		if t.hashes[n-1] == hash && t.equal(int(n-1), k, row) {
			return slot, true
		}
	}
}

func (t *keyTable) equal(n int, k *keys, row int) bool {
	for i := range t.columns {
		if !t.columns[i].equal(n, &k.columns[i], row) {
			return false
		}
	}
	return true
}

func (s *storedKeys) null(n int) bool { return n < len(s.nulls) && s.nulls[n] }

func (s *storedKeys) text(n int) []byte {
	if n == 0 {
		return s.data[:s.ends[0]]
	}
	return s.data[s.ends[n-1]:s.ends[n]]
}

func (s *storedKeys) equal(n int, c *keyColumn, row int) bool {
	if s.null(n) != c.null(row) {
		return false
	}
	if c.words != nil {
		return s.words[n] == c.words[row]
	}
	return bytes.Equal(s.text(n), c.text(row))
}

// add numbers the row's key.
func (t *keyTable) add(k *keys, row int, slot uint64) {
	n := len(t.hashes)
	t.hashes = append(t.hashes, k.hashes[row])
	for i := range t.columns {
		t.columns[i].add(n, &k.columns[i], row)
	}
	t.slots[slot] = uint32(n + 1)
}

func (s *storedKeys) add(n int, c *keyColumn, row int) {
	if c.words != nil {
		s.words = append(s.words, c.words[row])
	} else {
		s.data = append(s.data, c.text(row)...)
		s.ends = append(s.ends, len(s.data))
	}
	if c.null(row) {
		s.nulls = append(s.nulls, make([]bool, n+1-len(s.nulls))...)
		s.nulls[n] = true
	}
}

// keep remembers new keys for the result.
func (t *keyTable) keep(k *keys, fresh []int32) {
	for i, arr := range takeColumns(k.arrays, fresh) {
		arr = plusZeros(arr)
		t.chunks[i] = append(t.chunks[i], arr)
		t.bytes += arrayBytes(arr.Data())
	}
}

func (t *keyTable) grow() { t.resize(2 * len(t.slots)) }

func (t *keyTable) resize(slots int) {
	t.slots, t.most = t.freeSlots(slots), slots/2
	mask := uint64(len(t.slots) - 1)
	for n, hash := range t.hashes {
		slot := hash & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(n + 1)
	}
}

func (t *keyTable) freeSlots(n int) []uint32 {
	if t.spill != nil {
		if slots, err := zeroed[uint32](t.spill, n); err == nil {
			return slots
		}
	}
	return make([]uint32, n)
}

// keys is the numbered keys, as columns.
func (t *keyTable) keys() ([]arrow.Array, error) {
	target := types.ToArrowSchema(t.schema)
	columns := make([]arrow.Array, len(t.chunks))
	for i, parts := range t.chunks {
		var err error
		if columns[i], err = concatArrays(target.Field(i).Type, parts); err != nil {
			return nil, err
		}
		t.chunks[i] = []arrow.Array{columns[i]}
	}
	return columns, nil
}

// size estimates the memory held.
func (t *keyTable) memory() int64 {
	total := int64(4*len(t.slots)+8*cap(t.hashes)) + t.bytes
	for i := range t.columns {
		c := &t.columns[i]
		total += int64(8*cap(c.words) + 8*cap(c.ends) + cap(c.data) + cap(c.nulls))
	}
	return total
}

// partition lists, for each of n partitions, the numbers of the keys that belong to it. It is by the
// upper bits of the hash: the lower ones choose slots.
func (t *keyTable) partition(n int) [][]int32 {
	parts := make([][]int32, n)
	for number, hash := range t.hashes {
		p := (hash >> 32) * uint64(n) >> 32
		parts[p] = append(parts[p], int32(number))
	}
	return parts
}
