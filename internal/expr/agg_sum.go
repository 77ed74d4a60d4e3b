package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// buildSum adds up: integers as bigint, floats as double, decimals with ten digits more.
func buildSum(b *builder, fail onFailure) (*aggregate, error) {
	a := &aggregate{nullable: true}
	switch t := b.args[0].Type().(type) {
	case types.Decimal:
		sum := types.Decimal{Precision: min(t.Precision+10, types.MaxPrecision), Scale: t.Scale}
		a.result = sum
		a.buffer = structOf(field("sum", sum, true), field("isEmpty", types.Boolean, false))
		a.start = func(*Context) Accumulator { return &decimalSum{t: sum, fail: fail} }
	case types.Interval:
		a.result = yearToMonth
		if !t.YearMonth() {
			a.result = dayToSecond
		}
		sum := a.result
		if t.YearMonth() {
			a.start = func(*Context) Accumulator { return &sumState[int32]{t: sum, add: sumIntegers[int32], fail: failError} }
		} else {
			a.start = func(*Context) Accumulator { return &sumState[int64]{t: sum, add: sumIntegers[int64], fail: failError} }
		}
		a.buffer = structOf(field("sum", a.result, true))
	default:
		to := types.Type(types.Long)
		a.start = func(*Context) Accumulator {
			return &sumState[int64]{t: types.Long, add: sumIntegers[int64], fail: fail}
		}
		if !isInteger(t) {
			if err := b.coerceTo(aNumber); err != nil {
				return nil, err
			}
			to = types.Double
			a.start = func(*Context) Accumulator { return &sumState[float64]{t: types.Double, add: sumFloats} }
		}
		var err error
		if b.args[0], err = implicit(b.ctx, b.args[0], to); err != nil {
			return nil, err
		}
		a.result = to
		a.buffer = structOf(field("sum", to, true))
	}
	a.args = b.args
	return a, nil
}

// sumState adds numbers of fixed width.
type sumState[T int32 | int64 | float64] struct {
	t    types.Type
	fail onFailure
	sums []T
	seen []bool
	over []bool // try_sum: groups that overflowed; nil: none
	add  func(sums []T, groups []uint32, values []T) bool
}

func (s *sumState[T]) Grow(n int) {
	s.sums, s.seen = grow(s.sums, n), grow(s.seen, n)
	if s.over != nil {
		s.over = grow(s.over, n)
	}
}

func (s *sumState[T]) Bytes() int64 { return int64(cap(s.sums))*8 + int64(cap(s.seen)) }

func (s *sumState[T]) Update(groups []uint32, args []Vector) error {
	return s.addAll(groups, args[0])
}

func (s *sumState[T]) addAll(groups []uint32, v Vector) error {
	values := broadcast[T](v, len(groups))
	if valid := v.valid(len(groups)); valid != nil {
		groups, values = compact(groups, values, valid)
	}
	for _, g := range groups {
		s.seen[g] = true
	}
	if s.fail == failNull {
		s.addTolerant(groups, values)
		return nil
	}
	if s.add(s.sums, groups, values) && s.fail == failError {
		return overflow(s.t, "try_sum")
	}
	return nil
}

// addTolerant goes one by one, to know which group overflows.
func (s *sumState[T]) addTolerant(groups []uint32, values []T) {
	for i := range groups {
		if s.add(s.sums, groups[i:i+1], values[i:i+1]) {
			if s.over == nil {
				s.over = make([]bool, len(s.sums))
			}
			s.over[groups[i]] = true
		}
	}
}

// compact leaves out the rows without a value.
func compact[T any](groups []uint32, values []T, valid mask) ([]uint32, []T) {
	g, v := make([]uint32, 0, len(groups)), make([]T, 0, len(groups))
	for i := range groups {
		if valid.get(i) {
			g, v = append(g, groups[i]), append(v, values[i])
		}
	}
	return g, v
}

func sumIntegers[T int32 | int64](sums []T, groups []uint32, values []T) (overflow bool) {
	values = values[:len(groups)]
	var bad T
	for i, g := range groups {
		v := values[i]
		sum := sums[g] + v
		bad |= (sums[g] ^ sum) & (v ^ sum)
		sums[g] = sum
	}
	return bad < 0
}

func sumFloats(sums []float64, groups []uint32, values []float64) bool {
	values = values[:len(groups)]
	for i, g := range groups {
		sums[g] += values[i]
	}
	return false
}

func (s *sumState[T]) Merge(groups []uint32, state []arrow.Array) error {
	return s.addAll(groups, Vector{Values: state[0]})
}

func (s *sumState[T]) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *sumState[T]) Result() (arrow.Array, error) {
	valid := maskOf(s.seen)
	for g, over := range s.over {
		if over {
			if valid == nil {
				valid = fullMask(len(s.seen))
			}
			valid.clear(g)
		}
	}
	return newFixed(s.t, s.sums, valid), nil
}

// decimalSum adds decimals. A sum past its digits is null and stays so; the end makes it an error.
type decimalSum struct {
	t    types.Decimal
	fail onFailure
	sums []decimal128.Num
	seen []bool
	over []bool
}

func (s *decimalSum) Grow(n int) {
	s.sums, s.seen, s.over = grow(s.sums, n), grow(s.seen, n), grow(s.over, n)
}
func (s *decimalSum) Bytes() int64 { return int64(cap(s.sums)) * 18 }

func (s *decimalSum) Update(groups []uint32, args []Vector) error {
	values, step := operand[decimal128.Num](args[0])
	valid := args[0].valid(len(groups))
	for i, g := range groups {
		if valid.has(i) {
			s.add(g, values[i&step])
		}
	}
	return nil
}

func (s *decimalSum) add(g uint32, v decimal128.Num) {
	s.seen[g] = true
	sum := s.sums[g].Add(v)
	if !fits(sum, s.t.Precision) {
		s.over[g] = true
		return
	}
	s.sums[g] = sum
}

func (s *decimalSum) Merge(groups []uint32, state []arrow.Array) error {
	values, empty, valid := fixedValues[decimal128.Num](state[0]), boolBits(state[1]), validOf(state[0])
	for i, g := range groups {
		switch {
		case valid.has(i) && !empty.get(i):
			s.add(g, values[i])
		case !valid.has(i) && !empty.get(i):
			s.seen[g], s.over[g] = true, true
		}
	}
	return nil
}

func (s *decimalSum) State() ([]arrow.Array, error) {
	empty := newMask(len(s.seen))
	notOver := make([]bool, len(s.seen))
	for i, seen := range s.seen {
		empty[i>>6] |= b2u(!seen) << (i & 63)
		notOver[i] = !s.over[i]
	}
	return []arrow.Array{newFixed(s.t, s.sums, maskOf(notOver)), newBools(empty, nil, len(s.seen))}, nil
}

func (s *decimalSum) Result() (arrow.Array, error) {
	ok := make([]bool, len(s.seen))
	for i, seen := range s.seen {
		if s.over[i] && s.fail == failError {
			return nil, overflowError("Overflow in sum of decimals.", "try_sum")
		}
		ok[i] = seen && !s.over[i]
	}
	return newFixed(s.t, s.sums, maskOf(ok)), nil
}
