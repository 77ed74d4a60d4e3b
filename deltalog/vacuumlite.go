package deltalog

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io/fs"
	"iter"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// lastVacuumName tells up to which version the removed files are deleted. Spark's VACUUM LITE reads and writes it as well.
const lastVacuumName = logDir + "/_last_vacuum_info"

type lastVacuum struct {
	Version *int64 `json:"latestCommitVersionOutsideOfRetentionWindow,omitempty"`
}

// removedUntil is the versions that took out of the table what is now old enough: those after the last vacuum's, up to
// the one that was the newest at the time.
func (t *Table) removedUntil(ctx context.Context, snap *Snapshot, at time.Time) (commitRange, error) {
	earliest, there, err := t.FirstChange(ctx, 0)
	if err != nil || !there {
		return commitRange{last: -1}, err
	}
	before := t.lastVacuum(ctx)
	r := commitRange{first: earliest, last: -1, lost: earliest > 0 && (before == nil || *before < earliest-1)}
	if before != nil {
		r.first = max(earliest, *before+1)
	}
	last, err := t.versionAsOf(ctx, at)
	switch {
	case errors.Is(err, errclass.DeltaTimestampAfterLatest):
		last = snap.Version()
	case errors.Is(err, errclass.DeltaTimestampBeforeFirst):
		return r, nil
	case err != nil:
		return r, err
	}
	r.last = min(last, snap.Version())
	return r, nil
}

// lastVacuum is where the last vacuum came to; nil where that is not known.
func (t *Table) lastVacuum(ctx context.Context) *int64 {
	data, err := volumes.ReadFileMax(ctx, t.store, lastVacuumName, maxSmallBytes)
	var info lastVacuum
	if err != nil || json.Unmarshal(data, &info) != nil || info.Version != nil && *info.Version < 0 {
		return nil
	}
	return info.Version
}

// remember writes where this run came to. A full run has deleted all that a lite one would have.
func (v *vacuuming) remember(ctx context.Context) error {
	info := lastVacuum{}
	if v.lite.last >= 0 {
		info.Version = &v.lite.last
	}
	data, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return v.table.store.Put(ctx, lastVacuumName, append(data, '\n'))
}

// files are the data files, vectors and change data that the versions took out of the table, or, of change data, put in, each once:
// a file that was restored may have been taken out again. What is still in the table, because a later version took it back, is the
// caller's to keep.
func (r commitRange) files(ctx context.Context, t *Table) iter.Seq2[InventoryFile, error] {
	return func(yield func(InventoryFile, error) bool) {
		seed, given := maphash.MakeSeed(), map[uint64]bool{} // of two names with one hash the other waits for a full vacuum
		for version := r.first; version <= r.last; version++ {
			actions, err := readCommit(ctx, t.store, version)
			if err != nil {
				yield(InventoryFile{}, err)
				return
			}
			for f := range actions.leftBehind() {
				hash := maphash.String(seed, f.Name)
				if given[hash] {
					continue
				}
				given[hash] = true
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// leftBehind are the files that no version after this one needs. Paths that lead out of the table are somebody else's.
func (a *Actions) leftBehind() iter.Seq[InventoryFile] {
	return func(yield func(InventoryFile) bool) {
		give := func(name string, size, at int64) bool {
			if checkPath(name) != nil {
				return true
			}
			return yield(InventoryFile{Name: name, Size: size, ModTime: time.UnixMilli(at)})
		}
		for i := range a.Removes {
			r := &a.Removes[i]
			if !give(r.Path, r.Size, r.DeletionTimestamp) {
				return
			}
			if name, err := r.DeletionVector.fileName(); err == nil && name != "" && !give(name, int64(r.DeletionVector.SizeInBytes), r.DeletionTimestamp) {
				return
			}
		}
		for i := range a.CDC {
			if !give(a.CDC[i].Path, a.CDC[i].Size, 0) {
				return
			}
		}
	}
}

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
