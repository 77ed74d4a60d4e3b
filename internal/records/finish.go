package records

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Finish gives the rows collected as an Arrow array, and begins anew.
func (b *Builder) Finish() arrow.Array {
	data := array.MakeFromData(b.finish(&room{}))
	b.restart()
	return data
}

// FinishRows gives the rows of a struct's builder as a batch, and begins anew with room for as many.
func (b *Builder) FinishRows(schema *arrow.Schema) arrow.RecordBatch {
	rows := b.rows(schema, &room{})
	b.restart()
	return rows
}

// LastRows is FinishRows where nothing may follow: no room is made for more. A small batch is a copy, and leaves the builder
// the room that it has: of many small files each is read into the slices of the one before. A larger one is given the
// slices themselves, and the builder has none: Reserve makes new ones.
func (b *Builder) LastRows(schema *arrow.Schema) (rows arrow.RecordBatch, given bool) {
	var needed size
	needed.add(b)
	if needed.bytes > copiedBytes {
		rows = b.rows(schema, &room{})
		b.empty()
		return rows, true
	}
	rows = b.rows(schema, newRoom(needed))
	b.Truncate(0)
	return rows, false
}

func (b *Builder) rows(schema *arrow.Schema, r *room) arrow.RecordBatch {
	columns := make([]arrow.Array, len(b.Children))
	for i, child := range b.Children {
		columns[i] = array.MakeFromData(child.finish(r))
	}
	return array.NewRecordBatch(schema, columns, int64(b.Len))
}

// restart begins with room for as much as there was, and a little more.
func (b *Builder) restart() {
	rows, bytes := b.Len, len(b.Bytes)
	b.start(rows+rows/8, bytes+bytes/8)
	for _, child := range b.Children {
		child.restart()
	}
}

// Reserve makes room for a share of what the last batch held, after LastRows has given its slices away.
func (b *Builder) Reserve(share float64) {
	b.start(int(share*float64(b.lastRows)), int(share*float64(b.lastBytes)))
	for _, child := range b.Children {
		child.Reserve(share)
	}
}

// empty begins without room.
func (b *Builder) empty() {
	b.lastRows, b.lastBytes = b.Len, len(b.Bytes)
	b.start(0, 0)
	for _, child := range b.Children {
		child.empty()
	}
}

func (b *Builder) finish(r *room) arrow.ArrayData {
	buffers := b.buffers(r)
	var children []arrow.ArrayData
	switch b.Kind {
	case Map:
		children = []arrow.ArrayData{b.entries(r)}
	case List, Struct, Variant:
		children = make([]arrow.ArrayData, len(b.Children))
		for i, child := range b.Children {
			children[i] = child.finish(r)
		}
	default: // no other kind has children
	}
	return array.NewData(b.arrow, b.Len, buffers, children, b.nullCount(), 0)
}

// buffers are the column's own, without those of its children.
func (b *Builder) buffers(r *room) []*memory.Buffer {
	switch b.Kind {
	case Null:
		return r.list(nil)
	case Struct, Variant:
		return r.list(b.validity(r))
	case Bool:
		return r.list(b.validity(r), r.wrap(packBits(r.take(bitBytes(b.Len)), b.Bools)))
	case String, Binary:
		return r.list(b.validity(r), r.hold(b.values()), r.hold(b.Bytes))
	default:
		return r.list(b.validity(r), r.hold(b.values()))
	}
}

// values is the memory of the slice that has an entry for each row: numbers, or offsets.
func (b *Builder) values() []byte {
	switch b.Kind {
	case Int8:
		return arrow.GetBytes(b.Int8s)
	case Int16:
		return arrow.GetBytes(b.Int16s)
	case Int32, Date:
		return arrow.GetBytes(b.Int32s)
	case Int64, Timestamp, TimestampNTZ:
		return arrow.GetBytes(b.Int64s)
	case Float32:
		return arrow.GetBytes(b.Float32s)
	case Float64:
		return arrow.GetBytes(b.Float64s)
	case Decimal:
		return arrow.Decimal128Traits.CastToBytes(b.Decimals)
	case String, Binary, List, Map:
		return arrow.GetBytes(b.Offsets)
	default: // null, boolean, struct
		return nil
	}
}

func (b *Builder) nullCount() int {
	if b.Kind == Null {
		return b.Len
	}
	return len(b.nulls)
}

// entries is the struct of keys and values inside a map.
func (b *Builder) entries(r *room) arrow.ArrayData {
	rows := b.Children[0].Len
	return array.NewData(b.arrow.(*arrow.MapType).Elem(), rows, r.list(nil),
		[]arrow.ArrayData{b.Children[0].finish(r), b.Children[1].finish(r)}, 0, 0)
}

// validity is nil when nothing is null.
func (b *Builder) validity(r *room) *memory.Buffer {
	if len(b.nulls) == 0 {
		return nil
	}
	bits := r.take(bitBytes(b.Len))
	for i := range bits {
		bits[i] = 0xFF
	}
	for _, row := range b.nulls {
		bits[row/8] &^= 1 << (row % 8)
	}
	return r.wrap(bits)
}

func bitBytes(rows int) int { return (rows + 7) / 8 }

// packBits sets those bits that are true.
func packBits(bits []byte, values []bool) []byte {
	for i, v := range values {
		if v {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}
