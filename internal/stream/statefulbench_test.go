package stream

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// madeUp are batches of made-up rows, ten milliseconds apart: key(i) of so many, the time, and a text.
type madeUp struct {
	schema        types.Struct
	rows, batches int
	shift         int64 // microseconds
	key           func(i int64) int64
}

func (e *madeUp) Schema() types.Struct                              { return e.schema }
func (e *madeUp) String() string                                    { return "events" }
func (e *madeUp) Description() string                               { return "Events" }
func (e *madeUp) Open(context.Context, SourceStart) (Source, error) { return e, nil }
func (e *madeUp) Freeze(context.Context) error                      { return nil }
func (e *madeUp) Commit(context.Context, Offset) error              { return nil }
func (e *madeUp) Stop() error                                       { return nil }

func (e *madeUp) Latest(_ context.Context, _ int64, start Offset, _ ReadLimit) (Offset, error) {
	if number(start) >= e.batches {
		return start, nil
	}
	return Offset(fmt.Sprint(number(start) + 1)), nil
}

func (e *madeUp) Rows(_ context.Context, start, _ Offset) (logical.Source, error) {
	const piece = 8192
	var out []arrow.RecordBatch
	from, to := int64(number(start))*int64(e.rows), int64(number(start)+1)*int64(e.rows)
	for at := from; at < to; at += piece {
		n := int(min(piece, to-at))
		keys, times, texts := make([]int64, n), make([]arrow.Timestamp, n), array.NewStringBuilder(memory.DefaultAllocator)
		for i := range keys {
			row := at + int64(i)
			keys[i], times[i] = e.key(row), arrow.Timestamp(row*10_000+e.shift)
			texts.Append("some text of the event")
		}
		k := array.NewInt64Builder(memory.DefaultAllocator)
		k.AppendValues(keys, nil)
		ts := array.NewTimestampBuilder(memory.DefaultAllocator, types.ToArrow(types.Timestamp).(*arrow.TimestampType))
		ts.AppendValues(times, nil)
		out = append(out, array.NewRecordBatch(types.ToArrowSchema(e.schema), []arrow.Array{k.NewArray(), ts.NewArray(), texts.NewArray()}, int64(n)))
	}
	return logical.NewLocalRelation(e.schema, out).Source, nil
}

// counting is a sink that only counts.
type counting struct{ rows int64 }

func (c *counting) Description() string { return "Counting" }

func (c *counting) Write(ctx context.Context, _ int64, op exec.Operator) (int64, error) {
	for b, err := range exec.Gather(ctx, op, 2) {
		if err != nil {
			return 0, err
		}
		c.rows += b.NumRows()
	}
	return c.rows, nil
}

// benchStream runs a query over events until they end, with its checkpoint on disk, and tells the rows a second.
func benchStream(b *testing.B, build func(catalog scriptedCatalog) plan.Relation, streams map[string]*madeUp) {
	b.Helper()
	var rows, out int64
	for b.Loop() {
		catalog := scriptedCatalog{}
		env := logical.Env{Catalog: catalog, Eval: scriptedEval()}
		read := int64(0)
		for name, e := range streams {
			catalog[name] = &logical.StreamRelation{Provider: e}
			node, err := logical.Resolve(b.Context(), &plan.WithWatermark{Input: &plan.NamedTable{Name: []string{name}}, EventTime: e.schema.Fields[1].Name, DelayThreshold: "10 seconds"}, env)
			if err != nil {
				b.Fatal(err)
			}
			catalog[name] = node
			read += int64(e.rows * e.batches)
		}
		node, err := logical.Resolve(b.Context(), build(catalog), env)
		if err != nil {
			b.Fatal(err)
		}
		store, err := volumes.OpenLocal(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		sink := &counting{}
		q, err := Start(b.Context(), Config{
			Plan: node, Mode: logical.Append, Trigger: AvailableNow(),
			OpenSink:   func(context.Context, string) (Sink, error) { return sink, nil },
			Checkpoint: store, Location: "bench", Partitions: 2,
			Env:   func() *exec.Env { return &exec.Env{Eval: scriptedEval(), Workers: 2} },
			Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			_, err = q.AwaitTermination(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		rows, out = read, sink.rows
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(out), "out")
}

func madeUpSchema(key, at, text string) types.Struct {
	return types.Struct{Fields: []types.Field{
		{Name: key, Type: types.Long, Nullable: true}, {Name: at, Type: types.Timestamp, Nullable: true}, {Name: text, Type: types.String, Nullable: true},
	}}
}

// A million rows in batches of 100,000, of which every second has been seen; kept for ever, and until the watermark has passed.
func BenchmarkStreamDedup(b *testing.B) {
	half := func(i int64) int64 { return i / 2 }
	for _, keys := range [][]string{{"id"}, {"id", "at"}} {
		b.Run(fmt.Sprintf("keys=%v", keys), func(b *testing.B) {
			source := &madeUp{schema: madeUpSchema("id", "at", "text"), rows: 100_000, batches: 10, key: half}
			benchStream(b, func(scriptedCatalog) plan.Relation {
				return &plan.Deduplicate{Input: &plan.NamedTable{Name: []string{"l"}}, Columns: keys}
			}, map[string]*madeUp{"l": source})
		})
	}
}

// Two streams of a million rows in all, in batches of 50,000 a side, each row of which meets about one of the other.
func BenchmarkStreamJoin(b *testing.B) {
	scattered := func(i int64) int64 { return i * 7919 % 10_007 }
	for _, how := range []string{"JOIN", "LEFT JOIN", "LEFT SEMI JOIN"} {
		b.Run(how, func(b *testing.B) {
			benchStream(b, func(scriptedCatalog) plan.Relation {
				rel, err := sql.ParseRelation("SELECT * FROM l " + how + " r ON id = id2 AND at2 BETWEEN at - INTERVAL 1 MINUTE AND at + INTERVAL 1 MINUTE")
				if err != nil {
					b.Fatal(err)
				}
				return rel
			}, map[string]*madeUp{
				"l": {schema: madeUpSchema("id", "at", "text"), rows: 50_000, batches: 10, key: scattered},
				"r": {schema: madeUpSchema("id2", "at2", "text2"), rows: 50_000, batches: 10, key: scattered, shift: 5_000_000},
			})
		})
	}
}
