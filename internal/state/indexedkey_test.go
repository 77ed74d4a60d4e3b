package state

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// An indexed key is the row that encoding its columns gives, and gives its key back.
func TestIndexedKeysAreRows(t *testing.T) {
	for columns := 1; columns < 70; columns += 3 {
		var fields []types.Field
		var arrays []arrow.Array
		for i := range columns {
			if i%2 == 0 {
				b := array.NewStringBuilder(memory.DefaultAllocator)
				b.AppendValues([]string{"", "some words", "x", "12345678"}, []bool{i%3 != 0, true, i%5 != 0, true})
				fields, arrays = append(fields, types.Field{Name: "s", Type: types.String, Nullable: true}), append(arrays, b.NewArray())
				continue
			}
			b := array.NewInt64Builder(memory.DefaultAllocator)
			b.AppendValues([]int64{1, -2, 3, 4}, []bool{true, i%3 != 0, true, true})
			fields, arrays = append(fields, types.Field{Name: "n", Type: types.Long, Nullable: true}), append(arrays, b.NewArray())
		}
		numbers := array.NewInt64Builder(memory.DefaultAllocator)
		numbers.AppendValues([]int64{0, 1, 1 << 40, 7}, nil)
		keys := EncodeRows(arrays, fields, 4)
		indexed := EncodeRows(append(arrays, numbers.NewArray()), append(fields, types.Field{Name: "index", Type: types.Long}), 4)
		x := NewIndexedKey(fields)
		for i, index := range []int64{0, 1, 1 << 40, 7} {
			got := x.Append(nil, keys.At(i), 99)
			x.SetIndex(got, index)
			if !bytes.Equal(got, indexed.At(i)) {
				t.Fatalf("%d columns, row %d: %x, want %x", columns, i, got, indexed.At(i))
			}
			key, n := x.Cut(nil, got)
			if !bytes.Equal(key, keys.At(i)) || n != index {
				t.Fatalf("%d columns, row %d: cut %x and %d, want %x and %d", columns, i, key, n, keys.At(i), index)
			}
		}
	}
}
