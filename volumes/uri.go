package volumes

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EncodePath writes a path as Spark writes it in checkpoints, which is how java.net.URI quotes a path: a blank
// is %20 and a percent sign %25, while letters of other alphabets stay. Bytes that are no UTF-8 are
// quoted too, so that every file name comes back from DecodePath.
func EncodePath(path string) string {
	for i := range len(path) {
		if !plainInPath(path[i]) {
			return encodePath(path, i)
		}
	}
	return path
}

// encodePath is EncodePath for a path whose first special byte is known.
func encodePath(path string, start int) string {
	var text strings.Builder
	text.Grow(len(path) + 8)
	text.WriteString(path[:start])
	for rest := path[start:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if mayStay(r, size, rest[0]) {
			text.WriteString(rest[:size])
		} else {
			for i := range size {
				fmt.Fprintf(&text, "%%%02X", rest[i])
			}
		}
		rest = rest[size:]
	}
	return text.String()
}

func mayStay(r rune, size int, first byte) bool {
	if r < utf8.RuneSelf {
		return plainInPath(first)
	}
	broken := r == utf8.RuneError && size == 1
	return !broken && !unicode.IsControl(r) && !unicode.In(r, unicode.Z)
}

// plainInPath tells the ASCII bytes that stand for themselves in the path of a java.net.URI.
func plainInPath(c byte) bool {
	return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
		(c != 0 && strings.IndexByte("-_.!~*'():@&=+$,;/", c) >= 0)
}

// DecodePath undoes EncodePath: each %XX becomes its byte, once. "+" is a plus sign.
func DecodePath(text string) (string, error) {
	if strings.IndexByte(text, '%') < 0 {
		return text, nil
	}
	path := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			path = append(path, text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", fmt.Errorf("decode path %q: cut short after %%", text)
		}
		high, low := unhex(text[i+1]), unhex(text[i+2])
		if high > 15 || low > 15 {
			return "", fmt.Errorf("decode path %q: %q is no percent-encoded byte", text, text[i:i+3])
		}
		path = append(path, high<<4|low)
		i += 2
	}
	return string(path), nil
}

// unhex gives the value of a hexadecimal digit, and more than 15 for another byte.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}
