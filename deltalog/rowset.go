package deltalog

import (
	"iter"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// A RowSet is a set of rows of one data file, by their positions in it; the first row is 0. It is what a [DeletionVector]
// holds. The zero value is empty. A RowSet may be read by several goroutines, as long as nobody changes it.
type RowSet struct {
	bits roaring64.Bitmap
}

// RowsOf is a set of these rows.
func RowsOf(rows ...int64) *RowSet {
	s := new(RowSet)
	for _, row := range rows {
		s.Add(row)
	}
	return s
}

// Add puts a row into the set.
func (s *RowSet) Add(row int64) { s.bits.Add(uint64(row)) }

// AddRange puts the rows from one up to another into the set, without the last.
func (s *RowSet) AddRange(from, to int64) { s.bits.AddRange(uint64(from), uint64(to)) }

// Contains reports whether the set has a row. A nil set has none.
func (s *RowSet) Contains(row int64) bool { return s != nil && s.bits.Contains(uint64(row)) }

// Len is how many rows the set has.
func (s *RowSet) Len() int64 {
	if s == nil {
		return 0
	}
	return int64(s.bits.GetCardinality())
}

// Max is the last row of the set, ok false where there is none.
func (s *RowSet) Max() (row int64, ok bool) {
	if s.Len() == 0 {
		return 0, false
	}
	return int64(s.bits.Maximum()), true
}

// Or puts all rows of another set into this one.
func (s *RowSet) Or(other *RowSet) {
	if other != nil {
		s.bits.Or(&other.bits)
	}
}

// Minus is the rows of the set that another does not have. Both stay as they are.
func (s *RowSet) Minus(other *RowSet) *RowSet {
	left := s.Clone()
	if other != nil {
		left.bits.AndNot(&other.bits)
	}
	return left
}

// Clone is a set with the same rows.
func (s *RowSet) Clone() *RowSet {
	c := new(RowSet)
	c.Or(s)
	return c
}

// Equal reports whether two sets have the same rows.
func (s *RowSet) Equal(other *RowSet) bool {
	return s.Len() == other.Len() && s.Minus(other).Len() == 0
}

// All are the rows, in their order.
func (s *RowSet) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		if s == nil {
			return
		}
		for it := s.bits.Iterator(); it.HasNext(); {
			if !yield(int64(it.Next())) {
				return
			}
		}
	}
}
