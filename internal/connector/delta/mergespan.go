package delta

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// fewKeys is how many keys are looked for one by one in statistics; of more only the least and the greatest are.
const fewKeys = 64

// A keySpan is what is known of the values of a key: all of them while they are few, the least and the greatest of any number. The zero
// value has seen none.
type keySpan struct {
	nulls bool // null is among them
	some  bool // values that are not null are
	held  spanOf
}

// A spanOf is the values of one type.
type spanOf interface {
	see(values arrow.Array)
	values() (values []any, all bool)
}

func (s *keySpan) see(values arrow.Array) {
	s.nulls = s.nulls || values.NullN() > 0
	s.some = s.some || values.NullN() < values.Len()
	if s.held == nil {
		s.held = newSpan(values)
	}
	if s.held != nil {
		s.held.see(values)
	}
}

// values are all values, or the least and the greatest; none where the type has none that statistics know.
func (s *keySpan) values() (values []any, all bool) {
	if s.held == nil {
		return nil, false
	}
	values, all = s.held.values()
	for i, v := range values {
		if text, ok := v.(string); ok {
			values[i] = strings.Clone(text) // the rows go before what is known of them
		}
	}
	return values, all
}

func newSpan(of arrow.Array) spanOf {
	switch of.(type) {
	case *array.Int8:
		return comparing(func(a arrow.Array) func(int) int8 { return a.(*array.Int8).Value })
	case *array.Int16:
		return comparing(func(a arrow.Array) func(int) int16 { return a.(*array.Int16).Value })
	case *array.Int32:
		return comparing(func(a arrow.Array) func(int) int32 { return a.(*array.Int32).Value })
	case *array.Int64:
		return comparing(func(a arrow.Array) func(int) int64 { return a.(*array.Int64).Value })
	case *array.Date32:
		return comparing(func(a arrow.Array) func(int) int32 {
			days := a.(*array.Date32)
			return func(i int) int32 { return int32(days.Value(i)) }
		})
	case *array.Timestamp:
		return comparing(func(a arrow.Array) func(int) int64 {
			micros := a.(*array.Timestamp)
			return func(i int) int64 { return int64(micros.Value(i)) }
		})
	case *array.String:
		return comparing(func(a arrow.Array) func(int) string {
			texts := a.(*array.String)
			return func(i int) string { return texts.Value(i) }
		})
	case *array.Decimal128:
		return &span[decimal128.Num]{
			of: func(a arrow.Array) func(int) decimal128.Num { return a.(*array.Decimal128).Value }, compare: decimal128.Num.Cmp,
		}
	}
	return nil
}

func comparing[T cmp.Ordered](of func(arrow.Array) func(int) T) *span[T] {
	return &span[T]{of: of, compare: cmp.Compare[T]}
}

type span[T comparable] struct {
	of              func(arrow.Array) func(int) T
	compare         func(a, b T) int
	few             map[T]bool // nil when there are many, or none yet
	many            bool
	least, greatest T
}

func (s *span[T]) see(values arrow.Array) {
	value := s.of(values)
	for i := range values.Len() {
		if values.IsNull(i) {
			continue
		}
		v := value(i)
		switch {
		case s.few == nil && !s.many:
			s.few, s.least, s.greatest = map[T]bool{v: true}, v, v
			continue
		case s.compare(v, s.least) < 0:
			s.least = v
		case s.compare(v, s.greatest) > 0:
			s.greatest = v
		}
		if !s.many {
			s.few[v] = true
			if len(s.few) > fewKeys {
				s.few, s.many = nil, true
			}
		}
	}
}

func (s *span[T]) values() (values []any, all bool) {
	if s.many {
		return []any{s.least, s.greatest}, false
	}
	for _, v := range slices.SortedFunc(maps.Keys(s.few), s.compare) {
		values = append(values, v)
	}
	return values, true
}
