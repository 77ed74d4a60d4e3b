package interop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// normal writes rows in the normal form: values by the types of the table's schema, however a reader's Arrow holds them.
type normal struct {
	limits []*limit // of the reader that the rows are compared with
	out    []byte
	cells  int
}

// lines are the rows, sorted: "a=1, b=null, …".
func (n *normal) lines(schema types.Struct, have *arrow.Schema, batches []arrow.RecordBatch) ([]string, error) {
	if err := sameNames(schema, have); err != nil {
		return nil, err
	}
	var lines []string
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			n.out = n.out[:0]
			for c, f := range schema.Fields {
				n.text(f.Name, "=")
				if err := n.value(b.Column(c), i, f.Type); err != nil {
					return nil, fmt.Errorf("column %s: %w", f.Name, err)
				}
				n.text(", ")
				n.cells++
			}
			lines = append(lines, string(n.out))
		}
	}
	slices.Sort(lines)
	return lines, nil
}

func sameNames(schema types.Struct, have *arrow.Schema) error {
	names := make([]string, have.NumFields())
	for i := range names {
		names[i] = have.Field(i).Name
	}
	if want := schema.Names(); !slices.Equal(names, want) {
		return fmt.Errorf("columns %q, want %q", names, want)
	}
	return nil
}

func (n *normal) text(parts ...string) {
	for _, p := range parts {
		n.out = append(n.out, p...)
	}
}

// value writes one value of type t.
func (n *normal) value(a arrow.Array, i int, t types.Type) error {
	switch held := a.(type) {
	case *array.Dictionary:
		if held.IsNull(i) {
			return n.null(t)
		}
		return n.value(held.Dictionary(), held.GetValueIndex(i), t)
	case array.ExtensionArray:
		return n.value(held.Storage(), i, t)
	}
	if t == types.Variant {
		return n.variant(a, i)
	}
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return n.null(t)
	}
	switch t := t.(type) {
	case types.Decimal:
		return n.decimal(a, i, t)
	case types.Array:
		return n.list(a, i, t)
	case types.Map:
		return n.entries(a, i, t)
	case types.Struct:
		return n.members(a, i, t)
	}
	return n.scalar(a, i, t)
}

func (n *normal) null(t types.Type) error {
	n.text(limited(n.limits, t, "null"))
	return nil
}

func (n *normal) scalar(a arrow.Array, i int, t types.Type) error {
	text, err := scalarText(a, i, t)
	n.text(limited(n.limits, t, text))
	return err
}

func scalarText(a arrow.Array, i int, t types.Type) (string, error) {
	switch t {
	case types.Boolean:
		if a, ok := a.(*array.Boolean); ok {
			return strconv.FormatBool(a.Value(i)), nil
		}
	case types.Byte:
		if a, ok := a.(*array.Int8); ok {
			return strconv.Itoa(int(a.Value(i))), nil
		}
	case types.Short:
		if a, ok := a.(*array.Int16); ok {
			return strconv.Itoa(int(a.Value(i))), nil
		}
	case types.Integer:
		if a, ok := a.(*array.Int32); ok {
			return strconv.Itoa(int(a.Value(i))), nil
		}
	case types.Long:
		if a, ok := a.(*array.Int64); ok {
			return strconv.FormatInt(a.Value(i), 10), nil
		}
	case types.Float:
		if a, ok := a.(*array.Float32); ok {
			return strconv.FormatFloat(float64(a.Value(i)), 'g', -1, 32), nil // "-0" and "NaN" included
		}
	case types.Double:
		if a, ok := a.(*array.Float64); ok {
			return strconv.FormatFloat(a.Value(i), 'g', -1, 64), nil
		}
	case types.String:
		if text, ok := bytesOf(a, i); ok {
			return strconv.Quote(text), nil
		}
	case types.Binary:
		if text, ok := bytesOf(a, i); ok {
			return fmt.Sprintf("x'%x'", text), nil
		}
	case types.Date:
		if a, ok := a.(*array.Date32); ok {
			return "day " + strconv.Itoa(int(a.Value(i))), nil
		}
	case types.Timestamp, types.TimestampNTZ:
		if a, ok := a.(*array.Timestamp); ok {
			return micros(a, i, t)
		}
	}
	return "", fmt.Errorf("%s is read as %s", t, a.DataType())
}

// bytesOf is a text or bytes, however they are held.
func bytesOf(a arrow.Array, i int) (string, bool) {
	switch a := a.(type) {
	case interface{ Value(i int) string }:
		return a.Value(i), true
	case interface{ Value(i int) []byte }:
		return string(a.Value(i)), true
	}
	return "", false
}

