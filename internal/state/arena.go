package state

import (
	"errors"
	"runtime"
	"sync/atomic"

	"lakehouse/volumes"
)

// A Budget is how many bytes of keys and values the states of a session keep on the heap. What comes after lies in scratch
// files, whose pages the kernel takes back when it needs them; beside the heap's bytes stay the keys' hashes and places:
// at most 64 bytes a key. The zero value has no limit.
type Budget struct{ limit, used atomic.Int64 }

// NewBudget is a budget of so many bytes; 0 is no limit.
func NewBudget(limit int64) *Budget {
	b := &Budget{}
	b.SetLimit(limit)
	return b
}

// SetLimit changes the budget, for what comes from then on; 0 is no limit.
func (b *Budget) SetLimit(limit int64) { b.limit.Store(limit) }

// take reports whether n more bytes may be on the heap.
func (b *Budget) take(n int64) bool {
	if limit := b.limit.Load(); b.used.Add(n) > limit && limit > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

// An account is what one arena has taken of a budget. It is given back when the arena is gone.
type account struct {
	budget *Budget // nil: there is no limit
	held   atomic.Int64
}

func (a *account) take(n int64) bool {
	if a.budget != nil && !a.budget.take(n) {
		return false
	}
	a.held.Add(n)
	return true
}

func (a *account) close() {
	if n := a.held.Swap(0); a.budget != nil {
		a.budget.used.Add(-n)
	}
}

// A span is a piece of an arena.
type span struct{ chunk, at, size uint32 }

// An arena holds bytes in chunks that never move: on the heap, and when the budget has no more in scratch files.
type arena struct {
	chunks  [][]byte
	used    int64 // bytes that were added
	account *account
	scratch []*volumes.Scratch // of the chunks that are not on the heap
	failed  error              // why a scratch file could not be had
	readers atomic.Int32       // views that are being written: while there are any, no byte changes
}

func newArena(budget *Budget) *arena {
	a := &arena{account: &account{budget: budget}}
	if budget != nil {
		runtime.AddCleanup(a, (*account).close, a.account)
	}
	return a
}

const (
	firstChunk = 4 << 10
	maxChunk   = 1 << 20

	firstScratch = 1 << 20
	maxScratch   = 64 << 20
)

// get gives the bytes of a span. Those in scratch files are good as long as the arena is.
func (a *arena) get(s span) []byte { return s.of(a.chunks) }

// first is the first byte of a span.
func (a *arena) first(s span) byte {
	if s.size == 0 {
		return 0
	}
	return a.chunks[s.chunk][s.at]
}

func (s span) of(chunks [][]byte) []byte {
	if s.size == 0 {
		return []byte{}
	}
	return chunks[s.chunk][s.at : s.at+s.size : s.at+s.size]
}

func (a *arena) add(data []byte) span {
	if len(data) == 0 {
		return span{}
	}
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < len(data) {
		a.chunks = append(a.chunks, a.chunk(len(data)))
		last++
	}
	chunk := a.chunks[last]
	at := len(chunk)
	a.chunks[last] = append(chunk, data...)
	a.used += int64(len(data))
	return span{chunk: uint32(last), at: uint32(at), size: uint32(len(data))}
}

// chunk makes room for at least n bytes. A scratch file that cannot be had is no matter yet: the heap stands in, and the commit fails.
func (a *arena) chunk(n int) []byte {
	size := max(min(firstChunk<<min(len(a.chunks), 16), maxChunk), n)
	if a.account.take(int64(size)) {
		return make([]byte, 0, size)
	}
	s, err := volumes.NewScratch(max(min(firstScratch<<min(len(a.scratch), 16), maxScratch), n))
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			a.failed = err
		}
		return make([]byte, 0, size)
	}
	a.scratch = append(a.scratch, s)
	return s.Bytes()[:0]
}

// cool lets the kernel have the pages of the scratch files.
func (a *arena) cool() {
	for _, s := range a.scratch {
		s.Cool()
	}
}
