package sql

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// Bounds of a text. An INSERT with this many bytes of VALUES is a file in disguise.
const (
	maxText   = 16 << 20
	maxTokens = 2_000_000
)

// scan reads the tokens of a text. A fault becomes a bad token, so that it counts only if the
// parser gets there: the value of SET is no SQL.
func scan(text string) []token { return scanFrom(text, 0, make([]token, 0, len(text)/5+2)) }

// scanFrom reads on from an offset, behind the tokens there are.
func scanFrom(text string, at int, tokens []token) []token {
	var open []int
	for {
		t := scanToken(text, at)
		at = t.end
		switch t.key {
		case "(":
			open = append(open, len(tokens))
		case ")":
			if n := len(open); n > 0 {
				tokens[open[n-1]].match = len(tokens)
				open = open[:n-1]
			}
		}
		if len(tokens) >= maxTokens && t.kind != kindEnd {
			tokens = append(tokens, token{kind: kindBad, start: t.start, end: len(text), err: errTooMany})
			t = token{kind: kindEnd, start: len(text), end: len(text)}
		}
		tokens = append(tokens, t)
		if t.kind == kindEnd {
			return tokens
		}
	}
}

// scanToken reads the token at or behind an offset.
func scanToken(text string, at int) token {
	at, err := skipBlank(text, at)
	if err != nil {
		return token{kind: kindBad, start: at, end: len(text), err: err}
	}
	if at >= len(text) {
		return token{kind: kindEnd, start: len(text), end: len(text)}
	}
	c := text[at]
	next := byte(0)
	if at+1 < len(text) {
		next = text[at+1]
	}
	switch {
	case c == '`':
		return scanQuotedName(text, at)
	case c == '\'' || c == '"':
		return scanString(text, at, at)
	case (c == 'r' || c == 'R') && (next == '\'' || next == '"'):
		return scanRawString(text, at)
	case digit(c) || c == '.' && digit(next) && !endsName(text, at):
		return scanNumber(text, at)
	}
	if r, _ := utf8.DecodeRuneInString(text[at:]); nameRune(r) {
		return scanWord(text, at)
	}
	return scanSymbol(text, at)
}

func scanSymbol(text string, at int) token {
	for _, s := range symbols {
		if strings.HasPrefix(text[at:], s) {
			return token{kind: kindSymbol, key: s, start: at, end: at + len(s)}
		}
	}
	_, width := utf8.DecodeRuneInString(text[at:])
	return token{kind: kindBad, start: at, end: at + width, err: errStray}
}

var (
	errStray        = errors.New("no SQL has this character")
	errOpenQuote    = errors.New("the quote is not closed")
	errTooMany      = errors.New("the text has too many words and symbols")
	errEmptyName    = errors.New("a name needs at least one character")
	errUnclosedNote = errclass.UnclosedComment.New("Found an unclosed bracketed comment. Please, append */ at the end of the comment.")
)

func digit(c byte) bool { return c >= '0' && c <= '9' }

func nameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// endsName reports whether a name, or a bracket after one, ends right before the offset: then a
// point is an access ("t.1st"), not the start of a number.
func endsName(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at > 0 && (nameRune(r) || r == '`' || r == ')' || r == ']')
}

func scanWord(text string, at int) token {
	end := wordEnd(text, at)
	return token{kind: kindWord, key: strings.ToLower(text[at:end]), value: text[at:end], start: at, end: end}
}

func wordEnd(text string, at int) int {
	for at < len(text) {
		r, width := utf8.DecodeRuneInString(text[at:])
		if !nameRune(r) {
			break
		}
		at += width
	}
	return at
}

// scanQuotedName reads `a“b`, whose name is a`b.
func scanQuotedName(text string, at int) token {
	end := closing(text, at)
	switch {
	case end < 0:
		return token{kind: kindBad, start: at, end: len(text), err: errOpenQuote}
	case end == at+1:
		return token{kind: kindBad, start: at, end: end + 1, err: errEmptyName}
	}
	name := strings.ReplaceAll(text[at+1:end], "``", "`")
	return token{kind: kindQuoted, value: name, start: at, end: end + 1}
}

// closing is the offset of the quote that ends what the quote at the offset begins; the quote twice
// does not. -1: there is none.
func closing(text string, at int) int {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote != '`':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return -1
}

// scanString reads '…' or "…"; the token begins at start.
func scanString(text string, start, at int) token {
	end := closing(text, at)
	if end < 0 {
		return token{kind: kindBad, start: start, end: len(text), err: errOpenQuote}
	}
	return token{kind: kindString, value: types.Unescape(text[at+1:end], text[at]), start: start, end: end + 1}
}

// scanRawString reads r'…', where a backslash is a letter and a quote ends it.
func scanRawString(text string, at int) token {
	body := text[at+2:]
	end := strings.IndexByte(body, text[at+1])
	if end < 0 {
		return token{kind: kindBad, start: at, end: len(text), err: errOpenQuote}
	}
	return token{kind: kindString, value: body[:end], start: at, end: at + 2 + end + 1}
}

// scanNumber reads digits ['.' digits] [('e'|'E') ['+'|'-'] digits] [suffix]. Letters that fit no
// suffix make it a name: 1st.
func scanNumber(text string, at int) token {
	end := digitsEnd(text, at)
	if end < len(text) && text[end] == '.' {
		end = digitsEnd(text, end+1)
	}
	end = exponentEnd(text, end)
	word := wordEnd(text, end)
	switch strings.ToLower(text[end:word]) {
	case "", "l", "s", "y", "d", "f", "bd":
		return token{kind: kindNumber, value: text[at:word], start: at, end: word}
	}
	if plain := wordEnd(text, at); plain == word {
		return scanWord(text, at)
	}
	return token{kind: kindBad, start: at, end: word, err: errors.New("the number ends in letters that are no suffix")}
}

func digitsEnd(text string, at int) int {
	for at < len(text) && digit(text[at]) {
		at++
	}
	return at
}

func exponentEnd(text string, at int) int {
	if at >= len(text) || text[at]|0x20 != 'e' {
		return at
	}
	from := at + 1
	if from < len(text) && (text[from] == '+' || text[from] == '-') {
		from++
	}
	if end := digitsEnd(text, from); end > from {
		return end
	}
	return at
}

// skipBlank passes over white space and comments. Bracketed ones nest; hints are comments too.
func skipBlank(text string, at int) (int, error) {
	for at < len(text) {
		switch {
		case strings.HasPrefix(text[at:], "--"):
			end := strings.IndexByte(text[at:], '\n')
			if end < 0 {
				return len(text), nil
			}
			at += end
		case strings.HasPrefix(text[at:], "/*"):
			end := commentEnd(text, at)
			if end < 0 {
				return at, errUnclosedNote
			}
			at = end
		default:
			r, width := utf8.DecodeRuneInString(text[at:])
			if !unicode.IsSpace(r) && r != '\uFEFF' {
				return at, nil
			}
			at += width
		}
	}
	return at, nil
}

func commentEnd(text string, at int) int {
	depth := 0
	for i := at; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
