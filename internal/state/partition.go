package state

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

const (
	deltaSuffix    = ".delta"
	snapshotSuffix = ".snapshot"

	// keptVersions is how many versions before the newest can be loaded: as many as the query keeps
	// batches in its logs.
	keptVersions = 100
)

// A Partition is one folder of state: a table at one version, and the files that lead to it. Those of a store may be
// used by several goroutines, each by one.
type Partition struct {
	store   volumes.Store
	dir     string
	spec    StoreSpec
	table   *table
	version int64
	born    int64 // the version before its first

	snapshot   int64 // the version of the snapshot before; 0: none
	deltaBytes int64 // of entries written since
	overtaken  bool  // files of later versions lie there: of a batch that was cut short

	budget    *Budget
	codec     Codec
	minDeltas int64           // before a snapshot
	writing   *snapshotWriter // nil: no snapshot is being written
}

// load reads a version: the nearest snapshot, and the deltas behind it.
func (p *Partition) load(ctx context.Context, version int64) error {
	p.table, p.version = newTable(p.spec, p.budget), version
	files, err := p.list(ctx)
	if err != nil {
		return err
	}
	p.snapshot = files.snapshotBefore(version)
	p.overtaken = files.newest() > version
	if p.snapshot > 0 {
		if err := p.read(ctx, p.name(p.snapshot, snapshotSuffix)); err != nil {
			return err
		}
	}
	for v := max(p.snapshot, p.born) + 1; v <= version; v++ {
		if err := p.read(ctx, p.name(v, deltaSuffix)); err != nil {
			return err
		}
	}
	p.table.settle()
	return nil
}

func (p *Partition) name(version int64, suffix string) string {
	return path.Join(p.dir, strconv.FormatInt(version, 10)+suffix)
}

// versions are the files of a partition.
type versions struct{ deltas, snapshots []int64 }

func (p *Partition) list(ctx context.Context) (found versions, err error) {
	for info, err := range p.store.List(ctx, p.dir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return versions{}, nil
		}
		if err != nil {
			return versions{}, fmt.Errorf("list state: %w", err)
		}
		base, suffix := path.Base(info.Name), path.Ext(info.Name)
		v, err := strconv.ParseUint(strings.TrimSuffix(base, suffix), 10, 62)
		switch {
		case err != nil: // not one of ours
		case suffix == deltaSuffix:
			found.deltas = append(found.deltas, int64(v))
		case suffix == snapshotSuffix:
			found.snapshots = append(found.snapshots, int64(v))
		}
	}
	slices.Sort(found.deltas)
	slices.Sort(found.snapshots)
	return found, nil
}

// snapshotBefore is the newest snapshot of at most this version; 0: none.
func (v versions) snapshotBefore(version int64) int64 {
	i, exact := slices.BinarySearch(v.snapshots, version)
	switch {
	case exact:
		return version
	case i > 0:
		return v.snapshots[i-1]
	}
	return 0
}

func (v versions) newest() (version int64) {
	for _, all := range [][]int64{v.deltas, v.snapshots} {
		if len(all) > 0 {
			version = max(version, all[len(all)-1])
		}
	}
	return version
}

// read applies a file to the table.
func (p *Partition) read(ctx context.Context, name string) error {
	file, err := p.store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return errclass.StateDeltaMissing.New("Error reading delta file %s of the state: it does not exist.", name).
			WithHint("Files of the checkpoint were lost: restore them, or start with a new checkpoint.")
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	size := file.Info().Size
	content := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 1<<16)
	err = readEntries(content, func(key, value []byte) {
		p.deltaBytes += int64(len(key) + len(value))
		if value == nil {
			p.table.remove(key)
		} else {
			p.table.put(key, value)
		}
	})
	if strings.HasSuffix(name, snapshotSuffix) {
		p.deltaBytes = 0
	}
	if err != nil {
		return errclass.StateUnreadable.New("Error reading %s of the state: %w.", name, err).
			WithHint("The file is damaged: restore it, or start with a new checkpoint.")
	}
	return nil
}

