package stream

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// seconds is a plan that reads each number as so many seconds after 1970, with a watermark.
func seconds(t *testing.T, source logical.Node, delaySeconds int64) logical.Node {
	t.Helper()
	n := &expr.Column{Index: 0, Name: "n", DataType: types.Long}
	at, err := expr.NewCast(n, types.Timestamp, plan.EvalDefault, true, true)
	if err != nil {
		t.Fatal(err)
	}
	project := &logical.Project{Input: source, Columns: []logical.Named{{Expr: n, Name: "n"}, {Expr: at, Name: "at"}}}
	return &logical.Watermark{Input: project, Column: 1, DelayMicros: delaySeconds * 1e6, Delay: "some seconds"}
}

func tracker(t *testing.T, policy string, delaysMs ...int64) *watermarkTracker {
	t.Helper()
	var nodes []logical.Node
	for _, d := range delaysMs {
		nodes = append(nodes, &logical.Watermark{Input: &logical.StreamRelation{Provider: newNumbers(0)}, DelayMicros: d * 1000})
	}
	w, err := newWatermarkTracker(&logical.Union{Inputs: nodes}, checkpoint.Conf{{Key: checkpoint.MultipleWatermarkPolicy, Value: policy}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A node's watermark is the latest time it saw less its delay. The query's is the least, or the latest, of all nodes, those
// that saw nothing at 1970; it never goes back.
func TestWatermarkFollowsItsNodes(t *testing.T) {
	type batch map[int]int64 // the latest time of each node that saw rows
	tests := []struct {
		name    string
		policy  string
		delays  []int64
		batches []batch
		want    []int64
	}{
		{"one node", "min", []int64{10}, []batch{{0: 100}, {}, {0: 50}, {0: 111}}, []int64{90, 90, 90, 101}},
		{"the least", "min", []int64{0, 0}, []batch{{0: 100}, {1: 40}, {0: 200}, {1: 500}}, []int64{0, 40, 40, 200}},
		{"the latest", "MAX", []int64{0, 0}, []batch{{0: 100}, {1: 40}, {1: 200}}, []int64{100, 100, 200}},
		{"before 1970", "min", []int64{1000}, []batch{{0: 100}, {0: 900}, {0: 1001}}, []int64{0, 0, 1}},
		{"no node", "min", nil, []batch{{0: 100}}, []int64{0}},
	}
	for _, test := range tests {
		w := tracker(t, test.policy, test.delays...)
		for i, b := range test.batches {
			seen := &eventTimes{}
			for node, ms := range b {
				seen.note(node, exec.EventTimeStats{Max: ms, Min: ms, Avg: float64(ms), Count: 1})
			}
			if w.advance(seen); w.ms != test.want[i] {
				t.Errorf("%s: after batch %d the watermark is %d, want %d", test.name, i, w.ms, test.want[i])
			}
		}
	}
	if _, err := ParseWatermarkPolicy("mean"); !errors.Is(err, errclass.InvalidConfValue) {
		t.Errorf("policy mean gave %v", err)
	}
}

// A batch's watermark is in its offsets and the next one's in its commit; a restart goes on with it, and a batch cut short is
// repeated with the one it had.
func TestWatermarkIsKeptInTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(20))
		b.plan = seconds(t, &logical.StreamRelation{Provider: b.source}, 5)
		q := b.start()
		b.settle(q)
		b.source.add(10)
		b.settle(q)
		last := q.LastProgress()
		q.Stop()
		for name, want := range map[string]string{
			"offsets/0": `{"batchWatermarkMs":0,`, "commits/0": `{"nextBatchWatermarkMs":15000}`,
			"offsets/1": `{"batchWatermarkMs":15000,`, "commits/1": `{"nextBatchWatermarkMs":25000}`,
		} {
			if got := b.read(name); !strings.Contains(got, want) {
				t.Errorf("%s holds %s, want %s", name, got, want)
			}
		}
		if got, want := last.EventTime, "1970-01-01T00:00:25.500Z 1970-01-01T00:00:30.000Z 1970-01-01T00:00:21.000Z 1970-01-01T00:00:15.000Z"; strings.Join([]string{got["avg"], got["max"], got["min"], got["watermark"]}, " ") != want {
			t.Errorf("batch 1 reports %v, want %s", got, want)
		}

		b.source.add(1)
		again := b.start()
		b.settle(again)
		again.Stop()
		if got := b.read("offsets/2"); !strings.Contains(got, `"batchWatermarkMs":25000`) {
			t.Errorf("after a restart offsets/2 holds %s", got)
		}
		b.remove("commits/2")
		repeated := b.start()
		b.settle(repeated)
		if got := repeated.RecentProgress()[0].EventTime["watermark"]; got != "1970-01-01T00:00:25.000Z" {
			t.Errorf("the repeated batch used the watermark %s", got)
		}
	})
}

