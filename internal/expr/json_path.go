package expr

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonStep is a part of a JSON path: .name, [n], [*] or .*
type jsonStep struct {
	name  string
	index int // -1: a name
	all   bool
}

// parseJSONPath reads $.a['b'][0][*]. ok is false for what is no path, for which Spark gives null.
func parseJSONPath(path string) (steps []jsonStep, ok bool) {
	if !strings.HasPrefix(path, "$") {
		return nil, false
	}
	for rest := path[1:]; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "['"):
			name, after, closed := strings.Cut(rest[2:], "']")
			if !closed {
				return nil, false
			}
			steps, rest = append(steps, jsonStep{name: name, index: -1}), after
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, false
			}
			inside := strings.TrimSpace(rest[1:end])
			rest = rest[end+1:]
			if inside == "*" {
				steps = append(steps, jsonStep{all: true})
				continue
			}
			n, err := strconv.Atoi(inside)
			if err != nil || n < 0 {
				return nil, false
			}
			steps = append(steps, jsonStep{index: n})
		case rest[0] == '.':
			end := 1
			for end < len(rest) && rest[end] != '.' && rest[end] != '[' {
				end++
			}
			if end == 1 {
				return nil, false
			}
			steps, rest = append(steps, jsonStep{name: rest[1:end], index: -1, all: rest[1:end] == "*"}), rest[end:]
		default:
			return nil, false
		}
	}
	return steps, true
}

// maxJSONDepth bounds the nesting of what is walked.
const maxJSONDepth = 1000

// A jsonWalker walks JSON text in place.
type jsonWalker struct {
	s     string
	i     int
	depth int
}

func (w *jsonWalker) space() {
	for w.i < len(w.s) && (w.s[w.i] == ' ' || w.s[w.i] == '\t' || w.s[w.i] == '\n' || w.s[w.i] == '\r') {
		w.i++
	}
}

func (w *jsonWalker) accept(c byte) bool {
	w.space()
	if w.i < len(w.s) && w.s[w.i] == c {
		w.i++
		return true
	}
	return false
}

// text passes a string over and gives it with its quotes.
func (w *jsonWalker) text() (raw string, ok bool) {
	w.space()
	if w.i >= len(w.s) || w.s[w.i] != '"' && w.s[w.i] != '\'' {
		return "", false
	}
	start, quote := w.i, w.s[w.i]
	for w.i++; w.i < len(w.s); w.i++ {
		switch w.s[w.i] {
		case '\\':
			w.i++
		case quote:
			w.i++
			return w.s[start:w.i], true
		}
	}
	w.i = len(w.s) // a backslash at the end escapes nothing
	return "", false
}

// value passes any value over and gives its text.
func (w *jsonWalker) value() (raw string, ok bool) {
	w.space()
	start := w.i
	if w.i >= len(w.s) {
		return "", false
	}
	switch c := w.s[w.i]; c {
	case '"', '\'':
		return w.text()
	case '{':
		ok = w.members(func(string) bool { _, ok := w.value(); return ok })
	case '[':
		ok = w.items(func(int) bool { _, ok := w.value(); return ok })
	default:
		for w.i < len(w.s) && strings.IndexByte(",]}: \t\r\n", w.s[w.i]) < 0 {
			w.i++
		}
		ok = isJSONScalar(w.s[start:w.i])
	}
	return w.s[start:w.i], ok
}

func isJSONScalar(s string) bool {
	switch s {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return true
	case "":
		return false
	}
	digits, scale, _, ok := decimalParts(s)
	return ok && s[0] != '+' && (scale != 0 || digits != "") && s[len(s)-1] != '.' && s[0] != '.'
}

// members walks an object; f is called at each value and must pass it over.
func (w *jsonWalker) members(f func(key string) bool) bool {
	if w.depth++; w.depth > maxJSONDepth || !w.accept('{') {
		return false
	}
	defer func() { w.depth-- }()
	if w.accept('}') {
		return true
	}
	for {
		raw, ok := w.text()
		if !ok || !w.accept(':') {
			return false
		}
		if !f(unquoteJSON(raw)) {
			return false
		}
		if w.accept('}') {
			return true
		}
		if !w.accept(',') {
			return false
		}
	}
}

