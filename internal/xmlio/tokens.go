package xmlio

import (
	"bytes"
	"unicode/utf8"
)

// maxDepth is how deep elements may be nested.
const maxDepth = 1000

type kind uint8

const (
	end     kind = iota // of the document, or of an element
	start               // of an element
	chars               // text
	nothing             // the text is not XML: failure says why
)

// An attr is an attribute with its value as it is meant.
type attr struct{ name, value []byte }

// A tokenizer takes a record apart. What it gives is valid until the next token.
type tokenizer struct {
	data    []byte
	pos     int
	kind    kind
	at      int    // where the token begins
	name    []byte // of an element
	attrs   []attr
	text    []byte
	blank   bool // the text is nothing but blanks
	pending bool // the tag just given ends its element too
	open    [][]byte
	failure string
	scratch []byte // texts without their references
	local   bool   // names are without prefixes
}

func (t *tokenizer) reset(data []byte) {
	t.data, t.pos, t.pending, t.failure = data, 0, false, ""
	t.open = t.open[:0]
}

func (t *tokenizer) fail(why string) kind {
	if t.failure == "" {
		t.failure = why
	}
	t.kind = nothing
	return nothing
}

// next moves to the next token.
func (t *tokenizer) next() kind {
	if t.kind == nothing && t.failure != "" {
		return nothing
	}
	t.scratch = t.scratch[:0]
	if t.pending {
		t.pending = false
		return t.close()
	}
	for t.pos < len(t.data) {
		t.at = t.pos
		rest := t.data[t.pos:]
		if rest[0] != '<' {
			return t.characters()
		}
		if len(rest) < 2 {
			return t.startTag()
		}
		switch rest[1] {
		case '/':
			return t.endTag()
		case '!':
			if bytes.HasPrefix(rest, []byte("<![CDATA[")) {
				return t.characters()
			}
			if !bytes.HasPrefix(rest, []byte("<!--")) {
				return t.startTag()
			}
			i := bytes.Index(rest[4:], []byte("--"))
			if i < 0 || !bytes.HasPrefix(rest[4+i:], []byte("-->")) {
				return t.fail("a comment has no end, or -- inside")
			}
			t.pos += i + 7
		case '?':
			i := bytes.Index(rest, []byte("?>"))
			if i < 0 {
				return t.fail("a processing instruction has no end")
			}
			t.pos += i + 2
		default:
			return t.startTag()
		}
	}
	if len(t.open) > 0 {
		return t.fail("an element has no end")
	}
	t.kind = end
	return end
}

func (t *tokenizer) close() kind {
	t.name = t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	t.at = t.pos
	t.kind = end
	return end
}

// readName reads a name at the tokenizer's place.
func (t *tokenizer) readName() ([]byte, bool) {
	rest := t.data[t.pos:]
	n, all := 0, byte(0)
	for n < len(rest) && inNames[rest[n]] != 0 {
		all |= rest[n]
		n++
	}
	name := rest[:n]
	t.pos += n
	if len(name) == 0 || name[0] == '-' || name[0] == '.' || name[0]-'0' <= 9 || all >= utf8.RuneSelf && !utf8.Valid(name) {
		t.fail("a name is missing or is none")
		return nil, false
	}
	return name, true
}

// inNames has the bytes that a name may hold: all beyond ASCII among them.
var inNames = func() (table [256]byte) {
	for c := range table {
		if c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' {
			table[c] = 1
		}
	}
	return table
}()

// maxAttributes bounds the attributes of one element.
const maxAttributes = 4096

func (t *tokenizer) shown(name []byte) []byte {
	if t.local {
		return name[bytes.LastIndexByte(name, ':')+1:]
	}
	return name
}

func (t *tokenizer) spaces() bool {
	from := t.pos
	for t.pos < len(t.data) && isSpace(t.data[t.pos]) {
		t.pos++
	}
	return t.pos > from
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func (t *tokenizer) endTag() kind {
	t.pos += 2
	if len(t.open) > 0 { // the usual tag
		name := t.open[len(t.open)-1]
		if rest := t.data[t.pos:]; len(rest) > len(name) && rest[len(name)] == '>' && bytes.Equal(rest[:len(name)], name) {
			t.pos += len(name) + 1
			return t.close()
		}
	}
	name, ok := t.readName()
	if !ok {
		return nothing
	}
	t.spaces()
	if t.pos >= len(t.data) || t.data[t.pos] != '>' {
		return t.fail("an end tag has no >")
	}
	t.pos++
	if len(t.open) == 0 || !bytes.Equal(t.open[len(t.open)-1], name) {
		return t.fail("an end tag does not fit its start tag")
	}
	return t.close()
}

func (t *tokenizer) startTag() kind {
	t.pos++
	name, ok := t.readName()
	if !ok {
		return nothing
	}
	if len(t.open) >= maxDepth {
		return t.fail("nested too deep")
	}
	t.open = append(t.open, name)
	t.name, t.attrs = name, t.attrs[:0]
	if t.pos < len(t.data) && t.data[t.pos] == '>' {
		t.pos++
		t.kind = start
		return start
	}
	for {
		spaced := t.spaces()
		if t.pos >= len(t.data) {
			return t.fail("a tag has no end")
		}
		switch c := t.data[t.pos]; {
		case c == '>':
			t.pos++
			t.kind = start
			return start
		case c == '/':
			if t.pos+1 >= len(t.data) || t.data[t.pos+1] != '>' {
				return t.fail("a / stands alone in a tag")
			}
			t.pos += 2
			t.pending = true
			t.kind = start
			return start
		case !spaced:
			return t.fail("a blank is missing before an attribute")
		}
		if !t.attribute() {
			return nothing
		}
	}
}

func (t *tokenizer) attribute() bool {
	name, ok := t.readName()
	if !ok {
		return false
	}
	t.spaces()
	if t.pos >= len(t.data) || t.data[t.pos] != '=' {
		t.fail("an attribute has no =")
		return false
	}
	t.pos++
	t.spaces()
	if t.pos >= len(t.data) || t.data[t.pos] != '"' && t.data[t.pos] != '\'' {
		t.fail("an attribute has no quotes")
		return false
	}
	quote := t.data[t.pos]
	t.pos++
	if n := plainLength(t.data[t.pos:], &attributeEnds); t.pos+n < len(t.data) && t.data[t.pos+n] == quote && t.isNew(name) {
		t.attrs = append(t.attrs, attr{name, t.data[t.pos : t.pos+n]})
		t.pos += n + 1
		return true
	}
	length := bytes.IndexByte(t.data[t.pos:], quote)
	if length < 0 {
		t.fail("an attribute has no end")
		return false
	}
	raw := t.data[t.pos : t.pos+length]
	if bytes.IndexByte(raw, '<') >= 0 {
		t.fail("an attribute holds <")
		return false
	}
	if len(t.attrs) >= maxAttributes {
		t.fail("an element has too many attributes")
		return false
	}
	if !t.isNew(name) {
		t.fail("an attribute is given twice")
		return false
	}
	value, ok := t.decode(raw, true)
	if !ok {
		return false
	}
	t.pos += length + 1
	t.attrs = append(t.attrs, attr{name, value})
	return true
}

// isNew tells that the element has no such attribute yet, and may have one more.
func (t *tokenizer) isNew(name []byte) bool {
	for _, a := range t.attrs {
		if bytes.Equal(a.name, name) {
			return false
		}
	}
	return len(t.attrs) < maxAttributes
}
