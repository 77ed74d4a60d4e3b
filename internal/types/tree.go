package types

import (
	"fmt"
	"strings"
)

// TreeString is the schema as printSchema shows it:
//
//	root
//	 |-- Id: integer (nullable = true)
func TreeString(s Struct) string {
	var b strings.Builder
	b.WriteString("root\n")
	writeTree(&b, " |", s)
	return b.String()
}

func writeTree(b *strings.Builder, prefix string, t Type) {
	inner := prefix + "    |"
	switch t := t.(type) {
	case Struct:
		for _, f := range t.Fields {
			fmt.Fprintf(b, "%s-- %s: %s (nullable = %t)\n", prefix, onOneLine.Replace(f.Name), typeName(f.Type), f.Nullable)
			writeTree(b, inner, f.Type)
		}
	case Array:
		fmt.Fprintf(b, "%s-- element: %s (containsNull = %t)\n", prefix, typeName(t.Element), t.ContainsNull)
		writeTree(b, inner, t.Element)
	case Map:
		fmt.Fprintf(b, "%s-- key: %s\n", prefix, typeName(t.Key))
		writeTree(b, inner, t.Key)
		fmt.Fprintf(b, "%s-- value: %s (valueContainsNull = %t)\n", prefix, typeName(t.Value), t.ValueContainsNull)
		writeTree(b, inner, t.Value)
	}
}

// onOneLine keeps a name with line ends from breaking the tree apart.
var onOneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`, "\b", `\b`, "\v", `\v`, "\a", `\a`)

// MapFields is a type whose fields, at any depth, are what change makes of them. Their types are changed already.
func MapFields(t Type, change func(Field) Field) Type {
	switch t := t.(type) {
	case Struct:
		fields := make([]Field, len(t.Fields))
		for i, f := range t.Fields {
			f.Type = MapFields(f.Type, change)
			fields[i] = change(f)
		}
		return Struct{Fields: fields}
	case Array:
		t.Element = MapFields(t.Element, change)
		return t
	case Map:
		t.Key, t.Value = MapFields(t.Key, change), MapFields(t.Value, change)
		return t
	}
	return t
}
