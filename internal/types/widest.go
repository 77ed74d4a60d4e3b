package types

import "strings"

// TightestCommon is the smallest type that both convert to without loss, as Spark's ANSI coercion
// finds it. Strings have none but themselves: what they become depends on the other side and is
// package expr's.
func TightestCommon(a, b Type) (Type, bool) {
	switch {
	case a == Null:
		return b, true
	case b == Null:
		return a, true
	}
	switch a := a.(type) {
	case Primitive:
		return tightestPrimitive(a, b)
	case Decimal:
		return tightestDecimal(a, b)
	case Interval:
		if b, ok := b.(Interval); ok && a.YearMonth() == b.YearMonth() {
			return Interval{From: min(a.From, b.From), To: max(a.To, b.To)}, true
		}
		return nil, false
	}
	return CommonParts(a, b, TightestCommon)
}

func tightestPrimitive(a Primitive, b Type) (Type, bool) {
	if d, ok := b.(Decimal); ok {
		return tightestDecimal(d, a)
	}
	other, ok := b.(Primitive)
	switch {
	case !ok:
		return nil, false
	case a == other:
		return a, true
	case Numeric(a) && Numeric(other):
		wider := max(a, other) // the constants stand in order of precedence
		if wider == Float {
			return Double, true // an integer does not fit into a float without loss
		}
		return wider, true
	case datetime(a) && datetime(other):
		return commonDatetime(a, other), true
	}
	return nil, false
}

func tightestDecimal(a Decimal, b Type) (Type, bool) {
	switch b := b.(type) {
	case Decimal:
		return a, a == b
	case Primitive:
		held, ok := decimalFor(b)
		return a, ok && Integral(b) && a.widerThan(held)
	}
	return nil, false
}

// Numeric reports whether t is a number.
func Numeric(t Type) bool {
	switch t := t.(type) {
	case Primitive:
		return t >= Byte && t <= Double
	case Decimal:
		return true
	}
	return false
}

// Integral reports whether t is an integer type.
func Integral(t Type) bool {
	p, ok := t.(Primitive)
	return ok && p >= Byte && p <= Long
}

func datetime(p Primitive) bool { return p >= Date && p <= TimestampNTZ }

func commonDatetime(a, b Primitive) Primitive {
	if a == Timestamp || b == Timestamp {
		return Timestamp
	}
	return TimestampNTZ
}

// Widest is [TightestCommon], and further for decimals: both sides' digits are kept, and a decimal
// with a float or double gives a double.
func Widest(a, b Type) (Type, bool) {
	if t, ok := TightestCommon(a, b); ok {
		return t, true
	}
	if t, ok := widestDecimal(a, b); ok {
		return t, true
	}
	if t, ok := widestDecimal(b, a); ok {
		return t, true
	}
	return CommonParts(a, b, Widest)
}

func widestDecimal(a, b Type) (Type, bool) {
	d, ok := a.(Decimal)
	if !ok {
		return nil, false
	}
	switch b := b.(type) {
	case Decimal:
		return WiderDecimal(d, b), true
	case Primitive:
		held, ok := decimalFor(b)
		if ok && Integral(b) {
			return WiderDecimal(d, held), true
		}
		return Double, ok
	}
	return nil, false
}

// CommonParts finds the common type of two arrays, maps or structs part by part; a struct's fields must have the same
// names, letter case aside.
func CommonParts(a, b Type, common func(a, b Type) (Type, bool)) (Type, bool) {
	switch a := a.(type) {
	case Array:
		b, ok := b.(Array)
		if !ok {
			return nil, false
		}
		element, ok := common(a.Element, b.Element)
		return Array{Element: element, ContainsNull: a.ContainsNull || b.ContainsNull}, ok
	case Map:
		b, ok := b.(Map)
		if !ok {
			return nil, false
		}
		key, okKey := common(a.Key, b.Key)
		value, okValue := common(a.Value, b.Value)
		return Map{Key: key, Value: value, ValueContainsNull: a.ValueContainsNull || b.ValueContainsNull}, okKey && okValue
	case Struct:
		b, ok := b.(Struct)
		if !ok || len(a.Fields) != len(b.Fields) {
			return nil, false
		}
		return commonStruct(a, b, common)
	}
	return nil, false
}

func commonStruct(a, b Struct, common func(a, b Type) (Type, bool)) (Type, bool) {
	fields := make([]Field, len(a.Fields))
	for i, f := range a.Fields {
		g := b.Fields[i]
		t, ok := common(f.Type, g.Type)
		if !ok || !strings.EqualFold(f.Name, g.Name) {
			return nil, false
		}
		fields[i] = Field{Name: f.Name, Type: t, Nullable: f.Nullable || g.Nullable, Metadata: f.Metadata}
	}
	return Struct{Fields: fields}, true
}
