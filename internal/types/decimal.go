package types

import "lakehouse/internal/errclass"

// NewDecimal is the decimal type of that precision and scale, checked.
func newDecimal(precision, scale int) (Type, error) {
	switch {
	case precision > MaxPrecision || precision < 1:
		return nil, errclass.DecimalPrecision.New(
			"Decimal precision %d exceeds max precision %d.", precision, MaxPrecision)
	case scale < 0 || scale > precision:
		return nil, errclass.DecimalScale.New(
			"Decimal scale (%d) cannot be greater than precision (%d).", scale, precision)
	}
	return Decimal{Precision: precision, Scale: scale}, nil
}

// DecimalFor is the smallest decimal that holds every value of an integral type; for float and
// double the one that Spark compares them in. It reports whether p is a number.
func decimalFor(p Primitive) (Decimal, bool) {
	switch p {
	case Byte:
		return Decimal{Precision: 3}, true
	case Short:
		return Decimal{Precision: 5}, true
	case Integer:
		return Decimal{Precision: 10}, true
	case Long:
		return Decimal{Precision: 20}, true
	case Float:
		return Decimal{Precision: 14, Scale: 7}, true
	case Double:
		return Decimal{Precision: 30, Scale: 15}, true
	default:
		return Decimal{}, false
	}
}

// BoundDecimal is decimal(precision,scale), with digits behind the point given up when it would
// need more than 38 digits: Spark 4 keeps those before it.
func boundDecimal(precision, scale int) Decimal {
	if precision > MaxPrecision {
		scale = max(0, scale-(precision-MaxPrecision))
		precision = MaxPrecision
	}
	return Decimal{Precision: precision, Scale: scale}
}

// WiderDecimal holds the digits of both, before the point and behind it.
func WiderDecimal(a, b Decimal) Decimal {
	scale := max(a.Scale, b.Scale)
	whole := max(a.Precision-a.Scale, b.Precision-b.Scale)
	return boundDecimal(whole+scale, scale)
}

// widerThan reports whether d holds every value of other.
func (d Decimal) widerThan(other Decimal) bool {
	return d.Precision-d.Scale >= other.Precision-other.Scale && d.Scale >= other.Scale
}
