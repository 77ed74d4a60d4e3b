package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// crowdListener writes down what it hears of each run, in order; one of several panics, too.
type crowdListener struct {
	panics bool
	mu     sync.Mutex
	runs   map[string][]string // by run id
}

func (l *crowdListener) note(run, event string) {
	l.mu.Lock()
	if l.runs == nil {
		l.runs = map[string][]string{}
	}
	l.runs[run] = append(l.runs[run], event)
	l.mu.Unlock()
	if l.panics {
		panic("in a listener")
	}
}

func (l *crowdListener) OnQueryStarted(e StartedEvent)   { l.note(e.RunID, "started") }
func (l *crowdListener) OnQueryProgress(e ProgressEvent) { l.note(e.Progress.RunID, "batch") }
func (l *crowdListener) OnQueryIdle(e IdleEvent)         { l.note(e.RunID, "idle") }
func (l *crowdListener) OnQueryTerminated(e TerminatedEvent) {
	if e.ErrorClassOnException != nil {
		l.note(e.RunID, "failed "+*e.ErrorClassOnException)
		return
	}
	l.note(e.RunID, "terminated")
}

// lives are the ways in which a query of the crowd goes, and what listeners hear of it.
var lives = []struct {
	name, heard string
	live        func(m *Manager, b *bench, q *Query) error
	prepare     func(b *bench)
}{
	{"ends by itself", "started batch batch terminated", func(_ *Manager, b *bench, q *Query) error {
		_, err := q.AwaitTermination(b.Context())
		return err
	}, func(b *bench) { b.trigger, b.source.limit = AvailableNow(), 2 }},
	{"is stopped when idle", "started batch terminated", func(_ *Manager, b *bench, q *Query) error {
		err := q.ProcessAllAvailable(b.Context())
		q.Stop()
		return errors.Join(err, q.Exception())
	}, nil},
	{"is stopped at once", "", func(_ *Manager, _ *bench, q *Query) error {
		q.Stop()
		return q.Exception()
	}, nil},
	{"is stopped by two during a long batch", "started terminated", func(m *Manager, b *bench, q *Query) error {
		<-b.source.reached
		var both sync.WaitGroup
		both.Go(q.Stop)
		both.Go(func() { m.Get(q.ID()).stopIfAny() })
		both.Wait()
		return q.Exception()
	}, func(b *bench) {
		b.source.reached = make(chan struct{})
		b.sink.at = func(ctx context.Context, _ string) error {
			close(b.source.reached)
			<-ctx.Done()
			return ctx.Err()
		}
	}},
	{"fails in its first batch", "started failed DIVIDE_BY_ZERO", func(_ *Manager, b *bench, q *Query) error {
		_, err := q.AwaitTermination(b.Context())
		if !errors.Is(err, errclass.DivideByZero) || !errors.Is(q.Exception(), errclass.StreamFailed) {
			return fmt.Errorf("it ended with %w", err)
		}
		return nil
	}, func(b *bench) {
		b.sink.at = func(context.Context, string) error { return errclass.DivideByZero.New("no") }
	}},
	{"panics in its first batch", "started failed INTERNAL_ERROR", func(_ *Manager, b *bench, q *Query) error {
		if _, err := q.AwaitTermination(b.Context()); err == nil {
			return errors.New("nothing failed")
		}
		return nil
	}, func(b *bench) { b.sink.at = func(context.Context, string) error { panic("in a sink") } }},
}

func (q *Query) stopIfAny() {
	if q != nil {
		q.Stop()
	}
}

