package parquetio

import (
	"hash/maphash"
	"slices"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// nodeKind tells the nodes of a schema apart.
type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode
	mapNode
	variantNode // of what is written: a struct of value and metadata
	voidNode    // likewise: nothing
)

// A writeNode is a node of the schema that is written.
type writeNode struct {
	name       string // dotted path, for errors
	kind       nodeKind
	nullable   bool
	repetition uint8        // of a list or map: the level of its second and later elements
	children   []*writeNode // of a struct its fields; the element; key and value
	leaf       *leafWriter
	nulls      int64 // of a list or map: those in the file so far
}

// A layout is how a schema lies in a file.
type layout struct {
	elements []format.SchemaElement
	columns  []*writeNode
	leaves   []*leafWriter
	flat     []flatColumn
	seed     uint64 // of the dictionaries
	omitVoid bool
}

// A flatColumn is a column, or a field of structs, that has at most one value a row: statistics are kept of it.
type flatColumn struct {
	path []string
	typ  types.Type
	node *writeNode // a leaf, a list or a map
}

// maxDepth bounds the nesting of a schema.
const maxDepth = 100

// newLayout lays a schema out as Spark does.
func newLayout(schema types.Struct, omitVoid bool) (*layout, error) {
	l := &layout{seed: maphash.Bytes(maphash.MakeSeed(), nil), omitVoid: omitVoid}
	l.elements = append(l.elements, format.SchemaElement{
		Name: "spark_schema", NumChildren: thrift.New(l.held(schema)),
	})
	for _, f := range schema.Fields {
		node, err := l.addField(f, place{})
		if err != nil {
			return nil, err
		}
		l.columns = append(l.columns, node)
	}
	return l, nil
}

// held is how many fields of a struct the file holds.
func (l *layout) held(t types.Struct) int32 {
	n := len(t.Fields)
	if l.omitVoid {
		for _, f := range t.Fields {
			if f.Type == types.Type(types.Null) {
				n--
			}
		}
	}
	return int32(n)
}

// A place is where in the tree a node goes.
type place struct {
	path     []string
	def, rep uint8
	inside   *nested // of the column or field of a struct around it; nil: what is inside has no ids
}

func (p place) below(name string) place {
	p.path = append(slices.Clone(p.path), name)
	return p
}

// addField is add of a column or of a struct's field, which may have an id.
func (l *layout) addField(f types.Field, at place) (*writeNode, error) {
	if l.omitVoid && f.Type == types.Type(types.Null) {
		return &writeNode{kind: voidNode}, nil
	}
	first := len(l.elements)
	at.inside = nestedOf(f)
	node, err := l.add(f.Name, f.Type, f.Nullable, at)
	if id, ok := f.Metadata[fieldIDKey].(int64); ok && err == nil {
		l.elements[first].FieldID = int32(id)
	}
	return node, err
}

// nested are the ids of what is inside of a column's arrays and maps, by the way there: "column.key", "column.value.element".
type nested struct {
	ids map[string]any
	way string
}

func nestedOf(f types.Field) *nested {
	ids, ok := f.Metadata[nestedIDsKey].(map[string]any)
	if !ok {
		return nil
	}
	return &nested{ids, f.Name}
}

// addPart is add of the element of an array, or of the key or value of a map.
func (l *layout) addPart(name string, t types.Type, nullable bool, at place) (*writeNode, error) {
	first := len(l.elements)
	if at.inside != nil {
		at.inside = &nested{at.inside.ids, at.inside.way + "." + name}
	}
	node, err := l.add(name, t, nullable, at)
	if at.inside == nil || err != nil {
		return node, err
	}
	if id, ok := at.inside.ids[at.inside.way].(int64); ok {
		l.elements[first].FieldID = int32(id)
	}
	return node, nil
}

// add appends the elements of a field and what is below it, in depth-first order.
func (l *layout) add(name string, t types.Type, nullable bool, at place) (*writeNode, error) {
	at = at.below(name)
	if len(at.path) > maxDepth {
		return nil, errclass.UnsupportedDatatype.New("Column %s is nested more than %d deep.", at.path[0], maxDepth)
	}
	repetition := format.Required
	if nullable {
		repetition = format.Optional
		at.def++
	}
	node := &writeNode{name: strings.Join(at.path, "."), nullable: nullable}
	element := format.SchemaElement{Name: name, RepetitionType: thrift.New(repetition)}
	switch t := t.(type) {
	case types.Struct:
		return l.addStruct(node, element, t, at)
	case types.Array:
		return l.addArray(node, element, t, at)
	case types.Map:
		return l.addMap(node, element, t, at)
	default:
		if t == types.Variant {
			return l.addVariant(node, element, at)
		}
		return l.addLeaf(node, element, t, at)
	}
}

