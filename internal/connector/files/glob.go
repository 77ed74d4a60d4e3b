package files

import "strings"

// globChars make a part of a path a pattern, as Hadoop reads paths.
const globChars = `*?[]{}\`

// IsGlob tells whether a part of a path is a pattern.
func isGlob(part string) bool { return strings.ContainsAny(part, globChars) }

// MatchGlob tells whether a name matches a Hadoop glob: * and ? within the name, [abc], [a-z], [^a],
// {one,two}, and a backslash before a literal. A pattern that does not close its brackets matches
// nothing.
func MatchGlob(pattern, name string) bool {
	alternatives, ok := expandBraces(pattern, maxBraces)
	if !ok {
		return false
	}
	for _, p := range alternatives {
		if matchPlain(p, name) {
			return true
		}
	}
	return false
}

const maxBraces = 1024 // alternatives of one pattern

// expandBraces writes the alternatives of a pattern out.
func expandBraces(pattern string, limit int) (all []string, ok bool) {
	open := indexUnescaped(pattern, '{')
	if open < 0 {
		return []string{pattern}, true
	}
	parts, rest, ok := splitBraces(pattern[open+1:])
	if !ok {
		return nil, false
	}
	for _, part := range parts {
		more, ok := expandBraces(pattern[:open]+part+rest, limit-len(all))
		all = append(all, more...)
		if !ok || len(all) > limit {
			return nil, false
		}
	}
	return all, true
}

// splitBraces takes apart what follows an opening brace.
func splitBraces(text string) (parts []string, rest string, ok bool) {
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case ',':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		case '}':
			if depth == 0 {
				return append(parts, text[start:i]), text[i+1:], true
			}
			depth--
		}
	}
	return nil, "", false
}

func indexUnescaped(text string, c byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

// matchPlain matches a pattern without braces. After a star it tries each rest once: the last star
// is the only one that needs to be taken back.
func matchPlain(pattern, name string) bool {
	starPattern, starName, starred := "", "", false
	for name != "" || pattern != "" {
		if strings.HasPrefix(pattern, "*") {
			pattern = pattern[1:]
			starPattern, starName, starred = pattern, name, true
			continue
		}
		if p, n, ok := matchOne(pattern, name); ok {
			pattern, name = p, n
			continue
		}
		if !starred || starName == "" {
			return false
		}
		starName = starName[runeLen(starName):]
		pattern, name = starPattern, starName
	}
	return true
}

// matchOne matches one letter and gives what is left of both.
func matchOne(pattern, name string) (restPattern, restName string, ok bool) {
	if pattern == "" || name == "" {
		return "", "", false
	}
	size := runeLen(name)
	letter, rest := name[:size], name[size:]
	switch pattern[0] {
	case '?':
		return pattern[1:], rest, true
	case '[':
		after, ok := matchClass(pattern[1:], letter)
		return after, rest, ok
	case '\\':
		pattern = pattern[1:]
	}
	after, ok := strings.CutPrefix(pattern, letter)
	return after, rest, ok
}

// matchClass matches a letter against the text behind an opening bracket.
func matchClass(class, letter string) (after string, ok bool) {
	negated := strings.HasPrefix(class, "^") || strings.HasPrefix(class, "!")
	if negated {
		class = class[1:]
	}
	found := false
	for first := true; ; first = false {
		if class == "" {
			return "", false
		}
		if class[0] == ']' && !first {
			return class[1:], found != negated
		}
		low, rest := classLetter(class)
		high := low
		if strings.HasPrefix(rest, "-") && len(rest) > 1 && rest[1] != ']' {
			high, rest = classLetter(rest[1:])
		}
		found = found || low <= letter && letter <= high // UTF-8 sorts as its letters do
		class = rest
	}
}

func classLetter(class string) (letter, rest string) {
	if class[0] == '\\' && len(class) > 1 {
		class = class[1:]
	}
	size := runeLen(class)
	return class[:size], class[size:]
}

// runeLen is the length of the first letter; a byte that is no UTF-8 counts as one.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}
