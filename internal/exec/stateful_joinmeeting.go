package exec

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/plan"
)

// A meeting is new rows of one side with remembered rows of the other: pairs with equal keys, gathered until there are many, then
// made columns, so that the condition is computed for all at once.
type meeting struct {
	*joinPart
	in         *joinInput
	own, other *memorySide
	found      []bool // new rows that have found a partner

	rows    []int32  // of the new rows
	values  [][]byte // the remembered row beside each
	indexes []int64  // its number among those of its key
}

// candidates gathers a new row with each row that is remembered under its key.
func (m *meeting) candidates(row int32) {
	key := m.in.keys.At(int(row))
	n := m.other.number(key)
	if n == 0 {
		return
	}
	m.other.scratch = m.other.indexed.Append(m.other.scratch[:0], key, 0)
	for i := range n {
		m.other.indexed.SetIndex(m.other.scratch, i)
		value := m.other.rows.Get(m.other.scratch)
		if value == nil {
			m.other.missing(i)
			return
		}
		m.rows, m.values, m.indexes = append(m.rows, row), append(m.values, value), append(m.indexes, i)
	}
}

// flush joins what was gathered. A remembered row is changed only when all pairs have been looked at.
func (m *meeting) flush() error {
	if m.other.damaged != nil {
		return m.other.damaged
	}
	var hits []int32 // pairs for which the condition holds
	for from := 0; from < len(m.rows); from += batch.TargetRows {
		some, err := m.pairs(from, min(from+batch.TargetRows, len(m.rows)))
		if err != nil {
			return err
		}
		hits = append(hits, some...)
	}
	switch {
	case m.node.Type != plan.LeftSemiJoin:
		m.match(hits)
	case m.own.left:
		m.match(m.firstOf(hits))
	default:
		if err := m.takeOnce(hits); err != nil {
			return err
		}
	}
	m.rows, m.values, m.indexes = m.rows[:0], m.values[:0], m.indexes[:0]
	return nil
}

func (m *meeting) match(hits []int32) {
	for _, hit := range hits {
		m.other.match(m.in.keys.At(int(m.rows[hit])), m.indexes[hit], m.values[hit])
	}
}

// firstOf is the first hit of each new row: a semi join looks no further, and Spark's notes no more.
func (m *meeting) firstOf(hits []int32) (first []int32) {
	for i, hit := range hits {
		if i == 0 || m.rows[hit] != m.rows[hits[i-1]] {
			first = append(first, hit)
		}
	}
	return first
}

// pairs gives those of some pairs for which the condition holds, and, but in a semi join, hands them on.
func (m *meeting) pairs(from, to int) (hits []int32, err error) {
	mine := takeColumns(m.in.Columns(), m.rows[from:to])
	theirs, err := m.other.decode(m.values[from:to])
	if err != nil {
		return nil, err
	}
	columns := append(mine, theirs...)
	if !m.own.left {
		columns = append(append([]arrow.Array(nil), theirs...), mine...)
	}
	pairs := newBatch(m.pairSchema, columns, to-from)
	held := positions(to - from)
	if m.both != nil {
		v, err := m.both.Eval(m.eval, pairs)
		if err != nil {
			return nil, err
		}
		rows, all := trueRows(v, to-from)
		if !all {
			held, pairs = rows, takeRows(pairs, rows)
		}
	}
	hits = make([]int32, len(held))
	for i, h := range held {
		hits[i] = h + int32(from)
		m.found[m.rows[hits[i]]] = true
	}
	if m.node.Type == plan.LeftSemiJoin {
		return hits, nil
	}
	return hits, m.give(pairs.Columns(), len(held))
}

// takeOnce gives the remembered rows of a semi join's left that have found a partner, and forgets them: no other may find them again.
func (m *meeting) takeOnce(hits []int32) error {
	type place struct {
		key   string
		index int64
	}
	first := map[place]int32{}
	for _, hit := range hits {
		at := place{string(m.in.keys.At(int(m.rows[hit]))), m.indexes[hit]}
		if _, again := first[at]; !again {
			first[at] = hit
		}
	}
	places := make([]place, 0, len(first))
	var values [][]byte
	for at, hit := range first {
		places = append(places, at)
		if !m.other.isMatched(m.values[hit]) { // which older states of Spark have, and have given
			values = append(values, m.values[hit])
		}
	}
	columns, err := m.other.decode(values)
	if err != nil {
		return err
	}
	if err := m.give(columns, len(values)); err != nil {
		return err
	}
	// From the last of a key on: the one that takes a place then never is one that goes, too.
	slices.SortFunc(places, func(a, b place) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return int(b.index - a.index)
	})
	for _, at := range places {
		m.other.removeAt([]byte(at.key), at.index)
		m.removed++
	}
	return nil
}