// Two hundred queries of one process start, run, fail, are stopped and waited for, all at once, under names of which every second
// is wanted twice. Each goes its own way; listeners hear of each in order, whatever other listeners do; nothing is left.
func TestACrowdOfQueries(t *testing.T) {
	const queries = 200
	var m Manager
	log := slog.New(slog.DiscardHandler)
	calm, wild := &crowdListener{}, &crowdListener{panics: true}
	m.AddListener(calm, log)
	m.AddListener(wild, log)
	want, wantMu := map[string]string{}, sync.Mutex{}
	var crowd sync.WaitGroup
	for i := range queries {
		life := lives[i%len(lives)]
		b := newBench(t, newNumbers(4))
		if life.prepare != nil {
			life.prepare(b)
		}
		cfg := b.config()
		cfg.Name, cfg.Location = fmt.Sprint("query ", i), fmt.Sprint("memory:/", i)
		crowd.Go(func() {
			q, err := m.Start(t.Context(), cfg)
			if err != nil {
				t.Errorf("%s: %v", life.name, err)
				return
			}
			wantMu.Lock()
			want[q.RunID()] = life.heard
			wantMu.Unlock()
			if err := life.live(&m, b, q); err != nil {
				t.Errorf("%s: %v", life.name, err)
			}
			if b.source.stops != 1 {
				t.Errorf("%s: its source was closed %d times", life.name, b.source.stops)
			}
		})
		crowd.Go(func() { // beside them somebody looks, waits and listens
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			passing := &crowdListener{}
			m.AddListener(passing, log)
			for _, q := range m.Active() {
				_, _, _ = q.Status(), q.LastProgress(), q.RecentProgress()
			}
			if i%10 == 0 {
				if ended, _ := m.AwaitAnyTermination(ctx); !ended {
					t.Error("none has ended")
				}
			}
			m.RemoveListener(passing)
		})
	}
	crowd.Wait()
	if left := m.Active(); len(left) > 0 {
		t.Errorf("%d queries are active", len(left))
	}
	m.StopAll()
	for _, l := range []*crowdListener{calm, wild} {
		for run, heard := range want {
			if got := strings.Join(l.runs[run], " "); got != heard && (heard != "" || !strings.HasPrefix(got, "started") || !strings.HasSuffix(got, "terminated")) {
				t.Errorf("heard %q, want %q", got, heard)
			}
		}
		if len(l.runs) != queries {
			t.Errorf("heard of %d queries: %v", len(l.runs), slices.Sorted(maps.Keys(l.runs)))
		}
	}
}

// Of many that start under one name at once, one does; when it has ended the name is free.
func TestOneOfManyGetsAName(t *testing.T) {
	var m Manager
	defer m.StopAll()
	for range 20 {
		var mu sync.Mutex
		var started []*Query
		var all sync.WaitGroup
		for i := range 10 {
			cfg := newBench(t, newNumbers(1)).config()
			cfg.Name, cfg.Location = "bronze", fmt.Sprint("memory:/", i)
			all.Go(func() {
				q, err := m.Start(t.Context(), cfg)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					started = append(started, q)
				case !errors.Is(err, errclass.QueryNameTaken):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(started) != 1 {
			t.Fatalf("%d queries have the name", len(started))
		}
		started[0].Stop()
	}
}

// firstRows is a sink that holds the query up when the first rows have come.
type firstRows struct{ here chan struct{} }

func (*firstRows) Description() string { return "first rows" }

func (s *firstRows) Write(ctx context.Context, _ int64, op exec.Operator) (int64, error) {
	for _, err := range exec.InOrder(ctx, op, 2) {
		if err != nil {
			return 0, err
		}
		close(s.here)
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return 0, errors.New("no rows")
}

// A stop in the middle of a long batch of a query with state leaves the intent alone: no version of the state, no commit. The query
// then goes on from there.
func TestAStopDuringALongBatchLeavesNothing(t *testing.T) {
	source := &madeUp{schema: madeUpSchema("id", "at", "text"), rows: 300_000, batches: 1, key: func(i int64) int64 { return i }}
	catalog := scriptedCatalog{"l": &logical.StreamRelation{Provider: source}}
	node, err := logical.Resolve(t.Context(), &plan.Deduplicate{Input: &plan.NamedTable{Name: []string{"l"}}, Columns: []string{"id"}}, logical.Env{Catalog: catalog, Eval: scriptedEval()})
	if err != nil {
		t.Fatal(err)
	}
	store := volumestest.NewMemory()
	start := func(sink Sink) *Query {
		q, err := Start(t.Context(), Config{
			Plan: node, Mode: logical.Append, Trigger: AvailableNow(), Checkpoint: store, Location: "here", Partitions: 2,
			OpenSink: func(context.Context, string) (Sink, error) { return sink, nil },
			Env:      func() *exec.Env { return &exec.Env{Eval: scriptedEval(), Workers: 2} },
			Clock:    newBench(t, nil).config().Clock, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	held := &firstRows{make(chan struct{})}
	q := start(held)
	<-held.here
	q.Stop()
	if err := q.Exception(); err != nil {
		t.Errorf("the stopped query failed: %v", err)
	}
	var files []string
	for info, err := range store.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(info.Name, "state/0/_metadata") && !strings.HasPrefix(info.Name, "state/0/0/_metadata") {
			files = append(files, info.Name)
		}
	}
	if got := strings.Join(files, " "); got != "metadata offsets/0" {
		t.Errorf("left are %s", got)
	}
	sink := &counting{}
	q = start(sink)
	if _, err := q.AwaitTermination(t.Context()); err != nil || sink.rows != 300_000 {
		t.Errorf("the next run wrote %d rows, %v", sink.rows, err)
	}
}
