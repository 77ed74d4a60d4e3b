package state

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// An UnsafeRow is Spark's binary row, little-endian:
//
//	null bits        one for each field, in words of 8 bytes
//	slots            8 bytes a field: the value, or offset << 32 | size of where it lies
//	variable part    values that do not fit a slot, each padded to 8 bytes
//
// A nested struct is an UnsafeRow in the variable part. An array is its length (8 bytes), null bits,
// elements of their own size padded to 8 bytes together, variable part; a map is the size of its key
// array (8 bytes), the keys, the values. Offsets count from the start of the row, or array.

// values are byte strings one behind the other.
type values struct {
	data []byte
	ends []int // ends[i] is where value i ends and i+1 begins
	from int   // where value 0 begins
}

func (v *values) at(i int) []byte { return v.data[v.start(i):v.ends[i]] }

func (v *values) start(i int) int {
	if i == 0 {
		return v.from
	}
	return v.ends[i-1]
}

func (v *values) size(i int) int { return v.ends[i] - v.start(i) }

// bytesOf gives the bytes of each value of a type that lies behind the slots. A null has none.
func bytesOf(column arrow.Array, t types.Type) values {
	switch c := column.(type) {
	case *array.String:
		return offsetValues(c.Data(), c.Len())
	case *array.Binary:
		return offsetValues(c.Data(), c.Len())
	case *array.Decimal128:
		return decimalBytes(c)
	case *array.MonthDayNanoInterval:
		return intervalBytes(c)
	case *array.Struct:
		if t == types.Type(types.Variant) {
			return variantBytes(c)
		}
		return encodeNested(c, t.(types.Struct))
	case *array.Map:
		return encodeMaps(c, t.(types.Map))
	case *array.List:
		from, to := listEnds(c)
		return encodeLists(c, c.ListValues(), t.(types.Array).Element, from, to)
	}
	panic("internal error: no bytes for " + t.String())
}

// offsetValues are the strings of an Arrow column, where they lie.
func offsetValues(data arrow.ArrayData, n int) values {
	v := values{ends: make([]int, n)}
	if n == 0 {
		return v
	}
	offsets := arrow.Int32Traits.CastFromBytes(data.Buffers()[1].Bytes())[data.Offset():]
	v.from = int(offsets[0])
	for i, end := range offsets[1 : n+1] {
		v.ends[i] = int(end)
	}
	if text := data.Buffers()[2]; text != nil {
		v.data = text.Bytes()
	}
	return v
}

// decimalBytes are the numbers as Java's BigInteger writes them: big-endian, as short as can be.
func decimalBytes(c *array.Decimal128) values {
	v := values{ends: make([]int, c.Len())}
	for i, n := range c.Values() {
		if c.IsValid(i) {
			v.data = appendBigInteger(v.data, n)
		}
		v.ends[i] = len(v.data)
	}
	return v
}

func appendBigInteger(out []byte, n decimal128.Num) []byte {
	var whole [16]byte
	binary.BigEndian.PutUint64(whole[:8], uint64(n.HighBits()))
	binary.BigEndian.PutUint64(whole[8:], n.LowBits())
	short := whole[:]
	for len(short) > 1 && (short[0] == 0 && short[1] < 0x80 || short[0] == 0xff && short[1] >= 0x80) {
		short = short[1:]
	}
	return append(out, short...)
}

func intervalBytes(c *array.MonthDayNanoInterval) values {
	v := values{ends: make([]int, c.Len())}
	for i := range v.ends {
		if c.IsValid(i) {
			value := c.Value(i)
			v.data = binary.LittleEndian.AppendUint32(v.data, uint32(value.Months))
			v.data = binary.LittleEndian.AppendUint32(v.data, uint32(value.Days))
			v.data = binary.LittleEndian.AppendUint64(v.data, uint64(value.Nanoseconds/1000))
		}
		v.ends[i] = len(v.data)
	}
	return v
}

