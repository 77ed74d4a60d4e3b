package types

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// NullArray is a column of n nulls of a type. Arrow's MakeArrayOfNull panics for types that have void inside.
func NullArray(t arrow.DataType, n int) arrow.Array {
	switch t := t.(type) {
	case *arrow.StructType:
		fields := make([]arrow.ArrayData, t.NumFields())
		for i, f := range t.Fields() {
			fields[i] = NullArray(f.Type, n).Data()
		}
		return array.MakeFromData(array.NewData(t, n, []*memory.Buffer{noneValid(n)}, fields, n, 0))
	case *arrow.ListType, *arrow.MapType:
		elements := NullArray(t.(arrow.ListLikeType).Elem(), 0).Data()
		offsets := memory.NewBufferBytes(make([]byte, (n+1)*arrow.Int32SizeBytes))
		return array.MakeFromData(array.NewData(t, n, []*memory.Buffer{noneValid(n), offsets}, []arrow.ArrayData{elements}, n, 0))
	}
	return array.MakeArrayOfNull(memory.DefaultAllocator, t, n)
}

// noneValid is the validity of n nulls.
func noneValid(n int) *memory.Buffer {
	return memory.NewBufferBytes(make([]byte, bitutil.BytesForBits(int64(n))))
}
