package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// VacuumOptions say what [Table.Vacuum] deletes. The zero value deletes what the table's own retention
// (delta.deletedFileRetentionDuration, a week by default) has passed.
type VacuumOptions struct {
	// Retention replaces the table's. One that is shorter is refused unless SkipRetentionCheck is set: a write that
	// takes longer than the retention would lose its files before it commits.
	Retention          *time.Duration
	SkipRetentionCheck bool
	// DryRun deletes nothing and writes nothing into the history.
	DryRun bool
	// Lite deletes what the log's commits have removed, without listing the table's folder: files of writes
	// that never committed stay.
	Lite bool
	// Inventory stands for the listing of the folder, where the storage's own report of its files is at hand.
	// It may be walked more than once.
	Inventory iter.Seq2[InventoryFile, error]
	// Each is called with each name that is deleted, or would be, from one goroutine at a time.
	Each func(name string)
	// NoHistory leaves the two versions VACUUM START and VACUUM END out.
	NoHistory bool
	// Workers delete side by side. Default: 8.
	Workers int
}

// An InventoryFile is a file or folder of the table's folder.
type InventoryFile struct {
	Name    string // below the table's folder
	Size    int64
	IsDir   bool
	ModTime time.Time
}

// Vacuumed says what a vacuum did, or, of a dry run, would do.
type Vacuumed struct {
	Files       int64 // deleted, with empty folders
	Bytes       int64
	Directories int64 // looked through, the table's own among them
}

const defaultVacuumWorkers = 8

// Vacuum deletes the files in the table's folder that no version within the retention names: data files, deletion
// vectors, change data, and empty folders. It looks at nothing outside that folder, and passes over names that begin with
// "_" or ".", which belong to others, except _change_data and partitions.
//
// The history tells of it in two versions, before the first file is deleted and after the last. A run that is cut short
// has deleted some of the files; the next one deletes the rest.
func (t *Table) Vacuum(ctx context.Context, opts VacuumOptions) (Vacuumed, error) {
	done, err := t.vacuum(ctx, opts)
	return done, t.located(err)
}

func (t *Table) vacuum(ctx context.Context, opts VacuumOptions) (Vacuumed, error) {
	v, err := t.prepareVacuum(ctx, opts)
	if err != nil {
		return Vacuumed{}, err
	}
	found, err := v.count(ctx)
	if err != nil || opts.DryRun {
		return found, err
	}
	if err := v.start(ctx, found); err != nil {
		return Vacuumed{}, fmt.Errorf("vacuum: record its start: %w", err)
	}
	done, err := v.delete(ctx)
	if err == nil {
		err = v.sweep(ctx)
	}
	if err != nil {
		return done, errors.Join(err, v.end(context.WithoutCancel(ctx), nil))
	}
	if err := v.end(ctx, &done); err != nil {
		return done, fmt.Errorf("vacuum: record its end: %w", err)
	}
	return done, v.remember(ctx)
}

// A vacuuming is one run. What it may delete is settled when it begins.
type vacuuming struct {
	table     *Table
	opts      VacuumOptions
	snap      *Snapshot
	retention time.Duration // the table's
	kept      *keptFiles
	folder    *folderWalk // nil: lite
	lite      commitRange
	cutoff    time.Time
}

func (t *Table) prepareVacuum(ctx context.Context, opts VacuumOptions) (*vacuuming, error) {
	snap, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if err := snap.state.protocol.CheckWrite(); err != nil {
		return nil, err
	}
	v := &vacuuming{table: t, opts: opts, snap: snap, retention: snap.state.metadata.fileRetention()}
	if err := v.checkRetention(); err != nil {
		return nil, err
	}
	retention := v.retention
	if opts.Retention != nil {
		retention = *opts.Retention
	}
	cutoff := t.opts.Clock().Add(-retention)
	v.cutoff = cutoff
	if v.lite, err = t.removedUntil(ctx, snap, cutoff); err != nil {
		return nil, err
	}
	if v.kept, err = v.keep(ctx, cutoff, retention); err != nil {
		return nil, fmt.Errorf("vacuum: look for the files to keep: %w", err)
	}
	if opts.Lite {
		return v, v.lite.check()
	}
	v.folder = &folderWalk{store: t.store, partitions: snap.state.metadata.PartitionColumns, inventory: opts.Inventory}
	return v, nil
}

