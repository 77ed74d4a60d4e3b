package types

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxDepth bounds how deep types nest, in JSON and in DDL: both may come from a stranger.
const maxDepth = 100

// FromJSON reads a schema as Spark and Delta write it:
//
//	{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}
//
// Numbers of the metadata become int64 where they are whole, float64 otherwise.
func FromJSON(data []byte) (Struct, error) {
	t, err := TypeFromJSON(data)
	if err != nil {
		return Struct{}, err
	}
	s, ok := t.(Struct)
	if !ok {
		return Struct{}, fmt.Errorf("read schema JSON: expected a struct, found %s", t)
	}
	return s, nil
}

// TypeFromJSON is [FromJSON] for any type.
func TypeFromJSON(data []byte) (Type, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read schema JSON: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("read schema JSON: text after the schema, at byte %d", decoder.InputOffset())
	}
	t, err := fromTree(tree, 0)
	if err != nil {
		return nil, fmt.Errorf("read schema JSON: %w", err)
	}
	return t, nil
}

func fromTree(tree any, depth int) (Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("types nest deeper than %d levels", maxDepth)
	}
	switch tree := tree.(type) {
	case string:
		return namedType(tree)
	case map[string]any:
		return complexType(tree, depth)
	}
	return nil, fmt.Errorf("expected a type, found %.40v", tree)
}

func complexType(tree map[string]any, depth int) (Type, error) {
	switch tree["type"] {
	case "struct":
		return structFromTree(tree, depth)
	case "array":
		element, err := member(tree, "elementType", depth)
		return Array{Element: element, ContainsNull: tree["containsNull"] != false}, err
	case "map":
		key, err := member(tree, "keyType", depth)
		if err != nil {
			return nil, err
		}
		value, err := member(tree, "valueType", depth)
		return Map{Key: key, Value: value, ValueContainsNull: tree["valueContainsNull"] != false}, err
	}
	return nil, fmt.Errorf("expected a struct, array or map, found type %.40v", tree["type"])
}

func member(tree map[string]any, key string, depth int) (Type, error) {
	t, err := fromTree(tree[key], depth+1)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return t, nil
}

func structFromTree(tree map[string]any, depth int) (Type, error) {
	list, ok := tree["fields"].([]any)
	if !ok {
		return nil, fmt.Errorf("struct: expected a list of fields, found %.40v", tree["fields"])
	}
	fields := make([]Field, len(list))
	for i, entry := range list {
		entry, ok := entry.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("field %d: expected an object", i)
		}
		name, ok := entry["name"].(string)
		if !ok {
			return nil, fmt.Errorf("field %d: expected a name, found %.40v", i, entry["name"])
		}
		t, err := fromTree(entry["type"], depth+1)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		fields[i] = Field{Name: name, Type: t, Nullable: entry["nullable"] != false, Metadata: metadataFromTree(entry["metadata"])}
	}
	return Struct{Fields: fields}, nil
}

func metadataFromTree(tree any) map[string]any {
	object, _ := tree.(map[string]any)
	if len(object) == 0 {
		return nil
	}
	plain, _ := plainNumbers(object).(map[string]any)
	return plain
}

// plainNumbers replaces json.Number in place: callers compare metadata with Go's own numbers.
func plainNumbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		if fraction, err := value.Float64(); err == nil {
			return fraction
		}
		return value // out of both ranges: kept as written
	case []any:
		for i, v := range value {
			value[i] = plainNumbers(v)
		}
	case map[string]any:
		for k, v := range value {
			value[k] = plainNumbers(v)
		}
	}
	return value
}

var jsonNames = [...]string{
	Null: "void", Boolean: "boolean", Byte: "byte", Short: "short", Integer: "integer", Long: "long",
	Float: "float", Double: "double", String: "string", Binary: "binary", Date: "date",
	Timestamp: "timestamp", TimestampNTZ: "timestamp_ntz", CalendarInterval: "interval",
	Variant: "variant",
}

var (
	decimalName = regexp.MustCompile(`^decimal\(\s*(\d{1,3})\s*,\s*(-?\d{1,3})\s*\)$`)
	charName    = regexp.MustCompile(`^(var)?char\(\s*\d{1,9}\s*\)$`)
)