func (l *layout) addStruct(node *writeNode, element format.SchemaElement, t types.Struct, at place) (*writeNode, error) {
	if l.held(t) == 0 {
		return nil, errclass.UnsupportedDatatype.New("Column %s is a struct without fields, which Parquet cannot hold.", node.name)
	}
	node.kind = structNode
	element.NumChildren = thrift.New(l.held(t))
	l.elements = append(l.elements, element)
	for _, f := range t.Fields {
		child, err := l.addField(f, at)
		if err != nil {
			return nil, err
		}
		node.children = append(node.children, child)
	}
	return node, nil
}

func (l *layout) addArray(node *writeNode, element format.SchemaElement, t types.Array, at place) (*writeNode, error) {
	element.NumChildren = thrift.New(int32(1))
	element.ConvertedType = thrift.New(deprecated.List)
	element.LogicalType = format.LogicalType{Value: &format.ListType{}}
	l.addFlat(node, t, at)
	at = l.addRepeated(node, listNode, element, "list", 1, at)
	child, err := l.addPart("element", t.Element, t.ContainsNull, at)
	node.children = []*writeNode{child}
	return node, err
}

func (l *layout) addMap(node *writeNode, element format.SchemaElement, t types.Map, at place) (*writeNode, error) {
	element.NumChildren = thrift.New(int32(1))
	element.ConvertedType = thrift.New(deprecated.Map)
	element.LogicalType = format.LogicalType{Value: &format.MapType{}}
	l.addFlat(node, t, at)
	at = l.addRepeated(node, mapNode, element, "key_value", 2, at)
	key, err := l.addPart("key", t.Key, false, at)
	if err != nil {
		return nil, err
	}
	value, err := l.addPart("value", t.Value, t.ValueContainsNull, at)
	node.children = []*writeNode{key, value}
	return node, err
}

// addRepeated appends a list or map and its repeated group.
func (l *layout) addRepeated(node *writeNode, kind nodeKind, element format.SchemaElement, group string, children int32, at place) place {
	l.elements = append(l.elements, element, format.SchemaElement{
		Name: group, RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(children),
	})
	at = at.below(group)
	at.def++
	at.rep++
	node.kind, node.repetition = kind, at.rep
	return at
}

func (l *layout) addLeaf(node *writeNode, element format.SchemaElement, t types.Type, at place) (*writeNode, error) {
	leaf := newLeafWriter(at.path, at.def, at.rep)
	leaf.name, leaf.required = node.name, !node.nullable
	if !describeLeaf(&element, t) {
		return nil, errclass.UnsupportedDatatype.New("Column %s has the type %s, which Parquet cannot hold.", node.name, types.SQL(t)).
			WithHint("Cast it or leave it out.")
	}
	leaf.physical = element.Type.V
	leaf.values = newEncoder(t, l.seed)
	l.elements = append(l.elements, element)
	l.leaves = append(l.leaves, leaf)
	l.addFlat(node, t, at)
	node.leaf = leaf
	return node, nil
}

func (l *layout) addFlat(node *writeNode, t types.Type, at place) {
	if at.rep == 0 {
		l.flat = append(l.flat, flatColumn{at.path, t, node})
	}
}

// describeLeaf sets the physical and the logical type, the old and the new one, that Spark writes.
func describeLeaf(e *format.SchemaElement, t types.Type) bool {
	set := func(physical format.Type) { e.Type = thrift.New(physical) }
	logical := func(converted deprecated.ConvertedType, value format.LogicalTypeValue) {
		e.ConvertedType = thrift.New(converted)
		e.LogicalType = format.LogicalType{Value: value}
	}
	switch t := t.(type) {
	case types.Decimal:
		set(describeDecimal(e, t))
		logical(deprecated.Decimal, &format.DecimalType{Scale: int32(t.Scale), Precision: int32(t.Precision)})
		return t.Precision > 0 && t.Precision <= types.MaxPrecision && t.Scale >= 0 && t.Scale <= t.Precision
	case types.Interval:
		set(format.Int64)
		if t.YearMonth() {
			set(format.Int32)
		}
		return true
	}
	switch t {
	case types.Boolean:
		set(format.Boolean)
	case types.Byte:
		set(format.Int32)
		logical(deprecated.Int8, &format.IntType{BitWidth: 8, IsSigned: true})
	case types.Short:
		set(format.Int32)
		logical(deprecated.Int16, &format.IntType{BitWidth: 16, IsSigned: true})
	case types.Integer:
		set(format.Int32)
	case types.Long:
		set(format.Int64)
	case types.Float:
		set(format.Float)
	case types.Double:
		set(format.Double)
	case types.String:
		set(format.ByteArray)
		logical(deprecated.UTF8, &format.StringType{})
	case types.Binary:
		set(format.ByteArray)
	case types.Date:
		set(format.Int32)
		logical(deprecated.Date, &format.DateType{})
	case types.Timestamp:
		set(format.Int64)
		logical(deprecated.TimestampMicros, timestampMicros(true))
	case types.TimestampNTZ:
		// The old annotation means an instant: leaving it out keeps old readers from a wrong answer.
		set(format.Int64)
		e.LogicalType = format.LogicalType{Value: timestampMicros(false)}
	default:
		return false
	}
	return true
}

