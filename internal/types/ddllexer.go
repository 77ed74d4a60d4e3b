package types

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"lakehouse/internal/errclass"
)

type ddlKind uint8

const (
	ddlEnd    ddlKind = iota
	ddlWord           // a bare word: name or keyword
	ddlQuoted         // a name in back-ticks
	ddlString         // '…' or "…"
	ddlNumber
	ddlPunct // one of <>(),:
	ddlOther // what belongs into no schema
)

type ddlToken struct {
	kind       ddlKind
	value      string // of a name as written, of a string unescaped; digits
	word       string // lower case, for a bare word
	start, end int
}

// ddlParser walks a text that may begin before the schema and go on behind it.
type ddlParser struct {
	text  string
	tok   ddlToken // the next one, not yet taken
	at    int      // behind tok
	end   int      // behind the last token taken
	depth int
}

// next takes the token.
func (p *ddlParser) next() {
	p.end = p.tok.end
	p.tok = scanDDL(p.text, p.at)
	p.at = p.tok.end
}

func (p *ddlParser) take(punct byte) bool {
	if !p.is(punct) {
		return false
	}
	p.next()
	return true
}

func (p *ddlParser) is(punct byte) bool {
	return p.tok.kind == ddlPunct && p.text[p.tok.start] == punct
}

// peekIs looks one token further.
func (p *ddlParser) peekIs(punct byte) bool {
	after := scanDDL(p.text, p.at)
	return after.kind == ddlPunct && p.text[after.start] == punct
}

func (p *ddlParser) takeWord(word string) bool {
	if p.tok.word != word {
		return false
	}
	p.next()
	return true
}

func (p *ddlParser) name() (string, error) {
	if p.tok.kind != ddlWord && p.tok.kind != ddlQuoted {
		return "", p.unexpected()
	}
	name := p.tok.value
	p.next()
	return name, nil
}

func (p *ddlParser) expect(punct byte) error {
	if !p.take(punct) {
		return p.unexpected()
	}
	return nil
}

func (p *ddlParser) expectEnd() error {
	if p.tok.kind != ddlEnd {
		return p.unexpected()
	}
	return nil
}

func (p *ddlParser) unexpected() error {
	near := "end of input"
	if p.tok.kind != ddlEnd {
		near = "'" + p.text[p.tok.start:p.tok.end] + "'"
	}
	return p.errorAt(p.tok, errclass.ParseSyntaxError, "Syntax error at or near "+near+".")
}

func (p *ddlParser) unsupported(at ddlToken, params []int) error {
	name := at.value
	if len(params) > 0 {
		name += strings.ReplaceAll(strings.Trim(fmt.Sprint(params), "[]"), " ", ",")
		name = at.value + "(" + name[len(at.value):] + ")"
	}
	e := unsupported(name)
	e.At = &errclass.Span{Text: p.text, Start: at.start, End: at.end}
	return e
}

func (p *ddlParser) errorAt(at ddlToken, class errclass.Class, detail string) error {
	return &errclass.Error{Class: class, Detail: detail, At: &errclass.Span{Text: p.text, Start: at.start, End: at.end}}
}

// scanDDL reads the token at or behind an offset.
func scanDDL(text string, at int) ddlToken {
	at = skipBlank(text, at)
	if at >= len(text) {
		return ddlToken{kind: ddlEnd, start: len(text), end: len(text)}
	}
	switch c := text[at]; {
	case strings.IndexByte("<>(),:", c) >= 0:
		return ddlToken{kind: ddlPunct, start: at, end: at + 1}
	case c == '`':
		return scanQuotedName(text, at)
	case c == '\'' || c == '"':
		return scanString(text, at)
	case c >= '0' && c <= '9':
		return scanWord(text, at)
	}
	if r, _ := utf8.DecodeRuneInString(text[at:]); nameRune(r) {
		return scanWord(text, at)
	}
	_, width := utf8.DecodeRuneInString(text[at:])
	return ddlToken{kind: ddlOther, start: at, end: at + width}
}

// nameRune reports whether r may stand in a name without back-ticks.
func nameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// scanWord reads digits as a number, anything else as a word: Spark allows names like 1st.
func scanWord(text string, at int) ddlToken {
	end, digits := at, true
	for end < len(text) {
		r, width := utf8.DecodeRuneInString(text[end:])
		if !nameRune(r) {
			break
		}
		digits = digits && r >= '0' && r <= '9'
		end += width
	}
	value := text[at:end]
	if digits {
		return ddlToken{kind: ddlNumber, value: value, start: at, end: end}
	}
	return ddlToken{kind: ddlWord, value: value, word: strings.ToLower(value), start: at, end: end}
}

// scanQuotedName reads `a“b`, whose name is a`b.
func scanQuotedName(text string, at int) ddlToken {
	var name strings.Builder
	for i := at + 1; i < len(text); i++ {
		if text[i] != '`' {
			name.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '`' {
			name.WriteByte('`')
			i++
			continue
		}
		if name.Len() == 0 {
			break // a name has at least one letter
		}
		return ddlToken{kind: ddlQuoted, value: name.String(), start: at, end: i + 1}
	}
	return ddlToken{kind: ddlOther, start: at, end: at + 1}
}

func scanString(text string, at int) ddlToken {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			if i+1 < len(text) && text[i+1] == quote {
				i++
				continue
			}
			return ddlToken{kind: ddlString, value: Unescape(text[at+1:i], quote), start: at, end: i + 1}
		}
	}
	return ddlToken{kind: ddlOther, start: at, end: at + 1}
}

// skipBlank passes over white space and comments.
func skipBlank(text string, at int) int {
	for at < len(text) {
		rest := text[at:]
		switch {
		case strings.HasPrefix(rest, "--"):
			at += lineLength(rest)
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return at
			}
			at += end + 4
		default:
			r, width := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(r) {
				return at
			}
			at += width
		}
	}
	return at
}

func lineLength(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}
