package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
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
	return t.truncateLog(ctx, s, all, all.keptFrom(cutoff))
}

// truncateLog deletes what lies before a version that has a checkpoint, and the sidecars that no checkpoint names any more.
func (t *Table) truncateLog(ctx context.Context, s *Snapshot, all *listing, keep int64) error {
	if keep < s.protectedBefore() {
		return nil // the checkpoints below may not be taken from their commits
	}
	if from := all.completeCheckpoint(keep + 1); from == nil || from.version != keep || !t.readable(ctx, from) {
		return nil // what is left would have to stand on it
	}
	gone := 0
	for _, files := range [][]logFile{all.compacted, all.commits, all.checksums, all.checkpoints} { // in this order: checkpoints outlive what stands on them
		var names []string
		for _, f := range files {
			if f.version >= keep && (f.kind != compactedFile || f.version > keep) {
				break
			}
			names = append(names, f.name)
		}
		if err := volumes.DeleteAll(ctx, t.store, names); err != nil {
			return err
		}
		gone += len(names)
	}
	if gone == 0 {
		return nil
	}
	return t.cleanUpSidecars(ctx)
}

func (t *Table) readable(ctx context.Context, checkpoint *checkpointFiles) bool {
	return t.checkReadable(ctx, checkpoint) == nil
}

// checkReadable looks whether a checkpoint can be read: its small rows, and the footers of all its files.
func (t *Table) checkReadable(ctx context.Context, checkpoint *checkpointFiles) error {
	if _, err := readCheckpointState(ctx, t.store, checkpoint); err != nil {
		return err
	}
	sidecars, err := readSidecarNames(ctx, t.store, checkpoint)
	for i := range sidecars {
		if err != nil {
			return err
		}
		var name string
		if name, err = sidecars[i].name(); err == nil {
			err = t.checkParquet(ctx, name)
		}
	}
	return err
}

func (t *Table) checkParquet(ctx context.Context, name string) error {
	file, err := openPart(ctx, t.store, name)
	if err != nil {
		return err
	}
	return file.Close()
}

// cleanUpSidecars deletes the sidecars that no checkpoint names. Those of the last day may belong to one that is being written.
// What cannot be read is no reason to delete: then nothing is.
func (t *Table) cleanUpSidecars(ctx context.Context) error {
	young := t.opts.Clock().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	var old []string
	for info, err := range t.store.List(ctx, sidecarDir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(info.Name, ".parquet") && info.ModTime.Before(young) {
			old = append(old, info.Name)
		}
	}
	if len(old) == 0 {
		return nil
	}
	named, err := t.namedSidecars(ctx)
	if err != nil {
		return err
	}
	return volumes.DeleteAll(ctx, t.store, slices.DeleteFunc(old, func(name string) bool { return named[name] }))
}

// namedSidecars are the sidecars of all checkpoints that the log has.
func (t *Table) namedSidecars(ctx context.Context) (map[string]bool, error) {
	all, err := list(ctx, t.store, 0, latest)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, f := range all.checkpoints {
		sidecars, err := readSidecarNames(ctx, t.store, &checkpointFiles{f.version, []logFile{f}})
		if err != nil {
			return nil, fmt.Errorf("find the sidecars of %s: %w", f.name, err)
		}
		for i := range sidecars {
			name, err := sidecars[i].name()
			if err != nil {
				return nil, fmt.Errorf("find the sidecars of %s: %w", f.name, err)
			}
			named[name] = true
		}
	}
	return named, nil
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
