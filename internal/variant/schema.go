package variant

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// uuid is the type of UUIDs, which Spark has only in the schemas of variants.
type uuid struct{ types.Primitive }

// String is what a type of that kind is for all others.
func (uuid) String() string { return types.Variant.String() }

// Schema is the type that would hold the value: a struct, in the order of its keys, for an object. Where the elements of an
// array have no type in common, it is VARIANT.
func (v Value) Schema() (types.Type, error) { return schemaOf(v, newWalk(v)) }

func schemaOf(v Value, w *walk) (types.Type, error) {
	if err := w.enter(); err != nil {
		return nil, err
	}
	defer w.leave()
	kind, err := v.Kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case Object:
		return objectSchema(v, w)
	case Array:
		return arraySchema(v, w)
	case Decimal:
		digits, scale, err := v.Decimal()
		return decimalType(digits, scale), err
	case UUID:
		return uuid{}, nil
	default:
		return ScalarType(kind), nil
	}
}

// ScalarType is the SQL type that holds values of a kind: all but decimals, UUIDs, objects and arrays.
func ScalarType(k Kind) types.Type { return scalarTypes[k] }

var scalarTypes = map[Kind]types.Type{
	Null: types.Null, Boolean: types.Boolean, Long: types.Long, Double: types.Double, Float: types.Float, String: types.String,
	Binary: types.Binary, Date: types.Date, Timestamp: types.Timestamp, TimestampNTZ: types.TimestampNTZ,
}

// decimalType is the narrowest type of a decimal.
func decimalType(digits decimal128.Num, scale int) types.Decimal {
	precision := len(digits.Abs().BigInt().String())
	if scale < 0 {
		return types.Decimal{Precision: precision - scale}
	}
	return types.Decimal{Precision: max(precision, scale), Scale: scale}
}

func objectSchema(v Value, w *walk) (types.Type, error) {
	c, err := v.container()
	if err != nil {
		return nil, err
	}
	fields := make([]types.Field, c.n)
	for i := range fields {
		name, err := c.Key(i)
		if err != nil {
			return nil, err
		}
		if i > 0 && compareKeys(fields[i-1].Name, string(name)) >= 0 {
			return nil, malformed()
		}
		fields[i] = types.Field{Name: string(name), Nullable: true}
		if fields[i].Type, err = memberSchema(&c, i, w); err != nil {
			return nil, err
		}
	}
	return types.Struct{Fields: fields}, nil
}

func arraySchema(v Value, w *walk) (types.Type, error) {
	c, err := v.container()
	if err != nil {
		return nil, err
	}
	element := types.Type(types.Null)
	for i := range c.n {
		t, err := memberSchema(&c, i, w)
		if err != nil {
			return nil, err
		}
		element = MergeSchemas(element, t)
	}
	return types.Array{Element: element, ContainsNull: true}, nil
}

func memberSchema(c *Container, i int, w *walk) (types.Type, error) {
	v, err := c.At(i)
	if err != nil {
		return nil, err
	}
	return schemaOf(v, w)
}

// MergeSchemas is the type that holds values of both types: VARIANT where no narrower one does.
func MergeSchemas(a, b types.Type) types.Type {
	switch {
	case a == types.Null:
		return b
	case b == types.Null:
		return a
	}
	switch x := a.(type) {
	case types.Struct:
		if y, ok := b.(types.Struct); ok {
			return mergeFields(x, y)
		}
		return types.Variant
	case types.Array:
		if y, ok := b.(types.Array); ok {
			return types.Array{Element: MergeSchemas(x.Element, y.Element), ContainsNull: true}
		}
		return types.Variant
	}
	if _, nested := b.(types.Struct); nested {
		return types.Variant
	}
	if _, nested := b.(types.Array); nested {
		return types.Variant
	}
	if types.Numeric(a) && types.Numeric(b) {
		return mergeNumbers(a, b)
	}
	if a == b {
		return a
	}
	if t, ok := types.TightestCommon(a, b); ok { // dates and timestamps
		return t
	}
	return types.Variant
}

func mergeNumbers(a, b types.Type) types.Type {
	x, xDecimal := asDecimal(a)
	y, yDecimal := asDecimal(b)
	_, decimals := a.(types.Decimal)
	if _, ok := b.(types.Decimal); !ok && !decimals { // of integers, floats and doubles the wider
		return max(a.(types.Primitive), b.(types.Primitive))
	}
	if !xDecimal || !yDecimal {
		return types.Double
	}
	scale := max(x.Scale, y.Scale)
	whole := max(x.Precision-x.Scale, y.Precision-y.Scale)
	if whole+scale > types.MaxPrecision {
		return types.Double
	}
	return types.Decimal{Precision: whole + scale, Scale: scale}
}

// asDecimal is the decimal type that holds all values of an exact type.
func asDecimal(t types.Type) (types.Decimal, bool) {
	if d, ok := t.(types.Decimal); ok {
		return d, true
	}
	return types.Decimal{Precision: 20}, t == types.Long
}

func mergeFields(a, b types.Struct) types.Type {
	var fields []types.Field
	i, j := 0, 0
	for i < len(a.Fields) && j < len(b.Fields) {
		x, y := a.Fields[i], b.Fields[j]
		switch order := compareKeys(x.Name, y.Name); {
		case order < 0:
			fields = append(fields, x)
			i++
		case order > 0:
			fields = append(fields, y)
			j++
		default:
			x.Type = MergeSchemas(x.Type, y.Type)
			fields = append(fields, x)
			i++
			j++
		}
	}
	fields = append(append(fields, a.Fields[i:]...), b.Fields[j:]...)
	return types.Struct{Fields: fields}
}

// SchemaSQL is how a variant's type prints: OBJECT<a: BIGINT, b: ARRAY<STRING>>.
func SchemaSQL(t types.Type) string {
	switch t := t.(type) {
	case types.Struct:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = types.QuoteIfNeeded(f.Name) + ": " + SchemaSQL(f.Type)
		}
		return "OBJECT<" + strings.Join(parts, ", ") + ">"
	case types.Array:
		return "ARRAY<" + SchemaSQL(t.Element) + ">"
	case uuid:
		return "UUID"
	}
	return types.SQL(t)
}

// Valid reports whether every part of the variant can be read.
func (v Value) Valid() bool {
	if len(v.metadata) == 0 || v.metadata[0]&15 != 1 {
		return false
	}
	return valid(v, newWalk(v))
}

func valid(v Value, w *walk) bool {
	if w.enter() != nil {
		return false
	}
	defer w.leave()
	kind, err := v.Kind()
	if err != nil {
		return false
	}
	switch kind {
	case Null, Boolean:
		return true
	case Double, Float:
		_, err = v.Float()
	case Decimal:
		_, _, err = v.decimal()
	case String, Binary, UUID:
		_, err = v.Bytes()
	case Object, Array:
		return validMembers(v, kind, w)
	default:
		_, err = v.Int()
	}
	return err == nil
}

func validMembers(v Value, kind Kind, w *walk) bool {
	c, err := v.container()
	if err != nil {
		return false
	}
	for i := range c.n {
		if kind == Object {
			if _, err := c.Key(i); err != nil {
				return false
			}
		}
		member, err := c.At(i)
		if err != nil || !valid(member, w) {
			return false
		}
	}
	return true
}
