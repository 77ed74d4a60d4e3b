package state

import "unsafe"

// A slab is a list of things without pointers. Its memory is an arena's: the budget's, or that of scratch files. It is good as long as
// the arena is. What grows is the first piece, by copying, and then the number of pieces.
type slab[T any] struct {
	pieces [][]T
	n      int
}

const (
	slabBits  = 14
	slabPiece = 1 << slabBits
	slabFirst = 16
)

func (s *slab[T]) at(i int) *T { return &s.pieces[i>>slabBits][i&(slabPiece-1)] }

// following is the things from i on that lie in one piece.
func (s *slab[T]) following(i int) []T {
	piece := i >> slabBits
	return s.pieces[piece][i&(slabPiece-1) : min(slabPiece, s.n-piece<<slabBits)]
}

func (s *slab[T]) add(a *arena, v T) {
	if s.n>>slabBits == len(s.pieces) || s.n == len(s.pieces[0]) && s.n < slabPiece {
		s.grow(a)
	}
	*s.at(s.n) = v
	s.n++
}

func (s *slab[T]) grow(a *arena) {
	switch {
	case len(s.pieces) == 0:
		s.pieces = append(s.pieces, roomFor[T](a, slabFirst))
	case s.n < slabPiece:
		larger := roomFor[T](a, 2*s.n)
		copy(larger, s.pieces[0])
		giveBack(a, s.pieces[0])
		s.pieces[0] = larger
	default:
		s.pieces = append(s.pieces, roomFor[T](a, slabPiece))
	}
}

// reset empties the list, and keeps its memory.
func (s *slab[T]) reset() { s.n = 0 }

// roomFor is memory for n things, all zero, of the budget or in scratch files. Where that cannot be had the heap stands in, as [arena.chunk] says.
func roomFor[T any](a *arena, n int) []T {
	var thing T
	size := n * int(unsafe.Sizeof(thing))
	if !a.account.take(int64(size)) {
		if space := a.carve(size); space != nil {
			return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(space))), n) //nolint:gosec // things of words, without pointers, at the border of one
		}
	}
	return make([]T, n)
}

// giveBack returns memory that nothing uses any more to the budget. A scratch file keeps its part until the arena goes.
func giveBack[T any](a *arena, room []T) {
	var thing T
	if at := unsafe.Pointer(unsafe.SliceData(room)); !a.isScratch(uintptr(at)) {
		a.account.give(int64(len(room)) * int64(unsafe.Sizeof(thing)))
	}
}
