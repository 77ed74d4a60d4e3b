package jsonio

import (
	"slices"
	"strings"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A node is a column while it is parsed: its builder, and for a struct the keys that its objects have.
type node struct {
	b        *records.Builder
	children []*node
	keys     *keys // of a struct

	path   []string // where it is in the record
	within bool     // inside an array or a map
}

func newNode(b *records.Builder) *node { return nodeAt(b, nil, false) }

func nodeAt(b *records.Builder, path []string, within bool) *node {
	n := &node{b: b, path: path, within: within}
	var names []string
	switch b.Kind {
	case records.Struct:
		names = fieldNames(b)
	case records.List:
		names, within = []string{"element"}, true
	case records.Map:
		names, within = []string{"key", "value"}, true
	default: // it has no parts
	}
	if b.Kind == records.Variant { // its value is built whole
		return n
	}
	for i, child := range b.Children {
		n.children = append(n.children, nodeAt(child, append(slices.Clip(path), names[i]), within))
	}
	if b.Kind == records.Struct {
		n.keys = newKeys(n)
	}
	return n
}

// maxLearned is how many keys without a column are remembered for each struct.
const maxLearned = 512

// keys finds the column of a key. It remembers which key followed which in the objects before.
type keys struct {
	byName  map[string]*key
	columns []*key // in the schema's order
	start   key    // stands before the first key of an object
	unknown key    // any key that is not remembered
	learned int
	anyCase bool // a column answers to its name in any letter case
	named   bool // unknown gets the name of the key that it stands for
}

// A key is a name that objects have, with a column or without.
type key struct {
	text    string // in quotes, as it most often stands; empty: never expected
	child   *node  // nil: no column
	follows [2]follower
	learned uint8  // how many followers have been written down
	name    string // as it stands, without escapes
	noted   *noted // what has been told of its values; see finding
}

// A follower is a key that came after another, and all the text from the value of the one to the value of the other:
// `,"name":`. Where that text comes again, it means the same.
type follower struct {
	key  *key // nil: none
	text string
}

// What is written down of followers, of each key.
const (
	maxFollowers     = 32
	maxFollowerBytes = 256
)

// follow writes down what came after the key.
func (k *key) follow(next *key, text []byte) {
	if k.learned < maxFollowers && len(text) <= maxFollowerBytes {
		k.learned++
		k.follows[1] = k.follows[0]
		k.follows[0] = follower{next, string(text)}
	}
}

func newKeys(n *node) *keys {
	k := &keys{byName: make(map[string]*key, len(n.children))}
	fields := fieldNames(n.b)
	last := &k.start
	for i, name := range fields {
		entry := &key{text: quotedKey(name), name: name, child: n.children[i]}
		k.columns = append(k.columns, entry)
		k.byName[name] = entry
		last.follows[0].key = entry
		last = entry
	}
	return k
}

// hide makes a column invisible to the records.
func (k *keys) hide(name string) { k.byName[name] = &key{text: quotedKey(name), name: name} }

// find is the key of that name.
func (k *keys) find(name []byte) *key {
	if entry, ok := k.byName[string(name)]; ok {
		return entry
	}
	if k.learned >= maxLearned {
		if k.named {
			k.unknown = key{name: string(name), child: k.alike(name)}
		}
		return &k.unknown
	}
	k.learned++
	entry := &key{text: quotedKey(string(name)), name: string(name), child: k.alike(name)}
	k.byName[string(name)] = entry
	return entry
}

// alike is the column whose name differs by its letter case alone, where that does not matter.
func (k *keys) alike(name []byte) *node {
	if !k.anyCase {
		return nil
	}
	for _, c := range k.columns {
		if k.byName[c.name] == c && strings.EqualFold(c.name, string(name)) {
			return c.child
		}
	}
	return nil
}

// eachKeys visits the keys of all structs.
func (n *node) eachKeys(visit func(*keys)) {
	if n.keys != nil {
		visit(n.keys)
	}
	for _, child := range n.children {
		child.eachKeys(visit)
	}
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
