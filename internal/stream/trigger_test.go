package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func TestParseTrigger(t *testing.T) {
	tests := []struct {
		text string
		want Trigger
		ends bool
		says string
	}{
		{"", Trigger{}, false, "default"},
		{"default", Trigger{}, false, "default"},
		{"once", Once(), true, "once"},
		{"ONCE", Once(), true, "once"},
		{"availableNow", AvailableNow(), true, "availableNow"},
		{"availablenow", AvailableNow(), true, "availableNow"},
		{"10 seconds", ProcessingTime(10 * time.Second), false, "10 seconds"},
		{"1 minute", ProcessingTime(time.Minute), false, "1 minute"},
		{"90s", ProcessingTime(90 * time.Second), false, "90 seconds"},
		{"1 hour 30 minutes", ProcessingTime(90 * time.Minute), false, "90 minutes"},
		{"250 milliseconds", ProcessingTime(250 * time.Millisecond), false, "250 milliseconds"},
		{"24 hours", ProcessingTime(24 * time.Hour), false, "1 day"},
		{"0 seconds", Trigger{}, false, "default"},
		{"999us", Trigger{}, false, "default"},
		{"1500us", ProcessingTime(time.Millisecond), false, "1 milliseconds"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := ParseTrigger(test.text)
			if err != nil || got != test.want {
				t.Fatalf("got %v, %v, want %v", got, err, test.want)
			}
			if got.Ends() != test.ends || got.String() != test.says {
				t.Errorf("got %q, ends: %v; want %q, %v", got, got.Ends(), test.says, test.ends)
			}
		})
	}
}

func TestBadTriggersAreRefused(t *testing.T) {
	for _, text := range []string{"5 secs please", "-5 seconds", "1 month", "1 year", "10", " 10 ", "10 secondz", "always", " "} {
		if got, err := ParseTrigger(text); !errors.Is(err, errclass.CannotParseInterval) {
			t.Errorf("ParseTrigger(%q) = %v, %v", text, got, err)
		}
	}
}

func TestTriggersThatAreRefusedByName(t *testing.T) {
	for text, class := range map[string]errclass.Class{
		"continuous 1 second": errclass.UnsupportedFeature, "realTime 5 minutes": errclass.UnsupportedFeature, "Continuous": errclass.UnsupportedFeature,
		"once availableNow": errclass.SingleTrigger, "default 5 seconds": errclass.SingleTrigger,
	} {
		if got, err := ParseTrigger(text); !errors.Is(err, class) {
			t.Errorf("ParseTrigger(%q) = %v, %v", text, got, err)
		}
	}
	if got, err := ParseTrigger("processingTime 5 seconds"); err != nil || got != ProcessingTime(5*time.Second) {
		t.Errorf("processingTime 5 seconds: %v, %v", got, err)
	}
	if _, err := ParseTrigger("availabelNow"); err == nil || !strings.Contains(err.Error(), "availableNow") {
		t.Errorf("a slip: %v", err)
	}
	b := newBench(t, newNumbers(1))
	for trigger, class := range map[Trigger]errclass.Class{
		Continuous(time.Second): errclass.UnsupportedFeature, RealTime(time.Minute): errclass.UnsupportedFeature, ProcessingTime(-time.Second): errclass.CannotParseInterval,
	} {
		b.trigger = trigger
		if _, err := Start(t.Context(), b.config()); !errors.Is(err, class) {
			t.Errorf("%v: %v", trigger, err)
		}
	}
}

func TestTriggersReadAsTheyPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]time.Duration{1, time.Microsecond, time.Millisecond, time.Second, time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "unit")
		want := ProcessingTime(time.Duration(rapid.Int64Range(0, 100_000).Draw(t, "n")) * unit)
		if got, err := ParseTrigger(want.String()); err != nil || got != want {
			t.Fatalf("%q reads as %v, %v", want, got, err)
		}
	})
}

