package state

import (
	"encoding/binary"
	"math"

	"lakehouse/internal/types"
)

// An IndexedKey makes keys with a number behind their columns, which lets a store hold several values for a key, as Spark's
// stream joins do. Both are rows: what lies behind the slots of the one lies behind those of the other, further on.
type IndexedKey struct {
	cut   prefixCutter
	nulls int // bytes of null bits of an indexed key
	slot  int // of the number
}

// NewIndexedKey is for keys of these columns.
func NewIndexedKey(fields []types.Field) *IndexedKey {
	n := len(fields)
	indexed := append(append(make([]types.Field, 0, n+1), fields...), types.Field{Name: "index", Type: types.Long})
	return &IndexedKey{cut: newPrefixCutter(indexed, n), nulls: nullBytes(n + 1), slot: nullBytes(n+1) + 8*n}
}

// Append appends the indexed key of a key row.
func (x *IndexedKey) Append(out, key []byte, index int64) []byte {
	if len(key) < x.cut.head {
		return append(out, key...) // no row of these columns; it equals no other
	}
	from := len(out)
	out = append(out, key[:x.cut.nulls]...)
	for len(out)-from < x.nulls {
		out = append(out, 0)
	}
	shift := uint64(x.cut.variable - x.cut.head)
	for i, column := range x.cut.columns {
		word := binary.LittleEndian.Uint64(key[x.cut.nulls+8*i:])
		if !column.fixed && word != 0 {
			word += shift << 32
		}
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	out = binary.LittleEndian.AppendUint64(out, uint64(index))
	return append(out, key[x.cut.head:]...)
}

// SetIndex changes the number of an indexed key.
func (x *IndexedKey) SetIndex(indexed []byte, index int64) {
	if len(indexed) >= x.slot+8 {
		binary.LittleEndian.PutUint64(indexed[x.slot:], uint64(index))
	}
}

// Cut appends the key row of an indexed key, and gives the number.
func (x *IndexedKey) Cut(out, indexed []byte) (key []byte, index int64) {
	if len(indexed) < x.slot+8 {
		return append(out, indexed...), math.MaxInt64
	}
	return x.cut.prefix(out, indexed), int64(binary.LittleEndian.Uint64(indexed[x.slot:]))
}
