package predicate_test

import (
	"cmp"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/predicate"
)

// Whatever rows there are, and however little of them the statistics tell: if one row matches, MayMatch
// does not say no. NaN is above all numbers and equal to itself, as in Spark.
func TestMayMatchNeverRefutesRowsThatMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rowGen, 0, 6).Draw(t, "rows")
		p := predicateGen(3).Draw(t, "predicate")
		stats := map[string]predicate.ColumnStats{}
		for column := range columnGens {
			if rapid.IntRange(0, 9).Draw(t, "known "+column) > 0 {
				stats[column] = statsOf(t, rows, column)
			}
		}
		count := int64(len(rows))
		if rapid.IntRange(0, 4).Draw(t, "count") == 0 {
			count = -1
		}
		may := predicate.MayMatch(p, count, func(column []string) (predicate.ColumnStats, bool) {
			s, ok := stats[strings.Join(column, ".")]
			return s, ok
		})
		for _, r := range rows {
			if r.matches(p) == isTrue && !may {
				t.Fatalf("row %v matches %+v, which %+v is said to refute", r, p, stats)
			}
		}
	})
}

// With exact bounds a comparison with one column is refuted when no row could match it.
func TestMayMatchRefutesWhatLiesOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(-50, 50).Draw(t, "low")
		high := low + rapid.Int64Range(0, 20).Draw(t, "width")
		p := predicate.Compare{Column: []string{"n"}, Op: predicate.Op(rapid.IntRange(0, 5).Draw(t, "op")), Value: rapid.Int64Range(-80, 80).Draw(t, "value")}
		possible := false
		for n := low; n <= high; n++ {
			possible = possible || row{"n": n}.matches(p) == isTrue
		}
		got := predicate.MayMatch(p, 3, func([]string) (predicate.ColumnStats, bool) {
			return predicate.ColumnStats{Min: low, Max: high}, true
		})
		if got != possible {
			t.Fatalf("MayMatch(%+v) over %d to %d = %v, want %v", p, low, high, got, possible)
		}
	})
}

// row holds values by column; nil is null.
type row map[string]predicate.Value

var columnGens = map[string]*rapid.Generator[predicate.Value]{
	"n":   rapid.Map(rapid.Int64Range(-3, 3), asValue[int64]),
	"f":   rapid.Map(rapid.SampledFrom([]float64{math.Inf(-1), -1, math.Copysign(0, -1), 0, 1.5, math.Inf(1), math.NaN()}), asValue[float64]),
	"s.t": rapid.Map(rapid.StringMatching(`[abé]{0,2}`), asValue[string]),
	"b":   rapid.Map(rapid.Bool(), asValue[bool]),
}

func asValue[T any](v T) predicate.Value { return v }

var rowGen = rapid.Custom(func(t *rapid.T) row {
	r := row{}
	for _, column := range columnNames {
		r[column] = nil
		if rapid.IntRange(0, 3).Draw(t, "null") > 0 {
			r[column] = columnGens[column].Draw(t, column)
		}
	}
	return r
})

var columnNames = []string{"b", "f", "n", "s.t"}

// statsOf is what writers tell of a column: bounds as narrow as the values or wider, or none. Where there is a
// NaN, some have no largest number, and some the largest of the others.
func statsOf(t *rapid.T, rows []row, column string) predicate.ColumnStats {
	var s predicate.ColumnStats
	leavesNaNOut := rapid.Bool().Draw(t, "leaves NaN out")
	for _, r := range rows {
		v := r[column]
		switch {
		case v == nil:
			s.Nulls++
		case leavesNaNOut && isNaN(v):
			s.MayHoldNaN = true
		case s.Min == nil:
			s.Min, s.Max = v, v
		default:
			s.Min, s.Max = smaller(s.Min, v), larger(s.Max, v)
		}
	}
	if isNaN(s.Min) {
		s.Min = nil
	}
	if isNaN(s.Max) {
		s.Max = nil
	}
	if rapid.IntRange(0, 3).Draw(t, "widen") == 0 {
		wide := columnGens[column].Draw(t, "wide")
		if !isNaN(wide) && s.Min != nil && s.Max != nil {
			s.Min, s.Max = smaller(s.Min, wide), larger(s.Max, wide)
		}
	}
	switch rapid.IntRange(0, 7).Draw(t, "forget") {
	case 0:
		s.Min = nil
	case 1:
		s.Max = nil
	case 2:
		s.Nulls = -1
	}
	return s
}

