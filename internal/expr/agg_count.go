package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// buildCount is count(*), count(a) and count(a, b): rows in which no argument is null.
func buildCount(b *builder) (*aggregate, error) {
	return &aggregate{
		args: b.args, result: types.Long, buffer: structOf(field("count", types.Long, false)),
		start: func(*Context) Accumulator { return &countState{} },
	}, nil
}

// buildCountIf counts the rows for which a condition is true.
func buildCountIf(b *builder) (*aggregate, error) {
	if err := b.coerceTo(aBool); err != nil {
		return nil, err
	}
	a, err := buildCount(b)
	a.start = func(*Context) Accumulator { return &countState{onlyTrue: true} }
	return a, err
}

type countState struct {
	counts   []int64
	onlyTrue bool
}

func (s *countState) Grow(n int)   { s.counts = grow(s.counts, n) }
func (s *countState) Bytes() int64 { return int64(cap(s.counts)) * 8 }

func (s *countState) Update(groups []uint32, args []Vector) error {
	n := len(groups)
	var counted mask
	if s.onlyTrue {
		counted = truthOf(args[0], n).yes
	} else {
		counted = validAll(n, args)
	}
	if counted == nil {
		countLoop(s.counts, groups)
		return nil
	}
	countMasked(s.counts, groups, counted)
	return nil
}

func countLoop(counts []int64, groups []uint32) {
	for _, g := range groups {
		counts[g]++
	}
}

func countMasked(counts []int64, groups []uint32, counted mask) {
	for i, g := range groups {
		counts[g] += int64(counted[i>>6] >> (i & 63) & 1)
	}
}

func (s *countState) Merge(groups []uint32, state []arrow.Array) error {
	for i, v := range fixedValues[int64](state[0]) {
		s.counts[groups[i]] += v
	}
	return nil
}

func (s *countState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *countState) Result() (arrow.Array, error) { return newFixed(types.Long, s.counts, nil), nil }
