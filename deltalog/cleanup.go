package deltalog

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"lakehouse/volumes"
)

// cleanUp deletes the files of the log that no version within the retention needs
// (delta.logRetentionDuration), as the specification's section Metadata Cleanup has it:
//
//   - the cutoff is the midnight (UTC) before now minus the retention, where now is not later than
//     the log's own newest time: a clock that is ahead deletes nothing;
//   - the cutoff commit is the newest one that is not newer than that;
//   - everything before the newest checkpoint that is not above the cutoff commit goes.
func (t *Table) cleanUp(ctx context.Context, s *Snapshot) error {
	if !s.state.metadata.logCleanup() {
		return nil
	}
	now := t.opts.Clock()
	if newest := s.Timestamp(); newest.Before(now) {
		now = newest
	}
	cutoff := now.Add(-s.state.metadata.logRetention()).UTC().Truncate(24 * time.Hour)
	if old, err := t.startsBefore(ctx, cutoff); err != nil || !old {
		return err
	}
	all, err := list(ctx, t.store, 0, s.Version())
	if err != nil {
		return err
	}
	keep := all.keptFrom(cutoff)
	for _, files := range [][]logFile{all.commits, all.checksums, all.checkpoints} {
		for _, f := range files {
			if f.version >= keep {
				break
			}
			if err := t.store.Delete(ctx, f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// startsBefore looks at the oldest commit: most of the time there is nothing to delete, and a long
// log need not be looked through to see it.
func (t *Table) startsBefore(ctx context.Context, cutoff time.Time) (bool, error) {
	for info, err := range t.store.List(ctx, logDir, volumes.ListOptions{}) {
		if err != nil {
			return false, err
		}
		if f := parseLogFile(info); f.kind == commitFile {
			return !f.modTime.After(cutoff), nil
		}
	}
	return false, nil
}

// keptFrom is the version of the checkpoint from which on the log is kept; 0: all of it. The oldest
// commits go first, so that a clean-up cut short leaves no gap above the checkpoint.
func (l *listing) keptFrom(cutoff time.Time) int64 {
	commit := int64(-1)
	var stamp time.Time
	for _, f := range l.commits {
		if stamp = monotone(stamp, f.modTime); stamp.After(cutoff) {
			break
		}
		commit = f.version
	}
	if cp := l.completeCheckpoint(commit + 1); cp != nil {
		return cp.version
	}
	return 0
}
