package deltalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// isCutShort tells whether a line is the beginning of a JSON value.
func isCutShort(err error) bool {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	return ok && syntax.Error() == "unexpected end of JSON input"
}

// joined is a line with as many of those after it as its JSON value takes; nil where the value has no end. The log is a value a line, but the kernel
// reads values one after the other, so that logs which somebody has laid out for reading open there.
func (l *lineReader) joined(line []byte) []byte {
	start := l.start
	defer func() { l.start = start }()
	value := slices.Clone(line)
	var end valueEnd
	for from := 0; !end.after(value[from:]); {
		from = len(value)
		more, err := l.next()
		if err != nil || len(value)+len(more) > maxLineBytes || end.inString {
			return nil
		}
		value = append(value, more...)
	}
	return bytes.TrimSpace(value)
}

// withoutTrailer is the JSON value that a line begins with, where other text follows it; nil where none does, and where that may be another value,
// which shall not be lost. Spark reads such lines; an old runtime of Databricks has written them.
func withoutTrailer(line []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(line))
	var value json.RawMessage
	if decoder.Decode(&value) != nil {
		return nil
	}
	if rest := line[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) == 0 || bytes.IndexByte(rest, '{') >= 0 {
		return nil
	}
	return value
}

// A valueEnd finds where an object of JSON ends, by its braces.
type valueEnd struct {
	depth             int
	inString, escaped bool
}

// after tells whether the object has ended with these bytes.
func (e *valueEnd) after(text []byte) bool {
	for _, c := range text {
		switch {
		case e.escaped:
			e.escaped = false
		case e.inString:
			e.escaped, e.inString = c == '\\', c != '"'
		case c == '"':
			e.inString = true
		case c == '{':
			e.depth++
		case c == '}':
			e.depth--
		}
	}
	return e.depth <= 0 && !e.inString
}
