package deltalog

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
)

// How commits are read ahead: many at once hide the way to the storage, and use every core for their JSON.
const (
	commitsAhead  = 128
	commitReaders = 8
	fewCommits    = 4        // so many are read one after the other
	maxBytesAhead = 32 << 20 // of the commits of one window; a larger one is read alone
)

// readAll reads commits and compactions, in their order. The first error ends it.
func (k digestKind) readAll(ctx context.Context, store volumes.Store, commits []logFile) iter.Seq2[*digest, error] {
	return func(yield func(*digest, error) bool) {
		for len(commits) > 0 {
			n := window(commits)
			read, err := k.readWindow(ctx, store, commits[:n])
			for _, one := range read {
				if !yield(one, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			commits = commits[n:]
		}
	}
}

// window is how many of the commits are read at once, at least one.
func window(commits []logFile) int {
	bytes := int64(0)
	for n, f := range commits {
		if bytes += f.size; n > 0 && bytes > maxBytesAhead || n == commitsAhead {
			return n
		}
	}
	return len(commits)
}

// readWindow reads commits at the same time: those before the first that cannot be read, and its error.
func (k digestKind) readWindow(ctx context.Context, store volumes.Store, commits []logFile) ([]*digest, error) {
	read, errs := make([][]*digest, len(commits)), make([]error, len(commits))
	workers := commitReaders
	if len(commits) <= fewCommits {
		workers = 1
	}
	var readers errgroup.Group
	var next atomic.Int64
	for range workers {
		readers.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(commits)); i = next.Add(1) - 1 {
				errs[i] = batch.Guard(func() (err error) {
					read[i], err = k.read(ctx, store, commits[i])
					return err
				})
			}
			return nil // the first in the order of the log is told, not the first in time
		})
	}
	_ = readers.Wait()
	for i, err := range errs {
		if err != nil {
			return slices.Concat(read[:i]...), err
		}
	}
	return slices.Concat(read...), nil
}