// namedType is the type of a name in JSON: "integer", "decimal(10,2)", "interval day to second".
func namedType(name string) (Type, error) {
	if i := slices.Index(jsonNames[:], name); i >= 0 {
		return Primitive(i), nil
	}
	switch {
	case name == "null":
		return Null, nil
	case name == "timestamp_ltz":
		return Timestamp, nil
	case name == "decimal":
		return Decimal{Precision: 10}, nil
	case strings.HasPrefix(name, "interval "):
		return intervalType(strings.Fields(name)[1:])
	case charName.MatchString(name):
		return String, nil
	}
	if m := decimalName.FindStringSubmatch(name); m != nil {
		precision, _ := strconv.Atoi(m[1]) // at most three digits
		scale, _ := strconv.Atoi(m[2])
		return newDecimal(precision, scale)
	}
	return nil, unsupported(name)
}

// intervalType reads the units of an ANSI interval: "day", "day to second".
func intervalType(words []string) (Type, error) {
	spelled := "interval " + strings.Join(words, " ")
	if len(words) != 1 && (len(words) != 3 || words[1] != "to") {
		return nil, unsupported(spelled)
	}
	from := slices.Index(unitNames[:], words[0])
	to := slices.Index(unitNames[:], words[len(words)-1])
	if from < 0 || to < from || len(words) == 3 && to == from {
		return nil, unsupported(spelled)
	}
	i := Interval{From: IntervalUnit(from), To: IntervalUnit(to)}
	if i.YearMonth() != (i.To <= Month) {
		return nil, unsupported(spelled)
	}
	return i, nil
}

// ToJSON writes a schema as Spark does, byte for byte; metadata keys are sorted.
func ToJSON(s Struct) []byte { return appendJSON(nil, s) }

// TypeToJSON is [ToJSON] for any type.
func TypeToJSON(t Type) []byte { return appendJSON(nil, t) }

func appendJSON(b []byte, t Type) []byte {
	switch t := t.(type) {
	case Array:
		b = appendJSON(append(b, `{"type":"array","elementType":`...), t.Element)
		b = append(b, `,"containsNull":`...)
		return append(strconv.AppendBool(b, t.ContainsNull), '}')
	case Map:
		b = appendJSON(append(b, `{"type":"map","keyType":`...), t.Key)
		b = appendJSON(append(b, `,"valueType":`...), t.Value)
		b = append(b, `,"valueContainsNull":`...)
		return append(strconv.AppendBool(b, t.ValueContainsNull), '}')
	case Struct:
		b = append(b, `{"type":"struct","fields":[`...)
		for i, f := range t.Fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendField(b, f)
		}
		return append(b, "]}"...)
	default:
		return appendQuoted(b, typeName(t))
	}
}

func appendField(b []byte, f Field) []byte {
	b = appendQuoted(append(b, `{"name":`...), f.Name)
	b = appendJSON(append(b, `,"type":`...), f.Type)
	b = strconv.AppendBool(append(b, `,"nullable":`...), f.Nullable)
	return append(appendValue(append(b, `,"metadata":`...), f.Metadata), '}')
}

// typeName is Spark's typeName, as JSON and printSchema show it: "integer" where DDL says "int".
func typeName(t Type) string {
	switch t := t.(type) {
	case Primitive:
		return jsonNames[t]
	case Array:
		return "array"
	case Map:
		return "map"
	case Struct:
		return "struct"
	default:
		return t.String()
	}
}

func appendValue(b []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		return appendQuoted(b, value)
	case map[string]any:
		return appendObject(b, value)
	case []any:
		b = append(b, '[')
		for i, v := range value {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v)
		}
		return append(b, ']')
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("internal error: metadata value of type %T", value))
	}
	return append(b, text...)
}

func appendObject(b []byte, object map[string]any) []byte {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(append(appendQuoted(b, k), ':'), object[k])
	}
	return append(b, '}')
}

// appendQuoted escapes as Jackson does, which is less than encoding/json does.
func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text { // a byte that is no UTF-8 becomes U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r < 0x20:
			b = fmt.Appendf(b, `\u%04X`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
