package types

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unescape reads the body of an SQL string literal that stands between the given quotes: the quote
// twice is the quote; \n, \t, \r, \b, \0, \Z, \u0041, \U0001F600 and \101 (octal) are what they
// name; \% and \_ keep their backslash, for LIKE; before any other letter it is dropped.
func Unescape(body string, quote byte) string {
	var b strings.Builder
	special := string([]byte{'\\', quote})
	for {
		i := strings.IndexAny(body, special)
		if i < 0 || i == len(body)-1 {
			b.WriteString(body)
			return b.String()
		}
		b.WriteString(body[:i])
		if body[i] == quote {
			b.WriteByte(quote)
			body = body[i+2:]
			continue
		}
		body = body[i+1:]
		body = body[unescapeOne(&b, body):]
	}
}

// unescapeOne writes what follows a backslash, and gives how many bytes that was.
func unescapeOne(b *strings.Builder, body string) int {
	switch c := body[0]; c {
	case 'u':
		return unescapeCode(b, body, 4)
	case 'U':
		return unescapeCode(b, body, 8)
	case '0', '1', '2', '3':
		if code, err := strconv.ParseUint(prefix(body, 3), 8, 8); err == nil && len(body) >= 3 {
			b.WriteRune(rune(code))
			return 3
		}
		if c == '0' {
			b.WriteByte(0)
			return 1
		}
		b.WriteByte(c)
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b':
		b.WriteByte('\b')
	case 'Z':
		b.WriteByte(0x1A)
	case '%', '_':
		b.WriteString(`\` + body[:1])
	default:
		_, width := utf8.DecodeRuneInString(body)
		b.WriteString(body[:width])
		return width
	}
	return 1
}

// unescapeCode writes the code point of the hexadecimal digits behind the u. Without that many
// digits it is a plain letter.
func unescapeCode(b *strings.Builder, body string, digits int) int {
	code, err := strconv.ParseUint(prefix(body[1:], digits), 16, 32)
	if err != nil || len(body) <= digits {
		b.WriteByte(body[0])
		return 1
	}
	b.WriteRune(rune(code))
	return 1 + digits
}

func prefix(text string, n int) string { return text[:min(n, len(text))] }
