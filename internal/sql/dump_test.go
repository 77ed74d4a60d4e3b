package sql

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// dump shows a tree, a node a line: its type, its plain fields, and below it its children.
func dump(node any) string {
	var b strings.Builder
	dumpValue(&b, "", "", reflect.ValueOf(node))
	return b.String()
}

func dumpValue(b *strings.Builder, indent, label string, v reflect.Value) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			dumpValue(b, indent, fmt.Sprintf("%s[%d]", label, i), v.Index(i))
		}
		if v.Len() == 0 {
			fmt.Fprintf(b, "%s%s: []\n", indent, label)
		}
		return
	case label != "":
		label += ": "
	}
	fmt.Fprintf(b, "%s%s%s", indent, label, v.Type().Name())
	var children []int
	for i := range v.NumField() {
		field := v.Field(i)
		if field.Type() == spanType || field.IsZero() {
			continue
		}
		if text, ok := plain(field); ok {
			fmt.Fprintf(b, " %s=%s", v.Type().Field(i).Name, text)
		} else {
			children = append(children, i)
		}
	}
	b.WriteByte('\n')
	for _, i := range children {
		dumpValue(b, indent+"  ", v.Type().Field(i).Name, v.Field(i))
	}
}

// plain prints a field that is no node nor list of nodes.
func plain(v reflect.Value) (string, bool) {
	switch value := v.Interface().(type) {
	case types.Type:
		return "<" + value.String() + ">", true
	case []types.Field:
		return "<" + definitions(value) + ">", true
	case types.Field:
		return "<" + definitions([]types.Field{value}) + ">", true
	case decimal128.Num:
		return value.BigInt().String(), true
	case []byte:
		return fmt.Sprintf("%X", value), true
	case string, []string, [][]string, *string:
		return fmt.Sprintf("%q", reflect.Indirect(v).Interface()), true
	case map[string]string:
		return fmt.Sprintf("%q", value), true
	}
	elem := v
	for elem.Kind() == reflect.Interface || elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	switch elem.Kind() {
	case reflect.Struct, reflect.Slice:
		return "", false
	default:
		return fmt.Sprint(elem.Interface()), true
	}
}

func definitions(columns []types.Field) string {
	w := &printer{}
	for i, f := range columns {
		if i > 0 {
			w.text(", ")
		}
		w.column(f)
	}
	return w.String()
}
