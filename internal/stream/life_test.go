package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lakehouse/internal/errclass"
)

func TestBatchesFollowTheirSourceAndOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(2))
		q := b.start()
		b.settle(q)
		b.source.add(3)
		b.settle(q)
		b.wantSink("[0:[1 2] 1:[3 4 5]]")
		if got := offsetsOf(q); got != "[2,5]" {
			t.Errorf("the last batch went over %s", got)
		}
		q.Stop()
		if got := fmt.Sprint(b.files("offsets"), b.files("commits")); got != "[offsets/0 offsets/1] [commits/0 commits/1]" {
			t.Errorf("the checkpoint holds %s", got)
		}
		if got := fmt.Sprint(b.source.commits); got != "[2]" {
			t.Errorf("the source was told to clean up to %s, want up to the batch before the last", got)
		}
		b.source.add(1)
		again := b.start()
		b.settle(again)
		b.wantSink("[0:[1 2] 1:[3 4 5] 2:[6]]")
		if again.ID() != q.ID() || again.RunID() == q.RunID() {
			t.Errorf("ids %s and %s, run ids %s and %s", q.ID(), again.ID(), q.RunID(), again.RunID())
		}
	})
}

// What a query says that it is doing, phase by phase.
func TestStatusOfEachPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(1))
		seen := map[string]Status{}
		var q *Query
		look := func(_ context.Context, phase string) error {
			if q != nil {
				seen[phase] = q.Status()
			}
			return nil
		}
		b.source.at, b.sink.at = look, look
		gate := make(chan struct{})
		config := b.config()
		config.Clock = func() time.Time { <-gate; return time.Now() }
		q, err := Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Stop()
		synctest.Wait()
		want := Status{Message: "Initializing sources"}
		if got := q.Status(); got != want {
			t.Errorf("at first %+v, want %+v", got, want)
		}
		close(gate)
		b.settle(q)
		for phase, want := range map[string]Status{
			"latest": {"Getting offsets from Numbers[1…]", false, true},
			"rows":   {"Processing new data", true, true},
			"write":  {"Processing new data", true, true},
		} {
			if seen[phase] != want {
				t.Errorf("in %s %+v, want %+v", phase, seen[phase], want)
			}
		}
		if got := q.Status(); got != (Status{Message: "Waiting for data to arrive"}) {
			t.Errorf("when idle %+v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(1))
		b.trigger = ProcessingTime(time.Minute)
		time.Sleep(time.Second)
		q := b.start()
		synctest.Wait()
		if got := q.Status(); got != (Status{Message: "Waiting for next trigger"}) {
			t.Errorf("between batches %+v", got)
		}
		q.Stop()
		if got := q.Status(); got != (Status{Message: "Stopped"}) {
			t.Errorf("after stop %+v", got)
		}
	})
}

// Stop returns in every phase, leaves no exception, stops the source once, and the next run loses nothing.
func TestStopInEveryPhase(t *testing.T) {
	for _, phase := range []string{"latest", "rows", "write", "freeze", "commit", "next trigger", "idle"} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, newNumbers(2))
				b.source.limit = 1
				switch phase {
				case "freeze":
					b.trigger = AvailableNow()
				case "next trigger":
					b.trigger = ProcessingTime(time.Hour)
				}
				block := func(ctx context.Context, at string) error {
					if at == phase {
						<-ctx.Done()
						return ctx.Err()
					}
					return nil
				}
				b.source.at, b.sink.at = block, block
				q := b.start()
				synctest.Wait()
				q.Stop()
				q.Stop() // again does no harm
				if ended, err := q.AwaitTermination(t.Context()); !ended || err != nil || q.Exception() != nil {
					t.Errorf("ended %v with %v", ended, err)
				}
				if b.source.stops != 1 || q.Status().Message != "Stopped" || len(b.manager.Active()) != 0 {
					t.Errorf("the source was stopped %d times; %+v; %d active", b.source.stops, q.Status(), len(b.manager.Active()))
				}
				b.source.at, b.sink.at, b.trigger = nil, nil, AvailableNow()
				b.wait(b.start())
				b.wantSink("[0:[1] 1:[2]]")
			})
		})
	}
}

// Finish lets the running batch end.
func TestFinishEndsAfterTheRunningBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(3))
		b.source.limit = 1
		b.sink.at = func(context.Context, string) error {
			time.Sleep(time.Second)
			return nil
		}
		q := b.start()
		synctest.Wait()
		q.Finish()
		q.Finish()
		b.wait(q)
		b.wantSink("[0:[1]]")
		if got := fmt.Sprint(b.files("commits")); got != "[commits/0]" {
			t.Errorf("commits: %s", got)
		}
	})
}

// A failure in any phase ends this query alone, with an exception that keeps its cause.
func TestFailureInEveryPhase(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, phase := range []string{"latest", "rows", "write", "freeze", "commit"} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, newNumbers(2))
				b.source.limit = 1
				if phase == "freeze" {
					b.trigger = AvailableNow()
				}
				fail := func(_ context.Context, at string) error {
					if at == phase {
						return broken
					}
					return nil
				}
				b.source.at, b.sink.at = fail, fail
				q := b.start()
				other := newBench(t, newNumbers(1))
				bystander := other.start()
				ended, err := q.AwaitTermination(t.Context())
				if !ended || !errors.Is(err, broken) || !errors.Is(err, errclass.StreamFailed) || !errors.Is(q.Exception(), broken) {
					t.Fatalf("ended %v with %v", ended, err)
				}
				if text := err.Error(); !strings.Contains(text, q.ID()) || !strings.Contains(text, q.RunID()) {
					t.Errorf("the exception does not name the query: %s", text)
				}
				if got := q.Status(); got != (Status{Message: "Terminated with exception: disk on fire"}) {
					t.Errorf("in the end %+v", got)
				}
				if err := q.ProcessAllAvailable(t.Context()); !errors.Is(err, broken) {
					t.Errorf("processAllAvailable of a failed query: %v", err)
				}
				if ended, err := b.manager.AwaitAnyTermination(t.Context()); !ended || !errors.Is(err, broken) {
					t.Errorf("awaitAnyTermination: %v, %v", ended, err)
				}
				other.settle(bystander)
				b.source.at, b.sink.at, b.trigger = nil, nil, AvailableNow()
				b.wait(b.start())
				b.wantSink("[0:[1] 1:[2]]")
			})
		})
	}
}

