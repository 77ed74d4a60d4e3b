// Package exactjson decodes JSON whose names are case-sensitive, as Delta's and Spark's are. Package encoding/json takes a
// name in any letter case: a log could then say one thing here and another to every other reader.
package exactjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// A Decoder decodes texts into values of one type. It is safe for concurrent use.
type Decoder[T any] struct {
	names map[string]bool // of all members of T, however deep
}

// For makes the decoder of a type. What has an UnmarshalJSON of its own, deeper than T itself, sees to its names itself.
func For[T any]() Decoder[T] {
	d := Decoder[T]{names: map[string]bool{}}
	d.collect(reflect.TypeFor[T]())
	return d
}

func (d *Decoder[T]) collect(t reflect.Type) {
	t = structOf(t)
	if t == nil {
		return
	}
	for field := range members(t) {
		d.names[nameOf(field)] = true
		d.collect(field.Type)
	}
}

// Unmarshal is json.Unmarshal for exact names: a member by a name in another letter case is one that is not known.
func (d *Decoder[T]) Unmarshal(text []byte, into *T) error {
	if d.odd(text) {
		if !json.Valid(text) {
			return json.Unmarshal(text, into) // it tells what is wrong
		}
		text = pruned(text, reflect.TypeFor[T]())
	}
	return json.Unmarshal(text, into)
}

// odd tells whether a name of the text is one of the decoder's in another letter case, or may be: most texts have no such,
// and need no second look.
func (d *Decoder[T]) odd(text []byte) bool {
	for {
		start := bytes.IndexByte(text, '"')
		if start < 0 {
			return false
		}
		text = text[start+1:]
		end, escaped := stringEnd(text)
		if end < 0 {
			return false // no JSON
		}
		inside := text[:end]
		text = text[end+1:]
		if rest := bytes.TrimLeft(text[:min(len(text), 64)], " \t\r\n"); len(rest) > 0 && rest[0] != ':' {
			continue // a value
		}
		if escaped || !d.names[string(inside)] && d.folds(inside) {
			return true
		}
	}
}

// stringEnd finds the quote that ends a string.
func stringEnd(text []byte) (end int, escaped bool) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '"')
		if i < 0 {
			return -1, escaped
		}
		at += i
		slashes := 0
		for slashes < at && text[at-1-slashes] == '\\' {
			slashes++
		}
		escaped = escaped || slashes > 0
		if slashes%2 == 0 {
			return at, escaped || bytes.IndexByte(text[:at], '\\') >= 0
		}
		at++
	}
}

func (d *Decoder[T]) folds(name []byte) bool {
	for known := range d.names {
		if strings.EqualFold(known, string(name)) {
			return true
		}
	}
	return false
}

// pruned is a valid text without the members of structs whose names are not exactly those of fields.
func pruned(text []byte, t reflect.Type) []byte {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && structOf(t) != nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")):
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) != nil {
			return text
		}
		for i := range elements {
			elements[i] = pruned(elements[i], t.Elem())
		}
		return append(append([]byte{'['}, joined(elements)...), ']')
	case structOf(t) == t && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")):
		return append(append([]byte{'{'}, joined(exactMembers(text, t))...), '}')
	}
	return text
}

// exactMembers are the members of an object that a struct has fields for, each as "name":value.
func exactMembers(text []byte, t reflect.Type) (kept []json.RawMessage) {
	fields := map[string]reflect.Type{}
	for field := range members(t) {
		fields[nameOf(field)] = field.Type
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return nil // not reached: the text is valid
		}
		if field, known := fields[name.(string)]; known {
			quoted, _ := json.Marshal(name) // a string always has a text
			kept = append(kept, slices.Concat(quoted, []byte{':'}, pruned(value, field)))
		}
	}
	return kept
}

func joined(texts []json.RawMessage) []byte {
	var out []byte
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, text...)
	}
	return out
}

// structOf is the struct that a type is, points to or has as its elements; nil where it is none, or decodes itself.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

// members are the fields that JSON sees.
func members(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for field := range t.Fields() {
			if field.IsExported() && field.Tag.Get("json") != "-" && !yield(field) {
				return
			}
		}
	}
}

func nameOf(field reflect.StructField) string {
	if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
		return name
	}
	return field.Name
}
