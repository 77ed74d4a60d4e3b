package expr

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// buildExtreme is min and max.
func buildExtreme(b *builder, largest bool) (*aggregate, error) {
	t := b.args[0].Type()
	if !orderable(t) {
		return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(t))
	}
	return &aggregate{
		args: b.args, result: t, nullable: true, buffer: structOf(field(b.name, t, true)),
		start: func(*Context) Accumulator { return newExtreme(t, largest) },
	}, nil
}

func newExtreme(t types.Type, largest bool) Accumulator {
	switch types.ToArrow(t).ID() {
	case arrow.INT8:
		return integerExtreme[int8](t, largest)
	case arrow.INT16:
		return integerExtreme[int16](t, largest)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		return integerExtreme[int32](t, largest)
	case arrow.INT64, arrow.TIMESTAMP, arrow.DURATION:
		return integerExtreme[int64](t, largest)
	case arrow.FLOAT32:
		return floatExtreme[float32](t, largest)
	case arrow.FLOAT64:
		return floatExtreme[float64](t, largest)
	default:
		return &bestState{t: t, largest: largest}
	}
}

// extremeState keeps the smallest or largest number of fixed width of each group.
type extremeState[T number] struct {
	t      types.Type
	best   []T
	seen   []bool
	update func(best []T, seen []bool, groups []uint32, values []T)
}

func integerExtreme[T integer](t types.Type, largest bool) Accumulator {
	if largest {
		return &extremeState[T]{t: t, update: maxLoop[T]}
	}
	return &extremeState[T]{t: t, update: minLoop[T]}
}

func floatExtreme[T float32 | float64](t types.Type, largest bool) Accumulator {
	if largest {
		return &extremeState[T]{t: t, update: maxFloatLoop[T]}
	}
	return &extremeState[T]{t: t, update: minFloatLoop[T]}
}

func minLoop[T cmp.Ordered](best []T, seen []bool, groups []uint32, values []T) {
	values = values[:len(groups)]
	for i, g := range groups {
		if v := values[i]; !seen[g] || v < best[g] {
			best[g], seen[g] = v, true
		}
	}
}

func maxLoop[T cmp.Ordered](best []T, seen []bool, groups []uint32, values []T) {
	values = values[:len(groups)]
	for i, g := range groups {
		if v := values[i]; !seen[g] || v > best[g] {
			best[g], seen[g] = v, true
		}
	}
}

func minFloatLoop[T float32 | float64](best []T, seen []bool, groups []uint32, values []T) {
	for i, g := range groups {
		if v := values[i]; !seen[g] || compareFloats(v, best[g]) < 0 {
			best[g], seen[g] = v, true
		}
	}
}

func maxFloatLoop[T float32 | float64](best []T, seen []bool, groups []uint32, values []T) {
	for i, g := range groups {
		if v := values[i]; !seen[g] || compareFloats(v, best[g]) > 0 {
			best[g], seen[g] = v, true
		}
	}
}

func (s *extremeState[T]) Grow(n int)   { s.best, s.seen = grow(s.best, n), grow(s.seen, n) }
func (s *extremeState[T]) Bytes() int64 { return int64(cap(s.best)) * 9 }

func (s *extremeState[T]) Update(groups []uint32, args []Vector) error {
	values := broadcast[T](args[0], len(groups))
	if valid := args[0].valid(len(groups)); valid != nil {
		groups, values = compact(groups, values, valid)
	}
	s.update(s.best, s.seen, groups, values)
	return nil
}

func (s *extremeState[T]) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *extremeState[T]) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *extremeState[T]) Result() (arrow.Array, error) {
	return newFixed(s.t, s.best, maskOf(s.seen)), nil
}
