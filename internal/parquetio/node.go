package parquetio

import (
	"errors"
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A node is a node of a file's schema as its data model has it: the groups that only make a list or
// a map are folded away.
type node struct {
	name     string
	path     string // dotted, for errors
	kind     nodeKind
	element  element
	nullable bool
	children []*node // of a struct its fields; the element; key and value
	leaf     int     // the column's number, of a leaf
	// The levels. A node has a slot for each entry of a column below it whose repetition level is at most rep
	// and whose definition level is at least slotDef; the slot is not null from def on.
	rep, slotDef, def uint8
	// Of a list or map: an entry belongs to an element if its definition level is at least
	// elementDef, and starts one if its repetition level is at most elementRep.
	elementRep, elementDef uint8
}

// firstLeaf is some column below the node.
func (n *node) firstLeaf() *node {
	for n.kind != leafNode {
		n = n.children[0]
	}
	return n
}

// onlyNulls reports whether it is a column of nulls that has no type, which Arrow writes: it is read as any.
func (n *node) onlyNulls() bool {
	return n.kind == leafNode && n.nullable && n.element.logical.kind == logicalUnknown
}

// A rawNode is a node of the schema as the footer has it.
type rawNode struct {
	element
	children []*rawNode
	leaf     int
}

func (n *rawNode) repeated() bool { return n.repetition == format.Repeated }

// A treeBuilder makes a tree of the elements in depth-first order.
type treeBuilder struct {
	elements []element
	next     int
	leaves   int
}

func (b *treeBuilder) build(depth int) (*rawNode, error) {
	if b.next >= len(b.elements) {
		return nil, errors.New("a group has fewer children than it says")
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	n := &rawNode{element: b.elements[b.next]}
	b.next++
	if n.repetition < format.Required || n.repetition > format.Repeated {
		return nil, fmt.Errorf("%q has an unknown repetition", n.name)
	}
	if n.isLeaf {
		n.leaf = b.leaves
		b.leaves++
		return n, nil
	}
	if n.children32() <= 0 && depth > 0 {
		return nil, fmt.Errorf("%q is neither a group nor a column", n.name)
	}
	for range n.children32() {
		child, err := b.build(depth + 1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

func (n *rawNode) children32() int32 { return n.element.children }

// schemaTree gives the columns of a file as a struct, and the leaves in order.
func schemaTree(elements []element) (*node, []*node, error) {
	b := &treeBuilder{elements: elements}
	raw, err := b.build(0)
	if err != nil {
		return nil, nil, err
	}
	if b.next != len(elements) {
		return nil, nil, errors.New("elements are left over")
	}
	root := &node{kind: structNode, element: raw.element}
	var f folder
	for _, child := range raw.children {
		root.children = append(root.children, f.fold(child, levels{}))
	}
	f.leaves = sortedLeaves(f.leaves)
	return root, f.leaves, nil
}

// A folder folds a raw tree.
type folder struct{ leaves []*node }

// levels are those of the node above.
type levels struct {
	rep, slotDef, def uint8
	path              string
}

func sortedLeaves(leaves []*node) []*node {
	sorted := make([]*node, len(leaves))
	for _, leaf := range leaves {
		sorted[leaf.leaf] = leaf
	}
	return sorted
}

// fold makes a node of one that stands as a field.
func (f *folder) fold(raw *rawNode, at levels) *node {
	if raw.repeated() {
		// A repeated field without annotation is a list that is never null, of elements that are not.
		n := &node{name: raw.name, path: at.join(raw.name), kind: listNode, element: element{fieldID: raw.fieldID}}
		n.rep, n.slotDef, n.def = at.rep, at.slotDef, at.def
		f.foldRepeated(n, at)
		n.children = []*node{f.foldValue(raw, n.inside())}
		return n
	}
	return f.foldValue(raw, at)
}

func (at levels) join(name string) string {
	if at.path == "" {
		return name
	}
	return at.path + "." + name
}

// inside are the levels of a list's elements.
func (n *node) inside() levels {
	return levels{rep: n.elementRep, slotDef: n.elementDef, def: n.elementDef, path: n.path}
}

func (f *folder) foldRepeated(n *node, at levels) {
	n.elementRep, n.elementDef = at.rep+1, n.def+1
}

// foldValue folds a node whose repetition, if it is repeated, has been dealt with.
func (f *folder) foldValue(raw *rawNode, at levels) *node {
	n := &node{name: raw.name, path: at.join(raw.name), element: raw.element}
	n.rep, n.slotDef, n.def = at.rep, at.slotDef, at.def
	if raw.repetition == format.Optional {
		n.nullable = true
		n.def++
	}
	switch {
	case raw.isLeaf:
		n.leaf = raw.leaf
		f.leaves = append(f.leaves, n)
	case raw.isList():
		f.foldList(n, raw, at)
	case raw.isMap():
		f.foldMap(n, raw, at)
	default:
		n.kind = structNode
		for _, child := range raw.children {
			n.children = append(n.children, f.fold(child, levels{n.rep, n.slotDef, n.def, n.path}))
		}
	}
	return n
}

// isList recognises the annotation, around one repeated field.
func (n *rawNode) isList() bool {
	return (n.logical.kind == logicalList || n.converted == deprecated.List) &&
		len(n.children) == 1 && n.children[0].repeated()
}

// isMap recognises the annotation, and the one that old writers put there by mistake, around a repeated pair.
func (n *rawNode) isMap() bool {
	return (n.logical.kind == logicalMap || n.converted == deprecated.Map || n.converted == deprecated.MapKeyValue) &&
		len(n.children) == 1 && n.children[0].repeated() && len(n.children[0].children) == 2
}

func (f *folder) foldList(n *node, raw *rawNode, at levels) {
	n.kind = listNode
	f.foldRepeated(n, at)
	repeated := raw.children[0]
	if isElement(repeated, raw.name) {
		n.children = []*node{f.foldValue(repeated, n.inside())}
		return
	}
	n.children = []*node{f.fold(repeated.children[0], n.inside())}
}

// isElement tells the old lists of two levels, whose repeated field is the element, from those of
// three, by the rules of the format's specification.
func isElement(repeated *rawNode, list string) bool {
	return repeated.isLeaf || len(repeated.children) > 1 || repeated.children[0].repeated() ||
		repeated.name == "array" || repeated.name == list+"_tuple"
}

func (f *folder) foldMap(n *node, raw *rawNode, at levels) {
	n.kind = mapNode
	f.foldRepeated(n, at)
	pair := raw.children[0]
	n.children = []*node{f.fold(pair.children[0], n.inside()), f.fold(pair.children[1], n.inside())}
}

// find gives the child of that name: the exact one, else the only one in another letter case.
func (n *node) find(name string, caseSensitive bool) (*node, error) {
	var found *node
	for _, child := range n.children {
		if child.name == name {
			return child, nil
		}
		if !caseSensitive && strings.EqualFold(child.name, name) {
			if found != nil {
				return nil, fmt.Errorf("column %q is ambiguous: the file has %q and %q", name, found.name, child.name)
			}
			found = child
		}
	}
	return found, nil
}
