package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
)

// A Matcher holds the rows of one relation and finds, for those of another, the ones whose keys are equal. It is the inside of a join,
// for who needs to know which rows meet and not the pairs as rows: MERGE.
//
// Where the budget has no room for the rows they lie in mapped files, and where it has none for an index of all their keys, the keys are
// split into shares by their hashes: the other relation is walked once for each share, of which one at a time is indexed.
type Matcher struct {
	*Shelf
	keys   []logical.JoinKey
	env    *Env
	hasher hasher
	shares int
	share  int
	byKey  *keyIndex // of the share; nil: there are no keys
	held   reservation
}

// NewMatcher reads a relation to its end. Without keys every row is a candidate. Nothing is found before Index.
func NewMatcher(ctx context.Context, rows Operator, keys []logical.JoinKey, env *Env) (*Matcher, error) {
	shelf, err := newShelf(ctx, rows, env, "MERGE")
	if err != nil {
		return nil, err
	}
	m := &Matcher{Shelf: shelf, keys: keys, env: env, hasher: newHasher(), shares: 1, held: reservation{memory: env.Memory, operator: "MERGE"}}
	if len(keys) == 0 {
		return m, nil
	}
	if err := m.split(); err != nil {
		m.Release()
		return nil, err
	}
	return m, nil
}

// Release gives the memory back. The matcher is not to be used any more.
func (m *Matcher) Release() {
	m.held.release()
	m.Shelf.Release()
}

const (
	leastIndex = 64 << 10 // bytes: an index of a share may always be so large
	maxShares  = 1 << 10
	// rowIndexed is what a row costs in an index besides its key: its slots, hash and number, and where it is found.
	rowIndexed = 44
)

// split finds into how many shares the keys go, and reserves the memory of an index of one.
func (m *Matcher) split() error {
	need := int64(0)
	err := m.EachKeys(func(columns []arrow.Array) error {
		for _, c := range columns {
			need += arrayBytes(c.Data()) + 8*int64(c.Len())
		}
		return nil
	})
	if err != nil {
		return err
	}
	need += rowIndexed * int64(m.NumRows())
	if m.held.hold(need) == nil {
		return nil
	}
	if err := m.ToSpill(); err != nil {
		return err
	}
	room := max(leastIndex, m.env.Memory.free()/2)
	m.shares = int(min(maxShares, (need+room-1)/room))
	_ = m.held.hold(min(room, need)) // the least index is had whatever others hold
	return nil
}

// Shares is how often the other relation is to be walked, each time behind an Index.
func (m *Matcher) Shares() int { return m.shares }

// Index gets ready to find the rows of a share. Nobody may look meanwhile.
func (m *Matcher) Index(share int) error {
	m.share, m.byKey = share, nil
	if m.spill != nil {
		m.spill.Cool()
	}
	if len(m.keys) == 0 {
		return nil
	}
	newIndex := newKeyIndex
	if m.spill != nil {
		newIndex = newMappedKeyIndex
	}
	index := newIndex(m.hasher, m.keys, m.NumRows()/m.shares)
	exprs := rightKeys(m.keys)
	err := m.each(func(first int, b arrow.RecordBatch) error {
		columns, err := evaluate(m.env.eval(0), exprs, b)
		if err != nil {
			return err
		}
		m.enter(index, columns, first, int(b.NumRows()))
		return nil
	})
	index.settle()
	m.byKey = index
	return err
}

// enter puts the rows of the share into an index.
func (m *Matcher) enter(index *keyIndex, columns []arrow.Array, first, rows int) {
	loaded := m.hasher.load(columns, rows)
	if m.shares == 1 {
		index.add(loaded, first, nil)
		return
	}
	own := loaded.ofShare(m.share, m.shares)
	if len(own) == 0 {
		return
	}
	names := make([]int32, len(own))
	for i, row := range own {
		names[i] = int32(first) + row
	}
	index.add(m.hasher.load(takeColumns(columns, own), len(own)), 0, names)
}

// EachKeys calls f with the keys of the rows, some thousand at a time.
func (m *Matcher) EachKeys(f func(columns []arrow.Array) error) error {
	exprs := rightKeys(m.keys)
	return m.each(func(_ int, b arrow.RecordBatch) error {
		columns, err := evaluate(m.env.eval(0), exprs, b)
		if err != nil {
			return err
		}
		return f(columns)
	})
}

// Candidates calls f with pairs of rows whose keys are equal, many at once: left[i] of the batch and right[i] of the matcher's. Those of
// one left row follow each other. The batch has the columns of the keys' left sides, moved there. turn has the rows whose share is
// indexed, which find all their partners now; nil: all.
func (m *Matcher) Candidates(eval *expr.Context, keys []expr.Expr, b arrow.RecordBatch, f func(left, right []int32) error) (turn []int32, err error) {
	if len(m.keys) == 0 {
		return nil, m.eachWithAll(int(b.NumRows()), f)
	}
	columns, err := evaluate(eval, keys, b)
	if err != nil {
		return nil, err
	}
	loaded := m.hasher.load(columns, int(b.NumRows()))
	if m.shares > 1 {
		turn = loaded.ofShare(m.share, m.shares)
	}
	return turn, eachPairs(m.byKey.find(loaded), m.byKey.rows, f)
}

// eachWithAll pairs each of so many rows with all of the matcher's.
func (m *Matcher) eachWithAll(rows int, f func(left, right []int32) error) error {
	p := newPairing(f)
	for row := range int32(rows) {
		for from := 0; from < m.NumRows(); {
			some := min(m.NumRows()-from, p.room())
			for i := range some {
				p.right = append(p.right, int32(from+i))
			}
			from += some
			if err := p.with(row); err != nil {
				return err
			}
		}
	}
	return p.hand()
}