// encodeNested makes rows of the structs that are there.
func encodeNested(c *array.Struct, t types.Struct) values {
	columns := make([]arrow.Array, len(t.Fields))
	for i := range columns {
		columns[i] = c.Field(i)
	}
	return encodeSome(columns, t.Fields, c.Len(), c)
}

// encodeRows makes an UnsafeRow of each row.
func encodeRows(columns []arrow.Array, fields []types.Field, rows int) values {
	return encodeSome(columns, fields, rows, nil)
}

// encodeSome makes an UnsafeRow of each row that owner has; nil: it has all. It works column by column:
// first how much room each row needs, then the rows.
func encodeSome(columns []arrow.Array, fields []types.Field, rows int, owner arrow.Array) values {
	fixed := fixedSize(len(fields))
	out := values{ends: make([]int, rows)}
	for i := range out.ends {
		if owner == nil || owner.IsValid(i) {
			out.ends[i] = fixed
		}
	}
	columns = withNulls(columns)
	behind := make([]values, len(fields))
	for f, field := range fields {
		if !isFixed(field.Type) {
			behind[f] = bytesOf(columns[f], field.Type)
			reserve(out.ends, &behind[f], columns[f], field.Type, owner)
		}
	}
	total := 0
	for i, size := range out.ends {
		total += size
		out.ends[i] = total
	}
	out.data = make([]byte, total)
	w := rowWriter{rows: &out, next: make([]int, rows), nulls: nullBytes(len(fields)), owner: owner}
	for i := range w.next {
		w.next[i] = fixed
	}
	for f, field := range fields {
		if isFixed(field.Type) {
			w.writeFixed(f, columns[f], fixedBits(columns[f], field.Type))
		} else {
			w.writeBytes(f, columns[f], &behind[f], room(field.Type))
		}
	}
	return out
}

// withNulls puts columns of nulls in the place of columns of type void, which do not say of their rows
// that they are null.
func withNulls(columns []arrow.Array) []arrow.Array {
	for i, c := range columns {
		if c.DataType().ID() == arrow.NULL {
			columns = slices.Clone(columns)
			columns[i] = types.NullArray(arrow.PrimitiveTypes.Int64, c.Len())
		}
	}
	return columns
}

func nullBytes(fields int) int { return (fields + 63) / 64 * 8 }

func fixedSize(fields int) int { return nullBytes(fields) + 8*fields }

func padded(size int) int { return (size + 7) &^ 7 }

// room is what a value takes in the variable part of a row even when it is null or short: Spark
// updates decimals and intervals in place.
func room(t types.Type) int {
	if _, ok := t.(types.Decimal); ok || t == types.CalendarInterval {
		return 16
	}
	return 0
}

// reserve adds the room that a column's values take to the sizes of the rows.
func reserve(sizes []int, v *values, column arrow.Array, t types.Type, owner arrow.Array) {
	least := room(t)
	for i := range sizes {
		switch {
		case owner != nil && owner.IsNull(i):
		case column.IsValid(i):
			sizes[i] += max(padded(v.size(i)), least)
		default:
			sizes[i] += least
		}
	}
}

// rowWriter fills rows, field by field.
type rowWriter struct {
	rows  *values
	next  []int // where the variable part of each row goes on, from its start
	nulls int
	owner arrow.Array
}

func (w *rowWriter) absent(i int) bool { return w.owner != nil && w.owner.IsNull(i) }

func (w *rowWriter) writeFixed(field int, column arrow.Array, bits []uint64) {
	slot := w.nulls + 8*field
	for i, v := range bits {
		if w.absent(i) {
			continue
		}
		row := w.rows.at(i)
		if column.IsNull(i) {
			setNullBit(row, field)
			continue
		}
		binary.LittleEndian.PutUint64(row[slot:], v)
	}
}

func (w *rowWriter) writeBytes(field int, column arrow.Array, v *values, least int) {
	slot := w.nulls + 8*field
	for i := range w.next {
		if w.absent(i) {
			continue
		}
		row, at, size := w.rows.at(i), w.next[i], 0
		switch {
		case column.IsValid(i):
			size = copy(row[at:], v.at(i))
		case least > 0:
			setNullBit(row, field)
		default:
			setNullBit(row, field)
			continue
		}
		binary.LittleEndian.PutUint64(row[slot:], uint64(at)<<32|uint64(size))
		w.next[i] = at + max(padded(size), least)
	}
}

