package interop

import (
	"strings"

	"lakehouse/internal/types"
)

// A limit is what a reader cannot show, by itself and not for a fault of the table. Both sides' values are blurred by it
// before they are compared.
type limit struct {
	name, why string
	blur      func(t types.Type, text string) string // of a value in its normal form
	met       int                                    // how often it changed a value of ours
}

func limited(limits []*limit, t types.Type, text string) string {
	for _, l := range limits {
		if blurred := l.blur(t, text); blurred != text {
			l.met++
			text = blurred
		}
	}
	return text
}

// limitsOf are the limits of a peer.
func limitsOf(peer string) []*limit {
	if peer != "ClickHouse" {
		return nil
	}
	return []*limit{
		{
			name: "null lists, maps and structs", why: "its types Array, Map and Tuple have no null: they are empty, or full of nulls",
			blur: func(t types.Type, text string) string {
				if text == "null" {
					return emptyOf(t)
				}
				return text
			},
		},
		{
			name: "clocks", why: "it has no time without a zone: timestamp_ntz is a DateTime64 in UTC",
			blur: func(_ types.Type, text string) string {
				if clock, ok := strings.CutPrefix(text, "clock "); ok {
					return "instant " + clock
				}
				return text
			},
		},
	}
}

// emptyOf is what stands for a null where only scalars can be null.
func emptyOf(t types.Type) string {
	switch t := t.(type) {
	case types.Array:
		return "[]"
	case types.Map:
		return "{}"
	case types.Struct:
		var out strings.Builder
		for _, f := range t.Fields {
			out.WriteString(f.Name + "=" + emptyOf(f.Type) + "; ")
		}
		return "(" + out.String() + ")"
	}
	return "null"
}

// onKernel are the readers that stand on delta-kernel-rs.
const onKernel = "delta-rs PyArrow Polars DuckDB ClickHouse"

// faults are the tables that a reader does not open, or reads wrong, for a fault of its own.
var faults = []struct{ peers, table, says, why string }{
	{onKernel, "by_far_date", "Failed to parse value '+290000", "delta-kernel-rs does not parse the years that Spark writes with a sign"},
	{onKernel, "by_far_timestamp", "Failed to parse value '+290000", "the same"},
	{"ClickHouse", "far", "out of allowed Date32 range", "its Date32 ends with the year 9999"},
	{"PyArrow", "by_decimal(9,2)", "'0.-1' is not a valid decimal128 number", "delta-rs misspells negative decimals of partitions"},
	{"PyArrow", "by_decimal(38,18)", "is not a valid decimal128 number", "delta-rs misspells negative decimals of partitions"},
	{"ClickHouse", "by_decimal(38,18)", "45 only theirs", "it swaps the halves of 128-bit decimals of partitions"},
	{"Polars", "delta-rs/by_several", "could not parse", "it takes all timestamps of partitions for spelled as the first is: delta-rs and Spark, as we, spell them in two ways"},
	{"Polars", "Polars/by_several", "could not parse", "the same"},
	{"Polars", "Spark/by_several", "could not parse", "the same"},
	{"Polars", "by_hive_null", "1 only theirs", "it takes partition values from paths, where a text is spelled as null is"},
	{"Polars", "by_escaped", "not present in the given Hive schema", "it does not decode the names of partition columns in paths"},
}
