package expr

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/types"
)

// aggregated is the result for groups, of rows that come in batches to several accumulators which meet
// by their states.
func aggregated(t *rapid.T, name string, columns []types.Type, rows [][]arrow.Array, groups [][]uint32, n int) arrow.Array {
	var args []Expr
	for i, c := range columns {
		args = append(args, NewColumn(i, fmt.Sprint("c", i), c, true))
	}
	agg, err := BuildAggregate(strict, name, args, false)
	if err != nil {
		t.Fatal(err)
	}
	final := agg.New(runContext())
	final.Grow(n)
	all := make([]uint32, n)
	for g := range all {
		all[g] = uint32(g)
	}
	for b := range rows {
		part := agg.New(runContext())
		part.Grow(n)
		var values []Vector
		batch := array.NewRecordBatch(types.ToArrowSchema(schemaOf(columns)), rows[b], int64(len(groups[b])))
		for _, a := range agg.Args() {
			v, err := a.Eval(runContext(), batch)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
		if err := part.Update(groups[b], values); err != nil {
			t.Fatal(err)
		}
		state, err := part.State()
		if err != nil {
			t.Fatal(err)
		}
		if err := final.Merge(all, state); err != nil {
			t.Fatal(err)
		}
	}
	out, err := final.Result()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func schemaOf(columns []types.Type) types.Struct {
	var s types.Struct
	for i, c := range columns {
		s.Fields = append(s.Fields, field(fmt.Sprint("c", i), c, true))
	}
	return s
}

// However rows are spread over batches and accumulators, an aggregate has the result of all rows at
// once.
func TestAggregatesDoNotDependOnHowRowsAreSplit(t *testing.T) {
	decimal := types.Decimal{Precision: 10, Scale: 2}
	for _, name := range []string{
		"count", "sum", "avg", "min", "max", "first", "last", "collect_list", "collect_set", "any_value", "median",
		"approx_count_distinct", "mode",
	} {
		for _, typ := range []types.Type{types.Integer, types.Long, decimal, types.String, types.Double} {
			if typ == types.String && (name == "sum" || name == "avg" || name == "median") {
				continue
			}
			t.Run(name+" "+typ.String(), rapid.MakeCheck(func(t *rapid.T) { splitLaw(t, name, typ) }))
		}
	}
}

func splitLaw(t *rapid.T, name string, typ types.Type) {
	const groupCount = 3
	columns := []types.Type{typ}
	var rows [][]arrow.Array
	var groups [][]uint32
	for range rapid.IntRange(1, 4).Draw(t, "batches") {
		n := rapid.IntRange(0, 70).Draw(t, "n")
		rows = append(rows, []arrow.Array{drawColumn(t, typ, n)})
		g := make([]uint32, n)
		for i := range g {
			g[i] = uint32(rapid.IntRange(0, groupCount-1).Draw(t, "group"))
		}
		groups = append(groups, g)
	}
	var together []uint32
	var parts []arrow.Array
	for b := range rows {
		together = append(together, groups[b]...)
		parts = append(parts, rows[b][0])
	}
	whole, err := Concat(parts)
	if err != nil {
		t.Fatal(err)
	}
	split := aggregated(t, name, columns, rows, groups, groupCount)
	once := aggregated(t, name, columns, [][]arrow.Array{{whole}}, [][]uint32{together}, groupCount)
	if a, b := split.String(), once.String(); a != b {
		t.Fatalf("%s of %v: %s when split, %s at once", name, whole, a, b)
	}
}

func drawColumn(t *rapid.T, typ types.Type, n int) arrow.Array {
	valid := make([]bool, n)
	for i := range valid {
		valid[i] = rapid.IntRange(0, 3).Draw(t, "null") > 0
	}
	small := rapid.SliceOfN(rapid.Int64Range(-40, 40), n, n).Draw(t, "values")
	switch typ {
	case types.Integer:
		return store(typ, narrowTo64[int32](small), maskOf(valid))
	case types.Long:
		return store(typ, small, maskOf(valid))
	case types.Double: // halves, whose sums are exact
		out := toFloats(small)
		for i := range out {
			out[i] /= 2
		}
		return store(typ, out, maskOf(valid))
	case types.String:
		out := make([]string, n)
		for i, v := range small {
			out[i] = fmt.Sprint("v", v%7)
		}
		return store(typ, out, maskOf(valid))
	}
	out := make([]decimal128.Num, n)
	for i, v := range small {
		out[i] = decimal128.FromI64(v)
	}
	return store(typ, out, maskOf(valid))
}

// The buffers are Spark's: a stream's checkpoint holds them.
func TestBuffersAreLaidOutAsInSpark(t *testing.T) {
	decimal := types.Decimal{Precision: 10, Scale: 2}
	for _, c := range []struct {
		name string
		arg  types.Type
		want string
	}{
		{"count", types.String, "struct<count:bigint>"},
		{"sum", types.Integer, "struct<sum:bigint>"},
		{"sum", types.Double, "struct<sum:double>"},
		{"sum", decimal, "struct<sum:decimal(20,2),isEmpty:boolean>"},
		{"avg", types.Integer, "struct<sum:double,count:bigint>"},
		{"avg", decimal, "struct<sum:decimal(20,2),count:bigint>"},
		{"min", types.String, "struct<min:string>"},
		{"max", types.Date, "struct<max:date>"},
		{"first", types.Long, "struct<first:bigint,valueSet:boolean>"},
		{"last", types.Long, "struct<last:bigint,valueSet:boolean>"},
		{"stddev", types.Double, "struct<n:double,avg:double,m2:double>"},
		{"kurtosis", types.Double, "struct<n:double,avg:double,m2:double,m3:double,m4:double>"},
	} {
		agg, err := BuildAggregate(strict, c.name, []Expr{NewColumn(0, "x", c.arg, true)}, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := agg.Buffer().String(); got != c.want {
			t.Errorf("%s(%v): %s, want %s", c.name, c.arg, got, c.want)
		}
	}
	agg, _ := BuildAggregate(strict, "approx_count_distinct", []Expr{NewColumn(0, "x", types.Long, true)}, false)
	if n := len(agg.Buffer().Fields); n != 52 {
		t.Errorf("approx_count_distinct has %d words, want 52", n)
	}
}

func TestApproxCountDistinctIsWithinItsError(t *testing.T) {
	for _, n := range []int{0, 1, 10, 300, 1000, 10_000, 200_000} {
		values := make([]int64, n)
		groups := make([]uint32, n)
		for i := range values {
			values[i] = int64(i) * 7
		}
		agg, err := BuildAggregate(strict, "approx_count_distinct", []Expr{NewColumn(0, "x", types.Long, true)}, false)
		if err != nil {
			t.Fatal(err)
		}
		acc := agg.New(runContext())
		acc.Grow(1)
		if err := acc.Update(groups, []Vector{{Values: store(types.Long, values, nil)}}); err != nil {
			t.Fatal(err)
		}
		out, err := acc.Result()
		if err != nil {
			t.Fatal(err)
		}
		got := float64(fixedValues[int64](out)[0])
		if got < float64(n)*0.88 || got > float64(n)*1.12 {
			t.Errorf("%d values counted as %v", n, got)
		}
	}
}

// A time falls into the windows that Spark says; those that overlap come latest first.
func TestTimeWindows(t *testing.T) {
	at := time.Date(2025, 1, 31, 10, 7, 30, 0, time.UTC).UnixMicro()
	in := array.NewRecordBatch(types.ToArrowSchema(structOf(field("ts", types.Timestamp, true))), []arrow.Array{store(types.Timestamp, []int64{at, 0, -1}, mask{5})}, 3)
	ts := NewColumn(0, "ts", types.Timestamp, true)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"10 minutes"}, "[{2025-01-31 10:00:00, 2025-01-31 10:10:00}]"},
		{[]string{"10 minutes", "5 minutes"}, "[{2025-01-31 10:05:00, 2025-01-31 10:15:00}, {2025-01-31 10:00:00, 2025-01-31 10:10:00}]"},
		{[]string{"1 day", "1 day", "15 minutes"}, "[{2025-01-31 00:15:00, 2025-02-01 00:15:00}]"},
		{[]string{"1 week"}, "[{2025-01-30 00:00:00, 2025-02-06 00:00:00}]"},
	} {
		args := []Expr{ts}
		for _, a := range c.args {
			args = append(args, textConstant(a))
		}
		e, err := Build(strict, "window", args)
		if err != nil {
			t.Fatal(err)
		}
		w := e.(*TimeWindow)
		v, err := w.Windows().Eval(runContext(), in)
		if err != nil {
			t.Fatal(err)
		}
		if got := FormatValue(v.Values, 0, w.Windows().Type(), time.UTC); got != c.want {
			t.Errorf("window(%v) = %s, want %s", c.args, got, c.want)
		}
		if got := FormatValue(v.Values, 1, w.Windows().Type(), time.UTC); got != "NULL" {
			t.Errorf("window of null = %s", got)
		}
		if w.Tumbling() {
			v, err := w.Eval(runContext(), in)
			if err != nil {
				t.Fatal(err)
			}
			if got := "[" + FormatValue(v.Values, 0, w.Type(), time.UTC) + "]"; got != c.want {
				t.Errorf("tumbling window(%v) = %s, want %s", c.args, got, c.want)
			}
		}
	}
}
