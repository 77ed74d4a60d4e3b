package stream

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

var eventSchema = types.Struct{Fields: []types.Field{{Name: "timestamp", Type: types.Timestamp, Nullable: true}, {Name: "value", Type: types.Long, Nullable: true}}}

// events is a source of so many events, 0, 1, …, each a tenth of a millisecond after the one before, in batches of a size.
type events struct{ total, size int }

func (s *events) Schema() types.Struct                              { return eventSchema }
func (s *events) String() string                                    { return "events" }
func (s *events) Description() string                               { return "events" }
func (s *events) Open(context.Context, SourceStart) (Source, error) { return s, nil }
func (s *events) Freeze(context.Context) error                      { return nil }
func (s *events) Commit(context.Context, Offset) error              { return nil }
func (s *events) Stop() error                                       { return nil }
func (s *events) Latest(_ context.Context, _ int64, start Offset, _ ReadLimit) (Offset, error) {
	return Offset(strconv.Itoa(min(s.total, number(start)+s.size))), nil
}

func (s *events) Rows(_ context.Context, start, end Offset) (logical.Source, error) {
	const pieces = 4
	var rows []arrow.RecordBatch
	from, to := number(start), number(end)
	for p := range pieces {
		first, last := from+(to-from)*p/pieces, from+(to-from)*(p+1)/pieces
		at := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"})
		n := array.NewInt64Builder(memory.DefaultAllocator)
		at.Reserve(last - first)
		n.Reserve(last - first)
		for i := first; i < last; i++ {
			at.UnsafeAppend(arrow.Timestamp(1_700_000_000_000_000 + int64(i)*100))
			n.UnsafeAppend(int64(i))
		}
		rows = append(rows, array.NewRecordBatch(types.ToArrowSchema(eventSchema), []arrow.Array{at.NewArray(), n.NewArray()}, int64(last-first)))
	}
	return logical.NewLocalRelation(eventSchema, rows).Source, nil
}

// nothing takes rows and forgets them.
type nothing struct{ workers int }

func (nothing) Description() string { return "nothing" }
func (n nothing) Write(ctx context.Context, _ int64, op exec.Operator) (rows int64, err error) {
	for b, err := range exec.Gather(ctx, op, n.workers) {
		if err != nil {
			return 0, err
		}
		rows += b.NumRows()
	}
	return rows, nil
}

type streamCatalog struct{ node logical.Node }

func (c streamCatalog) Table(context.Context, *plan.NamedTable) (logical.Node, error) {
	return c.node, nil
}

func (c streamCatalog) DataSource(context.Context, *plan.DataSource) (logical.Node, error) {
	return c.node, nil
}

func (c streamCatalog) TableFunction(context.Context, *logical.TableCall) (logical.Node, error) {
	return c.node, nil
}

func planOf(t testing.TB, query string, source logical.StreamProvider) logical.Node {
	t.Helper()
	statement, err := sql.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	node, err := logical.Resolve(t.Context(), statement.(*plan.Query).Relation, logical.Env{
		Catalog: streamCatalog{&logical.StreamRelation{Provider: source}}, Eval: benchContext(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func benchContext() expr.Context { return expr.Context{ANSI: true, TimeZone: time.UTC} }

// A windowed count of ten million events in micro-batches of a hundred thousand, by the number of groups.
func BenchmarkWindowedCount(b *testing.B) {
	const total, size = 10_000_000, 100_000
	for _, groups := range []int{100, 100_000, 5_000_000} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			for b.Loop() {
				store, err := volumes.OpenLocal(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				source := &events{total: total, size: size}
				query := fmt.Sprintf("SELECT window, key, count(*) FROM (SELECT timestamp, value %% %d AS key FROM s WATERMARK timestamp DELAY OF INTERVAL '1 minute') GROUP BY window(timestamp, '1 hour'), key", groups)
				q, err := Start(b.Context(), Config{
					Plan: planOf(b, query, source), Mode: logical.Update, Trigger: AvailableNow(),
					OpenSink:   func(context.Context, string) (Sink, error) { return nothing{2}, nil },
					Checkpoint: store, Location: "bench", Partitions: 2, NoEmptyBatches: true,
					Env:   func() *exec.Env { return &exec.Env{Eval: benchContext(), Workers: 2} },
					Clock: time.Now, Log: slog.New(slog.DiscardHandler),
				})
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				if _, err := q.AwaitTermination(b.Context()); err != nil {
					b.Fatal(err)
				}
				took := time.Since(began)
				b.ReportMetric(float64(total)/took.Seconds()/1e6, "Mevents/s")
				last := q.LastProgress()
				b.ReportMetric(float64(last.StateOperators[0].NumRowsTotal), "groups")
				b.ReportMetric(float64(last.StateOperators[0].MemoryUsedBytes)/1e6, "stateMB")
				b.ReportMetric(float64(last.BatchDuration), "lastBatchMs")
			}
		})
	}
}

// Append mode that closes ten thousand windows a batch, by how many stay open: what a batch costs must follow what it closes.
func BenchmarkClosingWindows(b *testing.B) {
	const size = 10_000 // a second of event time
	for _, open := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			for b.Loop() {
				store, err := volumes.OpenLocal(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				source := &events{total: open + 60*size, size: size}
				query := fmt.Sprintf("SELECT window, value, count(*) FROM s WATERMARK timestamp DELAY OF INTERVAL '%d seconds' GROUP BY window(timestamp, '1 second'), value", open/size)
				q, err := Start(b.Context(), Config{
					Plan: planOf(b, query, source), Mode: logical.Append, Trigger: AvailableNow(),
					OpenSink:   func(context.Context, string) (Sink, error) { return nothing{2}, nil },
					Checkpoint: store, Location: "bench", Partitions: 2, NoEmptyBatches: true,
					Env:   func() *exec.Env { return &exec.Env{Eval: benchContext(), Workers: 2} },
					Clock: time.Now, Log: slog.New(slog.DiscardHandler),
				})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := q.AwaitTermination(b.Context()); err != nil {
					b.Fatal(err)
				}
				var took, removed int64
				recent := q.RecentProgress()
				recent = recent[len(recent)-40:]
				for _, p := range recent {
					took += p.BatchDuration
					removed += p.StateOperators[0].NumRowsRemoved
				}
				b.ReportMetric(float64(took)/40, "ms/batch")
				b.ReportMetric(float64(removed)/40, "closed/batch")
				b.ReportMetric(float64(recent[39].StateOperators[0].NumRowsTotal), "open")
			}
		})
	}
}
