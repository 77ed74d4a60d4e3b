package xsd

import (
	"errors"
	"regexp"
	"strings"
)

// compilePattern makes a Go pattern of one of XML Schema: it matches the whole text, ^ and $ are characters, and some classes have
// other names.
func compilePattern(text string) (*regexp.Regexp, error) {
	var out strings.Builder
	out.WriteString(`^(?:`)
	class := 0 // 0: outside of a class, 1: at its beginning, 2: within
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\':
			if i++; i == len(text) {
				return nil, errors.New(`it ends with \`)
			}
			var err error
			if i, err = escape(&out, text, i, class > 0); err != nil {
				return nil, err
			}
		case class == 0 && c == '[':
			out.WriteByte(c)
			class = 1
			if strings.HasPrefix(text[i+1:], "^") {
				out.WriteByte('^')
				i++
			}
			continue
		case class == 0 && c == '.':
			out.WriteString(`[^\n\r]`)
		case class == 0 && (c == '^' || c == '$'):
			out.WriteByte('\\')
			out.WriteByte(c)
		case class > 0 && c == '[':
			return nil, unsupported("a class less another")
		case class == 2 && c == ']':
			out.WriteByte(c)
			class = 0
			continue
		case class == 0 && c == '(' && strings.HasPrefix(text[i+1:], "?"):
			return nil, errors.New("nothing stands before ?")
		case class == 0 && strings.IndexByte("*+?}", c) >= 0 && i+1 < len(text) && strings.IndexByte("?+*", text[i+1]) >= 0:
			return nil, errors.New("a quantifier has a quantifier")
		default:
			out.WriteByte(c)
		}
		if class == 1 {
			class = 2
		}
	}
	out.WriteString(`)$`)
	return regexp.Compile(out.String())
}

const (
	nameStart = `_:\pL`
	nameMore  = `_:\pL\pN\pM.\-·`
)

// escape writes what stands behind a backslash, and gives the place of its last byte.
func escape(out *strings.Builder, text string, i int, within bool) (int, error) {
	set := func(inner string, negated bool) error {
		switch {
		case !within && negated:
			out.WriteString("[^" + inner + "]")
		case !within:
			out.WriteString("[" + inner + "]")
		case negated:
			return unsupported("such a class within another")
		default:
			out.WriteString(inner)
		}
		return nil
	}
	switch c := text[i]; c {
	case 'd':
		return i, set(`\p{Nd}`, false)
	case 'D':
		out.WriteString(`\P{Nd}`)
	case 's':
		return i, set(` \t\n\r`, false)
	case 'S':
		return i, set(` \t\n\r`, true)
	case 'w':
		if within {
			return i, set(`\pL\pM\pN\pS`, false)
		}
		return i, set(`\pP\pZ\pC`, true)
	case 'W':
		return i, set(`\pP\pZ\pC`, false)
	case 'i':
		return i, set(nameStart, false)
	case 'I':
		return i, set(nameStart, true)
	case 'c':
		return i, set(nameMore, false)
	case 'C':
		return i, set(nameMore, true)
	case 'p', 'P':
		end := strings.IndexByte(text[i:], '}')
		if !strings.HasPrefix(text[i+1:], "{") || end < 0 {
			return i, errors.New(`\p has no name`)
		}
		if strings.HasPrefix(text[i+2:], "Is") {
			return i, unsupported("a block of characters")
		}
		out.WriteString(`\` + text[i:i+end+1])
		return i + end, nil
	case 'n', 'r', 't':
		out.WriteByte('\\')
		out.WriteByte(c)
	default:
		if strings.IndexByte(`\|.-^?*+{}()[]$`, c) < 0 {
			return i, errors.New(`\` + string(c) + " is unknown")
		}
		out.WriteByte('\\')
		out.WriteByte(c)
	}
	return i, nil
}
