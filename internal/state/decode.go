package state

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// decodeRows makes columns of UnsafeRows. A nil row has nulls only. The rows may come from outside:
// every offset is checked.
func decodeRows(rows [][]byte, fields []types.Field) ([]arrow.Array, error) {
	fixed := fixedSize(len(fields))
	for _, row := range rows {
		if row != nil && len(row) < fixed {
			return nil, fmt.Errorf("decode row: %d bytes are less than its %d fields need", len(row), len(fields))
		}
	}
	columns := make([]arrow.Array, len(fields))
	for i, f := range fields {
		var err error
		if columns[i], err = decodeField(rows, i, nullBytes(len(fields))+8*i, f.Type); err != nil {
			return nil, fmt.Errorf("decode row: field %s: %w", f.Name, err)
		}
	}
	return columns, nil
}

func decodeField(rows [][]byte, field, slot int, t types.Type) (arrow.Array, error) {
	if isFixed(t) {
		bits := make([]uint64, len(rows))
		var valid validity
		for i, row := range rows {
			if row == nil || isNullBit(row, field) {
				valid.setNull(i, len(rows))
				continue
			}
			bits[i] = binary.LittleEndian.Uint64(row[slot:])
		}
		return fixedArray(bits, valid, t), nil
	}
	behind := make([][]byte, len(rows))
	for i, row := range rows {
		if row == nil || isNullBit(row, field) {
			continue
		}
		var err error
		if behind[i], err = referred(row, binary.LittleEndian.Uint64(row[slot:])); err != nil {
			return nil, err
		}
	}
	return decodeBytes(behind, t)
}

// referred is what a slot points to; never nil.
func referred(owner []byte, slot uint64) ([]byte, error) {
	at, size := slot>>32, slot&math.MaxUint32
	if at+size > uint64(len(owner)) {
		return nil, fmt.Errorf("%d bytes at %d reach beyond the %d there are", size, at, len(owner))
	}
	return owner[at : at+size : at+size], nil
}

// decodeBytes makes a column of values that lie behind the slots. A nil value is null.
func decodeBytes(data [][]byte, t types.Type) (arrow.Array, error) {
	switch t := t.(type) {
	case types.Struct:
		return decodeStructs(data, t)
	case types.Array:
		elements, offsets, err := decodeLists(data, t.Element)
		if err != nil {
			return nil, err
		}
		return nested(types.ToArrow(t), data, offsets, elements.Data()), nil
	case types.Map:
		return decodeMaps(data, t)
	case types.Decimal:
		return decodeDecimals(data, t)
	}
	switch t {
	case types.CalendarInterval:
		return decodeIntervals(data)
	case types.Variant:
		return decodeVariants(data)
	case types.String, types.Binary:
		return decodeStrings(data, t)
	}
	return nil, fmt.Errorf("internal error: %v does not lie behind the slots", t)
}

func nullsOf(data [][]byte) (valid validity) {
	for i, v := range data {
		if v == nil {
			valid.setNull(i, len(data))
		}
	}
	return valid
}

func decodeStrings(data [][]byte, t types.Type) (arrow.Array, error) {
	total := 0
	for _, v := range data {
		total += len(v)
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes of text do not fit one batch", total)
	}
	text, offsets := make([]byte, 0, total), make([]int32, 1, len(data)+1)
	for _, v := range data {
		text = append(text, v...)
		offsets = append(offsets, int32(len(text)))
	}
	valid := nullsOf(data)
	return valid.array(types.ToArrow(t), len(data), offsetBuffer(offsets), memory.NewBufferBytes(text)), nil
}

func offsetBuffer(offsets []int32) *memory.Buffer {
	return memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))
}

func decodeDecimals(data [][]byte, t types.Decimal) (arrow.Array, error) {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, types.ToArrow(t).(*arrow.Decimal128Type))
	b.Reserve(len(data))
	most := decimal128.GetMaxValue(int32(t.Precision))
	for _, v := range data {
		switch {
		case v == nil:
			b.AppendNull()
		case len(v) == 0 || len(v) > 16:
			return nil, fmt.Errorf("a decimal of %d bytes", len(v))
		default:
			n := bigInteger(v)
			if n.Greater(most) || n.Less(most.Negate()) {
				return nil, fmt.Errorf("a decimal of more than %d digits", t.Precision)
			}
			b.Append(n)
		}
	}
	return b.NewArray(), nil
}

func decodeIntervals(data [][]byte) (arrow.Array, error) {
	b := array.NewMonthDayNanoIntervalBuilder(memory.DefaultAllocator)
	b.Reserve(len(data))
	for _, v := range data {
		switch {
		case v == nil:
			b.AppendNull()
		case len(v) != 16:
			return nil, fmt.Errorf("an interval of %d bytes", len(v))
		default:
			micros := int64(binary.LittleEndian.Uint64(v[8:]))
			if micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
				return nil, fmt.Errorf("an interval of %d microseconds, which are too many", micros)
			}
			b.Append(arrow.MonthDayNanoInterval{
				Months:      int32(binary.LittleEndian.Uint32(v)),
				Days:        int32(binary.LittleEndian.Uint32(v[4:])),
				Nanoseconds: micros * 1000,
			})
		}
	}
	return b.NewArray(), nil
}

