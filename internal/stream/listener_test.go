package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lakehouse/internal/errclass"
)

// heard writes down what it is told, and does with it what its fields say.
type heard struct {
	lines  []string // read when the goroutine has ended
	block  chan struct{}
	panics bool
}

func (h *heard) note(format string, args ...any) {
	if h.block != nil {
		<-h.block
	}
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
	if h.panics {
		panic("in a listener")
	}
}

func (h *heard) OnQueryStarted(e StartedEvent)   { h.note("started %v", e.Name != nil && *e.Name == "q") }
func (h *heard) OnQueryProgress(e ProgressEvent) { h.note("batch %d", e.Progress.BatchID) }
func (h *heard) OnQueryIdle(IdleEvent)           { h.note("idle") }
func (h *heard) OnQueryTerminated(e TerminatedEvent) {
	class := "none"
	if e.ErrorClassOnException != nil {
		class = *e.ErrorClassOnException
	}
	h.note("terminated %v %s", e.Exception != nil, class)
}

// Each listener hears of a query's life in order; one that panics, or never returns, holds up neither the query nor another.
func TestListenersHearOfAQuery(t *testing.T) {
	var m Manager
	log := slog.New(slog.DiscardHandler)
	good, bad, stuck := &heard{}, &heard{panics: true}, &heard{block: make(chan struct{})}
	for _, l := range []*heard{good, bad, stuck} {
		m.AddListener(l, log)
	}
	if n := len(m.Listeners()); n != 3 {
		t.Errorf("%d listeners", n)
	}
	b := newBench(t, newNumbers(2))
	b.trigger = AvailableNow()
	cfg := b.config()
	cfg.Name = "q"
	q, err := m.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.AwaitTermination(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(stuck.block)
	m.StopAll()
	want := "started true; batch 0; terminated false none"
	for name, l := range map[string]*heard{"good": good, "bad": bad, "stuck": stuck} {
		if got := strings.Join(l.lines, "; "); got != want {
			t.Errorf("%s heard %s, want %s", name, got, want)
		}
	}
}

func TestListenersHearWhyAQueryFailed(t *testing.T) {
	var m Manager
	l := &heard{}
	m.AddListener(l, slog.New(slog.DiscardHandler))
	b := newBench(t, newNumbers(1))
	b.sink.at = func(context.Context, string) error { return errclass.DivideByZero.New("no") }
	cfg := b.config()
	q, err := m.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.AwaitTermination(t.Context()); !errors.Is(err, errclass.DivideByZero) {
		t.Fatal(err)
	}
	m.StopAll()
	if got, want := strings.Join(l.lines, "; "), "started false; terminated true DIVIDE_BY_ZERO"; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

// A removed listener hears no more; one that was never added is none.
func TestARemovedListenerHearsNoMore(t *testing.T) {
	var m Manager
	l := &heard{}
	m.AddListener(l, slog.New(slog.DiscardHandler))
	m.listeners.post(func(l Listener) { l.OnQueryIdle(IdleEvent{}) })
	s := m.listeners.all[0]
	m.RemoveListener(l)
	m.RemoveListener(l)
	m.listeners.post(func(l Listener) { l.OnQueryIdle(IdleEvent{}) })
	<-s.done
	if got := strings.Join(l.lines, "; "); got != "idle" {
		t.Errorf("heard %s", got)
	}
}

// The end of a session does not wait for a listener for ever, and a listener's backlog has a bound.
func TestAListenerThatHangsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Manager
		l := &heard{block: make(chan struct{})}
		m.AddListener(l, slog.New(slog.DiscardHandler))
		idle := func() { m.listeners.post(func(l Listener) { l.OnQueryIdle(IdleEvent{}) }) }
		idle()
		synctest.Wait() // it is being told of the first
		for range listenerBacklog + 5 {
			idle()
		}
		began := time.Now()
		m.StopAll()
		if took := time.Since(began); took != listenerGrace {
			t.Errorf("the end took %v", took)
		}
		close(l.block)
		synctest.Wait()
		if n := len(l.lines); n > listenerBacklog+1 {
			t.Errorf("%d events were kept", n)
		}
	})
}

