package delta

import (
	"context"
	"sync"
)

// A worklist shares out the steps of a change among goroutines. What a file still needs goes before files that nobody has looked at, so
// that few are under way at a time.
type worklist struct {
	mu     sync.Mutex
	moved  sync.Cond
	files  []step  // under mu, as all below: look into a file
	pieces []step  // find rows in a part of it
	writes []step  // write what becomes of a part of it
	phases []phase // that have not begun
	busy   int     // steps under way that may lead to others
}

// A phase gives steps when all those before it, and those that they led to, are done: nothing else is done while it does.
type phase func(ctx context.Context) []step

// A step is done by one worker. It reports whether the worker goes on.
type step func(w *rewriter) (ok bool)

func newWorklist(phases ...phase) *worklist {
	l := &worklist{phases: phases}
	l.moved.L = &l.mu
	return l
}

// take gives the next step; leads says that [worklist.leave] must be called behind it. A nil step is the end.
func (l *worklist) take(ctx context.Context) (s step, leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ctx.Err() == nil {
		switch {
		case pop(&l.writes, &s):
			return s, false
		case pop(&l.pieces, &s), pop(&l.files, &s):
			l.busy++
			return s, true
		case l.busy > 0:
			l.moved.Wait()
		case len(l.phases) > 0:
			l.files, l.phases = l.phases[0](ctx), l.phases[1:]
			l.moved.Broadcast()
		default:
			return nil, false
		}
	}
	return nil, false
}

func pop(from *[]step, s *step) bool {
	if len(*from) == 0 {
		return false
	}
	*s = (*from)[0]
	(*from)[0] = nil
	*from = (*from)[1:]
	return true
}

// leave ends a step that may have led to others.
func (l *worklist) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	l.moved.Broadcast()
}

func (l *worklist) find(steps ...step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pieces = append(l.pieces, steps...)
	l.moved.Broadcast()
}

func (l *worklist) write(steps ...step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, steps...)
	l.moved.Broadcast()
}

// wake lets those who wait see that the context has ended.
func (l *worklist) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moved.Broadcast()
}
