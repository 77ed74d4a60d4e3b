package parquetio

import (
	"hash/maphash"
	"slices"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/errclass"
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

// view is the same memory under another name.
func view[T, E any](values []E) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(values))), len(values))
}

func notNullViolated(column string) error {
	return errclass.DeltaNotNullViolated.New("NOT NULL constraint violated for column: %s.", column)
}