// commit writes the next version, and now and then a snapshot of it, or has the cache write one.
func (p *Partition) commit(ctx context.Context, cache *Cache) error {
	if err := p.settleSnapshot(); err != nil {
		return err
	}
	if err := p.table.arena.failed; err != nil {
		return errclass.MemoryLimit.New("state %s holds more than the memory for it, and no scratch file can be had: %w", p.dir, err).
			WithHint("Raise lakehouse.state.memory, or make room in the folder for temporary files (TMPDIR).")
	}
	next := p.version + 1
	if err := p.clear(ctx, next); err != nil {
		return err
	}
	if err := p.write(ctx, p.name(next, deltaSuffix), p.writeChanges); err != nil {
		return err
	}
	p.version = next
	p.table.settle()
	p.table.arena.cool()
	if !p.wantsSnapshot() {
		return nil
	}
	if cache != nil && cache.Background {
		p.snapshotLater(ctx, cache)
		return nil
	}
	view := p.table.view()
	defer view.release()
	if err := p.writeSnapshot(ctx, next, view.all); err != nil {
		return err
	}
	p.snapshot, p.deltaBytes = next, 0
	return nil
}

// clear makes way for a version whose batch was begun before: its files, and those of later versions, are not
// what this run will write.
func (p *Partition) clear(ctx context.Context, next int64) error {
	if !p.overtaken {
		return nil
	}
	files, err := p.list(ctx)
	if err != nil {
		return err
	}
	for _, v := range files.snapshots {
		if v >= next {
			if err := p.forget(ctx, p.name(v, snapshotSuffix)); err != nil {
				return err
			}
		}
	}
	for _, v := range files.deltas {
		if v >= next {
			if err := p.forget(ctx, p.name(v, deltaSuffix)); err != nil {
				return err
			}
		}
	}
	p.overtaken = false
	return nil
}

// forget deletes a file, and the checksum that Spark's file system keeps beside it: for another file
// of the name it would be wrong.
func (p *Partition) forget(ctx context.Context, name string) error {
	checksum := path.Join(path.Dir(name), "."+path.Base(name)+".crc")
	for _, n := range []string{name, checksum} {
		if err := p.store.Delete(ctx, n); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean up state: %w", err)
		}
	}
	return nil
}

func (p *Partition) write(ctx context.Context, name string, entries func(*entryWriter)) error {
	file, err := p.store.Create(ctx, name)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer file.Abort()
	w := newEntryWriter(file, p.codec)
	entries(w)
	if err := w.close(); err != nil {
		return fmt.Errorf("write state %s: %w", name, err)
	}
	if err := file.Commit(); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func (p *Partition) writeChanges(w *entryWriter) {
	ahead, changed := p.Ahead(), &p.table.changed
	for i := range changed.n {
		ahead.loadEvery(changed.following(i), i)
		entry := p.table.entry(int(*changed.at(i)))
		key := p.table.arena.get(entry.key)
		p.deltaBytes += int64(entry.key.size)
		if entry.removed {
			w.remove(key)
			continue
		}
		p.deltaBytes += int64(entry.value.size)
		w.put(key, p.table.arena.get(entry.value))
	}
}

// retire deletes what no version that is kept needs: all files before the snapshot that the oldest of them
// starts from.
func (p *Partition) retire(ctx context.Context, version int64) error {
	files, err := p.list(ctx)
	if err != nil {
		return err
	}
	first := files.snapshotBefore(version - keptVersions)
	for _, v := range files.snapshots {
		if v < first {
			if err := p.forget(ctx, p.name(v, snapshotSuffix)); err != nil {
				return err
			}
		}
	}
	for _, v := range files.deltas {
		if v < first {
			if err := p.forget(ctx, p.name(v, deltaSuffix)); err != nil {
				return err
			}
		}
	}
	return nil
}
