package avroio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindBytes
	kindString
	kindRecord
	kindEnum
	kindArray
	kindMap
	kindUnion
	kindFixed
)

var kindNames = [...]string{"null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "enum", "array", "map", "union", "fixed"}

var primitives = map[string]kind{
	"null": kindNull, "boolean": kindBoolean, "int": kindInt, "long": kindLong, "float": kindFloat, "double": kindDouble,
	"bytes": kindBytes, "string": kindString,
}

// A Schema is an Avro schema. A named one may hold itself.
type Schema struct {
	kind    kind
	name    string // full, of a named type
	aliases []string
	fields  []field   // of a record
	symbols []string  // of an enum
	missing string    // of an enum: the symbol that stands for those that it does not know
	item    *Schema   // of an array or map
	union   []*Schema // the branches
	size    int       // of a fixed

	logical          string
	precision, scale int
}

// A field is one of a record.
type field struct {
	name       string
	aliases    []string
	schema     *Schema
	value      json.RawMessage // the default
	hasDefault bool
}

const (
	maxSchemaDepth = 200
	maxSchemaNodes = 200_000
)

// ParseSchema reads a schema from its JSON.
func parseSchema(text []byte) (*Schema, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("the Avro schema is no JSON: %w", err)
	}
	p := schemaParser{named: map[string]*Schema{}}
	return p.parse(tree, "", 0)
}

type schemaParser struct {
	named map[string]*Schema
	nodes int
}

func (p *schemaParser) parse(tree any, space string, depth int) (*Schema, error) {
	if p.nodes++; depth > maxSchemaDepth || p.nodes > maxSchemaNodes {
		return nil, fmt.Errorf("the Avro schema is too deep or too large")
	}
	switch t := tree.(type) {
	case string:
		return p.reference(t, space)
	case []any:
		u := &Schema{kind: kindUnion}
		for _, branch := range t {
			s, err := p.parse(branch, space, depth+1)
			if err != nil {
				return nil, err
			}
			if s.kind == kindUnion {
				return nil, fmt.Errorf("an Avro union holds a union")
			}
			u.union = append(u.union, s)
		}
		if len(u.union) == 0 {
			return nil, fmt.Errorf("an Avro union is empty")
		}
		return u, nil
	case map[string]any:
		return p.object(t, space, depth)
	}
	return nil, fmt.Errorf("an Avro schema is %v", tree)
}

func (p *schemaParser) reference(name, space string) (*Schema, error) {
	if k, ok := primitives[name]; ok {
		return &Schema{kind: k}, nil
	}
	if s, ok := p.named[fullName(name, space)]; ok {
		return s, nil
	}
	if s, ok := p.named[name]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("the Avro type %q is not defined", name)
}

func fullName(name, space string) string {
	if strings.Contains(name, ".") || space == "" {
		return name
	}
	return space + "." + name
}

func (p *schemaParser) object(t map[string]any, space string, depth int) (*Schema, error) {
	name, isName := t["type"].(string)
	if !isName {
		if t["type"] == nil {
			return nil, fmt.Errorf("an Avro schema has no type")
		}
		return p.parse(t["type"], space, depth+1)
	}
	s := &Schema{}
	s.logical, _ = t["logicalType"].(string)
	s.precision, s.scale = number(t["precision"]), number(t["scale"])
	switch name {
	case "record", "error", "enum", "fixed":
		return s, p.namedType(s, name, t, space, depth)
	case "array", "map":
		s.kind = kindArray
		key := "items"
		if name == "map" {
			s.kind, key = kindMap, "values"
		}
		var err error
		s.item, err = p.parse(t[key], space, depth+1)
		return s, err
	}
	if k, ok := primitives[name]; ok {
		s.kind = k
		return s, nil
	}
	return p.reference(name, space)
}

func number(v any) int {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	i, err := n.Int64()
	if err != nil || i < 0 || i > 1<<31-1 {
		return 0
	}
	return int(i)
}

func (p *schemaParser) namedType(s *Schema, kindName string, t map[string]any, space string, depth int) error {
	name, _ := t["name"].(string)
	if own, ok := t["namespace"].(string); ok {
		space = own
	}
	if name == "" {
		return fmt.Errorf("an Avro %s has no name", kindName)
	}
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		space = name[:at]
	}
	s.name = fullName(name, space)
	s.aliases = texts(t["aliases"])
	p.named[s.name] = s
	switch kindName {
	case "fixed":
		s.kind, s.size = kindFixed, number(t["size"])
		return nil
	case "enum":
		s.kind, s.symbols = kindEnum, texts(t["symbols"])
		s.missing, _ = t["default"].(string)
		return nil
	}
	s.kind = kindRecord
	fields, _ := t["fields"].([]any)
	for _, f := range fields {
		tree, ok := f.(map[string]any)
		if !ok {
			return fmt.Errorf("a field of the Avro record %s is %v", s.name, f)
		}
		out := field{aliases: texts(tree["aliases"])}
		out.name, _ = tree["name"].(string)
		var err error
		if out.schema, err = p.parse(tree["type"], space, depth+1); err != nil {
			return fmt.Errorf("field %s: %w", out.name, err)
		}
		if value, ok := tree["default"]; ok {
			out.hasDefault = true
			if out.value, err = json.Marshal(value); err != nil {
				return fmt.Errorf("field %s: the default: %w", out.name, err)
			}
		}
		s.fields = append(s.fields, out)
	}
	return nil
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// String is the name of the type.
func (s *Schema) String() string {
	switch {
	case s.kind == kindUnion:
		names := make([]string, len(s.union))
		for i, b := range s.union {
			names[i] = b.String()
		}
		return "[" + strings.Join(names, ", ") + "]"
	case s.name != "":
		return s.name
	case s.logical != "":
		return kindNames[s.kind] + " (" + s.logical + ")"
	}
	return kindNames[s.kind]
}

// shortName is how a branch of a union is called.
func (s *Schema) shortName() string {
	if s.name != "" {
		return s.name[strings.LastIndexByte(s.name, '.')+1:]
	}
	return kindNames[s.kind]
}

// branches are those of a union that are not null.
func (s *Schema) branches() (others []*Schema, nullable bool) {
	for _, b := range s.union {
		if b.kind == kindNull {
			nullable = true
		} else {
			others = append(others, b)
		}
	}
	return others, nullable
}

// atLeast is how many bytes a value has at least; 0: it may have none.
func (s *Schema) atLeast(depth int) int {
	switch s.kind {
	case kindNull:
		return 0
	case kindFloat:
		return 4
	case kindDouble:
		return 8
	case kindFixed:
		return s.size
	case kindRecord:
		if depth > 20 {
			return 1
		}
		n := 0
		for _, f := range s.fields {
			if n += f.schema.atLeast(depth + 1); n > 0 {
				return n
			}
		}
		return n
	default:
		return 1
	}
}