func TestAFailureOfTheStartIsReturnedAndLetsTheCheckpointGo(t *testing.T) {
	b := newBench(t, newNumbers(1))
	broken := errors.New("no such folder")
	b.source.at = func(context.Context, string) error { return broken }
	b.name = "once more"
	if _, err := b.manager.Start(t.Context(), b.config()); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	config := b.config()
	config.Trigger = ProcessingTime(-5 * time.Second)
	if _, err := b.manager.Start(t.Context(), config); !errors.Is(err, errclass.CannotParseInterval) {
		t.Fatalf("a negative interval: %v", err)
	}
	b.source.at = nil
	b.settle(b.start())
	b.wantSink("[0:[1]]")
}

func TestAwaitTerminationReturnsWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(1))
		q := b.start()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if ended, err := q.AwaitTermination(ctx); ended || err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("ended %v, %v after %v", ended, err, time.Since(began))
		}
		if ended, err := b.manager.AwaitAnyTermination(ctx); ended || err != nil {
			t.Errorf("any ended %v, %v", ended, err)
		}
		if !q.IsActive() {
			t.Error("the query has ended")
		}
	})
}

func TestProcessAllAvailableWaitsForWhatWasThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(0))
		b.sink.at = func(context.Context, string) error {
			time.Sleep(time.Second)
			return nil
		}
		q := b.start()
		b.settle(q)
		for i := range 5 {
			b.source.add(1)
			b.settle(q)
			if got := len(b.sink.batches); got != i+1 {
				t.Fatalf("after %d numbers %d batches are there", i+1, got)
			}
		}
		b.source.add(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := q.ProcessAllAvailable(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait that is cut short: %v", err)
		}
		time.AfterFunc(100*time.Millisecond, q.Stop)
		if err := q.ProcessAllAvailable(t.Context()); err != nil {
			t.Errorf("of a query that is stopped: %v", err)
		}
	})
}

// A query remembers its last hundred reports; one that waits reports each ten seconds.
func TestRecentProgressIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(130))
		b.source.limit, b.trigger = 1, AvailableNow()
		q := b.start()
		if q.LastProgress() != nil && q.LastProgress().BatchID < 0 {
			t.Error("a report before the first batch")
		}
		b.wait(q)
		recent := q.RecentProgress()
		if len(recent) != 100 || recent[0].BatchID != 30 || recent[99].BatchID != 129 || q.LastProgress().BatchID != 129 {
			t.Errorf("%d reports, from %d to %d", len(recent), recent[0].BatchID, recent[len(recent)-1].BatchID)
		}
		if got := b.files("offsets"); len(got) != 100 || len(b.files("commits")) != 100 {
			t.Errorf("%d offsets and %d commits are kept", len(got), len(b.files("commits")))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(1))
		q := b.start()
		time.Sleep(35 * time.Second)
		if got := batches(q); got != "[[0 1] [1 0] [1 0] [1 0]]" {
			t.Errorf("in 35 seconds the reports were %s", got)
		}
		if got := b.files("offsets"); len(got) != 1 {
			t.Errorf("an idle query wrote %v", got)
		}
	})
}

func TestNamesAreUniqueAmongActiveQueries(t *testing.T) {
	b := newBench(t, newNumbers(1))
	b.name = "bronze"
	q := b.start()
	other := newBench(t, newNumbers(1))
	other.name = "bronze"
	if _, err := b.manager.Start(t.Context(), other.config()); !errors.Is(err, errclass.QueryNameTaken) {
		t.Fatalf("the same name: %v", err)
	}
	if got := b.manager.Get(q.ID()); got != q {
		t.Errorf("Get(%s) = %v", q.ID(), got)
	}
	q.Stop()
	if got := b.manager.Get(q.ID()); got != nil {
		t.Errorf("a stopped query is active: %v", got)
	}
	again, err := b.manager.Start(t.Context(), other.config())
	if err != nil {
		t.Fatal(err)
	}
	again.Stop()
}

// A query that ended before it was asked for counts, until terminated queries are forgotten.
func TestAwaitAnyTerminationKnowsThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(1))
		b.trigger = Once()
		b.wait(b.start())
		synctest.Wait()
		if ended, err := b.manager.AwaitAnyTermination(t.Context()); !ended || err != nil {
			t.Errorf("ended %v, %v", ended, err)
		}
		b.manager.ResetTerminated()
		b.trigger = Trigger{}
		q := b.start()
		time.AfterFunc(time.Minute, q.Stop)
		began := time.Now()
		if ended, err := b.manager.AwaitAnyTermination(t.Context()); !ended || err != nil || time.Since(began) != time.Minute {
			t.Errorf("ended %v, %v after %v", ended, err, time.Since(began))
		}
	})
}
