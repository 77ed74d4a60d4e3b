package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
)

// findConversion is how values of one type become values of another; nil where Spark refuses.
func findConversion(from, to types.Type, rules castRules) conversion {
	if types.EqualIgnoringNullability(from, to) {
		return convertSame
	}
	if from == types.Null {
		return convertNull
	}
	if from == types.Variant || to == types.Variant {
		return variantConversion(from, to)
	}
	switch to := to.(type) {
	case types.Primitive:
		return toPrimitive(from, to, rules.fail)
	case types.Decimal:
		return toDecimal(from)
	case types.Interval:
		return toInterval(from, to)
	}
	return toNested(from, to, rules)
}

// convertSame keeps the values; the Arrow type may differ in the nullability of nested fields.
func convertSame(c *caster, arr arrow.Array) (arrow.Array, error) {
	return retype(arr, types.ToArrow(c.to)), nil
}

// retype is the same data under a type that differs only in names and nullability inside.
func retype(arr arrow.Array, to arrow.DataType) arrow.Array {
	if arrow.TypeEqual(arr.DataType(), to) {
		return arr
	}
	return array.MakeFromData(retypeData(arr.Data(), to))
}

func retypeData(data arrow.ArrayData, to arrow.DataType) arrow.ArrayData {
	children := data.Children()
	out := make([]arrow.ArrayData, len(children))
	for i, child := range children {
		out[i] = retypeData(child, childType(to, i))
	}
	return array.NewData(to, data.Len(), data.Buffers(), out, data.NullN(), data.Offset())
}

func childType(t arrow.DataType, i int) arrow.DataType {
	switch t := t.(type) {
	case *arrow.ListType:
		return t.Elem()
	case *arrow.MapType:
		return t.Elem()
	case *arrow.StructType:
		return t.Field(i).Type
	}
	return t
}

func convertNull(c *caster, arr arrow.Array) (arrow.Array, error) { return nulls(c.to, arr.Len()), nil }

func toPrimitive(from types.Type, to types.Primitive, fail onFailure) conversion {
	legacy := fail == failWrap
	switch to {
	case types.String:
		return convertToString
	case types.Binary:
		return toBinary(from, legacy)
	case types.Boolean:
		return toBoolean(from, legacy)
	case types.Byte:
		return toInteger[int8](from, legacy)
	case types.Short:
		return toInteger[int16](from, legacy)
	case types.Integer:
		return toInteger[int32](from, legacy)
	case types.Long:
		return toInteger[int64](from, legacy)
	case types.Float:
		return toFloat[float32](from, legacy)
	case types.Double:
		return toFloat[float64](from, legacy)
	case types.Date:
		return toDate(from)
	case types.Timestamp:
		return toTimestamp(from, legacy)
	case types.TimestampNTZ:
		return toTimestampNTZ(from)
	case types.CalendarInterval:
		if from == types.String {
			return convertTextToCalendarInterval
		}
	case types.Null, types.Variant:
	}
	return nil
}

// toNested converts element by element.
func toNested(from, to types.Type, rules castRules) conversion {
	switch to := to.(type) {
	case types.Array:
		from, ok := from.(types.Array)
		if !ok {
			return nil
		}
		inner := findConversion(from.Element, to.Element, rules)
		if inner == nil {
			return nil
		}
		return func(c *caster, arr arrow.Array) (arrow.Array, error) {
			elements, err := inner(c.inner(from.Element, to.Element), elementsOf(arr))
			if err != nil {
				return nil, err
			}
			return withElements(arr, types.ToArrow(to), elements), nil
		}
	case types.Map:
		return toMap(from, to, rules)
	case types.Struct:
		return toStruct(from, to, rules)
	}
	return nil
}

func toMap(from types.Type, to types.Map, rules castRules) conversion {
	source, ok := from.(types.Map)
	if !ok {
		return nil
	}
	keys, values := findConversion(source.Key, to.Key, rules), findConversion(source.Value, to.Value, rules)
	if keys == nil || values == nil {
		return nil
	}
	return func(c *caster, arr arrow.Array) (arrow.Array, error) {
		entries := elementsOf(arr).(*array.Struct)
		k, err := keys(c.inner(source.Key, to.Key), entries.Field(0))
		if err != nil {
			return nil, err
		}
		v, err := values(c.inner(source.Value, to.Value), entries.Field(1))
		if err != nil {
			return nil, err
		}
		t := types.ToArrow(to).(*arrow.MapType)
		return withElements(arr, t, newStructLike(t.Elem(), []arrow.Array{k, v}, nil, entries.Len())), nil
	}
}

func toStruct(from types.Type, to types.Struct, rules castRules) conversion {
	source, ok := from.(types.Struct)
	if !ok {
		return nil
	}
	at := rules.pair(source, to)
	if at == nil {
		return nil
	}
	inner := make([]conversion, len(to.Fields))
	for i, f := range to.Fields {
		if at[i] < 0 {
			continue
		}
		if inner[i] = findConversion(source.Fields[at[i]].Type, f.Type, rules); inner[i] == nil {
			return nil
		}
	}
	return func(c *caster, arr arrow.Array) (arrow.Array, error) {
		rows := arr.(*array.Struct)
		fields := make([]arrow.Array, len(inner))
		for i, f := range inner {
			if f == nil {
				fields[i] = nulls(to.Fields[i].Type, arr.Len())
				continue
			}
			var err error
			if fields[i], err = f(c.inner(source.Fields[at[i]].Type, to.Fields[i].Type), rows.Field(at[i])); err != nil {
				return nil, err
			}
		}
		return newStructLike(types.ToArrow(to), fields, validOf(arr), arr.Len()), nil
	}
}

// withElements is an array or map column with other elements behind the same offsets.
func withElements(arr arrow.Array, t arrow.DataType, elements arrow.Array) arrow.Array {
	data := arr.Data()
	return array.MakeFromData(array.NewData(t, data.Len(), data.Buffers(), []arrow.ArrayData{elements.Data()}, data.NullN(), data.Offset()))
}
