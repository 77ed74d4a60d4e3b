package records

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A Kind is how a column's values are held.
type Kind uint8

// The kinds of column.
const (
	Null Kind = iota
	Bool
	Int8
	Int16
	Int32
	Int64
	Float32
	Float64
	Date
	Timestamp
	TimestampNTZ
	Decimal
	String
	Binary
	List
	Map
	Struct
	Variant // its children are metadata and value
)

// A Builder collects one column, row by row, in plain slices, and can take rows back. Parsers append to
// the slice of the kind themselves, and count Len.
type Builder struct {
	Kind  Kind
	Type  types.Type
	Len   int // rows
	nulls []int32

	lastRows, lastBytes int // of the batch that took the slices with it; see Reserve

	Bools    []bool
	Int8s    []int8
	Int16s   []int16
	Int32s   []int32 // dates too
	Int64s   []int64 // timestamps too
	Float32s []float32
	Float64s []float64
	Decimals []decimal128.Num

	Bytes    []byte  // of strings and binaries
	Offsets  []int32 // into Bytes, or into Children
	Children []*Builder

	arrow arrow.DataType
}

// NewBuilder makes a builder for columns of a type.
func NewBuilder(t types.Type) (*Builder, error) {
	b := &Builder{Type: t, arrow: types.ToArrow(t)}
	switch t := t.(type) {
	case types.Primitive:
		kind, ok := primitiveKinds[t]
		if !ok {
			return nil, unsupported(t)
		}
		b.Kind = kind
		if kind == Variant {
			return b, b.addChildren(types.Binary, types.Binary)
		}
	case types.Decimal:
		b.Kind = Decimal
	case types.Array:
		b.Kind = List
		return b, b.addChildren(t.Element)
	case types.Map:
		b.Kind = Map
		return b, b.addChildren(t.Key, t.Value)
	case types.Struct:
		b.Kind = Struct
		for _, f := range t.Fields {
			if err := b.addChildren(f.Type); err != nil {
				return nil, err
			}
		}
	default:
		return nil, unsupported(t)
	}
	b.start(0, 0)
	return b, nil
}

func (b *Builder) addChildren(all ...types.Type) error {
	for _, t := range all {
		child, err := NewBuilder(t)
		if err != nil {
			return err
		}
		b.Children = append(b.Children, child)
	}
	b.start(0, 0)
	return nil
}

var primitiveKinds = map[types.Primitive]Kind{
	types.Null: Null, types.Boolean: Bool, types.Byte: Int8, types.Short: Int16, types.Integer: Int32, types.Long: Int64,
	types.Float: Float32, types.Double: Float64, types.String: String, types.Binary: Binary,
	types.Date: Date, types.Timestamp: Timestamp, types.TimestampNTZ: TimestampNTZ, types.Variant: Variant,
}

func unsupported(t types.Type) error {
	return errclass.UnsupportedDatatype.New("a text file cannot be read into a column of type \"%s\".", types.SQL(t)).
		WithHint("Read the column as STRING and convert it in the query.")
}

// start begins empty slices of a capacity.
func (b *Builder) start(rows, bytes int) {
	b.Len, b.nulls = 0, b.nulls[:0]
	switch b.Kind {
	case Bool:
		b.Bools = make([]bool, 0, rows)
	case Int8:
		b.Int8s = make([]int8, 0, rows)
	case Int16:
		b.Int16s = make([]int16, 0, rows)
	case Int32, Date:
		b.Int32s = make([]int32, 0, rows)
	case Int64, Timestamp, TimestampNTZ:
		b.Int64s = make([]int64, 0, rows)
	case Float32:
		b.Float32s = make([]float32, 0, rows)
	case Float64:
		b.Float64s = make([]float64, 0, rows)
	case Decimal:
		b.Decimals = make([]decimal128.Num, 0, rows)
	case String, Binary:
		b.Bytes = make([]byte, 0, bytes)
		b.Offsets = append(make([]int32, 0, rows+1), 0)
	case List, Map:
		b.Offsets = append(make([]int32, 0, rows+1), 0)
	case Null, Struct, Variant:
	}
}

// AppendBytes adds a string or a binary. Where there is room it stores lengths alone: an append would store the pointer too,
// which costs a barrier while garbage is collected.
func (b *Builder) AppendBytes(value []byte) {
	if start, end := len(b.Bytes), len(b.Bytes)+len(value); end <= cap(b.Bytes) {
		b.Bytes = b.Bytes[:end]
		copy(b.Bytes[start:], value)
	} else {
		b.Bytes = append(b.Bytes, value...)
	}
	b.CloseBytes()
}

