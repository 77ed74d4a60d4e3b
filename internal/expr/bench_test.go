package expr

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

const benchRows = 8192

// benchBatch has columns a, b (bigint), x (double), s (text), ts (text of timestamps), from a seed.
func benchBatch(nulls bool) arrow.RecordBatch {
	r := rand.New(rand.NewPCG(1, 2))
	a, b, x, s, ts := make([]int64, benchRows), make([]int64, benchRows), make([]float64, benchRows), make([]string, benchRows), make([]string, benchRows)
	valid := make([]bool, benchRows)
	for i := range a {
		a[i], b[i], x[i] = r.Int64N(1e6), r.Int64N(1e6)+1, r.Float64()*1000
		s[i] = fmt.Sprint("customer ", r.IntN(500))
		ts[i] = fmt.Sprintf("2010-12-%02dT%02d:%02d:00", r.IntN(28)+1, r.IntN(24), r.IntN(60))
		valid[i] = !nulls || r.IntN(10) > 0
	}
	m := maskOf(valid)
	schema := structOf(field("a", types.Long, nulls), field("b", types.Long, nulls), field("x", types.Double, nulls), field("s", types.String, nulls), field("ts", types.String, nulls))
	return array.NewRecordBatch(types.ToArrowSchema(schema), []arrow.Array{
		store(types.Long, a, m), store(types.Long, b, m), store(types.Double, x, m), store(types.String, s, m), store(types.String, ts, m),
	}, benchRows)
}

func benchColumn(in arrow.RecordBatch, name string) Expr {
	i := in.Schema().FieldIndices(name)[0]
	ts := map[string]types.Type{"a": types.Long, "b": types.Long, "x": types.Double, "s": types.String, "ts": types.String}
	return NewColumn(i, name, ts[name], in.Schema().Field(i).Nullable)
}

func benchEval(b *testing.B, e Expr, in arrow.RecordBatch) {
	b.Helper()
	ctx := runContext()
	b.SetBytes(benchRows * 8)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(ctx, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	long := func(v int64) Expr { return &Constant{Value: v, DataType: types.Long} }
	for _, nulls := range []bool{false, true} {
		in := benchBatch(nulls)
		col := func(name string) Expr { return benchColumn(in, name) }
		build := func(name string, args ...Expr) Expr {
			e, err := Build(strict, name, args)
			if err != nil {
				b.Fatal(err)
			}
			return e
		}
		cast, err := NewCast(col("ts"), types.Timestamp, plan.EvalDefault, true, false)
		if err != nil {
			b.Fatal(err)
		}
		text, err := NewCast(col("x"), types.String, plan.EvalDefault, true, false)
		if err != nil {
			b.Fatal(err)
		}
		when, err := NewCase(strict, []Expr{build(">", col("a"), long(500000))}, []Expr{build("div", col("a"), col("b"))}, col("b"))
		if err != nil {
			b.Fatal(err)
		}
		for name, e := range map[string]Expr{
			"add": build("+", col("a"), col("b")), "add-constant": build("+", col("a"), long(7)), "multiply": build("*", col("a"), col("b")),
			"divide": build("/", col("x"), col("x")), "equal": build("==", col("a"), col("b")), "less-constant": build("<", col("a"), long(500000)),
			"text-equal": build("==", col("s"), textConstant("customer 7")), "upper": build("upper", col("s")), "like": build("like", col("s"), textConstant("%mer 1%")),
			"cast-timestamp": cast, "cast-text": text, "case": when, "round": build("round", col("x"), &Constant{Value: int32(2), DataType: types.Integer}),
			"and": build("and", build(">", col("a"), long(10)), build("<", col("b"), long(10000))), "hash": build("hash", col("s"), col("a")),
		} {
			b.Run(fmt.Sprintf("%s/nulls=%v", name, nulls), func(b *testing.B) { benchEval(b, e, in) })
		}
	}
}

func BenchmarkAggregate(b *testing.B) {
	in := benchBatch(false)
	r := rand.New(rand.NewPCG(3, 4))
	for _, groups := range []int{1, 10_000} {
		of := make([]uint32, benchRows)
		for i := range of {
			of[i] = uint32(r.IntN(groups))
		}
		for name, column := range map[string]string{"sum": "a", "avg": "x", "count": "a", "max": "a", "min": "s", "stddev": "x"} {
			agg, err := BuildAggregate(strict, name, []Expr{benchColumn(in, column)}, false)
			if err != nil {
				b.Fatal(err)
			}
			v, err := agg.Args()[0].Eval(runContext(), in)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s(%s)/groups=%d", name, column, groups), func(b *testing.B) {
				acc := agg.New(runContext())
				acc.Grow(groups)
				b.SetBytes(benchRows * 8)
				b.ReportAllocs()
				for b.Loop() {
					if err := acc.Update(of, []Vector{v}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
