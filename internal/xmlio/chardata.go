package xmlio

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

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
