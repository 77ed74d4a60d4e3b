package medallion

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// recordOf makes a batch of rows of Go values, which may be what Row holds, and int for any whole number.
func recordOf(schema Schema, rows ...[]any) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for _, row := range rows {
		if err := appendRow(b, schema, row); err != nil {
			return nil, err
		}
	}
	return b.NewRecordBatch(), nil
}

func appendRow(b *array.RecordBuilder, schema Schema, row []any) error {
	if len(row) != len(schema.Fields) {
		return errclass.DatatypeMismatch.New("A row of %d values does not fit the columns %s.", len(row), types.ToDDL(schema))
	}
	for c, v := range row {
		if err := appendGo(b.Field(c), v); err != nil {
			f := schema.Fields[c]
			return errclass.DatatypeMismatch.New("The value %v (%T) does not fit the column %s of type %s: %w", v, v, f.Name, types.SQL(f.Type), err)
		}
	}
	return nil
}

var errGoType = fmt.Errorf("no such value of this type")

// appendGo appends a value of Go to a column.
func appendGo(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	if n, ok := wholeNumber(v); ok {
		return appendWhole(b, n)
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return appendAs(b.Append, v)
	case *array.StringBuilder:
		return appendAs(b.Append, v)
	case *array.BinaryBuilder:
		return appendAs(b.Append, v)
	case *array.Float64Builder:
		if f, ok := v.(float32); ok {
			v = float64(f)
		}
		return appendAs(b.Append, v)
	case *array.Float32Builder:
		return appendAs(b.Append, v)
	case *array.TimestampBuilder:
		return appendAs(func(t time.Time) { b.Append(arrow.Timestamp(t.UnixMicro())) }, v)
	case *array.Date32Builder:
		return appendAs(func(t time.Time) { b.Append(arrow.Date32FromTime(t)) }, v)
	case *array.Decimal128Builder:
		return appendDecimal(b, v)
	case *array.MapBuilder:
		return appendMap(b, v)
	case *array.ListBuilder:
		list, ok := v.([]any)
		if !ok {
			return errGoType
		}
		b.Append(true)
		for _, element := range list {
			if err := appendGo(b.ValueBuilder(), element); err != nil {
				return err
			}
		}
		return nil
	case *array.StructBuilder:
		return appendStruct(b, v)
	}
	return errGoType
}

func appendAs[T any](appendTo func(T), v any) error {
	value, ok := v.(T)
	if !ok {
		return errGoType
	}
	appendTo(value)
	return nil
}

func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

func appendWhole(b array.Builder, n int64) error {
	var fits bool
	switch b := b.(type) {
	case *array.Int8Builder:
		if fits = n >= math.MinInt8 && n <= math.MaxInt8; fits {
			b.Append(int8(n))
		}
	case *array.Int16Builder:
		if fits = n >= math.MinInt16 && n <= math.MaxInt16; fits {
			b.Append(int16(n))
		}
	case *array.Int32Builder:
		if fits = n >= math.MinInt32 && n <= math.MaxInt32; fits {
			b.Append(int32(n))
		}
	case *array.Int64Builder:
		b.Append(n)
		fits = true
	case *array.Float64Builder:
		b.Append(float64(n))
		fits = true
	case *array.Decimal128Builder:
		return appendDecimal(b, Decimal(strconv.FormatInt(n, 10)))
	}
	if !fits {
		return errGoType
	}
	return nil
}

func appendDecimal(b *array.Decimal128Builder, v any) error {
	text, ok := v.(Decimal)
	if !ok {
		return errGoType
	}
	t := b.Type().(*arrow.Decimal128Type)
	n, err := decimal128.FromString(string(text), t.Precision, t.Scale)
	if err != nil {
		return err
	}
	b.Append(n)
	return nil
}

func appendMap(b *array.MapBuilder, v any) error {
	entries, ok := v.(Map)
	if !ok {
		return errGoType
	}
	b.Append(true)
	for _, e := range entries {
		if err := appendGo(b.KeyBuilder(), e.Key); err != nil {
			return err
		}
		if err := appendGo(b.ItemBuilder(), e.Value); err != nil {
			return err
		}
	}
	return nil
}

func appendStruct(b *array.StructBuilder, v any) error {
	var values []any
	switch v := v.(type) {
	case Row:
		values = v.Values
	case []any:
		values = v
	case VariantVal:
		if types.IsArrowVariant(b.Type()) {
			values = []any{v.Metadata, v.Value}
		}
	}
	if len(values) != b.NumField() {
		return errGoType
	}
	b.Append(true)
	for i, field := range values {
		if err := appendGo(b.FieldBuilder(i), field); err != nil {
			return err
		}
	}
	return nil
}
