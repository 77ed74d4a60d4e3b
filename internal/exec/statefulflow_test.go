package exec_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A river is a source of many rows, made as they are read: a number, the hour of it, and a key of so many.
type river struct {
	rows, keys int64
	read       atomic.Int64
}

var riverSchema = types.Struct{Fields: []types.Field{
	{Name: "n", Type: types.Long, Nullable: true}, {Name: "at", Type: types.Timestamp, Nullable: true}, {Name: "k", Type: types.Long, Nullable: true},
}}

func (r *river) Schema() types.Struct { return riverSchema }
func (r *river) String() string       { return "river" }

func (r *river) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		for from := int64(0); from < r.rows; from += 1 << 16 {
			if !yield(stretch{r, from, min(from+1<<16, r.rows), opts.Columns}, nil) {
				return
			}
		}
	}
}

type stretch struct {
	*river
	from, to int64
	columns  []string
}

func (s stretch) Size() int64 { return 24 * (s.to - s.from) }

func (s stretch) Read(context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for at := s.from; at < s.to; at += batch.TargetRows {
			b := s.batch(at, min(at+batch.TargetRows, s.to))
			s.read.Add(b.NumRows())
			if !yield(b, nil) {
				return
			}
		}
	}
}

func (s stretch) batch(from, to int64) arrow.RecordBatch {
	numbers, keys := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	times := array.NewTimestampBuilder(memory.DefaultAllocator, types.ToArrow(types.Timestamp).(*arrow.TimestampType))
	for n := from; n < to; n++ {
		numbers.Append(n)
		times.Append(arrow.Timestamp(time.Hour.Microseconds() * (n/1000 + 1)))
		keys.Append(n % s.keys)
	}
	all := map[string]arrow.Array{"n": numbers.NewArray(), "at": times.NewArray(), "k": keys.NewArray()}
	columns := s.columns
	if columns == nil {
		columns = riverSchema.Names()
	}
	var fields []types.Field
	var picked []arrow.Array
	for _, c := range columns {
		fields, picked = append(fields, riverSchema.Fields[riverSchema.Index(c)]), append(picked, all[c])
	}
	return array.NewRecordBatch(types.ToArrowSchema(types.Struct{Fields: fields}), picked, to-from)
}

