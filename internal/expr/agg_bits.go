package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
)

// buildBool is bool_and and bool_or, kept as Spark does: the smallest or largest truth value.
func buildBool(or bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if err := b.coerceTo(aBool); err != nil {
			return nil, err
		}
		name := "min"
		if or {
			name = "max"
		}
		return &aggregate{
			args: b.args, result: types.Boolean, nullable: true, buffer: structOf(field(name, types.Boolean, true)),
			start: func(*Context) Accumulator { return &boolState{or: or} },
		}, nil
	}
}

type boolState struct {
	or  bool
	yes []bool // a value of true was seen
	no  []bool // a value of false was seen
}

func (s *boolState) Grow(n int)   { s.yes, s.no = grow(s.yes, n), grow(s.no, n) }
func (s *boolState) Bytes() int64 { return int64(cap(s.yes)) * 2 }

func (s *boolState) Update(groups []uint32, args []Vector) error {
	t := truthOf(args[0], len(groups))
	for i, g := range groups {
		s.yes[g] = s.yes[g] || t.yes.get(i)
		s.no[g] = s.no[g] || t.no.get(i)
	}
	return nil
}

func (s *boolState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *boolState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *boolState) Result() (arrow.Array, error) {
	b := array.NewBooleanBuilder(allocator)
	for i := range s.yes {
		switch {
		case !s.yes[i] && !s.no[i]:
			b.AppendNull()
		case s.or:
			b.Append(s.yes[i])
		default:
			b.Append(!s.no[i])
		}
	}
	return b.NewArray(), nil
}

// buildBits is bit_and, bit_or and bit_xor.
func buildBits(combine func(a, b int64) int64) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if err := b.coerceTo(anInteger); err != nil {
			return nil, err
		}
		t := b.args[0].Type()
		return &aggregate{
			args: b.args, result: t, nullable: true, buffer: structOf(field(b.name, t, true)),
			start: func(*Context) Accumulator { return &bitState{t: t, combine: combine} },
		}, nil
	}
}

type bitState struct {
	t       types.Type
	combine func(a, b int64) int64
	bits    []int64
	seen    []bool
}

func (s *bitState) Grow(n int)   { s.bits, s.seen = grow(s.bits, n), grow(s.seen, n) }
func (s *bitState) Bytes() int64 { return int64(cap(s.bits)) * 9 }

func (s *bitState) Update(groups []uint32, args []Vector) error {
	values := widened(args[0].Values)
	eachRow(args[0], len(groups), func(i int) {
		g, v := groups[i], values[args[0].at(i)]
		if s.seen[g] {
			v = s.combine(s.bits[g], v)
		}
		s.bits[g], s.seen[g] = v, true
	})
	return nil
}

// widened is integers of any width as int64.
func widened(arr arrow.Array) []int64 {
	out := make([]int64, arr.Len())
	switch arr := arr.(type) {
	case *array.Int8:
		for i, v := range arr.Int8Values() {
			out[i] = int64(v)
		}
	case *array.Int16:
		for i, v := range arr.Int16Values() {
			out[i] = int64(v)
		}
	case *array.Int32:
		for i, v := range arr.Int32Values() {
			out[i] = int64(v)
		}
	case *array.Int64:
		copy(out, arr.Int64Values())
	}
	return out
}

func narrowed(t types.Type, values []int64, valid mask) arrow.Array {
	switch t {
	case types.Byte:
		return newFixed(t, narrowTo64[int8](values), valid)
	case types.Short:
		return newFixed(t, narrowTo64[int16](values), valid)
	case types.Integer:
		return newFixed(t, narrowTo64[int32](values), valid)
	}
	return newFixed(t, values, valid)
}

func narrowTo64[T integer](values []int64) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

func (s *bitState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *bitState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *bitState) Result() (arrow.Array, error) { return narrowed(s.t, s.bits, maskOf(s.seen)), nil }
