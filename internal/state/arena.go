package state

import (
	"errors"
	"runtime"
	"sync/atomic"
	"unsafe"

	"lakehouse/volumes"
)

// A Budget is how many bytes the states of a session keep on the heap. What comes after lies in scratch
// files, whose pages the kernel takes back when it needs them; so do the keys' hashes and places. On the heap stay the indexes by
// time (some 8 bytes a key) and by prefix (some 50), where a store has them. The zero value has no limit.
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

func (a *account) give(n int64) {
	a.held.Add(-n)
	if a.budget != nil {
		a.budget.used.Add(-n)
	}
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
	scratch []*volumes.Scratch // of what is not on the heap
	free    []byte             // of the last scratch file, for the table's own lists
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
	if !a.account.take(int64(size)) {
		if s := a.newScratch(n); s != nil {
			return s.Bytes()[:0]
		}
	}
	return make([]byte, 0, size)
}

// carve makes room for n bytes in a scratch file that others may share; nil: it cannot be had.
func (a *arena) carve(n int) []byte {
	if len(a.free) < n {
		s := a.newScratch(n)
		if s == nil {
			return nil
		}
		a.free = s.Bytes()
	}
	space := a.free[:n:n]
	a.free = a.free[n:]
	return space
}

// newScratch makes a scratch file, larger than the one before; those that are there are not what will be wanted most.
func (a *arena) newScratch(n int) *volumes.Scratch {
	s, err := volumes.NewScratch(max(min(firstScratch<<min(len(a.scratch), 16), maxScratch), n))
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			a.failed = err
		}
		return nil
	}
	a.cool()
	a.scratch = append(a.scratch, s)
	return s
}

// isScratch reports whether an address lies in a scratch file.
func (a *arena) isScratch(at uintptr) bool {
	for _, s := range a.scratch {
		first := uintptr(unsafe.Pointer(unsafe.SliceData(s.Bytes()))) //nolint:gosec // only compared
		if at >= first && at < first+uintptr(len(s.Bytes())) {
			return true
		}
	}
	return false
}

// cool lets the kernel have the pages of the scratch files.
func (a *arena) cool() {
	for _, s := range a.scratch {
		s.Cool()
	}
}