// riverPlan is a query over the stream s, or the deduplication of s by some columns.
func riverPlan(t testing.TB, query string, unique ...string) logical.Node {
	t.Helper()
	catalog := tables{"s": &logical.StreamRelation{Provider: streamOf{riverSchema}}}
	var node logical.Node
	var err error
	if unique != nil {
		node, err = logical.Resolve(t.Context(), &plan.Deduplicate{Input: &plan.NamedTable{Name: []string{"s"}}, Columns: unique}, logical.Env{Catalog: catalog, Eval: evalContext()})
	} else {
		node, err = resolve(query, catalog)
	}
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// riverBatch makes the operators of the first batch of a plan over a river.
func riverBatch(t testing.TB, node logical.Node, from *river, store volumes.Store, mode logical.OutputMode, watermark int64) *exec.Plan {
	t.Helper()
	env := &exec.Env{Eval: evalContext(), Workers: 2, Memory: exec.NewMemory(200 << 20), Batch: &exec.MicroBatch{
		Mode: mode, WatermarkMs: watermark, EventTime: func(int, exec.EventTimeStats) {},
		State: func(ctx context.Context, spec state.Spec) (*state.Operator, error) {
			return state.Open(ctx, spec, state.OpenOptions{Store: store, Dir: "state", Partitions: 2, Budget: state.NewBudget(16 << 20)})
		},
	}}
	node = logical.ReplaceStreams(node, func(*logical.StreamRelation) logical.Source { return from })
	op, err := exec.BuildBatch(logical.Optimize(node), env)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

var statefulFlows = []struct {
	name, query string
	unique      []string
	mode        logical.OutputMode
	early       bool // rows come before all of the input has been read
}{
	{name: "deduplication", unique: []string{"n"}, early: true},
	{name: "join", query: "SELECT l.n, r.at FROM s AS l JOIN s AS r ON l.n = r.n"},
	{name: "left join", query: "SELECT l.n, r.at FROM s AS l LEFT JOIN s AS r ON l.n = r.n AND r.at BETWEEN l.at - INTERVAL 1 HOUR AND l.at"},
	{name: "limit", query: "SELECT * FROM s LIMIT 100000000", early: true},
	{name: "windows that close", query: "SELECT window.start, n, count(*) FROM (SELECT * FROM s WATERMARK at DELAY OF INTERVAL '1 hour') GROUP BY window(at, '1 hour'), n"},
	{name: "groups that change", query: "SELECT n, count(*) FROM s GROUP BY n", mode: logical.Update},
}

var flowRows = flag.Int64("stateful.flow.rows", 100_000, "rows of a batch in TestRowsOfALargeBatchFlow")

// A batch of any size goes through a stateful operator at little memory: its rows are with the sink before the last has come in, or been
// made, and of the state the heap holds what it may. That shows with -stateful.flow.rows 5000000.
func TestRowsOfALargeBatchFlow(t *testing.T) {
	const most = 150 << 20
	rows := *flowRows
	for _, c := range statefulFlows {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			store, err := volumes.OpenLocal(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			from := &river{rows: rows, keys: 10}
			op := riverBatch(t, riverPlan(t, c.query, c.unique...), from, store, c.mode, 1<<50)
			runtime.GC()
			before := heapLive()
			taken, peak := int64(0), int64(0)
			for b, err := range exec.Gather(t.Context(), op, 2) {
				if err != nil {
					t.Fatal(err)
				}
				if taken == 0 && c.early && rows > 500_000 && from.read.Load() > rows*3/4 {
					t.Errorf("%d rows were read before the first was given", from.read.Load())
				}
				if now := taken + b.NumRows(); taken/200_000 < now/200_000 {
					runtime.GC()
					peak = max(peak, heapLive())
				}
				taken += b.NumRows()
			}
			if taken != rows {
				t.Errorf("%d rows were given", taken)
			}
			t.Logf("%d MB are live at most", (peak-before)>>20)
			if peak-before > most {
				t.Errorf("%d bytes are live, more than %d", peak-before, most)
			}
		})
	}
}

func heapLive() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // bytes of a machine
}

// Who stops in the middle of a batch has it stop at once, and no version of the state is left behind.
func TestAStatefulOperatorStopsInTheMiddle(t *testing.T) {
	for _, c := range statefulFlows {
		t.Run(c.name, func(t *testing.T) {
			store := volumestest.NewMemory()
			op := riverBatch(t, riverPlan(t, c.query, c.unique...), &river{rows: 200_000, keys: 10}, store, c.mode, 1<<50)
			for _, err := range exec.Gather(t.Context(), op, 2) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			for info, err := range store.List(t.Context(), "state", volumes.ListOptions{Recursive: true}) {
				if err == nil && strings.HasSuffix(info.Name, ".delta") {
					t.Errorf("%s was left", info.Name)
				}
			}
		})
	}
}

// One key with 200,000 rows on both sides would give 40,000,000,000: the join takes little memory for it, and ends within
// a second when it is told to.
func TestAHotKeyCanBeStopped(t *testing.T) {
	for name, on := range map[string]string{"that match": "", "that do not": " AND l.n + r.n < 0"} {
		t.Run("rows "+name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			from := &river{rows: 200_000, keys: 1}
			op := riverBatch(t, riverPlan(t, "SELECT l.n, r.at FROM s AS l JOIN s AS r ON l.k = r.k"+on), from, volumestest.NewMemory(), logical.Append, 0)
			var stopped time.Time
			go func() {
				for from.read.Load() <= from.rows { // until the right has been begun
					time.Sleep(time.Millisecond)
				}
				time.Sleep(50 * time.Millisecond)
				stopped = time.Now()
				cancel()
			}()
			var failed error
			for _, err := range exec.Gather(ctx, op, 2) {
				failed = err
			}
			if took := time.Since(stopped); !errors.Is(failed, context.Canceled) || took > time.Second {
				t.Errorf("it ended after %v with %v", took, failed)
			}
			runtime.GC()
			if live := heapLive(); live > 300<<20 {
				t.Errorf("%d bytes are live", live)
			}
		})
	}
}

