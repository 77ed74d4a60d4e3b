package autoloader

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A hint is the type of a column, or of what lies within one: a.b of a field, arr.element of an array's elements, m.key and
// m.value of a map's.
type hint struct {
	path []string
	typ  types.Type
}

// parseHints reads cloudFiles.schemaHints: path type (',' path type)*.
func parseHints(text string) (all []hint, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for at := 0; ; {
		h := hint{}
		if h.path, at = hintPath(text, at); len(h.path) == 0 {
			return nil, badHints(text, at, "a column's name is expected")
		}
		if h.typ, at, err = types.ParseTypeAt(text, at); err != nil {
			return nil, err
		}
		all = append(all, h)
		at = skipBlank(text, at)
		if at == len(text) {
			return all, nil
		}
		if text[at] != ',' {
			return nil, badHints(text, at, "a comma is expected")
		}
		at++
	}
}

func badHints(text string, at int, why string) error {
	e := errclass.ParseSyntaxError.New("Syntax error in cloudFiles.schemaHints: %s.", why)
	e.At = &errclass.Span{Text: text, Start: at, End: min(at+1, len(text))}
	return e
}

func skipBlank(text string, at int) int {
	return len(text) - len(strings.TrimLeft(text[at:], " \t\r\n"))
}

// hintPath reads a name with dots, whose parts may stand in back-ticks, and gives the offset behind it.
func hintPath(text string, at int) (path []string, end int) {
	for {
		at = skipBlank(text, at)
		part, next := hintName(text, at)
		if next == at {
			return nil, at
		}
		path = append(path, part)
		if at = next; at == len(text) || text[at] != '.' {
			break
		}
		at++
	}
	if at = skipBlank(text, at); at < len(text) && text[at] == ':' {
		at++
	}
	return path, at
}

func hintName(text string, at int) (name string, end int) {
	if at < len(text) && text[at] == '`' {
		var out strings.Builder
		for i := at + 1; i < len(text); i++ {
			if text[i] != '`' {
				out.WriteByte(text[i])
				continue
			}
			if i+1 == len(text) || text[i+1] != '`' {
				return out.String(), i + 1
			}
			out.WriteByte('`')
			i++
		}
		return "", at // not closed
	}
	end = at + strings.IndexFunc(text[at:]+" ", func(r rune) bool { return strings.ContainsRune(" \t\r\n.,:<>()`'\"", r) })
	return text[at:end], end
}

// withHints is a schema with the hinted types over its own.
func withHints(schema types.Struct, hints []hint) (types.Struct, error) {
	for _, h := range hints {
		t, err := hinted(schema, h.path, h)
		if err != nil {
			return schema, err
		}
		schema = t.(types.Struct)
	}
	return schema, nil
}

// hinted is a type with a hint at a path below it. What the path needs and is not there is made.
func hinted(t types.Type, path []string, h hint) (types.Type, error) {
	if len(path) == 0 {
		return types.AsNullable(h.typ), nil
	}
	part := path[0]
	switch have := t.(type) {
	case types.Struct:
		if i := have.Index(part); i >= 0 {
			inner, err := hinted(have.Fields[i].Type, path[1:], h)
			have.Fields = slices.Clone(have.Fields)
			have.Fields[i].Type = inner
			return have, err
		}
		if isWithin(part) && len(path) < len(h.path) { // not a column of that name
			return hinted(nil, path, h)
		}
		inner, err := hinted(nil, path[1:], h)
		have.Fields = append(slices.Clip(have.Fields), types.Field{Name: part, Type: inner, Nullable: true})
		return have, err
	case types.Array:
		if !strings.EqualFold(part, "element") {
			return nil, wrongHint(h, part, "an array, below which is element")
		}
		inner, err := hinted(have.Element, path[1:], h)
		have.Element, have.ContainsNull = inner, true
		return have, err
	case types.Map:
		return hintedMap(have, path, h)
	}
	return made(path, h)
}

// isWithin: these names stand for what lies within an array or a map.
func isWithin(part string) bool {
	return strings.EqualFold(part, "element") || strings.EqualFold(part, "key") || strings.EqualFold(part, "value")
}

// made is the type that a path asks for where there is none, or one without parts.
func made(path []string, h hint) (types.Type, error) {
	switch strings.ToLower(path[0]) {
	case "element":
		return hinted(types.Array{Element: types.String, ContainsNull: true}, path, h)
	case "key", "value":
		return hinted(types.Map{Key: types.String, Value: types.String, ValueContainsNull: true}, path, h)
	}
	return hinted(types.Struct{}, path, hint{path: path, typ: h.typ})
}

func hintedMap(have types.Map, path []string, h hint) (types.Type, error) {
	var err error
	switch strings.ToLower(path[0]) {
	case "key":
		have.Key, err = hinted(have.Key, path[1:], h)
	case "value":
		have.Value, err = hinted(have.Value, path[1:], h)
		have.ValueContainsNull = true
	default:
		return nil, wrongHint(h, path[0], "a map, below which are key and value")
	}
	return have, err
}

func wrongHint(h hint, part, what string) error {
	return errclass.InvalidOptionValue.New("cloudFiles.schemaHints: %s names %s of %s.", strings.Join(h.path, "."), part, what)
}