func timestampMicros(instant bool) *format.TimestampType {
	return &format.TimestampType{IsAdjustedToUTC: instant, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}
}

func describeDecimal(e *format.SchemaElement, t types.Decimal) format.Type {
	e.Scale, e.Precision = thrift.New(int32(t.Scale)), thrift.New(int32(t.Precision))
	switch {
	case t.Precision <= 9:
		return format.Int32
	case t.Precision <= 18:
		return format.Int64
	default:
		e.TypeLength = thrift.New(int32(decimalBytes(t.Precision)))
		return format.FixedLenByteArray
	}
}

// newEncoder makes the encoder of a type that describeLeaf knows.
func newEncoder(t types.Type, seed uint64) valueEncoder {
	integer32 := func(v int32) predicate.Value { return int64(v) }
	integer64 := func(v int64) predicate.Value { return v }
	switch t := t.(type) {
	case types.Decimal:
		return newDecimalEncoder(t, seed)
	case types.Interval:
		if t.YearMonth() {
			return newNumberEncoder(loadAs(view[int32, arrow.MonthInterval]), integer32, seed)
		}
		return newNumberEncoder(loadAs(view[int64, arrow.Duration]), integer64, seed)
	}
	switch t {
	case types.Boolean:
		return &boolEncoder{}
	case types.Byte:
		return newNumberEncoder(loadWidened[int8], integer32, seed)
	case types.Short:
		return newNumberEncoder(loadWidened[int16], integer32, seed)
	case types.Integer:
		return newNumberEncoder(loadAs(view[int32, int32]), integer32, seed)
	case types.Date:
		return newNumberEncoder(loadAs(view[int32, arrow.Date32]), integer32, seed)
	case types.Long:
		return newNumberEncoder(loadAs(view[int64, int64]), integer64, seed)
	case types.Timestamp, types.TimestampNTZ:
		return newNumberEncoder(loadAs(view[int64, arrow.Timestamp]), integer64, seed)
	case types.Float:
		return newNumberEncoder(loadAs(view[float32, float32]), func(v float32) predicate.Value { return float64(v) }, seed)
	case types.Double:
		return newNumberEncoder(loadAs(view[float64, float64]), func(v float64) predicate.Value { return v }, seed)
	case types.String:
		e := newBytesEncoder(loadBytes, func(v []byte) predicate.Value { return string(v) }, seed)
		e.text = true
		return e
	default:
		return newBytesEncoder(loadBytes, func(v []byte) predicate.Value { return v }, seed)
	}
}

func newDecimalEncoder(t types.Decimal, seed uint64) valueEncoder {
	switch {
	case t.Precision <= 9:
		return newNumberEncoder(loadDecimal[int32], func(v int32) predicate.Value { return decimal128.FromI64(int64(v)) }, seed)
	case t.Precision <= 18:
		return newNumberEncoder(loadDecimal[int64], func(v int64) predicate.Value { return decimal128.FromI64(v) }, seed)
	}
	size := decimalBytes(t.Precision)
	e := newBytesEncoder(loadWideDecimal(size), func(v []byte) predicate.Value { return decimalOf(v) }, seed)
	e.fixed = size
	e.page.flip, e.chunk.flip, e.file.flip = signBit, signBit, signBit
	return e
}

// decimalOf reads a big-endian number of at most 16 bytes.
func decimalOf(v []byte) decimal128.Num {
	var low, high uint64
	if len(v) > 0 && v[0] >= 0x80 {
		low, high = ^uint64(0), ^uint64(0)
	}
	for _, b := range v {
		high = high<<8 | low>>56
		low = low<<8 | uint64(b)
	}
	return decimal128.New(int64(high), low)
}

// view is the same memory under another name.
func view[T, E any](values []E) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(values))), len(values))
}

func notNullViolated(column string) error {
	return errclass.DeltaNotNullViolated.New("NOT NULL constraint violated for column: %s.", column)
}
