package delta

import (
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/expr"
	"lakehouse/internal/option"
)

// The settings of a session that go before the defaults of writes.
const (
	// AutoMergeSetting gives every write schema evolution, as if it had the option mergeSchema.
	AutoMergeSetting = "spark.databricks.delta.schema.autoMerge.enabled"
	// PartitionOverwriteSetting says what an overwrite replaces whose options do not say so: "static" or "dynamic".
	PartitionOverwriteSetting = "spark.sql.sources.partitionOverwriteMode"
)

// SessionSettings are what a session says of each of its writes.
type SessionSettings struct {
	Workers            int
	Eval               expr.Context // for the casts to the table's types
	Widening           Widening     // of columns, where the table and schema evolution allow it
	AutoCompact        AutoCompaction
	OptimizeWrite      string // "true" or "false", where options do not say; empty: as the table's property says
	AutoMerge          bool   // AutoMergeSetting
	PartitionOverwrite string // PartitionOverwriteSetting; empty: static
}

// MergesSchema reports whether a write adds columns that the table lacks.
func (s SessionSettings) MergesSchema(opts option.Values) bool {
	return s.AutoMerge && !opts.Has("mergeSchema") || opts.Bool("mergeSchema")
}

// PartitionOverwriteMode is the mode of an overwrite, static or dynamic.
func (s SessionSettings) PartitionOverwriteMode(opts option.Values) string {
	if s.PartitionOverwrite != "" && !opts.Has("partitionOverwriteMode") {
		return s.PartitionOverwrite
	}
	return opts.String("partitionOverwriteMode")
}

// Widening says which types a write may give a table's columns by itself, as the session's setting WideningSetting has it.
type Widening string

// WideningSetting is the setting's name. It is "same_family_type" (the default), "always" or "never".
const WideningSetting = "spark.databricks.delta.typeWidening.allowAutomaticWidening"

// rule tells whether a column of the one type takes the other.
func (w Widening) rule() func(from, to deltalog.Type) bool {
	switch strings.ToLower(string(w)) {
	case "always":
		return func(from, to deltalog.Type) bool { return from != to && deltalog.CanWiden(from, to) }
	case "never":
		return func(deltalog.Type, deltalog.Type) bool { return false }
	}
	return deltalog.CanEvolve
}