// A key with more rows than are looked at at once gives what a join of tables does, in each kind of join and from both sides.
func TestAHotKeyIsJoined(t *testing.T) {
	const many = batch.TargetRows + 100
	side := func(side, v string) string {
		return fmt.Sprintf("SELECT '%s' AS side, 1 AS id, timestamp_seconds(10) AS at, concat('%s', id) AS v FROM range(%d)", side, v, many)
	}
	one := func(side string) string {
		return "SELECT '" + side + "' AS side, 1 AS id, timestamp_seconds(10) AS at, 'one' AS v"
	}
	for _, how := range []string{"INNER", "LEFT", "RIGHT", "FULL", "LEFT SEMI"} {
		for _, batches := range [][]string{{side("l", "a"), one("r")}, {side("r", "b"), one("l")}, {one("l"), side("r", "b")}, {one("r"), side("l", "a")}} {
			s := newStream(t, joinQuery(how, "WATERMARK at DELAY OF INTERVAL '1 hour'"), joinColumns, logical.Append)
			var got []string
			for _, b := range batches {
				got = append(got, s.run(b)...)
			}
			want, err := batchLines(t, joinQuery(how, ""), strings.Join(batches, " UNION ALL "))
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s of %.30s…: %d rows, want %d", how, batches[0], len(got), len(want))
			}
		}
	}
}

// Groups that go to the state before a batch's rows are at an end come out as those that wait, in each mode, and are counted alike.
func TestGroupsThatGoToTheStateEarly(t *testing.T) {
	queries := map[string]struct {
		query string
		modes []logical.OutputMode
	}{
		"by key":   {salesQuery, []logical.OutputMode{logical.Update, logical.Complete}},
		"all rows": {"SELECT sum(money), count(*) FROM s", []logical.OutputMode{logical.Update, logical.Complete}},
		"by window": {
			"SELECT window.start, Id, count(*), sum(money) FROM (SELECT *, timestamp_seconds(money) AS at FROM s) WATERMARK at DELAY OF INTERVAL '5 seconds' GROUP BY window(at, '10 seconds'), Id",
			[]logical.OutputMode{logical.Append, logical.Update, logical.Complete},
		},
		"by session": {
			"SELECT session_window.start, session_window.end, Id, count(*), sum(money) FROM (SELECT *, timestamp_seconds(money) AS at FROM s) WATERMARK at DELAY OF INTERVAL '5 seconds' GROUP BY session_window(at, '3 seconds'), Id",
			[]logical.OutputMode{logical.Append, logical.Complete},
		},
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(queries))).Draw(rt, "query")
		query, mode := queries[name].query, rapid.SampledFrom(queries[name].modes).Draw(rt, "mode")
		whole, early := newStream(t, query, "Id int, money int", mode), newStream(t, query, "Id int, money int", mode)
		early.early = 1 // byte: after each piece
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			values := "SELECT * FROM VALUES (1, 1) t(Id, money)"
			for range rapid.IntRange(0, 4).Draw(rt, "pieces") {
				values += fmt.Sprintf(" UNION ALL SELECT CAST(id %% %d AS INT), CAST(id * 7 %% %d AS INT) FROM range(%d)",
					rapid.IntRange(1, 5).Draw(rt, "ids"), rapid.IntRange(1, 120).Draw(rt, "times"), rapid.IntRange(1, 30).Draw(rt, "rows"))
			}
			want, got := whole.run(values), early.run(values)
			if !slices.Equal(got, want) {
				rt.Fatalf("%s gave\n%s\nwant\n%s", values, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			w, g := whole.reports[len(whole.reports)-1], early.reports[len(early.reports)-1]
			if g.NumRowsTotal != w.NumRowsTotal || g.NumRowsDroppedByWatermark != w.NumRowsDroppedByWatermark || name != "by session" && g.NumRowsUpdated != w.NumRowsUpdated {
				rt.Fatalf("reported %+v, want %+v", g, w)
			}
		}
	})
}
