package jsonio

import (
	"lakehouse/internal/records"
)

// maxDepth is how deep arrays and objects may be nested, as in Jackson.
const maxDepth = 1000

// An outcome says what parsing a value came to.
type outcome uint8

const (
	failed outcome = iota // the text is not JSON: parser.failure says why
	fine
	wrong // JSON, but not of the column's type: a null was added
)

// A parser walks the text of one record and appends to the builders of a node.
type parser struct {
	Syntax
	formats  *records.Formats
	data     []byte
	pos      int
	depth    int
	failure  string // why the text is not JSON
	mismatch string // why a value was not taken
	scratch  []byte // a string without its escapes

	entriesFit bool // of the map just read
	wholePairs bool // half a surrogate pair is a fault, not U+FFFD
	rescues    bool // a value that does not fit is kept elsewhere, and is no fault

	building *variants // nil until there is one

	*finding // embedded, so that its absence is one nil; see finding.go
}

func (p *parser) reset(data []byte) {
	p.data, p.pos, p.depth, p.failure, p.mismatch = data, 0, 0, "", ""
	if p.finding != nil {
		p.dirty = false
	}
}

func (p *parser) fail(why string) outcome {
	if p.failure == "" {
		p.failure = why
	}
	return failed
}

func (p *parser) done() bool { return p.pos >= len(p.data) }

// peek is the next byte; 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// space passes over blanks, and gives the byte after them; 0 at the end.
func (p *parser) space() byte {
	for i := p.pos; i < len(p.data); i++ {
		c := p.data[i]
		if c > ' ' && c != '/' {
			p.pos = i
			return c
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			p.pos = i
			return p.comment(c)
		}
	}
	p.pos = len(p.data)
	return 0
}

// end reports that nothing but blanks is left.
func (p *parser) end() bool {
	p.space()
	if !p.done() {
		p.fail("something follows the record")
	}
	return p.done() && p.failure == ""
}

func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.fail("nested too deep")
		return false
	}
	return true
}

// object adds an object as a row of a struct.
func (p *parser) object(n *node) outcome {
	if p.finding != nil {
		return p.watchedObject(n)
	}
	if !p.enter() {
		return failed
	}
	row := n.b.Len
	p.pos++ // {
	for k := p.next(n.keys, &n.keys.start); k != nil; k = p.next(n.keys, k) {
		child := k.child
		if child == nil {
			if !p.skip() {
				return failed
			}
			continue
		}
		if child.b.Len != row { // the key came before: its last value counts
			child.b.Truncate(row)
		}
		if p.value(child) == failed {
			return failed
		}
	}
	return p.endObject(n, row)
}

// endObject adds nulls for the keys that an object has not had.
func (p *parser) endObject(n *node, row int) outcome {
	if p.failure != "" {
		return failed
	}
	p.pos++ // }
	for _, child := range n.children {
		if child.b.Len == row {
			child.b.AppendNull()
		}
	}
	n.b.Len++
	p.depth--
	return fine
}

// next moves from the value of a key, or from the start of the object, to the value of the key after it. Nil: the object
// ends here, or the text is not JSON.
func (p *parser) next(keys *keys, last *key) *key {
	for i := range last.follows {
		if f := &last.follows[i]; p.expected(f.text) {
			p.toValue()
			return f.key
		}
	}
	from, c := p.pos, p.space()
	switch {
	case c == '}':
		return nil
	case last == &keys.start:
	case c != ',':
		p.fail("expected ',' or '}'")
		return nil
	default:
		p.pos++
		if p.space() == '}' {
			p.fail("a key is missing after a comma")
			return nil
		}
	}
	found := p.key(keys, last.follows[0].key)
	if found != nil && found != &keys.unknown {
		last.follow(found, p.data[from:p.pos])
	}
	return found
}

// key reads a key, perhaps the one that is expected, and its colon, up to the value. Nil: not JSON.
func (p *parser) key(keys *keys, expected *key) *key {
	found := expected
	if found == nil || !p.expected(found.text) {
		name, ok := p.keyName()
		if !ok {
			return nil
		}
		found = keys.find(name)
	}
	if p.peek() != ':' && p.space() != ':' {
		p.fail("expected ':'")
		return nil
	}
	p.pos++
	p.toValue()
	return found
}

// toValue passes over the blanks before a value.
func (p *parser) toValue() {
	if p.peek() <= ' ' || p.Comments {
		p.space()
	}
}

// expected passes over the text if it comes next.
func (p *parser) expected(text string) bool {
	end := p.pos + len(text)
	if len(text) == 0 || end > len(p.data) || string(p.data[p.pos:end]) != text {
		return false
	}
	p.pos = end
	return true
}

// list adds an array as a row. Where an element does not fit, the whole list is null.
func (p *parser) list(n *node) outcome {
	if !p.enter() {
		return failed
	}
	p.pos++ // [
	element, fits := n.children[0], true
	for c := p.space(); c != ']'; {
		switch p.value(element) {
		case failed:
			return failed
		case wrong:
			fits = false
		case fine:
		}
		switch c = p.space(); c {
		case ',':
			p.pos++
			if c = p.space(); c == ']' {
				return p.fail("a value is missing after a comma")
			}
		case ']':
		default:
			return p.fail("expected ',' or ']'")
		}
	}
	p.pos++
	p.depth--
	return p.closeList(n, fits)
}

func (p *parser) closeList(n *node, fits bool) outcome {
	if fits {
		n.b.CloseList()
		return fine
	}
	start := int(n.b.Offsets[n.b.Len])
	for _, child := range n.children {
		child.b.Truncate(start)
	}
	n.b.AppendNull()
	return wrong
}