func TestNextBatchIsOnTheGridOfTheEpoch(t *testing.T) {
	at := func(text string) time.Time {
		t.Helper()
		instant, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	tests := []struct {
		name            string
		trigger         Trigger
		last, now, want string
	}{
		{"the grid point after the start, not an interval after it", ProcessingTime(5 * time.Second), "2026-11-21T08:38:16.253Z", "2026-11-21T08:38:17Z", "2026-11-21T08:38:20Z"},
		{"from grid point to grid point", ProcessingTime(5 * time.Second), "2026-11-21T08:38:20Z", "2026-11-21T08:38:20.5Z", "2026-11-21T08:38:25Z"},
		{"a batch that outlasts its interval is followed at once", ProcessingTime(5 * time.Second), "2026-11-21T08:38:20Z", "2026-11-21T08:38:31.2Z", "2026-11-21T08:38:31.2Z"},
		{"one that ends on the grid too", ProcessingTime(5 * time.Second), "2026-11-21T08:38:20Z", "2026-11-21T08:38:25Z", "2026-11-21T08:38:25Z"},
		{"the grid begins in 1970, not in the year 1", ProcessingTime(7 * time.Second), "1970-01-01T00:00:08Z", "1970-01-01T00:00:09Z", "1970-01-01T00:00:14Z"},
		{"weeks begin on a Thursday", ProcessingTime(7 * 24 * time.Hour), "2026-11-21T08:38:20Z", "2026-11-21T09:00:00Z", "2026-11-26T00:00:00Z"},
		{"milliseconds", ProcessingTime(3 * time.Millisecond), "1970-01-01T00:00:00.0015Z", "1970-01-01T00:00:00.0016Z", "1970-01-01T00:00:00.003Z"},
		{"a clock that went back counts from where it is", ProcessingTime(5 * time.Second), "2026-11-21T08:38:20Z", "2026-11-21T07:12:03Z", "2026-11-21T07:12:05Z"},
		{"the default does not wait", Trigger{}, "2026-11-21T08:38:20Z", "2026-11-21T08:38:20.5Z", "2026-11-21T08:38:20.5Z"},
		{"available now does not wait", AvailableNow(), "2026-11-21T08:38:20Z", "2026-11-21T08:38:20.5Z", "2026-11-21T08:38:20.5Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.trigger.next(at(test.last), at(test.now)); !got.Equal(at(test.want)) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// The loop sleeps until the grid point, and no longer than a query that is stopped or told to finish.
func TestWaitForTrigger(t *testing.T) {
	const offGrid = 1253 * time.Millisecond // the clock of a bubble starts on a whole day
	tests := []struct {
		name     string
		interval time.Duration
		after    func(q *Query, cancel context.CancelFunc) // run a second into the wait
		waits    time.Duration
		stopped  bool
	}{
		{"to the grid", 5 * time.Second, nil, 5*time.Second - offGrid, false},
		{"until told to finish", time.Hour, func(q *Query, _ context.CancelFunc) { q.Finish() }, time.Second, false},
		{"until stopped", time.Hour, func(_ *Query, cancel context.CancelFunc) { cancel() }, time.Second, true},
		{"not at all", 0, nil, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				q := &Query{cfg: Config{Trigger: ProcessingTime(test.interval), Clock: time.Now}, finish: make(chan struct{})}
				if err := q.waitForTrigger(ctx); err != nil || q.Status().Message == statusTrigger {
					t.Fatalf("the first round waits: %+v, %v", q.Status(), err)
				}
				time.Sleep(offGrid)
				q.run.began = time.Now()
				if test.after != nil {
					time.AfterFunc(time.Second, func() { test.after(q, cancel) })
				}
				err := q.waitForTrigger(ctx)
				if waited := time.Since(q.run.began); waited != test.waits {
					t.Errorf("waited %v, want %v", waited, test.waits)
				}
				if errors.Is(err, context.Canceled) != test.stopped {
					t.Errorf("got error %v, want stopped: %v", err, test.stopped)
				}
			})
		})
	}
}

// The captured run: started at 16.253 s, the next batches at 20 and 25 s.
func TestProcessingTimeBatchesAreOnTheGrid(t *testing.T) {
	starts := func(q *Query) string {
		var all []string
		for _, p := range q.RecentProgress() {
			_, clock, _ := strings.Cut(p.Timestamp, "T00:0")
			all = append(all, clock)
		}
		return fmt.Sprint(all)
	}
	tests := []struct {
		name     string
		interval time.Duration
		took     time.Duration // each batch
		want     string
	}{
		{"short batches", 5 * time.Second, 100 * time.Millisecond, "[0:16.253Z 0:20.000Z 0:25.000Z]"},
		{"batches that outlast the interval are followed at once", 5 * time.Second, 7 * time.Second, "[0:16.253Z 0:23.253Z 0:30.253Z]"},
		{"batches that end within the next but one interval", 10 * time.Second, 5 * time.Second, "[0:16.253Z 0:21.253Z 0:30.000Z]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, newNumbers(3))
				b.source.limit, b.trigger = 1, ProcessingTime(test.interval)
				b.sink.at = func(context.Context, string) error {
					time.Sleep(test.took)
					return nil
				}
				time.Sleep(16253 * time.Millisecond)
				q := b.start()
				time.Sleep(40 * time.Second)
				if got := starts(q); !strings.HasPrefix(got, strings.TrimSuffix(test.want, "]")) {
					t.Errorf("batches began at %s, want %s", got, test.want)
				}
				b.wantSink("[0:[1] 1:[2] 2:[3]]")
			})
		})
	}
}

func TestOnceRunsOneBatchWithEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(6))
		b.source.limit, b.trigger = 1, Once()
		b.wait(b.start())
		b.wantSink("[0:[1 2 3 4 5 6]]")
		q := b.start()
		b.wait(q)
		if got := batches(q); got != "[[1 0]]" {
			t.Errorf("a run that finds nothing reports %s", got)
		}
	})
}

func TestAvailableNowRunsBatchesOverWhatIsThereAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(5))
		b.source.limit, b.trigger = 2, AvailableNow()
		b.sink.at = func(context.Context, string) error {
			b.source.add(10) // too late
			return nil
		}
		q := b.start()
		b.wait(q)
		b.wantSink("[0:[1 2] 1:[3 4] 2:[5]]")
		if got := q.Status(); got != (Status{Message: "Stopped"}) || q.IsActive() {
			t.Errorf("in the end %+v, active %v", got, q.IsActive())
		}
	})
}

// A query that repeats a batch first has frozen what is there as well.
func TestAvailableNowFreezesBeforeItRepeatsABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(2))
		b.trigger = AvailableNow()
		b.wait(b.start())
		b.remove("commits/0")
		b.sink.at = func(context.Context, string) error {
			b.source.add(1)
			return nil
		}
		b.wait(b.start())
		b.wantSink("[0:[1 2]]")
	})
}
