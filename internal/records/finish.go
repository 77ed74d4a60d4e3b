package records

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Finish gives the rows collected as an Arrow array, and begins anew.
func (b *Builder) Finish() arrow.Array {
	data := array.MakeFromData(b.finish())
	b.restart()
	return data
}

// FinishRows gives the rows of a struct's builder as a batch, and begins anew.
func (b *Builder) FinishRows(schema *arrow.Schema) arrow.RecordBatch {
	rows := b.LastRows(schema)
	b.restart()
	return rows
}

// LastRows is FinishRows where nothing follows: the builder is done, and makes no room for more.
func (b *Builder) LastRows(schema *arrow.Schema) arrow.RecordBatch {
	columns := make([]arrow.Array, len(b.Children))
	for i, child := range b.Children {
		columns[i] = array.MakeFromData(child.finish())
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

func (b *Builder) finish() arrow.ArrayData {
	buffers := []*memory.Buffer{b.validity()}
	var children []arrow.ArrayData
	switch b.Kind {
	case Bool:
		buffers = append(buffers, memory.NewBufferBytes(packBits(b.Bools)))
	case Int8:
		buffers = append(buffers, bufferOf(b.Int8s))
	case Int16:
		buffers = append(buffers, bufferOf(b.Int16s))
	case Int32, Date:
		buffers = append(buffers, bufferOf(b.Int32s))
	case Int64, Timestamp, TimestampNTZ:
		buffers = append(buffers, bufferOf(b.Int64s))
	case Float32:
		buffers = append(buffers, bufferOf(b.Float32s))
	case Float64:
		buffers = append(buffers, bufferOf(b.Float64s))
	case Decimal:
		buffers = append(buffers, memory.NewBufferBytes(arrow.Decimal128Traits.CastToBytes(b.Decimals)))
	case String, Binary:
		buffers = append(buffers, bufferOf(b.Offsets), memory.NewBufferBytes(b.Bytes))
	case List:
		buffers = append(buffers, bufferOf(b.Offsets))
		children = []arrow.ArrayData{b.Children[0].finish()}
	case Map:
		buffers = append(buffers, bufferOf(b.Offsets))
		children = []arrow.ArrayData{b.entries()}
	case Struct:
		for _, child := range b.Children {
			children = append(children, child.finish())
		}
	case Null:
		buffers = []*memory.Buffer{nil}
	}
	return array.NewData(b.arrow, b.Len, buffers, children, b.nullCount(), 0)
}

func (b *Builder) nullCount() int {
	if b.Kind == Null {
		return b.Len
	}
	return len(b.nulls)
}

// entries is the struct of keys and values inside a map.
func (b *Builder) entries() arrow.ArrayData {
	rows := b.Children[0].Len
	return array.NewData(b.arrow.(*arrow.MapType).Elem(), rows, []*memory.Buffer{nil},
		[]arrow.ArrayData{b.Children[0].finish(), b.Children[1].finish()}, 0, 0)
}

// validity is nil when nothing is null.
func (b *Builder) validity() *memory.Buffer {
	if len(b.nulls) == 0 {
		return nil
	}
	bits := make([]byte, (b.Len+7)/8)
	for i := range bits {
		bits[i] = 0xFF
	}
	for _, row := range b.nulls {
		bits[row/8] &^= 1 << (row % 8)
	}
	return memory.NewBufferBytes(bits)
}

func packBits(values []bool) []byte {
	bits := make([]byte, (len(values)+7)/8)
	for i, v := range values {
		if v {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}

func bufferOf[T arrow.NumericType](values []T) *memory.Buffer {
	return memory.NewBufferBytes(arrow.GetBytes(values))
}
