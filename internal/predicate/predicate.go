// Package predicate holds conditions that statistics can refute: what a scan is given to skip
// whole files and row groups. A predicate never drops a row; the filter above the scan does.
package predicate

import "github.com/apache/arrow-go/v18/arrow/decimal128"

// A Predicate is [And], [Or], [Compare], [IsNull], [In], [Monotone] or [Test]. Nil stands for "anything".
type Predicate interface{ isPredicate() }

// And holds when all its parts hold.
type And []Predicate

// Or holds when one of its parts does.
type Or []Predicate

// Op compares a column with a value.
type Op uint8

// The comparisons. None holds for a null column.
const (
	Equal Op = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// Compare holds a column against a constant.
type Compare struct {
	Column []string // path into structs, as the table spells it
	Op     Op
	Value  Value
}

// IsNull tests a column for null, or, negated, for a value.
type IsNull struct {
	Column []string
	Not    bool
}

// In holds when the column equals one of the values.
type In struct {
	Column []string
	Values []Value
}

// Monotone holds a function of a column against a constant: one that gives more, or as much, for more, and null only for null.
type Monotone struct {
	Column []string
	Text   string // the condition
	// Of is the function of a bound of the column, for bounds that are above (upper) or below all values; ok is false where
	// it fails.
	Of    func(bound Value, upper bool) (v Value, ok bool)
	Op    Op
	Value Value
}

// Test is a condition that is known as soon as its columns are: where each has one value in all rows, as partition columns do.
type Test struct {
	Columns [][]string
	Text    string // the condition
	// Holds tells whether the condition holds for those values, nil for null; ok is false where it cannot be told.
	Holds func(values []Value) (holds, ok bool)
}

// A Value is a non-null constant as bool, int64 (all integers; dates as days, timestamps as
// microseconds), float64, string, []byte, or decimal128.Num (at the column's scale).
type Value any

var _ = decimal128.Num{} // the type named above

func (And) isPredicate()      {}
func (Or) isPredicate()       {}
func (Compare) isPredicate()  {}
func (IsNull) isPredicate()   {}
func (In) isPredicate()       {}
func (Monotone) isPredicate() {}
func (Test) isPredicate()     {}

// A ColumnStats is what is known of one column over a file or a row group. A nil Min or Max is
// unknown; Nulls is -1 when unknown. Bounds may be wider than the values, never narrower, but for one value that
// writers leave out: NaN, which is above all numbers. Where MayHoldNaN, Max bounds the others only.
type ColumnStats struct {
	Min, Max   Value
	Nulls      int64
	MayHoldNaN bool
	// Single: all rows have one value, Min, or none at all where that is nil.
	Single bool
}

// MayMatch reports whether rows could exist for which p holds, given the number of rows (-1:
// unknown) and what stats says of a column (ok false: nothing known). When in doubt, true.
func MayMatch(p Predicate, rows int64, stats func(column []string) (s ColumnStats, ok bool)) bool {
	switch p := p.(type) {
	case And:
		for _, part := range p {
			if !MayMatch(part, rows, stats) {
				return false
			}
		}
		return true
	case Or:
		for _, part := range p {
			if MayMatch(part, rows, stats) {
				return true
			}
		}
		return len(p) == 0
	case Compare:
		s, ok := stats(p.Column)
		return !ok || !allNull(s, rows) && mayCompare(p.Op, p.Value, s)
	case In:
		s, ok := stats(p.Column)
		if !ok {
			return true
		}
		if allNull(s, rows) {
			return false
		}
		for _, v := range p.Values {
			if mayCompare(Equal, v, s) {
				return true
			}
		}
		return false
	case IsNull:
		s, ok := stats(p.Column)
		if !ok {
			return true
		}
		if p.Not {
			return !allNull(s, rows)
		}
		return s.Nulls != 0
	case Monotone:
		s, ok := stats(p.Column)
		return !ok || !allNull(s, rows) && p.may(s)
	case Test:
		return p.may(stats)
	}
	return true
}

func (p *Monotone) may(s ColumnStats) bool {
	if s.MayHoldNaN {
		return true
	}
	of := ColumnStats{Nulls: s.Nulls}
	if v, ok := p.bound(s.Min, false); ok {
		of.Min = v
	}
	if v, ok := p.bound(s.Max, true); ok {
		of.Max = v
	}
	if order, known := compare(of.Min, of.Max); known && order > 0 {
		return true // it went around the end of its type
	}
	return mayCompare(p.Op, p.Value, of)
}

func (p *Monotone) bound(v Value, upper bool) (Value, bool) {
	if v == nil {
		return nil, false
	}
	return p.Of(v, upper)
}

func (p *Test) may(stats func(column []string) (s ColumnStats, ok bool)) bool {
	values := make([]Value, len(p.Columns))
	for i, column := range p.Columns {
		s, ok := stats(column)
		if !ok || !s.Single {
			return true
		}
		values[i] = s.Min
	}
	holds, ok := p.Holds(values)
	return holds || !ok
}

func allNull(s ColumnStats, rows int64) bool { return rows >= 0 && s.Nulls == rows }

func mayCompare(op Op, v Value, s ColumnStats) bool {
	low, lowKnown := compare(s.Min, v)
	high, highKnown := compare(s.Max, v)
	above, atLeast := lowKnown && low > 0, lowKnown && low >= 0 // of all values in the column
	below, atMost := highKnown && high < 0, highKnown && high <= 0
	if op != Equal && s.MayHoldNaN { // equal to a number it is not
		below, atMost = false, false
	}
	switch op {
	case Equal:
		return !above && !below
	case NotEqual:
		return !atLeast || !atMost
	case Less:
		return !atLeast
	case LessOrEqual:
		return !above
	case Greater:
		return !atMost
	case GreaterOrEqual:
		return !below
	}
	return true
}
