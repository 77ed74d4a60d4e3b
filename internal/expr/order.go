package expr

import (
	"cmp"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// A Comparer orders row i of one column against row j of another: negative, zero or positive. Nulls
// are equal to each other and come first; NaN is equal to itself and comes last, -0.0 equals 0.0.
type Comparer func(i, j int) int

// NewComparer orders values of two columns of the same type, as Spark sorts and groups them.
func newComparer(a, b arrow.Array) Comparer {
	compare := valueComparer(a, b)
	if a.NullN() == 0 && b.NullN() == 0 {
		return compare
	}
	return func(i, j int) int {
		x, y := isNull(a, i), isNull(b, j)
		if x || y {
			return int(b2u(y)) - int(b2u(x))
		}
		return compare(i, j)
	}
}

func valueComparer(a, b arrow.Array) Comparer {
	switch a := a.(type) {
	case *array.Null:
		return func(int, int) int { return 0 }
	case *array.Boolean:
		b := b.(*array.Boolean)
		return func(i, j int) int { return int(b2u(a.Value(i))) - int(b2u(b.Value(j))) }
	case *array.String, *array.Binary:
		return orderedComparer(textValues(a), textValues(b))
	case *array.Float32:
		return floatComparer(fixedValues[float32](a), fixedValues[float32](b))
	case *array.Float64:
		return floatComparer(fixedValues[float64](a), fixedValues[float64](b))
	case *array.Decimal128:
		x, y := fixedValues[decimal128.Num](a), fixedValues[decimal128.Num](b)
		return func(i, j int) int { return x[i].Cmp(y[j]) }
	case *array.MonthDayNanoInterval:
		x, y := fixedValues[arrow.MonthDayNanoInterval](a), fixedValues[arrow.MonthDayNanoInterval](b)
		return func(i, j int) int { return compareIntervals(x[i], y[j]) }
	case *array.Struct:
		return structComparer(a, b.(*array.Struct))
	case list:
		return listComparer(a, b.(list))
	}
	return integerComparer(a, b)
}

func integerComparer(a, b arrow.Array) Comparer {
	switch a.DataType().(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return orderedComparer(fixedValues[int8](a), fixedValues[int8](b))
	case 16:
		return orderedComparer(fixedValues[int16](a), fixedValues[int16](b))
	case 32:
		return orderedComparer(fixedValues[int32](a), fixedValues[int32](b))
	default:
		return orderedComparer(fixedValues[int64](a), fixedValues[int64](b))
	}
}

func orderedComparer[T cmp.Ordered](a, b []T) Comparer {
	return func(i, j int) int { return cmp.Compare(a[i], b[j]) }
}

func floatComparer[T float32 | float64](a, b []T) Comparer {
	return func(i, j int) int { return compareFloats(a[i], b[j]) }
}

// compareFloats is Spark's order: NaN equals NaN and is larger than all else.
func compareFloats[T float32 | float64](a, b T) int {
	switch x, y := math.IsNaN(float64(a)), math.IsNaN(float64(b)); {
	case x || y:
		return int(b2u(x)) - int(b2u(y))
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareIntervals(a, b arrow.MonthDayNanoInterval) int {
	if c := cmp.Compare(a.Months, b.Months); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Days, b.Days); c != 0 {
		return c
	}
	return cmp.Compare(a.Nanoseconds, b.Nanoseconds)
}

func structComparer(a, b *array.Struct) Comparer {
	fields := make([]Comparer, a.NumField())
	for i := range fields {
		fields[i] = newComparer(a.Field(i), b.Field(i))
	}
	return func(i, j int) int {
		for _, f := range fields {
			if c := f(i, j); c != 0 {
				return c
			}
		}
		return 0
	}
}

func listComparer(a, b list) Comparer {
	elements := newComparer(elementsOf(a), elementsOf(b))
	return func(i, j int) int {
		from, to := a.ValueOffsets(i)
		from2, to2 := b.ValueOffsets(j)
		for k := range min(to-from, to2-from2) {
			if c := elements(int(from+k), int(from2+k)); c != 0 {
				return c
			}
		}
		return cmp.Compare(to-from, to2-from2)
	}
}
