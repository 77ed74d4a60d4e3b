package sql

import "strings"

// Split cuts a text at the ";" that end statements, for a shell that reads lines: statements are the
// complete ones, rest is what has no end yet. A ";" inside quotes or comments ends nothing.
func Split(text string) (statements []string, rest string) {
	start := 0
	for at := 0; ; {
		t := scanToken(text, at)
		at = t.end
		switch {
		case t.kind == kindEnd:
			return statements, text[start:]
		case t.kind == kindBad && t.end == len(text):
			return statements, text[start:] // an open quote or comment
		case t.key == ";":
			statements = append(statements, text[start:t.start])
			start = t.end
		}
	}
}

// Blank reports whether a text holds nothing but space and comments.
func Blank(text string) bool { return scanToken(text, 0).kind == kindEnd }

// OneLine gives a text without its comments and line breaks, and with the same meaning: for a history of lines. A text
// with a line break inside quotes, or with an open quote, stays as it is.
func OneLine(text string) string {
	var line strings.Builder
	for at := 0; ; {
		t := scanToken(text, at)
		if t.kind == kindEnd {
			return line.String()
		}
		said := text[t.start:t.end]
		if t.kind == kindBad || strings.ContainsAny(said, "\r\n") {
			return text
		}
		if t.start > at && at > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(said)
		at = t.end
	}
}