func decodeStructs(data [][]byte, t types.Struct) (arrow.Array, error) {
	columns, err := decodeRows(data, t.Fields)
	if err != nil {
		return nil, err
	}
	valid := nullsOf(data)
	children := make([]arrow.ArrayData, len(columns))
	for i, c := range columns {
		children[i] = c.Data()
	}
	return array.NewStructData(array.NewData(types.ToArrow(t), len(data), []*memory.Buffer{valid.buffer()}, children, valid.nulls, 0)), nil
}

// decodeLists takes arrays apart into their elements, and says where each array begins.
func decodeLists(data [][]byte, t types.Type) (elements arrow.Array, offsets []int32, err error) {
	offsets = make([]int32, 1, len(data)+1)
	total := 0
	for _, v := range data {
		if v != nil {
			n, err := arrayLength(v, t)
			if err != nil {
				return nil, nil, err
			}
			total += n
		}
		if total > math.MaxInt32 {
			return nil, nil, fmt.Errorf("%d elements do not fit one batch", total)
		}
		offsets = append(offsets, int32(total))
	}
	if size := slotSize(t); size > 0 {
		return fixedElements(data, offsets, t, size), offsets, nil
	}
	elements, err = variableElements(data, offsets, t)
	return elements, offsets, err
}

func elementSize(t types.Type) int {
	if size := slotSize(t); size > 0 {
		return size
	}
	return 8
}

// arrayLength reads the number of elements, for all of which there are slots.
func arrayLength(v []byte, t types.Type) (int, error) {
	if len(v) < 8 {
		return 0, fmt.Errorf("an array of %d bytes", len(v))
	}
	n := binary.LittleEndian.Uint64(v)
	if n > uint64(len(v)) || 8+nullBytes(int(n))+int(n)*elementSize(t) > len(v) {
		return 0, fmt.Errorf("%d elements do not fit an array of %d bytes", n, len(v))
	}
	return int(n), nil
}

func fixedElements(data [][]byte, offsets []int32, t types.Type, size int) arrow.Array {
	bits := make([]uint64, offsets[len(data)])
	var valid validity
	for i, v := range data {
		from, n := int(offsets[i]), int(offsets[i+1]-offsets[i])
		slots := 8 + nullBytes(n)
		for e := range n {
			if isNullBit(v[8:], e) {
				valid.setNull(from+e, len(bits))
				continue
			}
			bits[from+e] = getBits(v[slots+e*size:], size)
		}
	}
	return fixedArray(bits, valid, t)
}

func getBits(data []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(data[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(data))
	case 4:
		return uint64(binary.LittleEndian.Uint32(data))
	}
	return binary.LittleEndian.Uint64(data)
}

func variableElements(data [][]byte, offsets []int32, t types.Type) (arrow.Array, error) {
	all := make([][]byte, offsets[len(data)])
	for i, v := range data {
		from, n := int(offsets[i]), int(offsets[i+1]-offsets[i])
		slots := 8 + nullBytes(n)
		for e := range n {
			if isNullBit(v[8:], e) {
				continue
			}
			var err error
			if all[from+e], err = referred(v, binary.LittleEndian.Uint64(v[slots+8*e:])); err != nil {
				return nil, err
			}
		}
	}
	return decodeBytes(all, t)
}

// nested makes a list or map column.
func nested(dt arrow.DataType, data [][]byte, offsets []int32, children arrow.ArrayData) arrow.Array {
	valid := nullsOf(data)
	return array.MakeFromData(array.NewData(dt, len(data),
		[]*memory.Buffer{valid.buffer(), offsetBuffer(offsets)}, []arrow.ArrayData{children}, valid.nulls, 0))
}

func decodeMaps(data [][]byte, t types.Map) (arrow.Array, error) {
	keyData, itemData := make([][]byte, len(data)), make([][]byte, len(data))
	for i, v := range data {
		if v == nil {
			continue
		}
		if len(v) < 8 {
			return nil, fmt.Errorf("a map of %d bytes", len(v))
		}
		size := binary.LittleEndian.Uint64(v)
		if size > uint64(len(v)-8) {
			return nil, fmt.Errorf("%d bytes of keys do not fit a map of %d", size, len(v))
		}
		keyData[i], itemData[i] = v[8:8+size], v[8+size:]
	}
	keys, offsets, err := decodeLists(keyData, t.Key)
	if err != nil {
		return nil, err
	}
	items, itemOffsets, err := decodeLists(itemData, t.Value)
	if err != nil {
		return nil, err
	}
	if keys.NullN() > 0 {
		return nil, fmt.Errorf("a map with a null key")
	}
	for i := range offsets {
		if offsets[i] != itemOffsets[i] {
			return nil, fmt.Errorf("a map with more keys than values, or fewer")
		}
	}
	dt := types.ToArrow(t).(*arrow.MapType)
	entries := array.NewData(dt.Elem(), keys.Len(), []*memory.Buffer{nil}, []arrow.ArrayData{keys.Data(), items.Data()}, 0, 0)
	return nested(dt, data, offsets, entries), nil
}
