package testsuite

import (
	"sync"
	"time"
)

// A ManualClock stands still until it is moved. Give its Now and After to [medallion.Options]: queries take their time from it, and
// processing-time triggers wait for it.
type ManualClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting []waiter
}

// waiter is somebody who waits for a moment.
type waiter struct {
	until time.Time
	fired chan time.Time
}

// NewManualClock makes a clock that stands at a moment.
func NewManualClock(at time.Time) *ManualClock { return &ManualClock{now: at} }

// Now is where the clock stands.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After fires once the clock has been moved on by d.
func (c *ManualClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	fired := make(chan time.Time, 1)
	c.waiting = append(c.waiting, waiter{c.now.Add(d), fired})
	c.fire()
	return fired
}

// Advance moves the clock on.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.fire()
}

// fire tells those whose moment has come. It needs c.mu.
func (c *ManualClock) fire() {
	kept := c.waiting[:0]
	for _, w := range c.waiting {
		if w.until.After(c.now) {
			kept = append(kept, w)
			continue
		}
		w.fired <- c.now
	}
	c.waiting = kept
}

// awaited tells whether somebody waits for the clock to be moved.
func (c *ManualClock) awaited() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting) > 0
}
