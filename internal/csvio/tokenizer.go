package csvio

import (
	"bytes"
	"strings"
)

// A token is a value of a record as text. It is valid until the next record is read.
type token struct {
	text   []byte
	quoted bool
	skip   bool // the value is to be null (SKIP_VALUE)
}

// A tokenizer cuts text into records and these into tokens.
type tokenizer struct {
	syntax
	data     []byte
	pos      int
	spanning bool   // line ends end a record, except inside quotes; else the data is one record
	lineSep  string // when spanning; "": \n, \r\n and \r
	tokens   []token
	scratch  []byte // values without their escapes
	fault    string // why the record is malformed
	unclosed bool   // by a quote that has no end
}

func (t *tokenizer) reset(data []byte) { t.data, t.pos = data, 0 }

// record reads the record at the tokenizer's place, and what ends it.
func (t *tokenizer) record() {
	t.tokens, t.scratch, t.fault, t.unclosed = t.tokens[:0], t.scratch[:0], "", false
	for {
		more := t.value()
		if len(t.tokens) > t.maxColumns {
			t.fault = "there are more values than maxColumns"
			t.tokens = t.tokens[:t.maxColumns]
		}
		if !more {
			t.pos += t.lineEnd(t.pos)
			return
		}
	}
}

// value reads a value and the separator after it, if there is one.
func (t *tokenizer) value() (more bool) {
	if t.trimLeft {
		t.pos = t.blanks(t.pos)
	}
	if t.quote != 0 && t.pos < len(t.data) && t.data[t.pos] == t.quote {
		t.quotedValue()
	} else {
		end := t.end(t.pos)
		t.add(token{text: t.data[t.pos:end]})
		t.pos = end
	}
	if t.separates(t.pos) {
		t.pos += len(t.sep)
		return true
	}
	return false
}

func (t *tokenizer) add(v token) {
	if t.trimRight && !v.quoted {
		v.text = bytes.TrimRightFunc(v.text, func(r rune) bool { return r <= ' ' })
	}
	t.tokens = append(t.tokens, v)
}

func (t *tokenizer) separates(i int) bool {
	return i+len(t.sep) <= len(t.data) && t.data[i] == t.sep[0] && string(t.data[i:i+len(t.sep)]) == t.sep
}

// lineEnd is how many bytes end a record at i: 0 when it goes on.
func (t *tokenizer) lineEnd(i int) int {
	if !t.spanning || i >= len(t.data) {
		return 0
	}
	rest := t.data[i:]
	switch {
	case t.lineSep != "":
		if bytes.HasPrefix(rest, []byte(t.lineSep)) {
			return len(t.lineSep)
		}
		return 0
	case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
		return 2
	case rest[0] == '\n' || rest[0] == '\r':
		return 1
	}
	return 0
}

// end is where a value without quotes ends: at a separator, a line end, or the end of the data.
func (t *tokenizer) end(i int) int {
	if !t.spanning {
		var at int
		if len(t.sep) == 1 {
			at = bytes.IndexByte(t.data[i:], t.sep[0])
		} else {
			at = bytes.Index(t.data[i:], []byte(t.sep))
		}
		if at < 0 {
			return len(t.data)
		}
		return i + at
	}
	for ; i < len(t.data); i++ {
		if t.separates(i) || t.lineEnd(i) > 0 {
			break
		}
	}
	return i
}

// blanks passes over blanks that neither separate nor end a record.
func (t *tokenizer) blanks(i int) int {
	for i < len(t.data) && t.data[i] <= ' ' && !t.separates(i) && t.lineEnd(i) == 0 {
		i++
	}
	return i
}

// quotedValue reads a value in quotes.
func (t *tokenizer) quotedValue() {
	start, from := t.pos, len(t.scratch)
	plain := t.pos + 1 // what stands from here on is not yet copied
	for i := plain; i < len(t.data); i++ {
		c := t.data[i]
		next := byte(0)
		if i+1 < len(t.data) {
			next = t.data[i+1]
		}
		switch {
		case c == t.quote && next == t.quote && i+1 < len(t.data),
			c == t.escape && c != 0 && c != t.quote && next == t.quote,
			c == t.escapeEscape && c != 0 && next == t.escape && next != 0 && next != t.quote:
			t.scratch = append(append(t.scratch, t.data[plain:i]...), next)
			i++
			plain = i + 1
		case c == t.quote:
			if after := t.blanks(i + 1); after >= len(t.data) || t.separates(after) || t.lineEnd(after) > 0 {
				t.closeValue(from, plain, i)
				t.pos = after
				return
			}
			if t.unescaped == stopAtClosingQuote {
				continue
			}
			t.unescapedQuote(start, i)
			return
		case c == '\r' && next == '\n' && t.spanning && t.lineSep == "": // line ends inside values are made one
			t.scratch = append(t.scratch, t.data[plain:i]...)
			plain = i + 1
		}
	}
	t.fault, t.unclosed = "a quote has no end", true
	t.add(token{text: t.data[start:]})
	t.pos = len(t.data)
}

func (t *tokenizer) closeValue(from, plain, end int) {
	if len(t.scratch) == from {
		t.add(token{text: t.data[plain:end], quoted: true})
		return
	}
	t.scratch = append(t.scratch, t.data[plain:end]...)
	t.add(token{text: t.scratch[from:len(t.scratch):len(t.scratch)], quoted: true})
}

// unescapedQuote takes a value as it is written: up to the separator behind the quote at i, or to its first.
func (t *tokenizer) unescapedQuote(start, i int) {
	if t.unescaped == backToDelimiter {
		i = start
	}
	t.pos = t.end(i)
	if t.unescaped == raiseError {
		t.fault = "a quote stands unescaped in a value"
	}
	t.add(token{text: t.data[start:t.pos], skip: t.unescaped == skipValue})
}

// passedOver reports that a line holds no record: it is blank or a comment.
func (t *tokenizer) passedOver(line []byte) bool {
	if t.comment != 0 && len(line) > 0 && line[0] == t.comment {
		return true
	}
	for _, c := range line {
		if c > ' ' {
			return false
		}
	}
	return !strings.ContainsAny(t.sep, " \t") || len(line) == 0
}