// AppendSpan is AppendBytes of text[start:end]. Short values are most: sixteen bytes are copied at once, whatever the value's
// length, where the text and the room go on for so long.
func (b *Builder) AppendSpan(text []byte, start, end int) {
	const most = 16
	at := len(b.Bytes)
	if end-start > most || start+most > len(text) || at+most > cap(b.Bytes) {
		b.AppendBytes(text[start:end])
		return
	}
	from, to := text[start:start+most], b.Bytes[at:at+most]
	binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
	binary.LittleEndian.PutUint64(to[8:], binary.LittleEndian.Uint64(from[8:]))
	b.Bytes = b.Bytes[:at+end-start]
	b.CloseBytes()
}

// CloseBytes ends a value whose bytes have been appended to Bytes.
func (b *Builder) CloseBytes() {
	b.Offsets = append(b.Offsets, int32(len(b.Bytes)))
	b.Len++
}

// CloseList ends a list or map whose elements have been added to the children.
func (b *Builder) CloseList() {
	b.Offsets = append(b.Offsets, int32(b.Children[0].Len))
	b.Len++
}

// AppendVariant adds a variant.
func (b *Builder) AppendVariant(metadata, value []byte) {
	b.Children[types.VariantMetadata].AppendBytes(metadata)
	b.Children[types.VariantValue].AppendBytes(value)
	b.Len++
}

// AppendNull adds a null. Bytes or elements added since the last row are its own and stay unseen: take
// them back with Truncate first.
func (b *Builder) AppendNull() {
	b.nulls = append(b.nulls, int32(b.Len))
	switch b.Kind {
	case Bool:
		b.Bools = append(b.Bools, false)
	case Int8:
		b.Int8s = append(b.Int8s, 0)
	case Int16:
		b.Int16s = append(b.Int16s, 0)
	case Int32, Date:
		b.Int32s = append(b.Int32s, 0)
	case Int64, Timestamp, TimestampNTZ:
		b.Int64s = append(b.Int64s, 0)
	case Float32:
		b.Float32s = append(b.Float32s, 0)
	case Float64:
		b.Float64s = append(b.Float64s, 0)
	case Decimal:
		b.Decimals = append(b.Decimals, decimal128.Num{})
	case String, Binary:
		b.Offsets = append(b.Offsets, int32(len(b.Bytes)))
	case List, Map:
		b.Offsets = append(b.Offsets, int32(b.Children[0].Len))
	case Struct:
		for _, child := range b.Children {
			child.AppendNull()
		}
	case Variant:
		for _, child := range b.Children {
			child.AppendBytes(nil)
		}
	case Null:
	}
	b.Len++
}

// AppendNullRow adds a row of nulls to a struct's builder: a row that is there, unlike that of AppendNull.
func (b *Builder) AppendNullRow() {
	for _, column := range b.Children {
		column.AppendNull()
	}
	b.Len++
}

// Truncate takes back every row from row n on, finished or not.
func (b *Builder) Truncate(n int) {
	switch b.Kind {
	case Bool:
		b.Bools = b.Bools[:n]
	case Int8:
		b.Int8s = b.Int8s[:n]
	case Int16:
		b.Int16s = b.Int16s[:n]
	case Int32, Date:
		b.Int32s = b.Int32s[:n]
	case Int64, Timestamp, TimestampNTZ:
		b.Int64s = b.Int64s[:n]
	case Float32:
		b.Float32s = b.Float32s[:n]
	case Float64:
		b.Float64s = b.Float64s[:n]
	case Decimal:
		b.Decimals = b.Decimals[:n]
	case String, Binary:
		b.Offsets = b.Offsets[:n+1]
		b.Bytes = b.Bytes[:b.Offsets[n]]
	case List, Map:
		b.Offsets = b.Offsets[:n+1]
		for _, child := range b.Children {
			child.Truncate(int(b.Offsets[n]))
		}
	case Struct, Variant:
		for _, child := range b.Children {
			child.Truncate(n)
		}
	case Null:
	}
	b.Len = n
	for len(b.nulls) > 0 && int(b.nulls[len(b.nulls)-1]) >= n {
		b.nulls = b.nulls[:len(b.nulls)-1]
	}
}

// AppendNullAt adds a null to a list or a map whose offset has been appended.
func (b *Builder) AppendNullAt() {
	b.nulls = append(b.nulls, int32(b.Len))
	b.Len++
}
