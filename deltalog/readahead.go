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

// A replayed is what one file of the log says: a commit, or a compaction of several.
type replayed struct {
	*Actions
	version   int64 // the last one that it holds
	compacted bool
}

// readCommits gives the actions of commits and compactions, in their order. The first error ends it.
func readCommits(ctx context.Context, store volumes.Store, commits []logFile) iter.Seq2[replayed, error] {
	return func(yield func(replayed, error) bool) {
		for len(commits) > 0 {
			n := window(commits)
			read, err := readWindow(ctx, store, commits[:n])
			for _, actions := range read {
				if !yield(actions, nil) {
					return
				}
			}
			if err != nil {
				yield(replayed{}, err)
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
func readWindow(ctx context.Context, store volumes.Store, commits []logFile) ([]replayed, error) {
	read, errs := make([][]replayed, len(commits)), make([]error, len(commits))
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
					read[i], err = readStep(ctx, store, commits[i])
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

// readStep reads a commit or a compaction. For one that cannot be read, the commits that it stands for are.
func readStep(ctx context.Context, store volumes.Store, f logFile) ([]replayed, error) {
	if f.kind != compactedFile {
		actions, err := readCommit(ctx, store, f.version)
		return []replayed{{actions, f.version, false}}, err
	}
	if actions, err := readCompaction(ctx, store, f); err == nil {
		return []replayed{{actions, f.through, true}}, nil
	}
	var commits []replayed
	for version := f.version; version <= f.through; version++ {
		actions, err := readCommit(ctx, store, version)
		if err != nil {
			return nil, err
		}
		commits = append(commits, replayed{actions, version, false})
	}
	return commits, nil
}