// setNullBit works on the words of a row: in little-endian order its bytes count the same.
func setNullBit(row []byte, field int) { row[field>>3] |= 1 << (field & 7) }

func isNullBit(row []byte, field int) bool { return row[field>>3]&(1<<(field&7)) != 0 }

// listEnds gives where each list begins and ends among the elements.
func listEnds(c interface {
	Len() int
	ValueOffsets(i int) (start, end int64)
},
) (from, to []int) {
	from, to = make([]int, c.Len()), make([]int, c.Len())
	for i := range from {
		start, end := c.ValueOffsets(i)
		from[i], to[i] = int(start), int(end)
	}
	return from, to
}

// encodeLists makes an array of each range of elements whose list is there.
func encodeLists(owner, elements arrow.Array, t types.Type, from, to []int) values {
	out := values{ends: make([]int, len(from))}
	elements = withNulls([]arrow.Array{elements})[0]
	w := arrayWriter{elements: elements, size: slotSize(t)}
	if w.size > 0 {
		w.bits = fixedBits(elements, t)
	} else {
		w.behind, w.size, w.variable = bytesOf(elements, t), 8, true
	}
	for i := range from {
		if owner.IsValid(i) {
			out.data = w.append(out.data, from[i], to[i])
		}
		out.ends[i] = len(out.data)
	}
	return out
}

type arrayWriter struct {
	elements arrow.Array
	size     int // of an element's slot
	bits     []uint64
	behind   values
	variable bool
}

func (w *arrayWriter) append(out []byte, from, to int) []byte {
	n, start := to-from, len(out)
	nulls := nullBytes(n)
	head := 8 + nulls + padded(n*w.size)
	out = append(out, make([]byte, head)...)
	binary.LittleEndian.PutUint64(out[start:], uint64(n))
	for e := range n {
		if w.elements.IsNull(from + e) {
			setNullBit(out[start+8:], e)
			continue
		}
		slot := start + 8 + nulls + e*w.size
		if !w.variable {
			putBits(out[slot:], w.bits[from+e], w.size)
			continue
		}
		value := w.behind.at(from + e)
		binary.LittleEndian.PutUint64(out[slot:], uint64(len(out)-start)<<32|uint64(len(value)))
		out = append(out, value...)
		out = append(out, make([]byte, padded(len(value))-len(value))...)
	}
	return out
}

func putBits(out []byte, bits uint64, size int) {
	switch size {
	case 1:
		out[0] = byte(bits)
	case 2:
		binary.LittleEndian.PutUint16(out, uint16(bits))
	case 4:
		binary.LittleEndian.PutUint32(out, uint32(bits))
	default:
		binary.LittleEndian.PutUint64(out, bits)
	}
}

func encodeMaps(c *array.Map, t types.Map) values {
	from, to := listEnds(c)
	keys := encodeLists(c, c.Keys(), t.Key, from, to)
	items := encodeLists(c, c.Items(), t.Value, from, to)
	out := values{ends: make([]int, c.Len())}
	for i := range out.ends {
		if c.IsValid(i) {
			out.data = binary.LittleEndian.AppendUint64(out.data, uint64(keys.size(i)))
			out.data = append(out.data, keys.at(i)...)
			out.data = append(out.data, items.at(i)...)
		}
		out.ends[i] = len(out.data)
	}
	return out
}

// bigInteger reads what appendBigInteger writes: 1 to 16 bytes.
func bigInteger(data []byte) decimal128.Num {
	var whole [16]byte
	if data[0] >= 0x80 {
		copy(whole[:], bytes.Repeat([]byte{0xff}, len(whole)))
	}
	copy(whole[len(whole)-len(data):], data)
	return decimal128.New(int64(binary.BigEndian.Uint64(whole[:8])), binary.BigEndian.Uint64(whole[8:]))
}
