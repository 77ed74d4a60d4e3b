package sql

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
