package stream

import (
	"strings"
	"sync"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
)

// A watermarkTracker keeps the query's watermark: behind it, no row is waited for. Each Watermark node has one of its own, the
// latest event time that it saw less its delay; the query's is the least of them, or the latest, and never goes back.
type watermarkTracker struct {
	latest bool // of the nodes' watermarks, not the least
	nodes  []nodeWatermark
	of     []int // the place in nodes of each Watermark node: those of one declaration share one
	ms     int64
}

type nodeWatermark struct {
	delayMs int64
	ms      int64 // 0 until a row is seen
	seen    bool
}

// newWatermarkTracker starts at 0, with the policy of a query's settings (multipleWatermarkPolicy).
func newWatermarkTracker(plan logical.Node, conf checkpoint.Conf) (*watermarkTracker, error) {
	t := &watermarkTracker{}
	declared := map[any]int{}
	for _, n := range logical.Watermarks(plan) {
		var by any = n
		if n.Of != nil {
			by = n.Of
		}
		at, again := declared[by]
		if !again {
			at = len(t.nodes)
			declared[by] = at
			t.nodes = append(t.nodes, nodeWatermark{delayMs: n.DelayMicros / 1000})
		}
		t.of = append(t.of, at)
	}
	policy, _ := conf.Get(checkpoint.MultipleWatermarkPolicy)
	latest, err := ParseWatermarkPolicy(policy)
	t.latest = latest
	return t, err
}

// ParseWatermarkPolicy reads how the watermark of a query with several Watermark nodes follows theirs: "min" or "max".
func ParseWatermarkPolicy(name string) (latest bool, err error) {
	switch strings.ToLower(name) {
	case "min":
		return false, nil
	case "max":
		return true, nil
	}
	return false, errclass.InvalidConfValue.New("Could not recognize watermark policy '%s'.", name).
		WithHint("%s is min or max.", checkpoint.MultipleWatermarkPolicy)
}

// advance takes what a batch saw.
func (t *watermarkTracker) advance(seen *eventTimes) {
	if len(t.nodes) == 0 {
		return
	}
	for i, at := range t.of {
		n := &t.nodes[at]
		if s := seen.of(i); s.Count > 0 && (!n.seen || s.Max-n.delayMs > n.ms) {
			n.ms, n.seen = s.Max-n.delayMs, true
		}
	}
	chosen := t.nodes[0].ms
	for _, n := range t.nodes[1:] {
		if t.latest {
			chosen = max(chosen, n.ms)
		} else {
			chosen = min(chosen, n.ms)
		}
	}
	t.ms = max(t.ms, chosen)
}

// eventTimes are what a batch saw, by Watermark node.
type eventTimes struct {
	mu   sync.Mutex
	seen map[int]*exec.EventTimeStats
}

// note is called by the goroutines that run the batch.
func (e *eventTimes) note(node int, seen exec.EventTimeStats) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[int]*exec.EventTimeStats{}
	}
	if e.seen[node] == nil {
		e.seen[node] = &exec.EventTimeStats{}
	}
	e.seen[node].Merge(seen)
}

func (e *eventTimes) of(node int) exec.EventTimeStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.seen[node]; s != nil {
		return *s
	}
	return exec.EventTimeStats{}
}

// report is the eventTime of a progress: of the first node that saw rows.
func (t *watermarkTracker) report(usedMs int64, seen *eventTimes) map[string]string {
	if len(t.nodes) == 0 {
		return nil
	}
	out := map[string]string{"watermark": formatMillis(usedMs)}
	if seen == nil {
		return out
	}
	for i := range t.of {
		if s := seen.of(i); s.Count > 0 {
			out["avg"], out["max"], out["min"] = formatMillis(int64(s.Avg)), formatMillis(s.Max), formatMillis(s.Min)
			break
		}
	}
	return out
}
