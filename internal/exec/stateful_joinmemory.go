package exec

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
)

// A memorySide is what one partition remembers of a side: rows by key and number, without gaps in the numbers.
type memorySide struct {
	*joinSide
	counts, rows *state.Partition
	indexed      *state.IndexedKey
	matchedAt    int // where a row says whether it has found a partner
	aheadCounts  *state.Ahead
	aheadRows    *state.Ahead
	scratch      []byte // of an indexed key
	value        []byte // of a row
}

func newMemorySide(s *joinSide, number int, store *state.Operator) *memorySide {
	n := len(s.fields) + 1
	m := &memorySide{
		joinSide: s, counts: store.StoreOf(s.countsName()).Partitions()[number], rows: store.StoreOf(s.rowsName()).Partitions()[number],
		indexed: state.NewIndexedKey(s.keyFields()), matchedAt: (n+63)/64*8 + 8*(n-1),
	}
	m.aheadCounts, m.aheadRows = m.counts.Ahead(), m.rows.Ahead()
	return m
}

// loadNext brings near what is remembered under the keys of the next rows, from one on: how many there are, the last and the
// place of the next.
func (s *memorySide) loadNext(in *joinInput, rows []int32, i int) {
	s.aheadCounts.LoadNextOf(in.keys, rows, i)
	if i%state.AheadKeys != 0 {
		return
	}
	for _, row := range rows[i:min(i+state.AheadKeys, len(rows))] {
		key := in.keys.At(int(row))
		n := s.number(key)
		s.scratch = s.indexed.Append(s.scratch[:0], key, n)
		s.aheadRows.Key(s.scratch)
		if n > 0 {
			s.indexed.SetIndex(s.scratch, n-1)
			s.aheadRows.Key(s.scratch)
		}
	}
	s.aheadRows.Load()
}

// number is how many rows a key has.
func (s *memorySide) number(key []byte) int64 {
	if count := s.counts.Get(key); len(count) >= 16 {
		return int64(binary.LittleEndian.Uint64(count[8:]))
	}
	return 0
}

// missing says that the state is damaged: a row is not there that a count speaks of.
func (s *memorySide) missing(index int64) error {
	return errclass.StateUnreadable.New("the state of the %s side of a join counts rows of a key, and row %d is missing.", s.name, index).
		WithHint("The checkpoint is damaged: restore it, or start with a new one.")
}

// append remembers one more row of a key.
func (s *memorySide) append(key, row []byte, matched bool) {
	s.scratch = s.indexed.Append(s.scratch[:0], key, s.counts.Count(key, 1))
	if matched && !s.unmarked {
		s.value = append(s.value[:0], row...)
		s.value[s.matchedAt] = 1
		row = s.value
	}
	s.rows.Put(s.scratch, row)
}

func (s *memorySide) isMatched(row []byte) bool {
	return !s.unmarked && len(row) > s.matchedAt && row[s.matchedAt] != 0
}

// match notes that a row has found a partner.
func (s *memorySide) match(key []byte, index int64, row []byte) {
	if s.unmarked || s.isMatched(row) {
		return
	}
	s.scratch = s.indexed.Append(s.scratch[:0], key, index)
	s.value = append(s.value[:0], row...)
	s.value[s.matchedAt] = 1
	s.rows.Put(s.scratch, s.value)
}

// removeAt forgets a row. The last of the key takes its place, and is given; nil: there is none.
func (s *memorySide) removeAt(key []byte, index int64) (moved []byte, err error) {
	last := s.counts.Count(key, -1) - 1
	s.scratch = s.indexed.Append(s.scratch[:0], key, last)
	if index < last {
		row := s.rows.Get(s.scratch)
		if row == nil {
			return nil, s.missing(last)
		}
		s.value = append(s.value[:0], row...)
		s.rows.Remove(s.scratch)
		s.indexed.SetIndex(s.scratch, index)
		s.rows.Put(s.scratch, s.value)
		moved = s.value
	} else {
		s.indexed.SetIndex(s.scratch, index)
		s.rows.Remove(s.scratch)
	}
	return moved, nil
}

// decode makes the side's columns of remembered rows.
func (s *memorySide) decode(rows [][]byte) ([]arrow.Array, error) {
	columns, err := state.DecodeRows(rows, s.remembered())
	if err != nil {
		return nil, fmt.Errorf("read state of the %s side: %w", s.name, err)
	}
	return columns[:len(s.fields)], nil
}
