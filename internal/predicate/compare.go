package predicate

import (
	"bytes"
	"cmp"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// compare orders two values of one kind. It knows nothing of values of different kinds, of a nil
// bound, or of NaN, whose place Parquet and Spark disagree on.
func compare(a, b Value) (order int, known bool) {
	switch a := a.(type) {
	case bool:
		b, ok := b.(bool)
		return cmp.Compare(boolRank(a), boolRank(b)), ok
	case int64:
		b, ok := b.(int64)
		return cmp.Compare(a, b), ok
	case float64:
		b, ok := b.(float64)
		return cmp.Compare(a, b), ok && !math.IsNaN(a) && !math.IsNaN(b)
	case string:
		b, ok := b.(string)
		return cmp.Compare(a, b), ok
	case []byte:
		b, ok := b.([]byte)
		return bytes.Compare(a, b), ok
	case decimal128.Num:
		b, ok := b.(decimal128.Num)
		return a.Cmp(b), ok
	}
	return 0, false
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Least is the smaller of two values of one kind. Nil stands for none.
func Least(a, b Value) Value { return better(a, b, -1) }

// Greatest is the larger of two values of one kind. Nil stands for none.
func Greatest(a, b Value) Value { return better(a, b, 1) }

func better(a, b Value, sign int) Value {
	if a == nil {
		return b
	}
	if order, known := compare(b, a); known && order*sign > 0 {
		return b
	}
	return a
}