// countedBySeconds counts the numbers by windows of ten seconds, five seconds late.
func countedBySeconds(t *testing.T, b *bench) logical.Node {
	t.Helper()
	return planOf(t, "SELECT unix_seconds(window.start) AS n FROM (SELECT timestamp_seconds(n) AS at FROM s) WATERMARK at DELAY OF INTERVAL 5 SECONDS GROUP BY window(at, '10 seconds')", b.source)
}

// When the watermark has moved and no data are there, a batch without rows closes windows: by the default trigger and by
// availableNow, not by once, not where it is switched off, and not in a run that has not yet run a batch.
func TestBatchesWithoutDataCloseWindows(t *testing.T) {
	for _, c := range []struct {
		name    string
		trigger Trigger
		off     bool
		want    string
	}{
		{"default", Trigger{}, false, "[[0 20] [1 0]]"},
		{"processingTime", ProcessingTime(1000000), false, "[[0 20] [1 0]]"},
		{"availableNow", AvailableNow(), false, "[[0 20] [1 0]]"},
		{"once", Once(), false, "[[0 20]]"},
		{"switched off", AvailableNow(), true, "[[0 20]]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, newNumbers(20))
				b.plan, b.trigger, b.noEmpty = countedBySeconds(t, b), c.trigger, c.off
				q := b.start()
				if c.trigger.Ends() {
					b.wait(q)
				} else {
					b.settle(q)
				}
				if got := batches(q); got != c.want {
					t.Errorf("batches and their rows are %s, want %s", got, c.want)
				}
				if strings.HasSuffix(c.want, "[1 0]]") {
					b.wantSink("[0:[] 1:[0]]")
					if got, want := q.LastProgress().EventTime, map[string]string{"watermark": "1970-01-01T00:00:15.000Z"}; !maps.Equal(got, want) {
						t.Errorf("a batch without rows reports %v, want %v", got, want)
					}
					if a, b := b.read("offsets/0"), b.read("offsets/1"); a[strings.LastIndex(a, "\n"):] != b[strings.LastIndex(b, "\n"):] {
						t.Errorf("a batch without data goes from %s to %s", a, b)
					}
				}
				q.Stop()
				b.trigger = AvailableNow()
				b.wait(b.start()) // nothing new: nothing runs, whatever could be closed
				if got := len(b.files("commits")); got != strings.Count(c.want, "[")-1 {
					t.Errorf("%d batches after a restart, of %s", got, c.want)
				}
			})
		})
	}
}

// A batch without data that is cut short runs again, without data, and asks the source nothing.
func TestABatchWithoutDataIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newNumbers(20))
		b.plan, b.trigger = countedBySeconds(t, b), AvailableNow()
		b.wait(b.start())
		b.remove("commits/1")
		b.source.at = func(_ context.Context, phase string) error {
			if phase == "rows" {
				return errors.New("asked for rows")
			}
			return nil
		}
		q := b.start()
		b.wait(q)
		if got := batches(q); got != "[[1 0]]" {
			t.Errorf("the run repeated %s", got)
		}
		b.wantSink("[0:[] 1:[0]]")
		if got := b.sink.writes; len(got) != 3 {
			t.Errorf("the sink took batches %v", got)
		}
	})
}
