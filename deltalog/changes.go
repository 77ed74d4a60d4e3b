package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"lakehouse/internal/errclass"
)

// A CommitFile is one version as the log holds it.
type CommitFile struct {
	Version   int64
	Timestamp time.Time // later than that of the version before
	Actions   *Actions
}

// Changes are the versions from one on, as far as the log goes now. A first version above the
// latest gives none. A version that is missing is an error of class DELTA_VERSIONS_NOT_CONTIGUOUS:
// a reader that tails the table has then lost changes.
func (t *Table) Changes(ctx context.Context, from int64) iter.Seq2[CommitFile, error] {
	return func(yield func(CommitFile, error) bool) {
		version := max(from, 0)
		var stamp time.Time
		for ; ; version++ {
			change, err := t.change(ctx, version, stamp)
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if !yield(change, t.located(err)) || err != nil {
				return
			}
			stamp = change.Timestamp
		}
		if err := t.checkEnd(ctx, version); err != nil {
			yield(CommitFile{}, t.located(err))
		}
	}
}

// FirstChange is the first version, from one on, that the log still has; ok is false where there is none.
func (t *Table) FirstChange(ctx context.Context, from int64) (version int64, ok bool, err error) {
	found, err := list(ctx, t.store, max(from, 0), latest)
	if err != nil || len(found.commits) == 0 {
		return -1, false, t.located(err)
	}
	return found.commits[0].version, true, nil
}

func (t *Table) change(ctx context.Context, version int64, previous time.Time) (CommitFile, error) {
	actions, f, err := readCommitFile(ctx, t.store, version)
	if err == nil && actions.Protocol != nil {
		err = actions.Protocol.CheckRead()
	}
	if err == nil {
		err = actions.checkPaths(t)
	}
	if err != nil {
		return CommitFile{}, fmt.Errorf("read changes of version %d: %w", version, err)
	}
	at := monotone(previous, f.modTime)
	if actions.CommitInfo != nil && actions.CommitInfo.InCommitTimestamp != 0 {
		at = time.UnixMilli(actions.CommitInfo.InCommitTimestamp)
	}
	return CommitFile{version, at, actions}, nil
}

// checkPaths makes sure that the files to be read lie in the table's folder.
func (a *Actions) checkPaths(t *Table) error {
	for _, file := range a.Adds {
		if err := t.checkFilePath(file.Path); err != nil {
			return errclass.DeltaLogCorrupt.New("add.path: %w.", err)
		}
	}
	for _, file := range a.CDC {
		if err := t.checkFilePath(file.Path); err != nil {
			return errclass.DeltaLogCorrupt.New("cdc.path: %w.", err)
		}
	}
	return nil
}

// checkEnd makes sure that the log ends before the version: that it is not a hole, or cleaned away.
// At the end of a healthy log that takes two looks, however long the log is.
func (t *Table) checkEnd(ctx context.Context, version int64) error {
	after, err := t.has(ctx, version+1)
	if err != nil {
		return err
	}
	before := version == 0
	if !before {
		if before, err = t.has(ctx, version-1); err != nil {
			return err
		}
	}
	if before && !after {
		return nil
	}
	found, err := list(ctx, t.store, version, latest)
	if err != nil {
		return err
	}
	switch {
	case len(found.commits) > 0 && found.commits[0].version > version:
		return changesLost(version, found.commits[0].version)
	case len(found.commits) == 0 && found.newest() >= version:
		return changesLost(version, found.newest()+1)
	}
	return nil
}

func changesLost(expected, found int64) error {
	return errclass.DeltaLogGap.New("version %d of the table is no longer in its log, which goes on with version %d.",
		expected, found).
		WithHint("If you never deleted it, the reader is lagging behind the log's retention (table property %s).", propLogRetention)
}
