package deltalog

import (
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// The schema of a table, by names that code outside this module can use.
type (
	// Schema is the columns of a table: Schema{Fields: []Field{…}}.
	Schema = types.Struct
	// Field is one column, or a member of a struct, with the members Name, Type, Nullable and Metadata, a map[string]any of what the
	// table's schema keeps of the column: "comment", and Delta's own keys.
	Field = types.Field
	// Type is the type of a column: a primitive one, such as [Long], [Decimal], [Array], [Map], or a struct, which is a [Schema].
	Type = types.Type
	// Decimal is a fixed-point number: Decimal{Precision: 10, Scale: 2}.
	Decimal = types.Decimal
	// Array is a list of elements: Array{Element: Long, ContainsNull: true}.
	Array = types.Array
	// Map holds keys with their values: Map{Key: String, Value: Long, ValueContainsNull: true}.
	Map = types.Map
)

// The primitive types of a schema.
const (
	Boolean      = types.Boolean
	Byte         = types.Byte
	Short        = types.Short
	Integer      = types.Integer
	Long         = types.Long
	Float        = types.Float
	Double       = types.Double
	String       = types.String
	Binary       = types.Binary
	Date         = types.Date
	Timestamp    = types.Timestamp
	TimestampNTZ = types.TimestampNTZ
)

// The conditions of a scan, which statistics and partition values can refute.
type (
	// Predicate is [And], [Or], [Compare], [IsNull] or [In]; nil stands for anything.
	Predicate = predicate.Predicate
	// And holds when all its parts do: And{p, q}.
	And = predicate.And
	// Or holds when one of its parts does: Or{p, q}.
	Or = predicate.Or
	// Compare holds a column against a constant: Compare{Column: []string{"age"}, Op: Less, Value: int64(60)}. The column is a path into
	// structs, as the table spells it.
	Compare = predicate.Compare
	// IsNull tests a column for null, or, negated, for a value: IsNull{Column: []string{"age"}, Not: true}.
	IsNull = predicate.IsNull
	// In holds when the column equals one of the values: In{Column: []string{"name"}, Values: []Value{"Ada", "Kurt"}}.
	In = predicate.In
	// Value is a constant of a condition, never null: bool, int64 (all integers; dates as days, timestamps as microseconds), float64,
	// string, []byte, or a decimal128.Num at the column's scale.
	Value = predicate.Value
)

// The comparisons of [Compare].
const (
	Equal          = predicate.Equal
	NotEqual       = predicate.NotEqual
	Less           = predicate.Less
	LessOrEqual    = predicate.LessOrEqual
	Greater        = predicate.Greater
	GreaterOrEqual = predicate.GreaterOrEqual
)
