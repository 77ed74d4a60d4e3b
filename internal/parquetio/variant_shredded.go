package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A shreddedShape is a group of value and typed_value: a shredded variant, or a part of one. The fields are positions in the
// group; -1: it has none of that name.
type shreddedShape struct {
	metadata, value, typed int
	scalar                 types.Type
	uuid                   bool
	element                *shreddedShape
	fields                 []shreddedField
	path                   string
}

type shreddedField struct {
	name  string
	shape *shreddedShape
}

// newShreddedShape reads a group's shape.
func newShreddedShape(n *node, top bool) (*shreddedShape, error) {
	s := &shreddedShape{metadata: -1, value: -1, typed: -1, path: n.path}
	if n.kind != structNode {
		return nil, badShredding(n)
	}
	for i, child := range n.children {
		switch {
		case child.name == variantMetadata && top:
			s.metadata = i
		case child.name == variantValue:
			s.value = i
		case child.name == variantTyped:
			s.typed = i
		default:
			return nil, badShredding(child)
		}
		if child.name != variantTyped && (child.kind != leafNode || inferLeaf(child.element) != types.Binary) {
			return nil, badShredding(child)
		}
	}
	if s.typed < 0 {
		return s, nil
	}
	return s, s.readTyped(n.children[s.typed])
}

func (s *shreddedShape) readTyped(n *node) (err error) {
	switch n.kind {
	case leafNode:
		s.scalar, s.uuid, err = shreddedScalar(n)
	case listNode:
		s.element, err = newShreddedShape(n.children[0], false)
	case structNode:
		s.fields = make([]shreddedField, len(n.children))
		for i, child := range n.children {
			s.fields[i].name = child.name
			if s.fields[i].shape, err = newShreddedShape(child, false); err != nil {
				return err
			}
		}
	default:
		err = badShredding(n)
	}
	return err
}

// shreddedScalar is the type of a typed_value. What a variant has no type for, or only a later edition of the format, is refused.
func shreddedScalar(n *node) (t types.Type, uuid bool, err error) {
	e := n.element
	unit, _ := e.timestamp()
	bits, signed := e.integer()
	uuid = e.logical.kind == logicalUUID
	switch {
	case unit == unitNanos, bits != 0 && !signed, e.logical.kind == logicalTime, e.physical == format.Int96,
		e.logical.kind == logicalFloat16, uuid && e.typeLength != 16:
		return nil, false, badShredding(n)
	}
	if t = inferLeaf(e); t == nil || t == types.Null {
		return nil, false, badShredding(n)
	}
	return t, uuid, nil
}

func badShredding(n *node) error {
	return errclass.InvalidVariantShredding.New("The schema of column %s is not a valid variant shredding schema.", n.path)
}

// A shreddedReader adds the variant of a row, and what is below it, to a builder.
type shreddedReader struct {
	b      *variant.Builder
	value  *array.Binary // nil: none
	typed  arrow.Array   // nil: none
	scalar func(i int)
	fields []shreddedReader
	names  [][]byte
	lists  array.ListLike
	path   string

	element *shreddedReader
}

// bind finds the columns of the shape in what has been read.
func (s *shreddedShape) bind(group *array.Struct, b *variant.Builder) shreddedReader {
	r := shreddedReader{b: b, path: s.path}
	if s.value >= 0 {
		r.value = group.Field(s.value).(*array.Binary)
	}
	if s.typed < 0 {
		return r
	}
	r.typed = group.Field(s.typed)
	switch {
	case s.scalar != nil:
		r.scalar = s.scalarOf(r.typed, b)
	case s.element != nil:
		r.lists = r.typed.(*array.List)
		element := s.element.bind(r.lists.ListValues().(*array.Struct), b)
		r.element = &element
	default:
		object := r.typed.(*array.Struct)
		for i, f := range s.fields {
			r.fields = append(r.fields, f.shape.bind(object.Field(i).(*array.Struct), b))
			r.names = append(r.names, []byte(f.name))
		}
	}
	return r
}