func smaller(a, b predicate.Value) predicate.Value {
	if sparkOrder(a, b) <= 0 {
		return a
	}
	return b
}

func larger(a, b predicate.Value) predicate.Value {
	if sparkOrder(a, b) >= 0 {
		return a
	}
	return b
}

func isNaN(v predicate.Value) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}

// sparkOrder is the order of two values of a kind: the zeros are one, NaN is last.
func sparkOrder(a, b predicate.Value) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case string:
		return cmp.Compare(a, b.(string))
	case bool:
		return rank(a) - rank(b.(bool))
	case float64:
		b := b.(float64)
		if math.IsNaN(a) || math.IsNaN(b) {
			return rank(math.IsNaN(a)) - rank(math.IsNaN(b))
		}
		return cmp.Compare(a, b)
	}
	panic("a value of no known kind")
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func predicateGen(depth int) *rapid.Generator[predicate.Predicate] {
	return rapid.Custom(func(t *rapid.T) predicate.Predicate {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		column := rapid.SampledFrom(columnNames).Draw(t, "column")
		path := strings.Split(column, ".")
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return predicate.Compare{Column: path, Op: predicate.Op(rapid.IntRange(0, 5).Draw(t, "op")), Value: columnGens[column].Draw(t, "value")}
		case 2:
			return predicate.IsNull{Column: path, Not: rapid.Bool().Draw(t, "not")}
		case 3:
			return predicate.In{Column: path, Values: rapid.SliceOfN(columnGens[column], 0, 3).Draw(t, "values")}
		case 4:
			return predicate.And(rapid.SliceOfN(predicateGen(depth-1), 0, 3).Draw(t, "and"))
		default:
			return predicate.Or(rapid.SliceOfN(predicateGen(depth-1), 0, 3).Draw(t, "or"))
		}
	})
}

// truth is SQL's: a comparison with null is neither true nor false.
type truth int

const (
	isFalse truth = iota
	isUnknown
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// matches is the condition, row by row, as a filter would find it.
func (r row) matches(p predicate.Predicate) truth {
	switch p := p.(type) {
	case predicate.And:
		all := isTrue
		for _, part := range p {
			all = min(all, r.matches(part))
		}
		return all
	case predicate.Or:
		one := isFalse
		for _, part := range p {
			one = max(one, r.matches(part))
		}
		return one
	case predicate.IsNull:
		return truthOf((r[strings.Join(p.Column, ".")] == nil) != p.Not)
	case predicate.Compare:
		return compareRow(r[strings.Join(p.Column, ".")], p.Op, p.Value)
	case predicate.In:
		found := isFalse
		for _, v := range p.Values {
			found = max(found, compareRow(r[strings.Join(p.Column, ".")], predicate.Equal, v))
		}
		return found
	}
	return isTrue // nil: anything
}

func compareRow(have predicate.Value, op predicate.Op, want predicate.Value) truth {
	if have == nil {
		return isUnknown
	}
	order := sparkOrder(have, want)
	return truthOf([]bool{
		predicate.Equal:          order == 0,
		predicate.NotEqual:       order != 0,
		predicate.Less:           order < 0,
		predicate.LessOrEqual:    order <= 0,
		predicate.Greater:        order > 0,
		predicate.GreaterOrEqual: order >= 0,
	}[op])
}
