package state

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
)

// hashSeed is where Spark's HashPartitioning and its function hash() begin.
const hashSeed = 42

// Hash gives Spark's hash of each row: Murmur3 over the columns, each column's hash the next one's
// seed. Nulls leave it as it is.
func Hash(columns []arrow.Array, fields []types.Field, rows int) []uint32 {
	hashes := make([]uint32, rows)
	for i := range hashes {
		hashes[i] = hashSeed
	}
	for i, column := range columns {
		hashColumn(hashes, column, fields[i].Type)
	}
	return hashes
}

// hashColumn folds a column into the hashes of its rows.
func hashColumn(hashes []uint32, column arrow.Array, t types.Type) {
	switch {
	case t == types.Null:
	case isFixed(t):
		hashFixed(hashes, column, t)
	case t == types.String || t == types.Binary:
		values := bytesOf(column, t)
		for i := range hashes {
			if column.IsValid(i) {
				hashes[i] = hashBytes(values.at(i), hashes[i])
			}
		}
	default:
		if s, ok := t.(types.Struct); ok && column.NullN() == 0 { // the fields one after the other: windows are such
			for f, field := range s.Fields {
				hashColumn(hashes, column.(*array.Struct).Field(f), field.Type)
			}
			return
		}
		for i := range hashes {
			hashes[i] = hashValue(column, i, t, hashes[i])
		}
	}
}

func hashFixed(hashes []uint32, column arrow.Array, t types.Type) {
	values, wide := fixedBits(column, t), slotSize(t) == 8
	if t == types.Float || t == types.Double {
		positiveZeros(values, wide)
	}
	for i, v := range values {
		switch {
		case column.IsNull(i):
		case wide:
			hashes[i] = hashLong(v, hashes[i])
		default:
			hashes[i] = hashInt(widened(v, t), hashes[i])
		}
	}
}

// positiveZeros makes -0.0 hash as 0.0.
func positiveZeros(values []uint64, wide bool) {
	negative := uint64(1 << 31)
	if wide {
		negative = 1 << 63
	}
	for i, v := range values {
		if v == negative {
			values[i] = 0
		}
	}
}

// widened is a small integer as Java's int.
func widened(v uint64, t types.Type) uint32 {
	switch t {
	case types.Byte:
		return uint32(int32(int8(v)))
	case types.Short:
		return uint32(int32(int16(v)))
	}
	return uint32(v)
}

// hashValue hashes one value of a nested type by walking it.
func hashValue(column arrow.Array, i int, t types.Type, seed uint32) uint32 {
	if t == types.Null || column.IsNull(i) {
		return seed
	}
	switch t := t.(type) {
	case types.Struct:
		s := column.(*array.Struct)
		for f, field := range t.Fields {
			seed = hashValue(s.Field(f), i, field.Type, seed)
		}
		return seed
	case types.Array:
		list := column.(*array.List)
		from, to := list.ValueOffsets(i)
		for e := from; e < to; e++ {
			seed = hashValue(list.ListValues(), int(e), t.Element, seed)
		}
		return seed
	case types.Map:
		m := column.(*array.Map)
		from, to := m.ValueOffsets(i)
		for e := from; e < to; e++ {
			seed = hashValue(m.Keys(), int(e), t.Key, seed)
			seed = hashValue(m.Items(), int(e), t.Value, seed)
		}
		return seed
	}
	if t == types.CalendarInterval {
		v := column.(*array.MonthDayNanoInterval).Value(i)
		seed = hashLong(uint64(v.Nanoseconds/1000), seed)
		return hashInt(uint32(v.Months), hashInt(uint32(v.Days), seed))
	}
	one := array.NewSlice(column, int64(i), int64(i)+1)
	if isFixed(t) {
		hashes := []uint32{seed}
		hashFixed(hashes, one, t)
		return hashes[0]
	}
	values := bytesOf(one, t)
	return hashBytes(values.at(0), seed)
}

func hashInt(v, seed uint32) uint32 { return finish(mix(seed, mixKey(v)), 4) }

func hashLong(v uint64, seed uint32) uint32 {
	return finish(mix(mix(seed, mixKey(uint32(v))), mixKey(uint32(v>>32))), 8)
}

// hashBytes is Spark's older variant: each byte behind the last whole word is mixed in as a word of
// its own, sign included.
func hashBytes(data []byte, seed uint32) uint32 {
	h, n := seed, uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		h = mix(h, mixKey(binary.LittleEndian.Uint32(data)))
	}
	for _, b := range data {
		h = mix(h, mixKey(uint32(int32(int8(b)))))
	}
	return finish(h, n)
}

func mixKey(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }

func mix(h, k uint32) uint32 { return bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64 }

func finish(h, length uint32) uint32 {
	h ^= length
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// partitionOf places a row, as Spark's HashPartitioning does.
func partitionOf(hash uint32, partitions int) int {
	p := int(int32(hash)) % partitions
	if p < 0 {
		p += partitions
	}
	return p
}

// The bits of the one NaN that Java writes.
const (
	javaNaN32 = 0x7fc00000
	javaNaN64 = 0x7ff8000000000000
)

func float32Bits(f float32) uint64 {
	if f != f {
		return javaNaN32
	}
	return uint64(math.Float32bits(f))
}

func float64Bits(f float64) uint64 {
	if f != f {
		return javaNaN64
	}
	return math.Float64bits(f)
}