// scalarOf adds values of one type.
func (s *shreddedShape) scalarOf(a arrow.Array, b *variant.Builder) func(i int) {
	switch a := a.(type) {
	case *array.Boolean:
		return func(i int) { b.Bool(a.Value(i)) }
	case *array.Int8:
		return func(i int) { b.Long(int64(a.Value(i))) }
	case *array.Int16:
		return func(i int) { b.Long(int64(a.Value(i))) }
	case *array.Int32:
		return func(i int) { b.Long(int64(a.Value(i))) }
	case *array.Int64:
		return func(i int) { b.Long(a.Value(i)) }
	case *array.Float32:
		return func(i int) { b.Float(a.Value(i)) }
	case *array.Float64:
		return func(i int) { b.Double(a.Value(i)) }
	case *array.Decimal128:
		scale := s.scalar.(types.Decimal).Scale
		return func(i int) { b.Decimal(a.Value(i), scale) }
	case *array.Date32:
		return func(i int) { b.Date(int32(a.Value(i))) }
	case *array.Timestamp:
		if s.scalar == types.Type(types.TimestampNTZ) {
			return func(i int) { b.TimestampNTZ(int64(a.Value(i))) }
		}
		return func(i int) { b.Timestamp(int64(a.Value(i))) }
	case *array.String:
		return func(i int) { b.String([]byte(a.Value(i))) }
	case *array.Binary:
		if s.uuid {
			return func(i int) { b.UUID(a.Value(i)) }
		}
		return func(i int) { b.Binary(a.Value(i)) }
	}
	panic("internal error: no shredded scalar is " + a.DataType().String())
}

// missing reports that a row has neither a value nor a typed one.
func (r *shreddedReader) missing(i int) bool {
	return (r.typed == nil || r.typed.IsNull(i)) && (r.value == nil || r.value.IsNull(i))
}

// add adds row i.
func (r *shreddedReader) add(metadata []byte, i int) error {
	if r.typed == nil || r.typed.IsNull(i) {
		if r.missing(i) {
			return r.malformed()
		}
		return r.b.Value(variant.New(metadata, r.value.Value(i)))
	}
	switch {
	case r.scalar != nil:
		r.scalar(i)
		return nil
	case r.lists != nil:
		return r.addArray(metadata, i)
	}
	return r.addObject(metadata, i)
}

func (r *shreddedReader) malformed() error {
	return errclass.MalformedVariant.New("Variant binary is malformed. Please check the data source is valid. It is column %s.", r.path)
}

func (r *shreddedReader) addArray(metadata []byte, i int) error {
	o := r.b.Start()
	start, end := r.lists.ValueOffsets(i)
	for k := start; k < end; k++ {
		r.b.Element(o)
		if err := r.element.add(metadata, int(k)); err != nil {
			return err
		}
	}
	r.b.EndArray(o)
	return nil
}

// addObject adds the fields that have columns, and those that stand in the value.
func (r *shreddedReader) addObject(metadata []byte, i int) error {
	o := r.b.Start()
	for f := range r.fields {
		field := &r.fields[f]
		if field.missing(i) {
			continue
		}
		r.b.Key(o, r.names[f])
		if err := field.add(metadata, i); err != nil {
			return err
		}
	}
	if r.value != nil && r.value.IsValid(i) {
		if err := r.addRest(o, variant.New(metadata, r.value.Value(i))); err != nil {
			return err
		}
	}
	return r.b.EndObject(o)
}

// addRest adds the fields of an object that have no column.
func (r *shreddedReader) addRest(o variant.Open, v variant.Value) error {
	if kind, err := v.Kind(); err != nil || kind != variant.Object {
		return r.malformed()
	}
	c, err := v.Container()
	if err != nil {
		return err
	}
	for k := range c.Len() {
		name, err := c.Key(k)
		if err != nil {
			return err
		}
		member, err := c.At(k)
		if err != nil {
			return err
		}
		r.b.Key(o, name)
		if err := r.b.Value(member); err != nil {
			return err
		}
	}
	return nil
}

// A variantColumn makes a column of variants.
type variantColumn struct {
	variant.Builder
	metadata, value binaryColumn
}

func newVariantColumn(n int) *variantColumn {
	return &variantColumn{metadata: newBinaryColumn(n), value: newBinaryColumn(n)}
}

func (c *variantColumn) null() {
	c.metadata.add(nil)
	c.value.add(nil)
}

func (c *variantColumn) end() {
	c.metadata.add(c.Metadata())
	c.value.add(c.Data())
}

type binaryColumn struct {
	bytes   []byte
	offsets []int32
}

func newBinaryColumn(n int) binaryColumn { return binaryColumn{offsets: make([]int32, 1, n+1)} }

func (c *binaryColumn) add(value []byte) {
	c.bytes = append(c.bytes, value...)
	c.offsets = append(c.offsets, int32(len(c.bytes)))
}

func (c *binaryColumn) data(n int) arrow.ArrayData {
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(c.offsets)), memory.NewBufferBytes(c.bytes)}
	return array.NewData(arrow.BinaryTypes.Binary, n, buffers, nil, 0, 0)
}