// micros tells an instant from the reading of a clock: in Arrow the one has a zone.
func micros(a *array.Timestamp, i int, t types.Type) (string, error) {
	held := a.DataType().(*arrow.TimestampType)
	kind := "clock "
	if held.TimeZone != "" {
		kind = "instant "
	}
	v := int64(a.Value(i))
	switch held.Unit {
	case arrow.Nanosecond:
		if v%1000 != 0 {
			return "", fmt.Errorf("%s is read with nanoseconds: %d", t, v)
		}
		v /= 1000
	case arrow.Millisecond:
		v *= 1000
	case arrow.Second:
		v *= 1e6
	case arrow.Microsecond:
	}
	return kind + strconv.FormatInt(v, 10), nil
}

func (n *normal) decimal(a arrow.Array, i int, t types.Decimal) error {
	var text string
	held, ok := a.DataType().(arrow.DecimalType)
	if !ok || int(held.GetScale()) != t.Scale {
		return fmt.Errorf("%s is read as %s", t, a.DataType())
	}
	switch a := a.(type) {
	case *array.Decimal32:
		text = a.Value(i).ToString(held.GetScale())
	case *array.Decimal64:
		text = a.Value(i).ToString(held.GetScale())
	case *array.Decimal128:
		text = a.Value(i).ToString(held.GetScale())
	case *array.Decimal256:
		text = a.Value(i).ToString(held.GetScale())
	}
	n.text(limited(n.limits, t, text))
	return nil
}

func (n *normal) list(a arrow.Array, i int, t types.Array) error {
	held, ok := a.(array.ListLike)
	if !ok {
		return fmt.Errorf("%s is read as %s", t, a.DataType())
	}
	from, to := held.ValueOffsets(i)
	n.text("[")
	for at := from; at < to; at++ {
		if at > from {
			n.text(", ")
		}
		if err := n.value(held.ListValues(), int(at), t.Element); err != nil {
			return err
		}
	}
	n.text("]")
	return nil
}

// variant writes a variant as JSON: what one reader holds in two bytes, another may hold in four.
func (n *normal) variant(a arrow.Array, i int) error {
	held, ok := a.(*array.Struct)
	if !ok {
		return fmt.Errorf("variant is read as %s", a.DataType())
	}
	if held.IsNull(i) {
		n.text("null")
		return nil
	}
	var parts [2]string
	for at, name := range []string{"metadata", "value"} {
		c, found := held.DataType().(*arrow.StructType).FieldIdx(name)
		if !found || held.NumField() != len(parts) {
			return fmt.Errorf("variant is read as %s", a.DataType())
		}
		if parts[at], ok = bytesOf(held.Field(c), i); !ok {
			return fmt.Errorf("variant is read as %s", a.DataType())
		}
	}
	var err error
	n.text("variant ")
	n.out, err = variant.New([]byte(parts[0]), []byte(parts[1])).AppendJSON(n.out, datetime.NewClock(time.UTC))
	return err
}

// entries are sorted: a map has no order.
func (n *normal) entries(a arrow.Array, i int, t types.Map) error {
	held, ok := a.(array.ListLike)
	if !ok {
		return fmt.Errorf("%s is read as %s", t, a.DataType())
	}
	pairs, ok := held.ListValues().(*array.Struct)
	if !ok || pairs.NumField() != 2 {
		return fmt.Errorf("%s is read as %s", t, a.DataType())
	}
	from, to := held.ValueOffsets(i)
	all := make([]string, 0, to-from)
	whole := n.out
	for at := int(from); at < int(to); at++ {
		n.out = nil
		if err := n.value(pairs.Field(0), at, t.Key); err != nil {
			return err
		}
		n.text(": ")
		if err := n.value(pairs.Field(1), at, t.Value); err != nil {
			return err
		}
		all = append(all, string(n.out))
	}
	n.out = whole
	slices.Sort(all)
	n.text("{", strings.Join(all, ", "), "}")
	return nil
}

func (n *normal) members(a arrow.Array, i int, t types.Struct) error {
	held, ok := a.(*array.Struct)
	if !ok || held.NumField() != len(t.Fields) {
		return fmt.Errorf("%s is read as %s", t, a.DataType())
	}
	n.text("(")
	for c, f := range t.Fields {
		if name := held.DataType().(*arrow.StructType).Field(c).Name; name != f.Name {
			return fmt.Errorf("field %s is read as %s", f.Name, name)
		}
		n.text(f.Name, "=")
		if err := n.value(held.Field(c), i, f.Type); err != nil {
			return err
		}
		n.text("; ")
	}
	n.text(")")
	return nil
}
