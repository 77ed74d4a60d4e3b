package xmlio

import (
	"slices"
	"strings"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A node is a column while it is parsed.
type node struct {
	b        *records.Builder
	children []*node
	names    map[string]*node // of a struct
	value    *node            // of a struct: what takes its text
	wildcard *node            // of a struct: what takes elements without a column
	learned  int
	// Elements mostly come in the order of the record before.
	last  *node // of a struct: the column found last in the row at hand; nil: none yet
	first *node // of a struct: what came first in a row
	after *node // what came behind this column in a row

	name   string
	path   []string // of what is in it
	within bool     // inside an array or a map
	noted  map[string]types.Type
}

// maxLearned is how many names without a column are remembered for each struct.
const maxLearned = 512

func newNode(b *records.Builder, name string, path []string, within bool, o *Options) *node {
	n := &node{b: b, name: name, within: within}
	n.path = slices.Clip(path)
	if name != "" {
		n.path = append(n.path, name)
	}
	switch b.Kind {
	case records.Struct:
		n.names = map[string]*node{}
		for i, field := range b.Type.(types.Struct).Fields {
			child := newNode(b.Children[i], field.Name, n.path, within, o)
			n.children = append(n.children, child)
			n.names[field.Name] = child
		}
		n.value, n.wildcard = n.names[o.ValueTag], n.names[o.Wildcard]
	case records.List:
		n.children = []*node{newNode(b.Children[0], "element", n.path, true, o)}
	case records.Map:
		n.children = []*node{nil, newNode(b.Children[1], "value", n.path, true, o)}
	default: // it has no parts
	}
	return n
}

// find is the column of a name; nil: none.
func (n *node) find(name []byte, anyCase bool) *node {
	expected := &n.first
	if n.last != nil {
		expected = &n.last.after
	}
	if guess := *expected; guess != nil && guess.name == string(name) {
		n.last = guess
		return guess
	}
	found := n.lookup(name, anyCase)
	if found != nil && found.name == string(name) {
		*expected = found
	}
	if found != nil {
		n.last = found
	}
	return found
}

func (n *node) lookup(name []byte, anyCase bool) *node {
	if child, ok := n.names[string(name)]; ok || !anyCase {
		return child
	}
	var found *node
	for _, child := range n.children {
		if child != nil && n.names[child.name] == child && strings.EqualFold(child.name, string(name)) {
			found = child
			break
		}
	}
	if n.learned < maxLearned {
		n.learned++
		n.names[string(name)] = found
	}
	return found
}

// hide makes a column invisible to the records.
func (n *node) hide(name string) {
	if name != "" {
		n.names[name] = nil
	}
}
