package predicate_test

import (
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/predicate"
)

func TestMayMatch(t *testing.T) {
	columns := map[string]predicate.ColumnStats{
		"id":      {Min: int64(10), Max: int64(20), Nulls: 2},
		"one":     {Min: int64(5), Max: int64(5)},
		"name":    {Min: "b", Max: "d", Nulls: -1},
		"bytes":   {Min: []byte{1}, Max: []byte{1, 0xFF}},
		"flag":    {Min: false, Max: false},
		"price":   {Min: decimal128.FromI64(100), Max: decimal128.FromI64(250)},
		"ratio":   {Min: 0.5}, // a NaN may be there: nothing is known of the largest
		"nan":     {Min: 0.5, Max: 1.5, MayHoldNaN: true},
		"allnan?": {Min: 1.5, Max: 1.5, MayHoldNaN: true},
		"zero":    {Min: math.Copysign(0, -1), Max: 0.0},
		"empty":   {Nulls: 8},
		"unknown": {Nulls: -1},
	}
	compare := func(column string, op predicate.Op, value predicate.Value) predicate.Predicate {
		return predicate.Compare{Column: []string{column}, Op: op, Value: value}
	}
	isNull := func(column string) predicate.Predicate { return predicate.IsNull{Column: []string{column}} }
	notNull := func(column string) predicate.Predicate {
		return predicate.IsNull{Column: []string{column}, Not: true}
	}
	in := func(column string, values ...predicate.Value) predicate.Predicate {
		return predicate.In{Column: []string{column}, Values: values}
	}
	yes, no := compare("id", predicate.Equal, int64(15)), compare("id", predicate.Equal, int64(21))

	tests := []struct {
		name string
		p    predicate.Predicate
		want bool
	}{
		{"nothing asked", nil, true},

		{"= inside", compare("id", predicate.Equal, int64(15)), true},
		{"= min", compare("id", predicate.Equal, int64(10)), true},
		{"= max", compare("id", predicate.Equal, int64(20)), true},
		{"= below", compare("id", predicate.Equal, int64(9)), false},
		{"= above", compare("id", predicate.Equal, int64(21)), false},
		{"!= of many", compare("id", predicate.NotEqual, int64(10)), true},
		{"!= the only one", compare("one", predicate.NotEqual, int64(5)), false},
		{"!= another", compare("one", predicate.NotEqual, int64(6)), true},
		{"< min", compare("id", predicate.Less, int64(10)), false},
		{"< above min", compare("id", predicate.Less, int64(11)), true},
		{"<= min", compare("id", predicate.LessOrEqual, int64(10)), true},
		{"<= below", compare("id", predicate.LessOrEqual, int64(9)), false},
		{"> max", compare("id", predicate.Greater, int64(20)), false},
		{"> below max", compare("id", predicate.Greater, int64(19)), true},
		{">= max", compare("id", predicate.GreaterOrEqual, int64(20)), true},
		{">= above", compare("id", predicate.GreaterOrEqual, int64(21)), false},
		{"> max, but for NaN", compare("nan", predicate.Greater, 2.5), true},
		{">= max, but for NaN", compare("nan", predicate.GreaterOrEqual, 2.5), true},
		{"!= the only one, but for NaN", compare("allnan?", predicate.NotEqual, 1.5), true},
		{"= above max, which NaN is not", compare("nan", predicate.Equal, 2.5), false},
		{"in above max, which NaN is not", in("nan", 2.5, 3.5), false},
		{"< min", compare("nan", predicate.Less, 0.5), false},
		{"an operator of the future", compare("id", predicate.Op(99), int64(21)), true},

		{"string", compare("name", predicate.Less, "b"), false},
		{"string, a prefix", compare("name", predicate.Greater, "d"), false},
		{"string, longer", compare("name", predicate.LessOrEqual, "bb"), true},
		{"bytes", compare("bytes", predicate.Greater, []byte{1, 0xFF}), false},
		{"bytes, inside", compare("bytes", predicate.Equal, []byte{1, 7}), true},
		{"bool", compare("flag", predicate.Equal, true), false},
		{"bool, there", compare("flag", predicate.Equal, false), true},
		{"decimal", compare("price", predicate.Less, decimal128.FromI64(100)), false},
		{"decimal, inside", compare("price", predicate.Less, decimal128.FromI64(101)), true},
		{"negative decimal", compare("price", predicate.Equal, decimal128.FromI64(-100)), false},
		{"one bound refutes", compare("ratio", predicate.Less, 0.5), false},
		{"the other does not", compare("ratio", predicate.Greater, 1e300), true},
		{"NaN", compare("zero", predicate.Equal, math.NaN()), true},
		{"the zeros are equal", compare("zero", predicate.Equal, 0.0), true},
		{"and no other", compare("zero", predicate.NotEqual, math.Copysign(0, -1)), false},
		{"a value of another kind", compare("id", predicate.Equal, "9"), true},
		{"no value", compare("id", predicate.Equal, nil), true},

		{"all null", compare("empty", predicate.NotEqual, int64(1)), false},
		{"all null, in", in("empty", int64(1)), false},
		{"unknown bounds", compare("unknown", predicate.Equal, int64(1)), true},
		{"a column without statistics", compare("other", predicate.Equal, int64(1)), true},

		{"is null, some", isNull("id"), true},
		{"is null, none", isNull("one"), false},
		{"is null, unknown", isNull("unknown"), true},
		{"is null, without statistics", isNull("other"), true},
		{"is not null, some", notNull("id"), true},
		{"is not null, none", notNull("empty"), false},
		{"is not null, unknown", notNull("unknown"), true},
		{"is not null, without statistics", notNull("other"), true},

		{"in, one inside", in("id", int64(1), int64(15)), true},
		{"in, all outside", in("id", int64(1), int64(99)), false},
		{"in nothing", in("id"), false},
		{"in, unknown column", in("other", int64(1)), true},

		{"and", predicate.And{yes, yes}, true},
		{"and, one refuted", predicate.And{yes, no}, false},
		{"and of nothing", predicate.And{}, true},
		{"and with anything", predicate.And{nil, yes}, true},
		{"or, one refuted", predicate.Or{no, yes}, true},
		{"or, all refuted", predicate.Or{no, no}, false},
		{"or with anything", predicate.Or{no, nil}, true},
		{"nested", predicate.Or{predicate.And{yes, no}, predicate.And{no}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := predicate.MayMatch(test.p, 8, func(column []string) (predicate.ColumnStats, bool) {
				s, ok := columns[column[0]]
				return s, ok
			})
			if got != test.want {
				t.Errorf("MayMatch(%+v) = %v, want %v", test.p, got, test.want)
			}
		})
	}
}

// Nulls equal to an unknown number of rows (-1) do not make a column one of nulls.
func TestAnUnknownNumberOfRowsRefutesNothingByNulls(t *testing.T) {
	for _, nulls := range []int64{-1, 0, 8} {
		stats := func([]string) (predicate.ColumnStats, bool) { return predicate.ColumnStats{Nulls: nulls}, true }
		if !predicate.MayMatch(predicate.IsNull{Column: []string{"c"}, Not: true}, -1, stats) {
			t.Errorf("with %d nulls among an unknown number of rows, IS NOT NULL is refuted", nulls)
		}
	}
}
