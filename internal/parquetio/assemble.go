package parquetio

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// An assembler builds the arrays of one wanted column, or of a part of it, from leaves.
type assembler struct {
	typ      arrow.DataType
	absent   bool // the file has no such column: all null
	node     *node
	children []*assembler
	shredded *shreddedShape // of a variant that is
	leaf     *leafReader    // of a leaf its reader; of another node the one whose levels say what is null
}

// A planner matches what is wanted with what a file has.
type planner struct {
	caseSensitive bool
	rebase        rebase
	find          Finder
	leaves        []*leafReader // that must be read
}

// fields matches the fields of a struct.
func (p *planner) fields(n *node, want types.Struct) ([]*assembler, error) {
	children := make([]*assembler, len(want.Fields))
	for i, f := range want.Fields {
		found, err := p.find.child(n, f, p.caseSensitive)
		if err != nil {
			return nil, errclass.AmbiguousReference.New("%w.", err)
		}
		if found == nil || f.Type == types.Null || found.onlyNulls() {
			children[i] = &assembler{typ: types.ToArrow(f.Type), absent: true}
			continue
		}
		if children[i], err = p.column(found, f.Type); err != nil {
			return nil, err
		}
	}
	return children, nil
}

// column matches a node.
func (p *planner) column(n *node, want types.Type) (*assembler, error) {
	a := &assembler{typ: types.ToArrow(want), node: n}
	var err error
	switch want := want.(type) {
	case types.Struct:
		if n.kind != structNode {
			return nil, mismatch(n, want)
		}
		a.children, err = p.fields(n, want)
	case types.Array:
		if n.kind != listNode {
			return nil, mismatch(n, want)
		}
		a.children, err = p.columns(n.children, want.Element)
	case types.Map:
		if n.kind != mapNode {
			return nil, mismatch(n, want)
		}
		a.children, err = p.columns(n.children, want.Key, want.Value)
	default:
		if want == types.Variant {
			return p.variant(n)
		}
		if n.kind != leafNode {
			return nil, mismatch(n, want)
		}
		a.leaf = &leafReader{node: n, number: n.leaf}
		a.leaf.values, err = newValueReader(n, want, p.rebase)
		p.leaves = append(p.leaves, a.leaf)
		return a, err
	}
	if err == nil {
		a.leaf = p.levels(n, a.children)
	}
	return a, err
}

func (p *planner) columns(nodes []*node, want ...types.Type) ([]*assembler, error) {
	children := make([]*assembler, len(want))
	for i, t := range want {
		var err error
		if t == types.Null || nodes[i].onlyNulls() {
			children[i] = &assembler{typ: types.ToArrow(t), absent: true}
		} else if children[i], err = p.column(nodes[i], t); err != nil {
			return nil, err
		}
	}
	return children, nil
}

// levels picks the leaf that says what is null: one that is read anyway, else the first below the node.
func (p *planner) levels(n *node, children []*assembler) *leafReader {
	for _, child := range children {
		if !child.absent {
			child.leaf.keep = true
			return child.leaf
		}
	}
	first := n.firstLeaf()
	leaf := &leafReader{node: first, number: first.leaf, keep: true}
	p.leaves = append(p.leaves, leaf)
	return leaf
}

func mismatch(n *node, want types.Type) error {
	have := n.element.String()
	if t, err := inferType(n); err == nil {
		have = types.SQL(t)
	}
	return errclass.FailedReadFile.New("Column %s is %s in the file and cannot be read as %s.", n.path, have, types.SQL(want))
}

// array builds the array of n slots from what the leaves have read.
func (a *assembler) array(n int) (arrow.Array, error) {
	if a.absent {
		return batch.Nulls(a.typ, n), nil
	}
	if a.shredded != nil {
		return a.assembleVariants(n)
	}
	switch a.node.kind {
	case leafNode:
		return a.checked(a.leaf.values.finish(), n)
	case structNode:
		return a.structArray(n)
	default:
		return a.listArray(n)
	}
}

// checked refuses an array of another length than its siblings: the levels of two leaves disagree.
func (a *assembler) checked(arr arrow.Array, n int) (arrow.Array, error) {
	if arr.Len() != n {
		return nil, fmt.Errorf("column %s: %d values where its siblings have %d", a.node.path, arr.Len(), n)
	}
	return arr, nil
}

// arrays builds the children.
func (a *assembler) arrays(n int) ([]arrow.ArrayData, error) {
	data := make([]arrow.ArrayData, len(a.children))
	for i, child := range a.children {
		arr, err := child.array(n)
		if err != nil {
			return nil, err
		}
		data[i] = arr.Data()
	}
	return data, nil
}

func (a *assembler) structArray(n int) (arrow.Array, error) {
	children, err := a.arrays(n)
	if err != nil {
		return nil, err
	}
	var valid validityBuilder
	if a.node.nullable {
		if slots := a.slots(&valid); slots != n {
			return nil, fmt.Errorf("column %s: %d structs where its siblings have %d", a.node.path, slots, n)
		}
	}
	data := array.NewData(a.typ, n, []*memory.Buffer{valid.buffer()}, children, valid.nulls, 0)
	return array.MakeFromData(data), nil
}

// slots collects which slots of the node are not null, and gives their number.
func (a *assembler) slots(valid *validityBuilder) int {
	n, leaf := a.node, a.leaf
	nested := leaf.node.rep > n.rep
	levels := make([]uint8, 0, len(leaf.defs))
	for i, def := range leaf.defs {
		if def >= n.slotDef && (!nested || leaf.reps[i] <= n.rep) {
			levels = append(levels, min(def, n.def))
		}
	}
	valid.add(len(levels), levels, n.def)
	return len(levels)
}

func (a *assembler) listArray(n int) (arrow.Array, error) {
	var valid validityBuilder
	offsets := a.offsets(&valid, n)
	if len(offsets) != n+1 {
		return nil, fmt.Errorf("column %s: %d lists where its siblings have %d", a.node.path, len(offsets)-1, n)
	}
	elements := int(offsets[n])
	children, err := a.arrays(elements)
	if err != nil {
		return nil, err
	}
	if m, ok := a.typ.(*arrow.MapType); ok {
		if children[0].NullN() > 0 {
			return nil, errors.New("column " + a.node.path + ": a map has a null key")
		}
		entries := array.NewData(m.Elem(), elements, []*memory.Buffer{nil}, children, 0, 0)
		children = []arrow.ArrayData{entries}
	}
	buffers := []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(bytesOf(offsets))}
	return array.MakeFromData(array.NewData(a.typ, n, buffers, children, valid.nulls, 0)), nil
}

// offsets finds where each list begins among the elements, and which lists are null.
func (a *assembler) offsets(valid *validityBuilder, n int) []int32 {
	at, leaf := a.node, a.leaf
	offsets := make([]int32, 0, n+1)
	levels := make([]uint8, 0, n)
	var elements int32
	for i, def := range leaf.defs {
		rep := leaf.reps[i]
		if def < at.slotDef || rep > at.elementRep {
			continue
		}
		if rep <= at.rep {
			offsets = append(offsets, elements)
			levels = append(levels, min(def, at.def))
		}
		if def >= at.elementDef {
			elements++
		}
	}
	valid.add(len(levels), levels, at.def)
	return append(offsets, elements)
}
