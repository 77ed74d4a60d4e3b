package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// Slots are the entries of a node of the schema while a batch is shredded into leaves: one for each
// value that the node could have, with the levels that are already known. A slot ends (at is -1)
// where an ancestor is null or a list is empty; its levels are then final.
type slots struct {
	n    int
	base uint8   // the definition level of all slots, where def is nil
	def  []uint8 // nil: all base
	rep  []uint8 // nil: all 0
	at   []int32 // positions in the node's array; nil: 0 … n-1

	ownRep []uint8 // memory for rep: what rep points to may be the levels of the slots above
}

// A shredder turns nested arrays into leaves with levels. It holds scratch memory for each depth, so
// that siblings use the same.
type shredder struct {
	rows   int
	depths []*slots
}

// shred writes the node's array to the leaves below it.
func (sh *shredder) shred(n *writeNode, a arrow.Array, s *slots, depth int) error {
	if depth == len(sh.depths) {
		sh.depths = append(sh.depths, &slots{})
	}
	switch n.kind {
	case voidNode:
		return nil
	case leafNode:
		return n.leaf.write(a, s, sh.rows)
	case structNode:
		return sh.shredStruct(n, a, s, depth)
	case variantNode:
		return sh.shredVariant(n, a, s, depth)
	default:
		return sh.shredList(n, a, s, depth)
	}
}

func (sh *shredder) shredStruct(n *writeNode, a arrow.Array, s *slots, depth int) error {
	typed, ok := a.(*array.Struct)
	if !ok || typed.NumField() != len(n.children) {
		return wrongArray(a, fmt.Sprintf("struct of %d fields", len(n.children)))
	}
	inner := s
	if n.nullable {
		inner = sh.depths[depth]
		enter(inner, a, s)
	} else if err := refuseNulls(n.name, a, s); err != nil {
		return err
	}
	for i, child := range n.children {
		if err := sh.shred(child, typed.Field(i), inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// enter makes the slots below an optional node: a level deeper where it has a value, ended where not.
func enter(dst *slots, a arrow.Array, s *slots) {
	dst.n, dst.rep = s.n, s.rep
	if s.at == nil && s.def == nil && a.NullN() == 0 {
		dst.base, dst.def, dst.at = s.base+1, nil, nil
		return
	}
	dst.def, dst.at = grow(dst.def, s.n), grow(dst.at, s.n)
	valid := validityOf(a)
	for i := range s.n {
		p, level := s.position(i), s.level(i)
		if p >= 0 {
			if valid.has(p) {
				level++
			} else {
				p = -1
			}
		}
		dst.def[i], dst.at[i] = level, p
	}
}

func (s *slots) position(i int) int32 {
	if s.at == nil {
		return int32(i)
	}
	return s.at[i]
}

func (s *slots) level(i int) uint8 {
	if s.def == nil {
		return s.base
	}
	return s.def[i]
}

func (s *slots) repetition(i int) uint8 {
	if s.rep == nil {
		return 0
	}
	return s.rep[i]
}

// shredList handles lists and maps: a map is a list of entries.
func (sh *shredder) shredList(n *writeNode, a arrow.Array, s *slots, depth int) error {
	offsets, elements, err := listOf(a)
	if err != nil {
		return fmt.Errorf("write column %s: %w", n.name, err)
	}
	if !n.nullable {
		if err := refuseNulls(n.name, a, s); err != nil {
			return err
		}
	}
	inner := sh.depths[depth]
	n.nulls += inner.expand(validityOf(a), offsets, s, n)
	if n.kind == listNode {
		return sh.shred(n.children[0], elements, inner, depth+1)
	}
	entries, ok := elements.(*array.Struct)
	if !ok || entries.NumField() != 2 {
		return wrongArray(elements, "map entries")
	}
	for i, child := range n.children {
		if err := sh.shred(child, entries.Field(i), inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// listOf gives the offsets of a list or map, one more than it has rows, into its elements.
func listOf(a arrow.Array) ([]int32, arrow.Array, error) {
	from, to := a.Data().Offset(), a.Data().Offset()+a.Len()+1
	switch a := a.(type) {
	case *array.List:
		if a.Len() == 0 {
			return []int32{0}, a.ListValues(), nil
		}
		return a.Offsets()[from:to], a.ListValues(), nil
	case *array.Map:
		if a.Len() == 0 {
			return []int32{0}, a.ListValues(), nil
		}
		return a.Offsets()[from:to], a.ListValues(), nil
	default:
		return nil, nil, wrongArray(a, "lists or maps")
	}
}

// expand fills s with the slots of the list's elements, and counts the slots without a list.
func (s *slots) expand(valid validity, offsets []int32, outer *slots, n *writeNode) (nulls int64) {
	s.def, s.rep, s.at = s.def[:0], s.ownRep[:0], s.at[:0]
	present := uint8(0) // what a list that is not null adds to the level
	if n.nullable {
		present = 1
	}
	for i := range outer.n {
		p, level, rep := outer.position(i), outer.level(i), outer.repetition(i)
		if p < 0 || !valid.has(p) {
			s.append(level, rep, -1)
			nulls++
			continue
		}
		level += present
		start, end := offsets[p], offsets[p+1]
		if start == end {
			s.append(level, rep, -1)
			continue
		}
		s.append(level+1, rep, start)
		for k := start + 1; k < end; k++ {
			s.append(level+1, n.repetition, k)
		}
	}
	s.n, s.ownRep = len(s.at), s.rep
	return nulls
}

func (s *slots) append(def, rep uint8, at int32) {
	s.def, s.rep, s.at = append(s.def, def), append(s.rep, rep), append(s.at, at)
}

// validity is the null bitmap of an array.
type validity struct {
	bits   []byte // nil: no nulls
	offset int
}

func validityOf(a arrow.Array) validity {
	if a.NullN() == 0 {
		return validity{}
	}
	return validity{a.NullBitmapBytes(), a.Data().Offset()}
}

func (v validity) has(i int32) bool {
	return v.bits == nil || bitutil.BitIsSet(v.bits, v.offset+int(i))
}

// refuseNulls reports a null in a column that may have none.
func refuseNulls(name string, a arrow.Array, s *slots) error {
	if a.NullN() == 0 {
		return nil
	}
	valid := validityOf(a)
	for i := range s.n {
		if p := s.position(i); p >= 0 && !valid.has(p) {
			return notNullViolated(name)
		}
	}
	return nil
}

// present are the positions that have a value.
type present struct {
	n  int
	at []int32 // nil: all
}

// addLevels appends the levels of a leaf's slots and finds those that have a value.
func (l *leafWriter) addLevels(a arrow.Array, s *slots) (present, error) {
	if s.rep == nil {
		l.reps.addUsual(s.n)
	} else {
		l.reps.add(s.rep[:s.n])
	}
	nulls := a.NullN() > 0
	if s.at == nil && s.def == nil && !nulls {
		l.defs.addUsual(s.n)
		return present{n: s.n}, nil
	}
	valid := validityOf(a)
	l.levels, l.at = grow(l.levels, s.n), grow(l.at, s.n)
	k := 0
	for i := range s.n {
		p, level := s.position(i), s.level(i)
		if p >= 0 {
			switch {
			case valid.has(p):
				level = l.maxDef
				l.at[k] = p
				k++
			case l.required:
				return present{}, notNullViolated(l.name)
			}
		}
		l.levels[i] = level
	}
	l.defs.add(l.levels)
	return present{n: k, at: l.at[:k]}, nil
}
