package deltalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/types"
)

// The rows for which a condition holds are the same whether statistics, row groups or rows decide.
func TestScanFiltersExactly(t *testing.T) {
	schema := Schema{Fields: []Field{{Name: "n", Type: Integer, Nullable: true}, {Name: "x", Type: Double, Nullable: true}, {Name: "s", Type: String, Nullable: true}}}
	rapid.Check(t, func(r *rapid.T) {
		table := salesTable(t, CreateOptions{Schema: schema})
		var want []string
		where := drawPredicate(r, 2)
		for range rapid.IntRange(1, 3).Draw(r, "files") {
			b := drawBatch(r, schema)
			if _, err := table.Append(t.Context(), FromRecords(b), WriteOptions{}); err != nil {
				r.Fatal(err)
			}
			for i := range int(b.NumRows()) {
				if scalarTruth(where, b, i) == yes {
					want = append(want, fmt.Sprint(b.Column(0).ValueStr(i), " ", b.Column(1).ValueStr(i), " ", b.Column(2).ValueStr(i)))
				}
			}
		}
		slices.Sort(want)
		if got := scanned(t, table, ScanOptions{Where: where}); !slices.Equal(got, want) {
			r.Fatalf("where %+v: got %q, want %q", where, got, want)
		}
	})
}

func drawBatch(r *rapid.T, schema Schema) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for range rapid.IntRange(0, 5).Draw(r, "rows") {
		if n := rapid.IntRange(-1, 4).Draw(r, "n"); n < 0 {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int32Builder).Append(int32(n))
		}
		if x := rapid.IntRange(-1, 4).Draw(r, "x"); x < 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.Float64Builder).Append(float64(x))
		}
		if s := rapid.IntRange(-1, 2).Draw(r, "s"); s < 0 {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.StringBuilder).Append([]string{"a", "b", "c"}[s])
		}
	}
	return b.NewRecordBatch()
}

func drawPredicate(r *rapid.T, depth int) Predicate {
	kind := rapid.IntRange(0, 5).Draw(r, "kind")
	op := []([]any){{int64(rapid.IntRange(0, 4).Draw(r, "int")), "n"}, {float64(rapid.IntRange(0, 4).Draw(r, "float")), "x"}, {rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "text"), "s"}}[rapid.IntRange(0, 2).Draw(r, "column")]
	column := []string{op[1].(string)}
	switch {
	case kind == 0 && depth > 0:
		return And{drawPredicate(r, depth-1), drawPredicate(r, depth-1)}
	case kind == 1 && depth > 0:
		return Or{drawPredicate(r, depth-1), drawPredicate(r, depth-1)}
	case kind == 2:
		return IsNull{Column: column, Not: rapid.Bool().Draw(r, "not")}
	case kind == 3:
		return In{Column: column, Values: []Value{op[0]}}
	}
	all := []Compare{{Op: Equal}, {Op: NotEqual}, {Op: Less}, {Op: LessOrEqual}, {Op: Greater}, {Op: GreaterOrEqual}}
	c := all[rapid.IntRange(0, 5).Draw(r, "op")]
	c.Column, c.Value = column, op[0]
	return c
}

// scalarTruth is what a condition says of one row, worked out the long way.
func scalarTruth(where Predicate, b arrow.RecordBatch, i int) truth {
	at := map[string]int{"n": 0, "x": 1, "s": 2}
	switch p := where.(type) {
	case And:
		out := yes
		for _, q := range p {
			out = min(out, scalarTruth(q, b, i))
		}
		return out
	case Or:
		out := no
		for _, q := range p {
			out = max(out, scalarTruth(q, b, i))
		}
		return out
	case IsNull:
		if b.Column(at[p.Column[0]]).IsNull(i) != p.Not {
			return yes
		}
		return no
	case In:
		return scalarTruth(Compare{Column: p.Column, Op: Equal, Value: p.Values[0]}, b, i)
	case Compare:
		c := b.Column(at[p.Column[0]])
		if c.IsNull(i) {
			return unknown
		}
		order := strings.Compare(c.ValueStr(i), fmt.Sprint(p.Value)) // digits and letters, one each
		if map[bool]bool{true: order == 0, false: false}[p.Op == Equal] || p.Op == NotEqual && order != 0 || p.Op == Less && order < 0 ||
			p.Op == LessOrEqual && order <= 0 || p.Op == Greater && order > 0 || p.Op == GreaterOrEqual && order >= 0 {
			return yes
		}
	}
	return no
}
