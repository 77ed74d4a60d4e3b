package types

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
)

// FromArrow is the type that holds the values of an Arrow column. It undoes [ToArrow], and takes
// what other writers make: large and view layouts, unsigned integers as the next wider signed
// type, other time units, dictionaries. An interval of fewer units than its Arrow type comes back
// as the widest of its kind.
func FromArrow(t arrow.DataType) (Type, error) {
	if p, ok := arrowPrimitives[t.ID()]; ok {
		return p, nil
	}
	switch t := t.(type) {
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			return TimestampNTZ, nil
		}
		return Timestamp, nil
	case arrow.DecimalType:
		return newDecimal(int(t.GetPrecision()), int(t.GetScale()))
	case *arrow.MapType: // before the lists: a map is a list in Arrow
		return fromArrowMap(t)
	case arrow.ListLikeType:
		field := t.ElemField()
		element, err := FromArrow(field.Type)
		return Array{Element: element, ContainsNull: field.Nullable}, err
	case *arrow.StructType:
		if isVariant(t) {
			return Variant, nil
		}
		return fromArrowFields(t.Fields())
	case *arrow.DictionaryType:
		return FromArrow(t.ValueType)
	case *arrow.RunEndEncodedType:
		return FromArrow(t.Encoded())
	case arrow.ExtensionType:
		return FromArrow(t.StorageType())
	}
	return nil, errclass.UnsupportedDatatype.New("Unsupported data type %q.", t.String())
}

var arrowPrimitives = map[arrow.Type]Type{
	arrow.NULL:                    Null,
	arrow.BOOL:                    Boolean,
	arrow.INT8:                    Byte,
	arrow.INT16:                   Short,
	arrow.INT32:                   Integer,
	arrow.INT64:                   Long,
	arrow.UINT8:                   Short,
	arrow.UINT16:                  Integer,
	arrow.UINT32:                  Long,
	arrow.UINT64:                  Decimal{Precision: 20},
	arrow.FLOAT16:                 Float,
	arrow.FLOAT32:                 Float,
	arrow.FLOAT64:                 Double,
	arrow.STRING:                  String,
	arrow.LARGE_STRING:            String,
	arrow.STRING_VIEW:             String,
	arrow.BINARY:                  Binary,
	arrow.LARGE_BINARY:            Binary,
	arrow.BINARY_VIEW:             Binary,
	arrow.FIXED_SIZE_BINARY:       Binary,
	arrow.DATE32:                  Date,
	arrow.DATE64:                  Date,
	arrow.DURATION:                Interval{From: Day, To: Second},
	arrow.INTERVAL_MONTHS:         Interval{From: Year, To: Month},
	arrow.INTERVAL_DAY_TIME:       Interval{From: Day, To: Second},
	arrow.INTERVAL_MONTH_DAY_NANO: CalendarInterval,
}

func fromArrowMap(t *arrow.MapType) (Type, error) {
	key, err := FromArrow(t.KeyType())
	if err != nil {
		return nil, err
	}
	item := t.ItemField()
	value, err := FromArrow(item.Type)
	return Map{Key: key, Value: value, ValueContainsNull: item.Nullable}, err
}

// FromArrowSchema is the Spark schema of an Arrow schema.
func FromArrowSchema(s *arrow.Schema) (Struct, error) { return fromArrowFields(s.Fields()) }

func fromArrowFields(list []arrow.Field) (Struct, error) {
	fields := make([]Field, len(list))
	for i, f := range list {
		t, err := FromArrow(f.Type)
		if err != nil {
			return Struct{}, fmt.Errorf("column %q: %w", f.Name, err)
		}
		fields[i] = Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return Struct{Fields: fields}, nil
}
