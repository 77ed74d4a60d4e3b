package exec

import (
	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A keyIndex finds rows by their keys. Rows with a null in a key for which null equals nothing are not found. When it is settled many
// goroutines may look.
type keyIndex struct {
	keys     []logical.JoinKey
	table    *keyTable
	expected int // rows

	numbers []uint32 // of the rows' keys, until it is settled; nil: they are 0, 1, 2, …
	order   []int32  // rows; those of key k are order[first[k]:first[k+1]]
	first   []int32  // nil: each key has one row
}

// newKeyIndex is for up to so many rows.
func newKeyIndex(h hasher, keys []logical.JoinKey, rows int) *keyIndex {
	schema := types.Struct{}
	for _, k := range keys {
		schema.Fields = append(schema.Fields, types.Field{Name: k.Right.String(), Type: k.Right.Type(), Nullable: true})
	}
	return &keyIndex{
		keys: keys, table: newKeyNumbers(h, schema), expected: rows,
		order: make([]int32, 0, rows),
	}
}

// newMappedKeyIndex is one whose arrays lie in mapped files, where these have room: it is large, and the collector need not know.
func newMappedKeyIndex(h hasher, keys []logical.JoinKey, rows int) *keyIndex {
	x := newKeyIndex(h, keys, 0)
	x.expected, x.table.spill = rows, &Spill{}
	x.order = withRoom(x.table.spill, x.order, rows)
	return x
}

// add puts rows into the index: those with the keys loaded are called first, first+1, … or, if there are names, by them.
func (x *keyIndex) add(loaded *keys, first int, names []int32) {
	numbers := make([]uint32, loaded.rows)
	x.table.insert(loaded, numbers)
	if len(x.order) == 0 && 2*x.table.size() > loaded.rows { // the first are different; so will others be
		x.table.expect(max(x.expected, x.table.size()))
	}
	dropNulls(x.keys, loaded, numbers)
	for row, n := range numbers {
		if n == none {
			continue
		}
		name := int32(first + row)
		if names != nil {
			name = names[row]
		}
		x.append(n, name)
	}
}

// append adds a row. In most relations a key has one row: the numbers of their keys need not be noted.
func (x *keyIndex) append(number uint32, row int32) {
	if x.numbers == nil && int(number) != len(x.order) {
		x.numbers = make([]uint32, len(x.order), cap(x.order))
		for i := range x.numbers {
			x.numbers[i] = uint32(i)
		}
	}
	if x.numbers != nil {
		x.numbers = append(x.numbers, number)
	}
	x.order = append(x.order, row)
}

// settle orders the rows by the numbers of their keys, by counting.
func (x *keyIndex) settle() {
	if x.numbers == nil {
		return
	}
	x.first = make([]int32, x.table.size()+1)
	for _, n := range x.numbers {
		x.first[n+1]++
	}
	for i := 1; i < len(x.first); i++ {
		x.first[i] += x.first[i-1]
	}
	next := append([]int32(nil), x.first...)
	order := make([]int32, len(x.order))
	for i, n := range x.numbers {
		order[next[n]] = x.order[i]
		next[n]++
	}
	x.order, x.numbers = order, nil
}

// find gives the number of each row's key, or none.
func (x *keyIndex) find(loaded *keys) []uint32 {
	numbers := make([]uint32, loaded.rows)
	x.table.find(loaded, numbers)
	dropNulls(x.keys, loaded, numbers)
	return numbers
}

// dropNulls unnumbers the rows that equal nothing, since a key is null.
func dropNulls(by []logical.JoinKey, k *keys, numbers []uint32) {
	for i, key := range by {
		if key.NullSafe {
			continue
		}
		for row, null := range nullRows(k.arrays[i]) {
			if null {
				numbers[row] = none
			}
		}
	}
}

// rows are those under the number of a key.
func (x *keyIndex) rows(number uint32) []int32 {
	switch {
	case number == none:
		return nil
	case x.first == nil:
		return x.order[number : number+1]
	}
	return x.order[x.first[number]:x.first[number+1]]
}

func (x *keyIndex) memory() int64 {
	return x.table.memory() + int64(4*cap(x.first)+4*cap(x.order)+4*cap(x.numbers))
}

// eachPairs calls f with pairs, many at once: the row left[i] of a batch may go with the row right[i] that candidates gave for its number.
func eachPairs(numbers []uint32, candidates func(number uint32) []int32, f func(left, right []int32) error) error {
	p := newPairing(f)
	for row, number := range numbers {
		rest := candidates(number)
		for len(rest) > 0 {
			some := rest[:min(len(rest), p.room())]
			rest = rest[len(some):]
			p.right = append(p.right, some...)
			if err := p.with(int32(row)); err != nil {
				return err
			}
		}
	}
	return p.hand()
}

// A pairing gathers pairs of rows, and hands them on when there are many.
type pairing struct {
	left, right []int32
	f           func(left, right []int32) error
}

func newPairing(f func(left, right []int32) error) *pairing {
	return &pairing{make([]int32, 0, batch.TargetRows), make([]int32, 0, batch.TargetRows), f}
}

// room is how many pairs there may be more.
func (p *pairing) room() int { return batch.TargetRows - len(p.right) }

// with pairs a row with those that were put to the right since the last.
func (p *pairing) with(row int32) error {
	for len(p.left) < len(p.right) {
		p.left = append(p.left, row)
	}
	if p.room() > 0 {
		return nil
	}
	return p.hand()
}

func (p *pairing) hand() error {
	if len(p.left) == 0 {
		return nil
	}
	err := p.f(p.left, p.right)
	p.left, p.right = p.left[:0], p.right[:0]
	return err
}

// shareOf sorts rows of a batch into shares by the upper bits of their keys' hashes: the lower ones choose slots of a table.
func shareOf(hash uint64, shares int) int { return int((hash >> 32) * uint64(shares) >> 32) }

// ofShare are the rows whose keys belong to a share.
func (k *keys) ofShare(share, shares int) []int32 {
	var rows []int32
	for row, hash := range k.hashes {
		if shareOf(hash, shares) == share {
			rows = append(rows, int32(row))
		}
	}
	return rows
}
