package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// RepairOptions say what [Table.Repair] does about missing files.
type RepairOptions struct {
	DryRun bool // only look
}

// A MissingFile is a data file that the table names and that cannot be read: it is gone, or its vector is.
type MissingFile struct {
	Path          string
	Gone          bool
	Vector        string // the file of its deletion vector; empty: none
	VectorGone    bool
	missingAction RemoveFile
}

// Repaired says what a repair found.
type Repaired struct {
	Version int64 // the new one; -1 where nothing was missing, and of a dry run
	Missing []MissingFile
}

// Repair takes the files out of the table that are no longer in its folder, so that the rest can be read. What was in them is
// lost. A file whose deletion vector is gone goes as well: nobody knows which of its rows are in the table.
func (t *Table) Repair(ctx context.Context, opts RepairOptions) (Repaired, error) {
	done, err := t.repair(ctx, opts)
	return done, t.located(err)
}

func (t *Table) repair(ctx context.Context, opts RepairOptions) (Repaired, error) {
	done := Repaired{Version: -1}
	snap, err := t.Snapshot(ctx)
	if err != nil {
		return done, err
	}
	if err := snap.state.protocol.CheckWrite(); err != nil {
		return done, err
	}
	for batch, err := range filesBy(ctx, snap, repairBatch) {
		if err != nil {
			return done, err
		}
		found, err := t.lookFor(ctx, batch)
		if err != nil {
			return done, err
		}
		done.Missing = append(done.Missing, found...)
	}
	if len(done.Missing) == 0 || opts.DryRun {
		return done, nil
	}
	txn := snap.Begin(Operation{
		Name: "FSCK", Parameters: Parameters{}.With("dryRun", false),
		Metrics: map[string]string{"numRemovedFiles": strconv.Itoa(len(done.Missing))},
	})
	for i := range done.Missing {
		txn.RemoveFile(done.Missing[i].missingAction)
	}
	made, err := txn.Commit(ctx)
	if err == nil {
		done.Version = made.Version
	}
	return done, err
}

// repairBatch is how many files are looked for at once.
const repairBatch = 1024

// filesBy gives the files in batches.
func filesBy(ctx context.Context, s *Snapshot, size int) func(func([]AddFile, error) bool) {
	return func(yield func([]AddFile, error) bool) {
		var batch []AddFile
		for f, err := range s.Files(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch = append(batch, f); len(batch) == size {
				if !yield(batch, nil) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

// lookedForAtOnce bounds how many files are looked for side by side.
const lookedForAtOnce = 16

// lookFor gives those of the files that cannot be read, in their order.
func (t *Table) lookFor(ctx context.Context, files []AddFile) ([]MissingFile, error) {
	all := make([]MissingFile, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookedForAtOnce)
	for i := range files {
		group.Go(func() (err error) {
			all[i], err = t.lookForOne(ctx, &files[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var missing []MissingFile
	for _, m := range all {
		if m.Gone || m.VectorGone {
			missing = append(missing, m)
		}
	}
	return missing, nil
}

func (t *Table) lookForOne(ctx context.Context, f *AddFile) (m MissingFile, err error) {
	m = MissingFile{Path: f.Path, missingAction: f.Removed(t.opts.Clock().UnixMilli(), false)}
	if m.Gone, err = t.isGone(ctx, f.Path); err != nil {
		return m, err
	}
	if m.Vector, err = f.DeletionVector.fileName(); err == nil && m.Vector != "" {
		m.VectorGone, err = t.isGone(ctx, m.Vector)
	}
	return m, err
}

func (t *Table) isGone(ctx context.Context, name string) (bool, error) {
	err := t.stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", name, err)
	}
	return false, nil
}