// A query that waits tells so after a while, and again after each; at its start it is not idle yet.
func TestListenersHearOfIdleQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Manager
		l := &heard{}
		m.AddListener(l, slog.New(slog.DiscardHandler))
		b := newBench(t, newNumbers(1))
		cfg := b.config()
		cfg.Life.IdleInterval = 3 * time.Second
		q, err := m.Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(7500 * time.Millisecond)
		q.Stop()
		m.StopAll()
		if got, want := strings.Join(l.lines, "; "), "started false; batch 0; idle; idle; terminated false none"; got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
	})
}

// The settings of a query's life: how it looks for data, what it remembers, how long a stop waits.
func TestLifeOfAQueryBySettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(5))
		b.source.limit = 1
		var looks atomic.Int64
		var hang atomic.Pointer[chan struct{}]
		b.source.at = func(_ context.Context, phase string) error {
			if phase == "latest" {
				looks.Add(1)
				if gate := hang.Load(); gate != nil {
					<-*gate
				}
			}
			return nil
		}
		cfg := b.config()
		cfg.Life = Life{PollingDelay: 20 * time.Second, RecentReports: 2, RetainBatches: 3, StopTimeout: time.Minute}
		q, err := Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(q.RecentProgress()); n != 2 {
			t.Errorf("%d reports", n)
		}
		if got := strings.Join(b.files("commits"), " "); got != "commits/2 commits/3 commits/4" {
			t.Errorf("commits %s", got)
		}
		before := looks.Load()
		time.Sleep(50 * time.Second)
		if n := looks.Load() - before; n != 2 {
			t.Errorf("%d looks in 50 s", n)
		}
		gate := make(chan struct{})
		hang.Store(&gate)
		time.Sleep(15 * time.Second) // it looks, and hangs
		began := time.Now()
		q.Stop()
		if took := time.Since(began); took != time.Minute || !q.IsActive() {
			t.Errorf("the stop took %v, active %v", took, q.IsActive())
		}
		close(gate)
		synctest.Wait()
		if q.IsActive() {
			t.Error("it has not ended")
		}
	})
}

// A start on the checkpoint of an active query stops that one.
func TestAStartStopsTheActiveRun(t *testing.T) {
	var m Manager
	b := newBench(t, newNumbers(1))
	first, err := m.Start(t.Context(), b.config())
	if err != nil {
		t.Fatal(err)
	}
	b.settle(first)
	b.source = newNumbers(2)
	second, err := m.Start(t.Context(), b.config())
	if err != nil {
		t.Fatal(err)
	}
	defer m.StopAll()
	if first.IsActive() || first.Exception() != nil || first.ID() != second.ID() || first.RunID() == second.RunID() {
		t.Errorf("active %v, %v, ids %s, %s", first.IsActive(), first.Exception(), first.ID(), second.ID())
	}
	b.settle(second)
	b.wantSink("[0:[1] 1:[2]]")
	cfg := b.config()
	cfg.KeepActive = true
	if _, err := m.Start(t.Context(), cfg); !errors.Is(err, errclass.CheckpointInUse) || !second.IsActive() {
		t.Errorf("got %v, the active query is active: %v", err, second.IsActive())
	}
}

func TestEventsHaveSparksJSON(t *testing.T) {
	name, why, class := "q", "boom", "DIVIDE_BY_ZERO"
	for _, c := range []struct{ got, want string }{
		{StartedEvent{"i", "r", &name, "t", []string{}}.JSON(), `{"id":"i","runId":"r","name":"q","timestamp":"t","jobTags":[]}`},
		{StartedEvent{"i", "r", nil, "t", []string{}}.JSON(), `{"id":"i","runId":"r","name":null,"timestamp":"t","jobTags":[]}`},
		{IdleEvent{"i", "r", "t"}.JSON(), `{"id":"i","runId":"r","timestamp":"t"}`},
		{TerminatedEvent{"i", "r", &why, &class}.JSON(), `{"id":"i","runId":"r","exception":"boom","errorClassOnException":"DIVIDE_BY_ZERO"}`},
		{TerminatedEvent{ID: "i", RunID: "r"}.JSON(), `{"id":"i","runId":"r","exception":null,"errorClassOnException":null}`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if text := (ProgressEvent{Progress{ID: "i"}}).JSON(); !strings.HasPrefix(text, `{"progress":{"id":"i"`) {
		t.Error(text)
	}
}
