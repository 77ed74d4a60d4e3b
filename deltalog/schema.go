package deltalog

import (
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// The schema of a table, by names that code outside this module can use.
type (
	// Schema is the columns of a table.
	Schema = types.Struct
	// Field is one column, or a member of a struct.
	Field = types.Field
	// Type is the type of a column.
	Type = types.Type
	// Decimal is a fixed-point number.
	Decimal = types.Decimal
	// Array is a list of elements.
	Array = types.Array
	// Map holds keys with their values.
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
	// And holds when all its parts do.
	And = predicate.And
	// Or holds when one of its parts does.
	Or = predicate.Or
	// Compare holds a column against a constant.
	Compare = predicate.Compare
	// IsNull tests a column for null.
	IsNull = predicate.IsNull
	// In holds when the column equals one of the values.
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
