package parquetio

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/types"
)

// inferFields gives the children of a node as Spark's fields.
func inferFields(n *node) (types.Struct, error) {
	var s types.Struct
	for _, child := range n.children {
		t, err := inferType(child)
		if err != nil {
			return types.Struct{}, err
		}
		s.Fields = append(s.Fields, types.Field{Name: child.name, Type: t, Nullable: child.nullable})
	}
	return s, nil
}

// inferType gives the type that Spark reads a node as.
func inferType(n *node) (types.Type, error) {
	switch n.kind {
	case leafNode:
		if t := inferLeaf(n.element); t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("column %s: the Parquet type %s is not supported", n.path, n.element)
	case structNode:
		if n.element.logical.kind == logicalVariant {
			return types.Variant, nil
		}
		return typeOrNil(inferFields(n))
	case listNode:
		t, err := inferType(n.children[0])
		return types.Array{Element: t, ContainsNull: n.children[0].nullable}, err
	default:
		key, err := inferType(n.children[0])
		if err != nil {
			return nil, err
		}
		value, err := inferType(n.children[1])
		return types.Map{Key: key, Value: value, ValueContainsNull: n.children[1].nullable}, err
	}
}

func typeOrNil(s types.Struct, err error) (types.Type, error) { return s, err }

// inferLeaf gives nil for a type that Spark does not read.
func inferLeaf(e element) types.Type {
	switch e.physical {
	case format.Boolean:
		return types.Boolean
	case format.Int32:
		return inferInt32(e)
	case format.Int64:
		return inferInt64(e)
	case format.Int96:
		return types.Timestamp
	case format.Float:
		return types.Float
	case format.Double:
		return types.Double
	case format.ByteArray, format.FixedLenByteArray:
		return inferBytes(e)
	}
	return nil
}

func inferInt32(e element) types.Type {
	if d, ok := e.decimal(); ok {
		return d
	}
	switch bits, signed := e.integer(); {
	case bits == 8 && signed:
		return types.Byte
	case bits == 16 && signed, bits == 8:
		return types.Short
	case bits == 32 && !signed:
		return types.Long
	}
	switch {
	case e.logical.kind == logicalDate || e.converted == deprecated.Date:
		return types.Date
	case e.logical.kind == logicalUnknown:
		return types.Null
	}
	return types.Integer
}

func inferInt64(e element) types.Type {
	if d, ok := e.decimal(); ok {
		return d
	}
	if bits, signed := e.integer(); bits == 64 && !signed {
		return types.Decimal{Precision: 20}
	}
	if unit, instant := e.timestamp(); unit != 0 {
		if instant {
			return types.Timestamp
		}
		return types.TimestampNTZ
	}
	return types.Long
}

func inferBytes(e element) types.Type {
	if d, ok := e.decimal(); ok {
		return d
	}
	switch e.logical.kind {
	case logicalString, logicalEnum, logicalJSON:
		return types.String
	}
	switch e.converted {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		return types.String
	default:
		return types.Binary
	}
}

// decimal reads either annotation of a decimal.
func (e element) decimal() (types.Decimal, bool) {
	precision, scale := int(e.precision), int(e.scale)
	switch {
	case e.logical.kind == logicalDecimal:
		precision, scale = int(e.logical.precision), int(e.logical.scale)
	case e.converted != deprecated.Decimal:
		return types.Decimal{}, false
	}
	ok := precision > 0 && precision <= types.MaxPrecision && scale >= 0 && scale <= precision
	return types.Decimal{Precision: precision, Scale: scale}, ok
}

// integer reads either annotation of an integer: 0 bits where there is none.
func (e element) integer() (bits int, signed bool) {
	if e.logical.kind == logicalInteger {
		return int(e.logical.bits), e.logical.signed
	}
	switch e.converted {
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return 8 << (e.converted - deprecated.Int8), true
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return 8 << (e.converted - deprecated.Uint8), false
	default:
		return 0, false
	}
}

// timestamp reads either annotation of a timestamp: unit 0 where there is none.
func (e element) timestamp() (unit int16, instant bool) {
	if e.logical.kind == logicalTimestamp {
		return e.logical.unit, e.logical.instant
	}
	switch e.converted {
	case deprecated.TimestampMillis:
		return unitMillis, true
	case deprecated.TimestampMicros:
		return unitMicros, true
	default:
		return 0, false
	}
}

// String is how errors spell the type: "INT64", "INT32 (DECIMAL(9,2))".
func (e element) String() string {
	physical := e.physical.String()
	if e.physical == format.FixedLenByteArray {
		physical = fmt.Sprintf("%s(%d)", physical, e.typeLength)
	}
	if d, ok := e.decimal(); ok {
		return fmt.Sprintf("%s (DECIMAL(%d,%d))", physical, d.Precision, d.Scale)
	}
	if unit, instant := e.timestamp(); unit != 0 {
		return fmt.Sprintf("%s (TIMESTAMP(%s,%t))", physical, [...]string{"?", "MILLIS", "MICROS", "NANOS"}[unit&3], instant)
	}
	if bits, signed := e.integer(); bits != 0 {
		return fmt.Sprintf("%s (INTEGER(%d,%t))", physical, bits, signed)
	}
	if name, ok := logicalNames[e.logical.kind]; ok {
		return fmt.Sprintf("%s (%s)", physical, name)
	}
	if e.converted >= 0 {
		return fmt.Sprintf("%s (converted type %d)", physical, e.converted)
	}
	return physical
}

var logicalNames = map[int16]string{
	logicalString: "STRING", logicalEnum: "ENUM", logicalDate: "DATE", logicalTime: "TIME", logicalUnknown: "UNKNOWN",
	logicalJSON: "JSON", logicalBSON: "BSON", logicalUUID: "UUID", logicalFloat16: "FLOAT16", logicalVariant: "VARIANT",
}