// items walks an array.
func (w *jsonWalker) items(f func(n int) bool) bool {
	if w.depth++; w.depth > maxJSONDepth || !w.accept('[') {
		return false
	}
	defer func() { w.depth-- }()
	if w.accept(']') {
		return true
	}
	for n := 0; ; n++ {
		if !f(n) {
			return false
		}
		if w.accept(']') {
			return true
		}
		if !w.accept(',') {
			return false
		}
	}
}

// unquoteJSON is a string's value.
func unquoteJSON(raw string) string {
	raw = raw[1 : len(raw)-1]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			out = append(out, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, size := unicodeEscape(raw[i:])
			out = utf8.AppendRune(out, r)
			i += size - 1
		default:
			out = append(out, raw[i])
		}
	}
	return string(out)
}

// unicodeEscape reads u1234, and the pair u1234\u5678.
func unicodeEscape(s string) (r rune, size int) {
	code := func(s string) (rune, bool) {
		if len(s) < 5 {
			return 0, false
		}
		n, err := strconv.ParseUint(s[1:5], 16, 32)
		return rune(n), err == nil
	}
	r, ok := code(s)
	if !ok {
		return utf8.RuneError, 1
	}
	if utf16.IsSurrogate(r) {
		if len(s) >= 11 && s[5] == '\\' && s[6] == 'u' {
			if low, ok := code(s[6:]); ok {
				return utf16.DecodeRune(r, low), 11
			}
		}
		return utf8.RuneError, 5
	}
	return r, 5
}

// find collects the texts of the values that a path leads to.
func (w *jsonWalker) find(steps []jsonStep, found *[]string) bool {
	w.space()
	if len(steps) == 0 {
		raw, ok := w.value()
		if ok {
			*found = append(*found, raw)
		}
		return ok
	}
	step := steps[0]
	if w.i >= len(w.s) {
		return false
	}
	switch {
	case w.s[w.i] == '{' && (step.index < 0):
		done := false
		return w.members(func(key string) bool {
			if !done && (key == step.name || step.all) {
				done = !step.all
				return w.find(steps[1:], found)
			}
			_, ok := w.value()
			return ok
		})
	case w.s[w.i] == '[' && step.index >= 0:
		return w.items(func(n int) bool {
			if n == step.index || step.all {
				return w.find(steps[1:], found)
			}
			_, ok := w.value()
			return ok
		})
	case w.s[w.i] == '[': // a name goes into each of an array's objects
		return w.items(func(int) bool {
			if w.space(); w.i < len(w.s) && w.s[w.i] == '{' {
				return w.find(steps, found)
			}
			_, ok := w.value()
			return ok
		})
	}
	_, ok := w.value()
	return ok
}

// compactJSON drops the white space between tokens.
func compactJSON(dst []byte, raw string) []byte {
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case ' ', '\t', '\n', '\r':
		case '"':
			w := jsonWalker{s: raw, i: i}
			text, ok := w.text()
			if !ok {
				return append(dst, raw[i:]...)
			}
			dst = append(dst, text...)
			i = w.i - 1
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// getJSON is get_json_object: a string without its quotes, anything else as JSON; several finds as
// an array.
func getJSON(dst []byte, s string, steps []jsonStep) ([]byte, bool) {
	var found []string
	w := jsonWalker{s: s}
	if !w.find(steps, &found) || len(found) == 0 {
		return dst, false
	}
	if len(found) > 1 {
		dst = append(dst, '[')
		for i, raw := range found {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = compactJSON(dst, raw)
		}
		return append(dst, ']'), true
	}
	switch raw := found[0]; {
	case raw == "null":
		return dst, false
	case raw[0] == '"' || raw[0] == '\'':
		return append(dst, unquoteJSON(raw)...), true
	default:
		return compactJSON(dst, raw), true
	}
}
