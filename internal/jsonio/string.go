package jsonio

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// stringColumn adds the string at the parser's place to a column's bytes, whatever it holds.
func (p *parser) stringColumn(n *node) outcome {
	bytes, ok := p.appendString(n.b.Bytes)
	if !ok {
		return failed
	}
	n.b.Bytes = bytes
	n.b.CloseBytes()
	return fine
}

// text reads a string. It is valid until the next string is read.
func (p *parser) text() (text []byte, ok bool) {
	start := p.pos + 1
	if p.data[p.pos] == '"' {
		end, high := plain(p.data, start)
		if end < len(p.data) && p.data[end] == '"' && (!high || utf8.Valid(p.data[start:end])) {
			p.pos = end + 1
			return p.data[start:end], true
		}
	}
	p.scratch, ok = p.appendString(p.scratch[:0])
	return p.scratch, ok
}

// isQuote reports whether a string begins with the byte.
func (p *parser) isQuote(c byte) bool { return c == '"' || c == '\'' && p.SingleQuotes }

// appendString reads the string at the parser's place, whatever it holds.
func (p *parser) appendString(dst []byte) ([]byte, bool) {
	quote := p.data[p.pos]
	for i := p.pos + 1; ; {
		end, high := plain(p.data, i)
		if quote != '"' {
			end, high = plainSingle(p.data, i)
		}
		part := p.data[i:end]
		if high && !utf8.Valid(part) {
			p.fail("a string is not UTF-8")
			return dst, false
		}
		dst = append(dst, part...)
		if end == len(p.data) {
			p.fail("a string has no end")
			return dst, false
		}
		switch c := p.data[end]; {
		case c == quote:
			p.pos = end + 1
			return dst, true
		case c == '\\':
			var ok bool
			if dst, i, ok = p.escape(dst, end+1); !ok {
				return dst, false
			}
		case p.ControlChars:
			dst = append(dst, c)
			i = end + 1
		default:
			p.fail("a control character in a string")
			return dst, false
		}
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain is where a run of bytes from i ends that stand for themselves inside double quotes: at a quote, a
// backslash, a control character, or the end. high tells that bytes of 0x80 and above are among them.
func plain(data []byte, i int) (end int, high bool) {
	var seen uint64
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote, slash := w^'"'*ones, w^'\\'*ones
		// The lowest flag of each is right; those above a right one may not be.
		stop := ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w) & highs
		if stop != 0 {
			seen |= w & (stop&-stop - 1)
			return i + bits.TrailingZeros64(stop)/8, seen&highs != 0
		}
		seen |= w
	}
	high = seen&highs != 0
	for ; i < len(data); i++ {
		c := data[i]
		if c == '"' || c == '\\' || c < ' ' {
			break
		}
		high = high || c >= utf8.RuneSelf
	}
	return i, high
}

// plainSingle is plain for a string in single quotes.
func plainSingle(data []byte, i int) (end int, high bool) {
	for ; i < len(data); i++ {
		c := data[i]
		if c == '\'' || c == '\\' || c < ' ' {
			break
		}
		high = high || c >= utf8.RuneSelf
	}
	return i, high
}

// escape reads what follows a backslash, and gives the place behind it.
func (p *parser) escape(dst []byte, i int) ([]byte, int, bool) {
	if i == len(p.data) {
		p.fail("a string has no end")
		return dst, i, false
	}
	switch c := p.data[i]; c {
	case '"', '\\', '/':
		return append(dst, c), i + 1, true
	case 'b':
		return append(dst, '\b'), i + 1, true
	case 'f':
		return append(dst, '\f'), i + 1, true
	case 'n':
		return append(dst, '\n'), i + 1, true
	case 'r':
		return append(dst, '\r'), i + 1, true
	case 't':
		return append(dst, '\t'), i + 1, true
	case 'u':
		return p.unicodeEscape(dst, i+1)
	default:
		if p.BackslashAny || c == '\'' && p.SingleQuotes {
			r, size := utf8.DecodeRune(p.data[i:])
			if r != utf8.RuneError || size > 1 {
				return append(dst, p.data[i:i+size]...), i + size, true
			}
		}
		p.fail("an unknown escape in a string")
		return dst, i, false
	}
}

// unicodeEscape reads four hexadecimal digits, and those of the other half of a surrogate pair. Half
// a pair alone becomes U+FFFD.
func (p *parser) unicodeEscape(dst []byte, i int) ([]byte, int, bool) {
	r, ok := hex4(p.data[i:])
	if !ok {
		p.fail("a \\u escape needs four hexadecimal digits")
		return dst, i, false
	}
	i += 4
	if utf16.IsSurrogate(r) {
		pair := rune(utf8.RuneError)
		if i+6 <= len(p.data) && p.data[i] == '\\' && p.data[i+1] == 'u' {
			if low, ok := hex4(p.data[i+2:]); ok {
				pair = utf16.DecodeRune(r, low)
			}
		}
		if r = pair; r != utf8.RuneError {
			i += 6
		} else if p.wholePairs {
			p.fail("half a surrogate pair")
			return dst, i, false
		}
	}
	return utf8.AppendRune(dst, r), i, true
}

func hex4(text []byte) (r rune, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, c := range text[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// keyName reads the key of an object's member. It is valid until the next string is read.
func (p *parser) keyName() (name []byte, ok bool) {
	c := p.peek()
	switch {
	case p.isQuote(c):
		return p.text()
	case p.UnquotedNames:
		start := p.pos
		for !p.done() && isNameByte(p.data[p.pos]) {
			p.pos++
		}
		name = p.data[start:p.pos]
		if len(name) > 0 && (name[0] < '0' || name[0] > '9') && name[0] != '-' {
			return name, true
		}
	}
	p.fail("expected a key")
	return nil, false
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
