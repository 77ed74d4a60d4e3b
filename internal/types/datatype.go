package types

import (
	"fmt"
	"slices"
	"strings"
)

// A Type is one of Spark's data types: a [Primitive], [Decimal], [Interval], [Array], [Map] or
// [Struct], always held by value.
type Type interface {
	// String is Spark's simple string, which DDL reads back: "bigint", "array<struct<a:int>>".
	String() string
	isType()
}

// A Primitive is a type without parameters.
type Primitive uint8

// The primitive types, by Spark's class names.
const (
	Null Primitive = iota // void: the type of a bare NULL
	Boolean
	Byte
	Short
	Integer
	Long
	Float
	Double
	String
	Binary
	Date
	Timestamp    // an instant, microseconds since the epoch
	TimestampNTZ // a wall-clock time without zone, microseconds
	CalendarInterval
	Variant // what JSON can say, and a little more; see package variant
)

// Decimal is a fixed-point number of at most 38 digits.
type Decimal struct {
	Precision, Scale int
}

// MaxPrecision is the largest number of digits that a decimal holds.
const MaxPrecision = 38

// An IntervalUnit bounds an ANSI interval.
type IntervalUnit uint8

// The units of ANSI intervals.
const (
	Year IntervalUnit = iota
	Month
	Day
	Hour
	Minute
	Second
)

// Interval is an ANSI interval, from the larger unit to the smaller: year-month ones count
// months (int32), day-time ones microseconds (int64).
type Interval struct {
	From, To IntervalUnit
}

// YearMonth reports whether the interval counts months.
func (i Interval) YearMonth() bool { return i.From <= Month }

// Array is a list of elements of one type.
type Array struct {
	Element      Type
	ContainsNull bool
}

// Map holds keys, never null, with their values.
type Map struct {
	Key, Value        Type
	ValueContainsNull bool
}

// Struct is an ordered list of named fields: also the schema of a table.
type Struct struct {
	Fields []Field
}

// A Field is a column, or a member of a struct.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	Metadata map[string]any // nil: none; "comment" is the column's comment
}

func (Primitive) isType() {}
func (Decimal) isType()   {}
func (Interval) isType()  {}
func (Array) isType()     {}
func (Map) isType()       {}
func (Struct) isType()    {}

var primitiveNames = [...]string{
	Null: "void", Boolean: "boolean", Byte: "tinyint", Short: "smallint", Integer: "int", Long: "bigint",
	Float: "float", Double: "double", String: "string", Binary: "binary", Date: "date",
	Timestamp: "timestamp", TimestampNTZ: "timestamp_ntz", CalendarInterval: "interval",
	Variant: "variant",
}

// String is Spark's simple name: "bigint".
func (p Primitive) String() string { return primitiveNames[p] }

// String is "decimal(10,2)".
func (d Decimal) String() string { return fmt.Sprintf("decimal(%d,%d)", d.Precision, d.Scale) }

var unitNames = [...]string{Year: "year", Month: "month", Day: "day", Hour: "hour", Minute: "minute", Second: "second"}

// String is the unit in lower case: "day".
func (u IntervalUnit) String() string { return unitNames[u] }

// String is "interval day to second", or "interval day" for one unit.
func (i Interval) String() string {
	if i.From == i.To {
		return "interval " + i.From.String()
	}
	return "interval " + i.From.String() + " to " + i.To.String()
}

// String is "array<int>".
func (a Array) String() string { return "array<" + a.Element.String() + ">" }

// String is "map<string,int>".
func (m Map) String() string { return "map<" + m.Key.String() + "," + m.Value.String() + ">" }

// String is "struct<a:int,b:string>", on one line however deep, names without quotes.
func (s Struct) String() string {
	parts := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		parts[i] = f.Name + ":" + f.Type.String()
	}
	return "struct<" + strings.Join(parts, ",") + ">"
}

// Equal reports whether two types are the same, nullability and field names included, metadata not.
func Equal(a, b Type) bool { return equal(a, b, true) }

// EqualIgnoringNullability is [Equal] without the nullability of elements, values and fields.
func EqualIgnoringNullability(a, b Type) bool { return equal(a, b, false) }

func equal(a, b Type, nulls bool) bool {
	switch a := a.(type) {
	case Array:
		b, ok := b.(Array)
		return ok && (!nulls || a.ContainsNull == b.ContainsNull) && equal(a.Element, b.Element, nulls)
	case Map:
		b, ok := b.(Map)
		return ok && (!nulls || a.ValueContainsNull == b.ValueContainsNull) &&
			equal(a.Key, b.Key, nulls) && equal(a.Value, b.Value, nulls)
	case Struct:
		b, ok := b.(Struct)
		if !ok || len(a.Fields) != len(b.Fields) {
			return false
		}
		for i, f := range a.Fields {
			g := b.Fields[i]
			if f.Name != g.Name || nulls && f.Nullable != g.Nullable || !equal(f.Type, g.Type, nulls) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

// Index is the position of the field of that name, letter case aside; -1 when there is none. An
// exact match wins over one of another case.
func (s Struct) Index(name string) int {
	found := -1
	for i, f := range s.Fields {
		if f.Name == name {
			return i
		}
		if found < 0 && strings.EqualFold(f.Name, name) {
			found = i
		}
	}
	return found
}

// Names lists the field names in order.
func (s Struct) Names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// AsNullable is the type with every field, element and value nullable, which is how Delta and
// Parquet tables store what a stream writes.
func AsNullable(t Type) Type {
	switch t := t.(type) {
	case Array:
		return Array{Element: AsNullable(t.Element), ContainsNull: true}
	case Map:
		return Map{Key: AsNullable(t.Key), Value: AsNullable(t.Value), ValueContainsNull: true}
	case Struct:
		fields := make([]Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = Field{Name: f.Name, Type: AsNullable(f.Type), Nullable: true, Metadata: f.Metadata}
		}
		return Struct{Fields: fields}
	default:
		return t
	}
}

// EitherNullable is the type of values of both types, which are equal but for the nullability of elements, values and
// fields: nullable is what is so in one of them.
func EitherNullable(a, b Type) Type {
	switch a := a.(type) {
	case Array:
		if b, ok := b.(Array); ok {
			return Array{Element: EitherNullable(a.Element, b.Element), ContainsNull: a.ContainsNull || b.ContainsNull}
		}
	case Map:
		if b, ok := b.(Map); ok {
			return Map{Key: EitherNullable(a.Key, b.Key), Value: EitherNullable(a.Value, b.Value), ValueContainsNull: a.ValueContainsNull || b.ValueContainsNull}
		}
	case Struct:
		b, ok := b.(Struct)
		if !ok || len(a.Fields) != len(b.Fields) {
			return a
		}
		fields := slices.Clone(a.Fields)
		for i, f := range b.Fields {
			fields[i].Nullable = fields[i].Nullable || f.Nullable
			fields[i].Type = EitherNullable(fields[i].Type, f.Type)
		}
		return Struct{Fields: fields}
	}
	return a
}
