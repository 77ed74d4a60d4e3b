package xmlio

import (
	"bytes"
	"strconv"
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

// textEnds and attributeEnds have the bytes that do not simply stand for themselves: all beyond ASCII among them.
var textEnds, attributeEnds = func() (inText, inAttribute [256]bool) {
	for c := range 256 {
		special := c < ' ' || c >= utf8.RuneSelf || c == '<' || c == '&'
		inText[c] = special && c != '\n' && c != '\t' || c == ']'
		inAttribute[c] = special || c == '"' || c == '\''
	}
	return inText, inAttribute
}()

// plainLength is how many bytes at the beginning of a text stand for themselves.
func plainLength(text []byte, ends *[256]bool) (n int) {
	for n < len(text) && !ends[text[n]] {
		n++
	}
	return n
}

// isBlank tells that a text is nothing but blanks.
func isBlank(text []byte) bool {
	for _, c := range text {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// characters reads text up to the next markup that is none of CDATA.
func (t *tokenizer) characters() kind {
	t.kind = chars
	rest := t.data[t.pos:]
	if n := plainLength(rest, &textEnds); n > 0 && n+1 < len(rest) && rest[n] == '<' && rest[n+1] != '!' { // the usual text
		t.text = rest[:n]
		t.blank = isBlank(t.text)
		t.pos += n
		return chars
	}
	var text []byte
	whole := true // text is a part of the data
	add := func(part []byte) {
		switch {
		case len(text) == 0 && whole:
			text = part
			return
		case whole:
			text, whole = append([]byte(nil), text...), false
		}
		text = append(text, part...)
	}
	for t.pos < len(t.data) {
		rest := t.data[t.pos:]
		if bytes.HasPrefix(rest, []byte("<![CDATA[")) {
			length := bytes.Index(rest, []byte("]]>"))
			if length < 0 {
				return t.fail("CDATA has no end")
			}
			part, ok := t.plain(rest[9:length])
			if !ok {
				return nothing
			}
			add(part)
			t.pos += length + 3
			continue
		}
		length := bytes.IndexByte(rest, '<')
		if length == 0 {
			break
		}
		if length < 0 {
			length = len(rest)
		}
		part, ok := t.decode(rest[:length], false)
		if !ok {
			return nothing
		}
		if bytes.Contains(rest[:length], []byte("]]>")) {
			return t.fail("]]> stands in a text")
		}
		add(part)
		t.pos += length
	}
	t.text = text
	t.blank = isBlank(text)
	return chars
}

// plain checks text that stands for itself, and makes its line ends one.
func (t *tokenizer) plain(raw []byte) ([]byte, bool) {
	if !t.check(raw) {
		return nil, false
	}
	if bytes.IndexByte(raw, '\r') < 0 {
		return raw, true
	}
	from := len(t.scratch)
	t.appendLines(raw, false)
	return t.scratch[from:len(t.scratch):len(t.scratch)], true
}

func (t *tokenizer) check(raw []byte) bool {
	for _, c := range raw {
		if c < ' ' && !isSpace(c) {
			t.fail("a control character")
			return false
		}
	}
	if !utf8.Valid(raw) {
		t.fail("the text is not UTF-8")
		return false
	}
	return true
}

// appendLines adds text with \n for every line end; in attributes every blank is a space.
func (t *tokenizer) appendLines(raw []byte, inAttribute bool) {
	for i, c := range raw {
		switch {
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
			continue
		case c == '\r':
			c = '\n'
		}
		if inAttribute && isSpace(c) {
			c = ' '
		}
		t.scratch = append(t.scratch, c)
	}
}

// decode replaces references: those of XML itself and characters by number. There are no others, so that nothing expands.
func (t *tokenizer) decode(raw []byte, inAttribute bool) ([]byte, bool) {
	if !t.check(raw) {
		return nil, false
	}
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 &&
		(!inAttribute || bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\t') < 0) {
		return raw, true
	}
	from := len(t.scratch)
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			t.appendLines(raw, inAttribute)
			break
		}
		t.appendLines(raw[:i], inAttribute)
		length := bytes.IndexByte(raw[i:], ';')
		if length < 0 {
			t.fail("a reference has no ;")
			return nil, false
		}
		if !t.reference(string(raw[i+1 : i+length])) {
			t.fail("an entity is not declared")
			return nil, false
		}
		raw = raw[i+length+1:]
	}
	return t.scratch[from:len(t.scratch):len(t.scratch)], true
}

var entities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

func (t *tokenizer) reference(name string) bool {
	if c, ok := entities[name]; ok {
		t.scratch = append(t.scratch, c)
		return true
	}
	var digits string
	base := 10
	switch {
	case len(name) > 2 && name[:2] == "#x":
		digits, base = name[2:], 16
	case len(name) > 1 && name[0] == '#':
		digits = name[1:]
	default:
		return false
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || n >= 0xD800 && n < 0xE000 || n < ' ' && !isSpace(byte(n)) || n == 0xFFFE || n == 0xFFFF {
		return false
	}
	t.scratch = utf8.AppendRune(t.scratch, rune(n))
	return true
}
