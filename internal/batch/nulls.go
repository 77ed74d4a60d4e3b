package batch

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Nulls is an array of n nulls of a type. Arrow's own does not know the null type inside of others.
func Nulls(t arrow.DataType, n int) arrow.Array {
	if !holdsNull(t) {
		return array.MakeArrayOfNull(memory.DefaultAllocator, t, n)
	}
	b := array.NewBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	b.AppendNulls(n)
	return b.NewArray()
}

func holdsNull(t arrow.DataType) bool {
	nested, ok := t.(arrow.NestedType)
	if !ok {
		return t.ID() == arrow.NULL
	}
	for _, f := range nested.Fields() {
		if holdsNull(f.Type) {
			return true
		}
	}
	return false
}
