package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A Matcher holds the rows of one relation and finds, for those of another, the ones whose keys are equal. It is the inside of a join,
// for who needs to know which rows meet and not the pairs as rows: MERGE.
type Matcher struct{ build *joinBuild }

// NewMatcher reads a relation to its end. Without keys every row is a candidate.
func NewMatcher(ctx context.Context, rows Operator, keys []logical.JoinKey, env *Env) (*Matcher, error) {
	m := &Matcher{&joinBuild{join: &join{right: rows, node: &logical.Join{Type: plan.InnerJoin, Keys: keys}, env: env}}}
	err := m.build.get(ctx)
	if err != nil {
		m.Release()
	}
	return m, err
}

// Release gives the memory back. The matcher is not to be used any more.
func (m *Matcher) Release() { m.build.held.release() }

// Rows are the rows that it holds; many goroutines may read them.
func (m *Matcher) Rows() arrow.RecordBatch { return m.build.rows }

// Keys are the values of a key, each once, as a column; nil where there are no keys.
func (m *Matcher) Keys(i int) (arrow.Array, error) {
	if m.build.table == nil {
		return nil, nil
	}
	all, err := m.build.table.keys()
	if err != nil {
		return nil, err
	}
	return all[i], nil
}

// Distinct is how many different keys there are.
func (m *Matcher) Distinct() int {
	if m.build.table == nil {
		return 0
	}
	return m.build.table.size()
}

// Candidates calls f with pairs of rows whose keys are equal, many at once: left[i] of the batch and right[i] of the matcher's. Those of
// one left row follow each other. The batch has the columns of the keys' left sides, moved there.
func (m *Matcher) Candidates(eval *expr.Context, keys []expr.Expr, b arrow.RecordBatch, f func(left, right []int32) error) error {
	numbers := make([]uint32, b.NumRows())
	if m.build.table != nil {
		columns, err := evaluate(eval, keys, b)
		if err != nil {
			return err
		}
		loaded := m.build.table.hasher.load(columns, int(b.NumRows()))
		m.build.table.find(loaded, numbers)
		m.build.dropNulls(loaded, numbers)
	}
	p := &probe{joinRun: &joinRun{join: m.build.join, build: m.build}}
	return p.eachPairs(numbers, f)
}

// Schema is the columns of a matcher's rows.
func (m *Matcher) Schema() types.Struct { return m.build.right.Schema() }
