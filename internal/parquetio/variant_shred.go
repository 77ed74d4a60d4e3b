package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/types"
)

// variantChildren are the fields of a variant's group, in Spark's order, and where each is in Arrow.
var variantChildren = [...]struct {
	name  string
	field int
}{{"value", types.VariantValue}, {"metadata", types.VariantMetadata}}

// addVariant lays a variant out as Spark does: a group with that annotation, of two binaries that are never null.
func (l *layout) addVariant(node *writeNode, element format.SchemaElement, at place) (*writeNode, error) {
	node.kind = variantNode
	element.NumChildren = thrift.New(int32(len(variantChildren)))
	element.LogicalType = format.LogicalType{Value: &format.VariantType{SpecificationVersion: 1}}
	l.elements = append(l.elements, element)
	flat := len(l.flat)
	for _, c := range variantChildren {
		child, err := l.add(c.name, types.Binary, false, at)
		if err != nil {
			return nil, err
		}
		node.children = append(node.children, child)
	}
	l.flat = l.flat[:flat] // of the whole alone it is told how many are null
	l.addFlat(node, types.Variant, at)
	return node, nil
}

// shredVariant writes the two binaries of each variant.
func (sh *shredder) shredVariant(n *writeNode, a arrow.Array, s *slots, depth int) error {
	typed, ok := a.(*array.Struct)
	if !ok || typed.NumField() != len(n.children) {
		return wrongArray(a, "variants")
	}
	inner := s
	if n.nullable {
		inner = sh.depths[depth]
		enter(inner, a, s)
		n.nulls += ended(inner)
	} else if err := refuseNulls(n.name, a, s); err != nil {
		return err
	}
	for i, child := range n.children {
		if err := sh.shred(child, typed.Field(variantChildren[i].field), inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// ended counts the slots that have ended.
func ended(s *slots) (n int64) {
	for _, p := range s.at {
		if p < 0 {
			n++
		}
	}
	return n
}
