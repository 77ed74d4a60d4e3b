package exec

import (
	"context"
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
	noted   int32    // one more than the new row of a semi join whose first partner was noted last
}

// candidates gathers a new row with each row that is remembered under its key; where a semi join takes rows, from the last on: what
// is taken then does not change the numbers of those to come.
func (m *meeting) candidates(ctx context.Context, row int32) error {
	key := m.in.keys.At(int(row))
	n := m.other.number(key)
	if n == 0 {
		return nil
	}
	m.other.scratch = m.other.indexed.Append(m.other.scratch[:0], key, 0)
	takes := m.node.Type == plan.LeftSemiJoin && !m.own.left
	for at := range n {
		i := at
		if takes {
			i = n - 1 - at
		}
		m.other.indexed.SetIndex(m.other.scratch, i)
		value := m.other.rows.Get(m.other.scratch)
		if value == nil {
			return m.other.missing(i)
		}
		m.rows, m.values, m.indexes = append(m.rows, row), append(m.values, value), append(m.indexes, i)
		if len(m.rows) < batch.TargetRows {
			continue
		}
		if err := m.flush(ctx); err != nil {
			return err
		}
		m.other.scratch = m.other.indexed.Append(m.other.scratch[:0], key, 0)
	}
	return nil
}

// flush joins what was gathered. A remembered row is changed only when all pairs have been looked at.
func (m *meeting) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(m.rows) == 0 {
		return nil
	}
	hits, err := m.pairs(ctx)
	if err != nil {
		return err
	}
	switch {
	case m.node.Type != plan.LeftSemiJoin:
		m.match(hits)
	case m.own.left:
		m.match(m.firstOf(hits))
	default:
		err = m.takeOnce(ctx, hits)
	}
	m.rows, m.values, m.indexes = m.rows[:0], m.values[:0], m.indexes[:0]
	return err
}

func (m *meeting) match(hits []int32) {
	for _, hit := range hits {
		m.other.match(m.in.keys.At(int(m.rows[hit])), m.indexes[hit], m.values[hit])
	}
}

// firstOf is the first hit of each new row: a semi join looks no further, and Spark's notes no more.
func (m *meeting) firstOf(hits []int32) (first []int32) {
	for _, hit := range hits {
		if next := m.rows[hit] + 1; next != m.noted {
			first, m.noted = append(first, hit), next
		}
	}
	return first
}

// pairs gives those of the pairs for which the condition holds, and, but in a semi join, hands them on.
func (m *meeting) pairs(ctx context.Context) (hits []int32, err error) {
	n := len(m.rows)
	mine := takeColumns(m.in.Columns(), m.rows)
	theirs, err := m.other.decode(m.values)
	if err != nil {
		return nil, err
	}
	columns := append(mine, theirs...)
	if !m.own.left {
		columns = append(append([]arrow.Array(nil), theirs...), mine...)
	}
	pairs := newBatch(m.pairSchema, columns, n)
	hits = positions(n)
	if m.both != nil {
		v, err := m.both.Eval(m.eval, pairs)
		if err != nil {
			return nil, err
		}
		rows, all := trueRows(v, n)
		if !all {
			hits, pairs = rows, takeRows(pairs, rows)
		}
	}
	for _, hit := range hits {
		m.found[m.rows[hit]] = true
	}
	if m.node.Type == plan.LeftSemiJoin {
		return hits, nil
	}
	return hits, m.give(ctx, pairs.Columns(), len(hits))
}

// takeOnce gives the remembered rows of a semi join's left that have found a partner, and forgets them: no other may find them again.
func (m *meeting) takeOnce(ctx context.Context, hits []int32) error {
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
	if err := m.give(ctx, columns, len(values)); err != nil {
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
		if _, err := m.other.removeAt([]byte(at.key), at.index); err != nil {
			return err
		}
		m.removed++
	}
	return nil
}
