package types

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// ToArrow is the Arrow type that holds columns of t.
func ToArrow(t Type) arrow.DataType {
	switch t := t.(type) {
	case Primitive:
		return primitiveArrow[t]
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Interval:
		if t.YearMonth() {
			return arrow.FixedWidthTypes.MonthInterval
		}
		return arrow.FixedWidthTypes.Duration_us
	case Array:
		return arrow.ListOfField(arrow.Field{Name: "element", Type: ToArrow(t.Element), Nullable: t.ContainsNull})
	case Map:
		return arrow.MapOfFields(
			arrow.Field{Name: "key", Type: ToArrow(t.Key)},
			arrow.Field{Name: "value", Type: ToArrow(t.Value), Nullable: t.ValueContainsNull})
	case Struct:
		return arrow.StructOf(arrowFields(t)...)
	}
	panic(fmt.Sprintf("internal error: no Arrow type for %v", t))
}

var primitiveArrow = [...]arrow.DataType{
	Null:             arrow.Null,
	Boolean:          arrow.FixedWidthTypes.Boolean,
	Byte:             arrow.PrimitiveTypes.Int8,
	Short:            arrow.PrimitiveTypes.Int16,
	Integer:          arrow.PrimitiveTypes.Int32,
	Long:             arrow.PrimitiveTypes.Int64,
	Float:            arrow.PrimitiveTypes.Float32,
	Double:           arrow.PrimitiveTypes.Float64,
	String:           arrow.BinaryTypes.String,
	Binary:           arrow.BinaryTypes.Binary,
	Date:             arrow.FixedWidthTypes.Date32,
	Timestamp:        arrow.FixedWidthTypes.Timestamp_us,
	TimestampNTZ:     &arrow.TimestampType{Unit: arrow.Microsecond},
	CalendarInterval: arrow.FixedWidthTypes.MonthDayNanoInterval,
	Variant:          variantArrow,
}

// ToArrowSchema is the Arrow schema of batches with these columns.
func ToArrowSchema(s Struct) *arrow.Schema { return arrow.NewSchema(arrowFields(s), nil) }

func arrowFields(s Struct) []arrow.Field {
	fields := make([]arrow.Field, len(s.Fields))
	for i, f := range s.Fields {
		fields[i] = arrow.Field{Name: f.Name, Type: ToArrow(f.Type), Nullable: f.Nullable}
	}
	return fields
}
