package jsonio

import (
	"bytes"
	"unicode/utf8"
)

// skip passes over a value, checking that it is JSON.
func (p *parser) skip() bool {
	switch c := p.peek(); {
	case p.isQuote(c):
		_, ok := p.text()
		return ok
	case c == '{':
		return p.skipObject()
	case c == '[':
		return p.skipArray()
	case p.expected("true"), p.expected("false"), p.expected("null"):
		return true
	case c-'0' <= 9:
		_, _, ok := p.number()
		return ok
	default:
		if _, ok := p.nonNumber(); ok {
			return true
		}
		_, _, ok := p.number()
		return ok
	}
}

func (p *parser) skipObject() bool {
	if !p.enter() {
		return false
	}
	p.pos++
	for c := p.space(); c != '}'; {
		_, ok := p.keyName()
		if !ok {
			return false
		}
		if p.space() != ':' {
			p.fail("expected ':'")
			return false
		}
		p.pos++
		p.space()
		if !p.skip() {
			return false
		}
		if c, ok = p.afterMember(); !ok {
			return false
		}
	}
	p.pos++
	p.depth--
	return true
}

// afterMember passes over what stands between the value of a key and the next key, or the end of the object: its first byte.
func (p *parser) afterMember() (first byte, ok bool) {
	switch first = p.space(); first {
	case ',':
		p.pos++
		if first = p.space(); first == '}' {
			p.fail("a key is missing after a comma")
			return first, false
		}
	case '}':
	default:
		p.fail("expected ',' or '}'")
		return first, false
	}
	return first, true
}

func (p *parser) skipArray() bool {
	if !p.enter() {
		return false
	}
	p.pos++
	for c := p.space(); c != ']'; {
		if !p.skip() {
			return false
		}
		switch c = p.space(); c {
		case ',':
			p.pos++
			if c = p.space(); c == ']' {
				p.fail("a value is missing after a comma")
				return false
			}
		case ']':
		default:
			p.fail("expected ',' or ']'")
			return false
		}
	}
	p.pos++
	p.depth--
	return true
}

// comment passes over a comment at the parser's place, where they are allowed, and the blanks behind
// it. It gives the byte after them: c itself when there is no comment.
func (p *parser) comment(c byte) byte {
	for p.Comments && c == '/' {
		rest := p.data[p.pos:]
		end := -1
		switch {
		case bytes.HasPrefix(rest, []byte("//")):
			if end = bytes.IndexAny(rest, "\r\n"); end < 0 {
				end = len(rest)
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			if at := bytes.Index(rest[2:], []byte("*/")); at >= 0 {
				end = at + 4
			}
		}
		if end < 0 || !utf8.Valid(rest[:end]) {
			p.fail("a comment has no end or is not UTF-8")
			return 0
		}
		p.pos += end
		for p.pos < len(p.data) && (p.data[p.pos] == ' ' || p.data[p.pos] == '\t' || p.data[p.pos] == '\n' || p.data[p.pos] == '\r') {
			p.pos++
		}
		c = p.peek()
	}
	return c
}
