package deltalog

import (
	"context"
	"fmt"
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
		found, err := list(ctx, t.store, max(from, 0), latest)
		if err != nil {
			yield(CommitFile{}, err)
			return
		}
		t.changes(ctx, found, yield)
	}
}

func (t *Table) changes(ctx context.Context, found *listing, yield func(CommitFile, error) bool) {
	expected := found.from
	var stamp time.Time
	if len(found.commits) == 0 && found.newest() >= found.from {
		yield(CommitFile{}, changesLost(found.from, found.newest()+1))
		return
	}
	for _, f := range found.commits {
		if f.version != expected {
			yield(CommitFile{}, changesLost(expected, f.version))
			return
		}
		stamp = monotone(stamp, f.modTime)
		actions, err := readCommit(ctx, t.store, f.version)
		if err == nil && actions.Protocol != nil {
			err = actions.Protocol.CheckRead()
		}
		if err != nil {
			yield(CommitFile{}, fmt.Errorf("read changes of version %d: %w", f.version, err))
			return
		}
		if !yield(CommitFile{f.version, stamp, actions}, nil) {
			return
		}
		expected++
	}
}

func changesLost(expected, found int64) error {
	return errclass.DeltaLogGap.New("version %d of the table is no longer in its log, which goes on with version %d.",
		expected, found).
		WithHint("If you never deleted it, the reader is lagging behind the log's retention (table property %s).", propLogRetention)
}
