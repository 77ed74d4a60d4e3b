package exec_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
	"lakehouse/volumes/volumestest"
)

// streamOf stands for a stream in a plan, until a batch's rows replace it.
type streamOf struct{ types.Struct }

func (s streamOf) Schema() types.Struct { return s.Struct }
func (s streamOf) String() string       { return "stream" }

// A stream runs a query batch by batch, each over the rows of a query in VALUES.
type stream struct {
	t       *testing.T
	plan    logical.Node
	mode    logical.OutputMode
	store   *volumestest.Memory
	next    int64
	reports []state.Progress
	clock   func() time.Time // may be nil
	cache   *state.Cache     // may be nil
	early   int64            // Env.GroupBytes

	watermark, late int64 // ms, of the next batch and of the batch before
	seen            exec.EventTimeStats
	ran             *exec.Plan
}

func newStream(t *testing.T, query, columns string, mode logical.OutputMode) *stream {
	t.Helper()
	schema, err := types.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := resolve(query, tables{"s": &logical.StreamRelation{Provider: streamOf{schema}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := logical.CheckStreaming(plan, mode); err != nil {
		t.Fatal(err)
	}
	return &stream{t: t, plan: plan, mode: mode, store: volumestest.NewMemory()}
}

// run runs the next batch and gives its rows, sorted.
func (s *stream) run(values string) []string {
	s.t.Helper()
	lines, err := s.tryRun(values)
	if err != nil {
		s.t.Fatal(err)
	}
	s.next++
	s.late = s.watermark
	for _, w := range logical.Watermarks(s.plan) {
		s.watermark = max(s.watermark, s.seen.Max-w.DelayMicros/1000)
	}
	return lines
}

// wantBatch checks whether the batch that ran wants another without rows.
func (s *stream) wantBatch(want bool) {
	s.t.Helper()
	if got := s.ran.WantsBatch(s.watermark); got != want {
		s.t.Errorf("after batch %d another is wanted: %v", s.next-1, got)
	}
}

// wantReport checks the last report: groups held, changed, removed, and late.
func (s *stream) wantReport(total, updated, removed, late int64) {
	s.t.Helper()
	r := s.reports[len(s.reports)-1]
	if got, want := [4]int64{r.NumRowsTotal, r.NumRowsUpdated, r.NumRowsRemoved, r.NumRowsDroppedByWatermark}, [4]int64{total, updated, removed, late}; got != want {
		s.t.Errorf("batch %d: groups held, changed, removed and late are %v, want %v", s.next-1, got, want)
	}
}

func (s *stream) tryRun(values string) ([]string, error) {
	s.t.Helper()
	schema, rows, err := run(s.t.Context(), values, tables{}, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	source := logical.NewLocalRelation(schema, rows).Source
	var mu sync.Mutex
	env := &exec.Env{Eval: evalContext(), Workers: 2, GroupBytes: s.early, Batch: &exec.MicroBatch{
		ID: s.next, Mode: s.mode, Clock: s.clock,
		State: func(ctx context.Context, spec state.Spec) (*state.Operator, error) {
			return state.Open(ctx, spec, state.OpenOptions{Store: s.store, Dir: "state", Version: s.next, Partitions: 3, Cache: s.cache})
		},
		Progress:    func(p state.Progress) { s.reports = append(s.reports, p) },
		WatermarkMs: s.watermark, LateWatermarkMs: s.late,
		EventTime: func(_ int, seen exec.EventTimeStats) {
			mu.Lock()
			s.seen.Merge(seen)
			mu.Unlock()
		},
	}}
	node := logical.ReplaceStreams(s.plan, func(*logical.StreamRelation) logical.Source { return source })
	op, err := exec.BuildBatch(logical.Optimize(node), env)
	if err != nil {
		return nil, err
	}
	s.ran = op
	out, err := batch.Collect(exec.Gather(s.t.Context(), op, 1))
	return slices.Sorted(slices.Values(linesOf(texts(s.plan.Schema(), out)))), err
}

func (s *stream) want(got []string, want ...string) {
	s.t.Helper()
	if !slices.Equal(got, want) {
		s.t.Errorf("batch %d gave\n%s\nwant\n%s", s.next-1, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const salesQuery = "SELECT Id, sum(money) AS total_money, count(*) AS n, avg(money) AS mean FROM s GROUP BY Id"

// Complete mode gives all groups each time, also those that the batch does not touch.
func TestStreamingAggregateInCompleteMode(t *testing.T) {
	s := newStream(t, salesQuery, "Id int, money int", logical.Complete)
	s.want(s.run("SELECT * FROM VALUES (1, 10), (2, 20), (1, 5) t(Id, money)"), "1\t15\t2\t7.5", "2\t20\t1\t20.0")
	s.want(s.run("SELECT * FROM VALUES (2, 2), (3, CAST(NULL AS INT)) t(Id, money)"), "1\t15\t2\t7.5", "2\t22\t2\t11.0", "3\tNULL\t1\tNULL")
	s.want(s.run("SELECT * FROM VALUES (1, 1) t(Id, money) WHERE Id > 1"), "1\t15\t2\t7.5", "2\t22\t2\t11.0", "3\tNULL\t1\tNULL")
	for i, want := range []state.Progress{{NumRowsTotal: 2, NumRowsUpdated: 2}, {NumRowsTotal: 3, NumRowsUpdated: 2}, {NumRowsTotal: 3}} {
		got := s.reports[i]
		if got.OperatorName != "stateStoreSave" || got.NumRowsTotal != want.NumRowsTotal || got.NumRowsUpdated != want.NumRowsUpdated {
			t.Errorf("batch %d reports %+v, want %+v", i, got, want)
		}
	}
}

// Update mode gives the groups that the batch touches, with all that the state knows of them.
func TestStreamingAggregateInUpdateMode(t *testing.T) {
	s := newStream(t, salesQuery, "Id int, money int", logical.Update)
	s.want(s.run("SELECT * FROM VALUES (1, 10), (2, 20), (1, 5) t(Id, money)"), "1\t15\t2\t7.5", "2\t20\t1\t20.0")
	s.want(s.run("SELECT * FROM VALUES (2, 2), (3, 7) t(Id, money)"), "2\t22\t2\t11.0", "3\t7\t1\t7.0")
	s.want(s.run("SELECT * FROM VALUES (1, 1) t(Id, money) WHERE Id > 1"))
}

// A batch that runs again, from the same version, gives the same rows.
func TestStreamingAggregateRepeatsABatch(t *testing.T) {
	s := newStream(t, salesQuery, "Id int, money int", logical.Complete)
	s.run("SELECT * FROM VALUES (1, 10) t(Id, money)")
	first := s.run("SELECT * FROM VALUES (1, 5), (2, 6) t(Id, money)")
	s.next--
	s.want(s.run("SELECT * FROM VALUES (1, 5), (2, 6) t(Id, money)"), first...)
}

func TestStreamingAggregateWithoutKeys(t *testing.T) {
	s := newStream(t, "SELECT count(*), max(name) FROM s", "Id int, name string", logical.Complete)
	s.want(s.run("SELECT * FROM VALUES (1, 'a'), (2, 'b') t(Id, name)"), "2\tb")
	s.want(s.run("SELECT * FROM VALUES (1, 'c') t(Id, name)"), "3\tc")
}

// The window of a time is a key like any other; ORDER BY sorts what complete mode gives.
func TestStreamingAggregateOverWindows(t *testing.T) {
	s := newStream(t, "SELECT action, window.start, count(*) FROM s GROUP BY action, window(time, '1 hour') ORDER BY action, start", "time timestamp, action string", logical.Complete)
	s.want(s.run("SELECT * FROM VALUES (TIMESTAMP '2016-07-26 02:45:07', 'Open'), (TIMESTAMP '2016-07-26 02:55:07', 'Open') t(time, action)"), "Open\t2016-07-26 02:00:00\t2")
	s.want(s.run("SELECT * FROM VALUES (TIMESTAMP '2016-07-26 02:59:59', 'Open'), (TIMESTAMP '2016-07-26 03:00:00', 'Close') t(time, action)"),
		"Close\t2016-07-26 03:00:00\t1", "Open\t2016-07-26 02:00:00\t3")
}

// Another aggregate on the same checkpoint is refused by the state, as Spark does.
func TestStateOfAnotherAggregateIsRefused(t *testing.T) {
	s := newStream(t, "SELECT Id, count(*) FROM s GROUP BY Id", "Id int, money int", logical.Complete)
	s.run("SELECT * FROM VALUES (1, 10) t(Id, money)")
	other := newStream(t, "SELECT Id, sum(money), max(money) FROM s GROUP BY Id", "Id int, money int", logical.Complete)
	other.store, other.next = s.store, s.next
	_, err := other.tryRun("SELECT * FROM VALUES (1, 10) t(Id, money)")
	if err == nil || !strings.Contains(err.Error(), "Existing value_schema=StructType(StructField(count,LongType,false)) and new value_schema=StructType(StructField(sum,LongType,true),StructField(max,IntegerType,true))") {
		t.Errorf("got %v, want %v", err, errclass.StateValueSchema)
	}
}

// LIMIT takes only some of the groups; the state holds all of them all the same, and the next batch finds it.
func TestStreamingAggregateUnderALimitKeepsItsState(t *testing.T) {
	s := newStream(t, "SELECT Id, count(*) AS n FROM s GROUP BY Id LIMIT 1", "Id int, money int", logical.Complete)
	for range 3 {
		if got := s.run("SELECT * FROM VALUES (1, 10), (2, 20) t(Id, money)"); len(got) != 1 {
			t.Fatalf("batch %d gave %v", s.next-1, got)
		}
	}
	if got := s.reports[2].NumRowsTotal; got != 2 {
		t.Errorf("the state holds %d groups", got)
	}
}

// A batch reports what Spark's state store does: times by the batch's clock, memory, and whether its version was in memory.
func TestStreamingAggregateReportsItsState(t *testing.T) {
	s := newStream(t, salesQuery, "Id int, money int", logical.Complete)
	now := time.UnixMilli(0)
	s.clock = func() time.Time {
		now = now.Add(3 * time.Millisecond)
		return now
	}
	s.cache = &state.Cache{}
	values := "SELECT * FROM VALUES (1, 10), (2, 20) t(Id, money)"
	s.run(values)
	s.run(values)
	s.cache = &state.Cache{} // a restart
	s.run(values)
	s.run(values)
	for i, want := range []struct{ hits, misses int64 }{{0, 0}, {3, 0}, {0, 3}, {3, 3}} {
		got := s.reports[i]
		if got.CacheHits != want.hits || got.CacheMisses != want.misses {
			t.Errorf("batch %d: %d partitions in memory and %d read, want %+v", i, got.CacheHits, got.CacheMisses, want)
		}
		if got.AllUpdatesTimeMs != 3 || got.CommitTimeMs != 3 {
			t.Errorf("batch %d took %d ms to update and %d ms to commit, want 3 and 3", i, got.AllUpdatesTimeMs, got.CommitTimeMs)
		}
		if got.CurrentVersionBytes <= 0 || got.MemoryUsedBytes < got.CurrentVersionBytes {
			t.Errorf("batch %d: %d bytes of %d are of this version", i, got.CurrentVersionBytes, got.MemoryUsedBytes)
		}
		if got.NumShufflePartitions != 3 || got.NumStateStoreInstances != 3 {
			t.Errorf("batch %d: %d partitions, %d stores", i, got.NumShufflePartitions, got.NumStateStoreInstances)
		}
	}
}
