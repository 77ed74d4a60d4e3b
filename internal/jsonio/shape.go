package jsonio

import (
	"maps"
	"slices"

	"lakehouse/internal/types"
)

// A shape is the type of the values seen at one place of the records, while more are looked at.
type shape struct {
	kind             shapeKind
	precision, scale int               // of shapeDecimal
	fields           map[string]*shape // of shapeStruct
	element          *shape            // of shapeArray
}

type shapeKind uint8

const (
	shapeNull shapeKind = iota // nothing but nulls, and empty strings
	shapeBoolean
	shapeLong
	shapeDecimal
	shapeDouble
	shapeTimestamp
	shapeString
	shapeStruct
	shapeArray
)

// longDigits is the precision of the decimal that holds every long.
const longDigits = 20

// merge widens the shape to hold a value of another kind: numbers become wider numbers, anything else
// that differs becomes string.
func (s *shape) merge(kind shapeKind, precision, scale int) {
	switch {
	case kind == shapeNull:
	case s.kind == shapeNull:
		s.kind, s.precision, s.scale = kind, precision, scale
	case kind == shapeDecimal || s.kind == shapeDecimal:
		s.mergeDecimal(kind, precision, scale)
	case s.kind == kind:
	case s.isNumber() && (kind == shapeLong || kind == shapeDouble):
		s.kind = shapeDouble
	default:
		*s = shape{kind: shapeString}
	}
}

func (s *shape) isNumber() bool {
	return s.kind == shapeLong || s.kind == shapeDecimal || s.kind == shapeDouble
}

func (s *shape) mergeDecimal(kind shapeKind, precision, scale int) {
	switch {
	case kind == shapeLong:
		precision, scale = longDigits, 0
	case s.kind == shapeLong:
		s.precision, s.scale = longDigits, 0
	case s.isNumber() && kind == shapeDouble, s.kind == shapeDouble && kind == shapeDecimal:
		*s = shape{kind: shapeDouble}
		return
	case s.kind != shapeDecimal || kind != shapeDecimal:
		*s = shape{kind: shapeString}
		return
	}
	whole := max(s.precision-s.scale, precision-scale)
	s.scale = max(s.scale, scale)
	s.precision = whole + s.scale
	s.kind = shapeDecimal
	if s.precision > types.MaxPrecision {
		*s = shape{kind: shapeDouble}
	}
}

// as makes the shape one of structs or arrays, if it can be; else it is string.
func (s *shape) as(kind shapeKind) bool {
	if s.kind == shapeNull {
		s.kind = kind
		if kind == shapeArray {
			s.element = &shape{}
		} else {
			s.fields = map[string]*shape{}
		}
	}
	if s.kind != kind {
		*s = shape{kind: shapeString}
		return false
	}
	return true
}

// datatype is the type of a column of the shape. A struct without fields is none, and so is a shape
// without values when those are to be left out.
func (s *shape) datatype(dropNull bool) (types.Type, bool) {
	switch s.kind {
	case shapeBoolean:
		return types.Boolean, true
	case shapeLong:
		return types.Long, true
	case shapeDecimal:
		return types.Decimal{Precision: s.precision, Scale: s.scale}, true
	case shapeDouble:
		return types.Double, true
	case shapeTimestamp:
		return types.Timestamp, true
	case shapeString:
		return types.String, true
	case shapeStruct:
		fields := s.structure(dropNull)
		return fields, len(fields.Fields) > 0
	case shapeArray:
		element, ok := s.element.datatype(dropNull)
		return types.Array{Element: element, ContainsNull: true}, ok
	default:
		return types.String, !dropNull
	}
}

// structure has the fields sorted by name.
func (s *shape) structure(dropNull bool) types.Struct {
	var fields []types.Field
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		if t, ok := s.fields[name].datatype(dropNull); ok && name != "" {
			fields = append(fields, types.Field{Name: name, Type: t, Nullable: true})
		}
	}
	return types.Struct{Fields: fields}
}
