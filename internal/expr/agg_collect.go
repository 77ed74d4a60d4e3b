package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// buildCollect is collect_list and collect_set: the values that are not null.
func buildCollect(set bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		t := types.Array{Element: b.args[0].Type()}
		name := "collect_list"
		if set {
			name = "collect_set"
		}
		return &aggregate{
			name: name, args: b.args, result: t, buffer: structOf(field("buf", t, false)),
			start: func(*Context) Accumulator { return &collectState{t: t, set: set} },
		}, nil
	}
}

// collectState keeps all values, in the order they came, with the group of each.
type collectState struct {
	t      types.Array
	set    bool
	groups []uint32
	chunks []arrow.Array
	n      int
	bytes  int64
}

func (s *collectState) Grow(n int)   { s.n = max(s.n, n) }
func (s *collectState) Bytes() int64 { return s.bytes + int64(cap(s.groups))*4 }

func (s *collectState) Update(groups []uint32, args []Vector) error {
	arr := args[0].Expand(len(groups))
	if arr.NullN() > 0 || arr.DataType().ID() == arrow.NULL {
		valid := validOf(arr)
		rows := make([]int32, 0, arr.Len())
		kept := make([]uint32, 0, arr.Len())
		for i, g := range groups {
			if valid.get(i) {
				rows, kept = append(rows, int32(i)), append(kept, g)
			}
		}
		arr, groups = Take(arr, rows), kept
	}
	s.add(groups, arr)
	return nil
}

func (s *collectState) add(groups []uint32, arr arrow.Array) {
	s.groups = append(s.groups, groups...)
	s.chunks = append(s.chunks, retype(arr, types.ToArrow(s.t.Element)))
	s.bytes += int64(arr.Data().SizeInBytes())
}

func (s *collectState) Merge(groups []uint32, state []arrow.Array) error {
	arr := state[0].(list)
	var of []uint32
	var rows []int32
	for i, g := range groups {
		start, end := arr.ValueOffsets(i)
		for e := start; e < end; e++ {
			of, rows = append(of, g), append(rows, int32(e))
		}
	}
	s.add(of, Take(elementsOf(arr), rows))
	return nil
}

func (s *collectState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

// Result sorts the values by group, keeping their order within each.
func (s *collectState) Result() (arrow.Array, error) {
	all := nulls(s.t.Element, 0)
	if len(s.chunks) > 0 {
		var err error
		if all, err = Concat(s.chunks); err != nil {
			return nil, err
		}
	}
	offsets := make([]int32, s.n+1)
	keep := s.kept(all)
	for _, r := range keep {
		offsets[s.groups[r]+1]++
	}
	for g := range s.n {
		offsets[g+1] += offsets[g]
	}
	next := append([]int32(nil), offsets...)
	rows := make([]int32, len(keep))
	for _, r := range keep {
		g := s.groups[r]
		rows[next[g]] = r
		next[g]++
	}
	return newListLike(types.ToArrow(s.t), offsets, Take(all, rows), nil), nil
}

// kept is the rows to hand out: for a set, the first of each value in its group.
func (s *collectState) kept(all arrow.Array) []int32 {
	rows := make([]int32, 0, len(s.groups))
	if !s.set {
		for i := range s.groups {
			rows = append(rows, int32(i))
		}
		return rows
	}
	seen := map[string]struct{}{}
	keyer := NewKeyer(all)
	var key []byte
	for i, g := range s.groups {
		key = append(key[:0], byte(g), byte(g>>8), byte(g>>16), byte(g>>24))
		key = keyer(key, i)
		if _, dup := seen[string(key)]; !dup {
			seen[string(key)] = struct{}{}
			rows = append(rows, int32(i))
		}
	}
	return rows
}
