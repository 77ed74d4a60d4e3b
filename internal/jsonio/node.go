package jsonio

import (
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A node is a column while it is parsed: its builder, and for a struct the keys that its objects have.
type node struct {
	b        *records.Builder
	children []*node
	keys     *keys // of a struct
}

func newNode(b *records.Builder) *node {
	n := &node{b: b}
	for _, child := range b.Children {
		n.children = append(n.children, newNode(child))
	}
	if b.Kind == records.Struct {
		n.keys = newKeys(n)
	}
	return n
}

// maxLearned is how many keys without a column are remembered for each struct.
const maxLearned = 512

// keys finds the column of a key. It remembers which key followed which in the last object.
type keys struct {
	byName  map[string]*key
	start   key // stands before the first key of an object
	unknown key // any key that is not remembered
	learned int
}

// A key is a name that objects have, with a column or without.
type key struct {
	text  string // in quotes, as it most often stands; empty: never expected
	child *node  // nil: no column
	next  *key   // the key that followed it last time
}

func newKeys(n *node) *keys {
	k := &keys{byName: make(map[string]*key, len(n.children))}
	fields := fieldNames(n.b)
	last := &k.start
	for i, name := range fields {
		entry := &key{text: quotedKey(name), child: n.children[i]}
		k.byName[name] = entry
		last.next = entry
		last = entry
	}
	return k
}

// hide makes a column invisible to the records.
func (k *keys) hide(name string) { k.byName[name] = &key{text: quotedKey(name)} }

// find is the key of that name.
func (k *keys) find(name []byte) *key {
	if entry, ok := k.byName[string(name)]; ok {
		return entry
	}
	if k.learned >= maxLearned {
		return &k.unknown
	}
	k.learned++
	entry := &key{text: quotedKey(string(name))}
	k.byName[string(name)] = entry
	return entry
}

// quotedKey is how a key usually stands in the text; empty when it needs escapes.
func quotedKey(name string) string {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == '"' || name[i] == '\\' {
			return ""
		}
	}
	return `"` + name + `"`
}

func fieldNames(b *records.Builder) []string { return b.Type.(types.Struct).Names() }
