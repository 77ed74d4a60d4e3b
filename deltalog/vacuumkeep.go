package deltalog

import (
	"context"
	"hash/maphash"
	"path"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// keptFiles tells which names in the table's folder stay. It knows hashes of them, eight bytes for each: two names with one
// hash can only keep a file that could have gone.
type keptFiles struct {
	cutoff time.Time // younger files stay, too: they may belong to a write that is going on
	names  nameSet
	bases  nameSet // of files whose whole path is not below the folder, as far as the log tells
}

func (k *keptFiles) deletable(f InventoryFile) bool {
	if k.names.has(f.Name) || !f.IsDir && k.bases.has(path.Base(f.Name)) {
		return false
	}
	return f.ModTime.Before(k.cutoff)
}

func (k *keptFiles) keep(name string) {
	if checkPath(name) == nil {
		k.names.add(name)
	} else {
		k.bases.add(path.Base(name))
	}
}

// keepFile keeps a data file by the name that its path decodes to, and by the path as it stands: tables of old have names that
// were never encoded.
//
// A vector whose file cannot be told is an error: it might be any file of the folder.
func (k *keptFiles) keepFile(name, encoded string, vector *DeletionVector) error {
	k.keep(name)
	if encoded != "" && encoded != name {
		k.keep(encoded)
	}
	file, err := vector.fileName()
	if err != nil {
		return errclass.DeltaLogCorrupt.New("%s: %w.", name, err)
	}
	if file != "" {
		k.keep(file)
	}
	return nil
}

// keep gathers what the newest version holds, and what versions within the retention held.
func (v *vacuuming) keep(ctx context.Context, cutoff time.Time, retention time.Duration) (*keptFiles, error) {
	k := &keptFiles{cutoff: cutoff, names: newNameSet(), bases: newNameSet()}
	for f, err := range v.snap.Files(ctx) {
		if err == nil {
			err = k.keepFile(f.Path, f.encodedPath, f.DeletionVector)
		}
		if err != nil {
			return nil, err
		}
	}
	for r, err := range v.snap.Tombstones(ctx) {
		if err != nil {
			return nil, err
		}
		if r.DeletionTimestamp < cutoff.UnixMilli() {
			continue
		}
		if err := k.keepFile(r.Path, r.encodedPath, r.DeletionVector); err != nil {
			return nil, err
		}
	}
	if err := v.keepRecent(ctx, k, retention); err != nil {
		return nil, err
	}
	k.seal()
	return k, nil
}

// keepRecent keeps what the commits after the cutoff name: change data, which is in no snapshot, and, where the retention is
// longer than the table's own, removed files that checkpoints have forgotten. Only tables with either have their commits read.
func (v *vacuuming) keepRecent(ctx context.Context, k *keptFiles, retention time.Duration) error {
	changes := strings.EqualFold(v.snap.state.metadata.Configuration["delta.enableChangeDataFeed"], "true")
	if !changes && retention <= v.retention {
		return nil
	}
	for version := v.snap.Version(); version > v.lite.last; version-- {
		actions, err := readCommit(ctx, v.table.store, version)
		if isGone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range actions.CDC {
			k.keep(actions.CDC[i].Path)
		}
		for i := range actions.Removes {
			r := &actions.Removes[i]
			if r.DeletionTimestamp < k.cutoff.UnixMilli() {
				continue
			}
			if err := k.keepFile(r.Path, r.encodedPath, r.DeletionVector); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepNewer keeps what the versions since the snapshot have added: a RESTORE may have taken a file back.
func (v *vacuuming) keepNewer(ctx context.Context) error {
	for commit, err := range v.table.Changes(ctx, v.snap.Version()+1) {
		if err != nil {
			return err
		}
		for i := range commit.Actions.Adds {
			f := &commit.Actions.Adds[i]
			if err := v.kept.keepFile(f.Path, f.encodedPath, f.DeletionVector); err != nil {
				return err
			}
		}
	}
	v.kept.seal()
	return nil
}

func (k *keptFiles) seal() {
	k.names.seal()
	k.bases.seal()
}

// A nameSet holds hashes of names. Add to it, seal it, ask it.
type nameSet struct {
	seed   maphash.Seed
	hashes []uint64
}

func newNameSet() nameSet { return nameSet{seed: maphash.MakeSeed()} }

func (s *nameSet) add(name string) { s.hashes = append(s.hashes, maphash.String(s.seed, name)) }

func (s *nameSet) seal() {
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
}

func (s *nameSet) has(name string) bool {
	if len(s.hashes) == 0 {
		return false
	}
	_, found := slices.BinarySearch(s.hashes, maphash.String(s.seed, name))
	return found
}

// A commitRange is the versions whose removed files a lite vacuum deletes.
type commitRange struct {
	first, last int64 // last is -1 where nothing is old enough
	lost        bool  // versions between the last vacuum and the first that the log still has
}

func (r commitRange) check() error {
	if !r.lost {
		return nil
	}
	return errclass.DeltaVacuumLite.New("VACUUM LITE cannot delete all eligible files as some files are not referenced by the Delta log.").
		WithHint("Please run VACUUM FULL.")
}
