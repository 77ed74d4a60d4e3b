package avroio

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// encodeDefault is a field's default in binary, and the schema that it has: of a union its first branch.
func encodeDefault(f *field) ([]byte, *Schema, error) {
	d := json.NewDecoder(bytes.NewReader(f.value))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, nil, err
	}
	s := f.schema
	if s.kind == kindUnion {
		s = s.union[0]
		for _, b := range f.schema.union { // the specification says the first; writers know better
			if (tree == nil) == (b.kind == kindNull) {
				s = b
				break
			}
		}
	}
	data, err := appendDefault(nil, s, tree, 0)
	return data, s, err
}

func appendDefault(dst []byte, s *Schema, tree any, depth int) ([]byte, error) {
	wrong := fmt.Errorf("%v is no %s", tree, s)
	if depth > maxSchemaDepth {
		return nil, wrong
	}
	switch s.kind {
	case kindNull:
		if tree != nil {
			return nil, wrong
		}
		return dst, nil
	case kindBoolean:
		b, ok := tree.(bool)
		if !ok {
			return nil, wrong
		}
		return append(dst, byte(btoi(b))), nil
	case kindInt, kindLong:
		n, ok := tree.(json.Number)
		if !ok {
			return nil, wrong
		}
		v, err := n.Int64()
		return binary.AppendVarint(dst, v), err
	case kindFloat, kindDouble:
		f, err := toFloat(tree)
		if err != nil {
			return nil, wrong
		}
		if s.kind == kindFloat {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), nil
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), nil
	case kindString, kindBytes, kindFixed:
		text, ok := tree.(string)
		if !ok {
			return nil, wrong
		}
		return appendText(dst, s, text)
	case kindEnum:
		text, _ := tree.(string)
		i := slices.Index(s.symbols, text)
		if i < 0 {
			return nil, wrong
		}
		return binary.AppendVarint(dst, int64(i)), nil
	case kindUnion:
		dst = binary.AppendVarint(dst, 0)
		return appendDefault(dst, s.union[0], tree, depth+1)
	case kindRecord:
		members, ok := tree.(map[string]any)
		if !ok {
			return nil, wrong
		}
		for i := range s.fields {
			f := &s.fields[i]
			value, ok := members[f.name]
			if !ok && f.hasDefault {
				d := json.NewDecoder(bytes.NewReader(f.value))
				d.UseNumber()
				if err := d.Decode(&value); err != nil {
					return nil, err
				}
			}
			var err error
			if dst, err = appendDefault(dst, f.schema, value, depth+1); err != nil {
				return nil, err
			}
		}
		return dst, nil
	default:
		return appendItems(dst, s, tree, depth)
	}
}

func appendItems(dst []byte, s *Schema, tree any, depth int) (_ []byte, err error) {
	switch t := tree.(type) {
	case []any:
		if s.kind != kindArray {
			break
		}
		if len(t) > 0 {
			dst = binary.AppendVarint(dst, int64(len(t)))
		}
		for _, e := range t {
			if dst, err = appendDefault(dst, s.item, e, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, 0), nil
	case map[string]any:
		if s.kind != kindMap {
			break
		}
		if len(t) > 0 {
			dst = binary.AppendVarint(dst, int64(len(t)))
		}
		for key, e := range t {
			dst = append(binary.AppendVarint(dst, int64(len(key))), key...)
			if dst, err = appendDefault(dst, s.item, e, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, 0), nil
	}
	return nil, fmt.Errorf("%v is no %s", tree, s)
}

func toFloat(tree any) (float64, error) {
	switch t := tree.(type) {
	case json.Number:
		return t.Float64()
	case string:
		switch t {
		case "NaN":
			return math.NaN(), nil
		case "Infinity", "INF":
			return math.Inf(1), nil
		case "-Infinity", "-INF":
			return math.Inf(-1), nil
		}
	}
	return 0, fmt.Errorf("no number")
}

// appendText writes a string, or bytes whose characters up to U+00FF stand for themselves.
func appendText(dst []byte, s *Schema, text string) ([]byte, error) {
	raw := []byte(text)
	if s.kind != kindString {
		raw = raw[:0]
		for _, r := range text {
			if r > 0xFF {
				return nil, fmt.Errorf("%q is no bytes", text)
			}
			raw = append(raw, byte(r))
		}
	}
	if s.kind == kindFixed {
		if len(raw) != s.size {
			return nil, fmt.Errorf("%q has not %d bytes", text, s.size)
		}
		return append(dst, raw...), nil
	}
	return append(binary.AppendVarint(dst, int64(len(raw))), raw...), nil
}
