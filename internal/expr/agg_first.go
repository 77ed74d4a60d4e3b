package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// bestState is min and max of values without a fixed width.
type bestState struct {
	t       types.Type
	largest bool
	k       *kept
	w       winners
}

func (s *bestState) Grow(n int) {
	if s.k == nil {
		s.k = &kept{t: s.t}
	}
	s.k.grow(n)
	s.w.grow(n)
}
func (s *bestState) Bytes() int64 { return s.k.bytes() }

func (s *bestState) Update(groups []uint32, args []Vector) error {
	keys := args[0].Expand(len(groups))
	return s.w.best(groups, keys, s.largest, []*kept{s.k}, []arrow.Array{keys}, s.k)
}

// best lets rows win where their key beats the group's. by is the store of the keys.
func (w *winners) best(groups []uint32, keys arrow.Array, largest bool, stores []*kept, columns []arrow.Array, by *kept) error {
	old := keys
	if len(by.chunks) > 0 {
		var err error
		if old, err = Concat(by.chunks); err != nil {
			return err
		}
		by.chunks = []arrow.Array{old}
	}
	against, within := newComparer(keys, old), newComparer(keys, keys)
	eachRow(Vector{Values: keys}, len(groups), func(i int) {
		g := groups[i]
		var order int
		row := w.row[g]
		switch {
		case row >= 0:
			order = within(i, int(row))
		case by.refs[g] >= 0:
			order = against(i, int(by.refs[g]))
		default:
			w.win(g, i)
			return
		}
		if largest && order > 0 || !largest && order < 0 {
			w.win(g, i)
		}
	})
	return w.store(stores, columns)
}

func (s *bestState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *bestState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *bestState) Result() (arrow.Array, error) {
	s.Grow(0)
	return s.k.column()
}

// buildBy is max_by and min_by: the value of the row whose ordering is the extreme one.
func buildBy(largest bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		value, by := b.args[0].Type(), b.args[1].Type()
		if !orderable(by) {
			return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(by))
		}
		return &aggregate{
			args: b.args, result: value, nullable: true,
			buffer: structOf(field("valueWithExtremumOrdering", value, true), field("extremumOrdering", by, true)),
			start: func(*Context) Accumulator {
				return &byState{largest: largest, values: &kept{t: value}, keys: &kept{t: by}}
			},
		}, nil
	}
}

type byState struct {
	largest      bool
	values, keys *kept
	w            winners
}

func (s *byState) Grow(n int)   { s.values.grow(n); s.keys.grow(n); s.w.grow(n) }
func (s *byState) Bytes() int64 { return s.values.bytes() + s.keys.bytes() }

func (s *byState) Update(groups []uint32, args []Vector) error {
	n := len(groups)
	return s.Merge(groups, []arrow.Array{args[0].Expand(n), args[1].Expand(n)})
}

func (s *byState) Merge(groups []uint32, state []arrow.Array) error {
	return s.w.best(groups, state[1], s.largest, []*kept{s.values, s.keys}, state, s.keys)
}

func (s *byState) State() ([]arrow.Array, error) {
	values, err := s.values.column()
	if err != nil {
		return nil, err
	}
	keys, err := s.keys.column()
	return []arrow.Array{values, keys}, err
}

func (s *byState) Result() (arrow.Array, error) { return s.values.column() }

// buildFirst is first, last and any_value; a second argument true passes nulls over.
func buildFirst(last bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		skip := false
		if len(b.args) == 2 {
			v, ok := buildValue(b.args[1], b.ctx)
			if skip, _ = v.(bool); !ok {
				return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable,
					"the input `ignoreNulls` should be a foldable \"BOOLEAN\" expression; however, got \"%s\".", b.args[1].String())
			}
		}
		value := b.args[0]
		t := value.Type()
		name := "first"
		if last {
			name = "last"
		}
		return &aggregate{
			args: []Expr{value}, result: t, nullable: true,
			buffer: structOf(field(name, t, true), field("valueSet", types.Boolean, true)),
			start:  func(*Context) Accumulator { return &firstState{last: last, skip: skip, k: &kept{t: t}} },
		}, nil
	}
}

type firstState struct {
	last, skip bool
	k          *kept
	w          winners
}

func (s *firstState) Grow(n int)   { s.k.grow(n); s.w.grow(n) }
func (s *firstState) Bytes() int64 { return s.k.bytes() }

func (s *firstState) Update(groups []uint32, args []Vector) error {
	return s.take(groups, args[0].Expand(len(groups)), nil)
}

func (s *firstState) take(groups []uint32, arr arrow.Array, set mask) error {
	w := &s.w
	for i, g := range groups {
		if s.skip && isNull(arr, i) || !set.has(i) {
			continue
		}
		if s.last || w.row[g] < 0 && s.k.refs[g] < 0 {
			w.win(g, i)
		}
	}
	return w.store([]*kept{s.k}, []arrow.Array{arr})
}

func (s *firstState) Merge(groups []uint32, state []arrow.Array) error {
	return s.take(groups, state[0], boolBits(state[1]))
}

func (s *firstState) State() ([]arrow.Array, error) {
	set := newMask(len(s.k.refs))
	for i, r := range s.k.refs {
		set[i>>6] |= b2u(r >= 0) << (i & 63)
	}
	r, err := s.k.column()
	return []arrow.Array{r, newBools(set, nil, len(s.k.refs))}, err
}

func (s *firstState) Result() (arrow.Array, error) { return s.k.column() }
