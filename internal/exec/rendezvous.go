package exec

import (
	"context"
	"sync"
)

// A rendezvous is where the n goroutines of an operator wait for each other.
type rendezvous struct {
	mu      sync.Mutex
	missing int  // under mu
	failed  bool // under mu
	all     chan struct{}
}

func newRendezvous(n int) *rendezvous { return &rendezvous{missing: n, all: make(chan struct{})} }

// arrive says that one is done, and how.
func (r *rendezvous) arrive(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = r.failed || err != nil
	if r.missing--; r.missing == 0 {
		close(r.all)
	}
}

// wait returns when all have arrived; ok is false when one failed, who tells the caller itself.
func (r *rendezvous) wait(ctx context.Context) (ok bool, err error) {
	select {
	case <-r.all:
		r.mu.Lock()
		defer r.mu.Unlock()
		return !r.failed, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}