func (v *vacuuming) checkRetention() error {
	asked := v.opts.Retention
	if asked == nil {
		return nil
	}
	if *asked < 0 {
		return errclass.DeltaVacuumNegative.New("Retention period for Vacuum can't be less than 0 hours.")
	}
	if *asked >= v.retention || v.opts.SkipRetentionCheck {
		return nil
	}
	hours := int64((v.retention + time.Hour - 1) / time.Hour)
	return errclass.DeltaVacuumTooShort.New("The specified VACUUM retention period is too low and may corrupt this Delta table if any writes are in progress.").
		WithHint("If no operations (insert, upsert, delete, optimize) are running, you can disable this safety check by setting: "+
			"spark.databricks.delta.retentionDurationCheck.enabled = false. Otherwise, use a retention period of at least %d hours.", hours)
}

// candidates are the names that go: each with its size; folders last of all, deepest first.
func (v *vacuuming) candidates(ctx context.Context) iter.Seq2[InventoryFile, error] {
	return func(yield func(InventoryFile, error) bool) {
		files := v.lite.files(ctx, v.table)
		if v.folder != nil {
			files = v.folder.files(ctx)
		}
		for f, err := range files {
			if err == nil && !v.kept.deletable(f) {
				continue
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// count walks the candidates once, for the history, or for a dry run.
func (v *vacuuming) count(ctx context.Context) (Vacuumed, error) {
	found := Vacuumed{Directories: 1}
	if v.opts.Lite {
		return v.countLite(ctx)
	}
	for f, err := range v.candidates(ctx) {
		if err != nil {
			return found, fmt.Errorf("vacuum: list the table's folder: %w", err)
		}
		found.Files, found.Bytes = found.Files+1, found.Bytes+f.Size
		if v.opts.DryRun && v.opts.Each != nil {
			v.opts.Each(f.Name)
		}
	}
	found.Directories += v.folder.dirs
	return found, nil
}

// countLite asks the storage whether the files that the log names are still there: another run may have deleted them.
func (v *vacuuming) countLite(ctx context.Context) (Vacuumed, error) {
	found := Vacuumed{Directories: 1}
	for f, err := range v.candidates(ctx) {
		if err != nil {
			return found, err
		}
		_, err := v.table.store.Stat(ctx, f.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return found, fmt.Errorf("vacuum: look for %s: %w", f.Name, err)
		}
		found.Files, found.Bytes = found.Files+1, found.Bytes+f.Size
		if v.opts.DryRun && v.opts.Each != nil {
			v.opts.Each(f.Name)
		}
	}
	return found, nil
}

// delete walks the candidates again, and deletes them by several workers. The walk is repeated, not remembered: a million
// names need no memory, and what came in between is younger than the cutoff.
func (v *vacuuming) delete(ctx context.Context) (Vacuumed, error) {
	if err := v.keepNewer(ctx); err != nil {
		return Vacuumed{}, fmt.Errorf("vacuum: look for the files to keep: %w", err)
	}
	workers := v.opts.Workers
	if workers <= 0 {
		workers = defaultVacuumWorkers
	}
	var files, bytes atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var walkErr error
	var together []InventoryFile
	flush := func() {
		some := together
		together = nil
		group.Go(func() error {
			gone, size, err := v.deleteSome(ctx, some)
			files.Add(gone)
			bytes.Add(size)
			return err
		})
	}
	for f, err := range v.candidates(ctx) {
		if walkErr = err; err != nil {
			break
		}
		if v.opts.Each != nil {
			v.opts.Each(f.Name)
		}
		if f.IsDir && len(together) > 0 {
			flush()
		}
		if together = append(together, f); f.IsDir || v.opts.Lite || len(together) == deletedTogether {
			flush()
		}
	}
	if len(together) > 0 {
		flush()
	}
	err := group.Wait()
	if err == nil {
		err = walkErr
	}
	done := Vacuumed{Files: files.Load(), Bytes: bytes.Load(), Directories: 1}
	if v.folder != nil {
		done.Directories += v.folder.dirs
	}
	if err != nil {
		return done, fmt.Errorf("vacuum: %w", err)
	}
	return done, nil
}

// deletedTogether is how many files one worker takes.
const deletedTogether = 100

// deleteSome deletes files together, which is one request where the store can. Folders come one by one, and so do the files that only the
// log names: whether they were there counts.
func (v *vacuuming) deleteSome(ctx context.Context, some []InventoryFile) (gone, size int64, err error) {
	if v.opts.Lite || some[0].IsDir {
		was, err := v.table.deleteOne(ctx, some[0])
		if was {
			gone, size = 1, some[0].Size
		}
		return gone, size, err
	}
	names := make([]string, len(some))
	for i, f := range some {
		names[i] = f.Name
		size += f.Size
	}
	if err := volumes.DeleteAll(ctx, v.table.store, names); err != nil {
		return 0, 0, fmt.Errorf("delete %d files: %w", len(names), err)
	}
	return int64(len(names)), size, nil
}

// sweptAfter is when what a write left unfinished counts as dead, at the earliest: no write takes so long.
const sweptAfter = 24 * time.Hour

// sweep removes what writers that crashed left in the store, of which listings do not tell.
func (v *vacuuming) sweep(ctx context.Context) error {
	store, ok := v.table.store.(volumes.Sweeper)
	if !ok || v.opts.Lite {
		return nil
	}
	before := v.table.opts.Clock().Add(-sweptAfter)
	if v.cutoff.Before(before) {
		before = v.cutoff
	}
	if _, err := store.Sweep(ctx, ".", before); err != nil {
		return fmt.Errorf("sweep up after crashes: %w", err)
	}
	return nil
}

// deleteOne deletes a file, or a folder if it is still empty: a writer may just have put a file there.
func (t *Table) deleteOne(ctx context.Context, f InventoryFile) (gone bool, err error) {
	if f.IsDir {
		if empty, err := isEmpty(ctx, t.store, f.Name); err != nil || !empty {
			return false, err
		}
	}
	err = t.store.Delete(ctx, f.Name)
	if errors.Is(err, fs.ErrNotExist) || err != nil && f.IsDir {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("delete %s: %w", f.Name, err)
	}
	return true, nil
}

// start and end make the two versions that tell of the run. Neither changes the table.
func (v *vacuuming) start(ctx context.Context, found Vacuumed) error {
	params := Parameters{}.With("retentionCheckEnabled", !v.opts.SkipRetentionCheck).
		With("defaultRetentionMillis", v.retention.Milliseconds())
	if v.opts.Retention != nil {
		params = params.With("specifiedRetentionMillis", v.opts.Retention.Milliseconds())
	}
	return v.record(ctx, Operation{Name: "VACUUM START", Parameters: params, Metrics: map[string]string{
		"numFilesToDelete": strconv.FormatInt(found.Files, 10), "sizeOfDataToDelete": strconv.FormatInt(found.Bytes, 10),
	}})
}

func (v *vacuuming) end(ctx context.Context, done *Vacuumed) error {
	op := Operation{Name: "VACUUM END", Parameters: Parameters{}.With("status", "FAILED")}
	if done != nil {
		op.Parameters = Parameters{}.With("status", "COMPLETED")
		op.Metrics = map[string]string{
			"numDeletedFiles": strconv.FormatInt(done.Files, 10), "numVacuumedDirectories": strconv.FormatInt(done.Directories, 10),
		}
	}
	return v.record(ctx, op)
}

func (v *vacuuming) record(ctx context.Context, op Operation) error {
	if v.opts.NoHistory {
		return nil
	}
	snap, err := v.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	_, err = snap.Begin(op).Commit(ctx)
	return err
}
