package autoloader

import (
	"sync"

	"lakehouse/internal/batch"
	"lakehouse/internal/stream"
)

// An account says what became of the records of one file. Its pieces are read by several goroutines, and one that is read
// again counts once.
type account struct {
	mu     sync.Mutex
	pieces []batch.Counts
}

// open begins the account of a file of so many pieces.
func (a *account) open(pieces int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.pieces) != pieces {
		a.pieces = make([]batch.Counts, pieces)
	}
}

// enter sets what became of a piece's records.
func (a *account) enter(piece int, counts batch.Counts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pieces[piece] = counts
}

// sum is the account of the whole file. A file that was not read has none.
func (a *account) sum() (sum batch.Counts, read bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, counts := range a.pieces {
		sum.Add(counts)
	}
	return sum, len(a.pieces) > 0
}

var _ stream.Accounted = (*rows)(nil)

// Files gives the accounts of the files that were read.
func (r *rows) Files() []stream.FileProgress {
	all := make([]stream.FileProgress, 0, len(r.files))
	for _, f := range r.files {
		if sum, read := f.account.sum(); read {
			all = append(all, stream.FileProgress{Path: f.place.URI, Read: sum.Read, Corrupt: sum.Corrupt, Dropped: sum.Dropped})
		}
	}
	return all
}
