package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The fields of a variant's group.
const (
	variantMetadata = "metadata"
	variantValue    = "value"
	variantTyped    = "typed_value" // of a shredded one: what is of one type, or has fields and elements of their own
)

// variant matches a node with VARIANT, whether the file says that it is one or not.
func (p *planner) variant(n *node) (*assembler, error) {
	if n.kind != structNode {
		return nil, mismatch(n, types.Variant)
	}
	metadata, err := n.find(variantMetadata, true)
	if err != nil {
		return nil, err
	}
	if metadata == nil {
		return nil, errclass.InvalidVariantFile.New("Invalid variant. Missing %s field in column %s.", variantMetadata, n.path)
	}
	value, _ := n.find(variantValue, true)
	typed, _ := n.find(variantTyped, true)
	if typed != nil || value != nil && value.nullable {
		return p.shreddedVariant(n)
	}
	if value == nil {
		return nil, errclass.InvalidVariantFile.New("Invalid variant. Missing %s field in column %s.", variantValue, n.path)
	}
	if len(n.children) != 2 {
		return nil, errclass.InvalidVariantFile.New("Invalid variant. Variant column must contain exactly two fields, which %s does not.", n.path)
	}
	a := &assembler{typ: types.ToArrow(types.Variant), node: n}
	for _, child := range []*node{metadata, value} {
		if child.kind != leafNode || child.nullable || inferLeaf(child.element) != types.Binary {
			return nil, errclass.InvalidVariantFile.New("Invalid variant. The %s must be a non-nullable binary.", child.path)
		}
	}
	if a.children, err = p.columns([]*node{metadata, value}, types.Binary, types.Binary); err != nil {
		return nil, err
	}
	a.leaf = p.levels(n, a.children)
	return a, nil
}

// shreddedVariant reads the group as the struct that it is in the file, to put the variants together of.
func (p *planner) shreddedVariant(n *node) (*assembler, error) {
	shape, err := newShreddedShape(n, true)
	if err != nil {
		return nil, err
	}
	t, err := inferFields(n)
	if err != nil {
		return nil, err
	}
	a := &assembler{typ: types.ToArrow(t), node: n, shredded: shape}
	if a.children, err = p.fields(n, t); err != nil {
		return nil, err
	}
	a.leaf = p.levels(n, a.children)
	return a, nil
}

// assembleVariants puts variants together of what a shredded group has read.
func (a *assembler) assembleVariants(n int) (arrow.Array, error) {
	arr, err := a.structArray(n)
	if err != nil {
		return nil, err
	}
	group := arr.(*array.Struct)
	b := newVariantColumn(n)
	read := a.shredded.bind(group, &b.Builder)
	metadata := group.Field(a.shredded.metadata).(*array.Binary)
	for i := range n {
		if group.IsNull(i) {
			b.null()
			continue
		}
		b.Reset()
		if err := read.add(metadata.Value(i), i); err != nil {
			return nil, err
		}
		b.end()
	}
	return b.column(group), nil
}

// column is the variants under the nulls of the group.
func (b *variantColumn) column(group *array.Struct) arrow.Array {
	n := group.Len()
	children := []arrow.ArrayData{b.metadata.data(n), b.value.data(n)}
	validity := group.Data().Buffers()[0]
	return array.MakeFromData(array.NewData(types.ToArrow(types.Variant), n, []*memory.Buffer{validity}, children, group.NullN(), 0))
}
