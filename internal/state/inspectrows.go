package state

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A View is one partition of a store at one version, loaded to be looked at. Beyond viewMemory it lies in scratch files.
type View struct{ table *table }

const viewMemory = 32 << 20

// A Change is one entry of a delta file; a nil Value is a removal.
type Change struct{ Key, Value []byte }

// LoadView loads a version: the newest snapshot of at most that version, and the deltas behind it. Version 0 is empty.
func (f Folder) LoadView(ctx context.Context, dir string, version int64) (*View, error) {
	snapshots, err := f.snapshots(ctx, dir)
	if err != nil {
		return nil, err
	}
	first := int64(0)
	for _, s := range snapshots {
		if s <= version {
			first = s
		}
	}
	return f.replay(ctx, dir, first, version)
}

// LoadViewFrom loads a version from the snapshot of an earlier one, which has to be there.
func (f Folder) LoadViewFrom(ctx context.Context, dir string, snapshot, version int64) (*View, error) {
	return f.replay(ctx, dir, snapshot, version)
}

func (f Folder) snapshots(ctx context.Context, dir string) (found []int64, err error) {
	err = f.each(ctx, dir, func(info volumes.Info) {
		base, ok := strings.CutSuffix(path.Base(info.Name), snapshotSuffix)
		if n, err := strconv.ParseUint(base, 10, 62); ok && err == nil {
			found = append(found, int64(n))
		}
	})
	slices.Sort(found)
	return found, err
}

func (f Folder) replay(ctx context.Context, dir string, snapshot, version int64) (*View, error) {
	v := &View{newTable(StoreSpec{}, NewBudget(viewMemory))}
	if snapshot > 0 {
		if err := f.readFile(ctx, versionFile(dir, snapshot, snapshotSuffix), v.apply); err != nil {
			return nil, err
		}
	}
	for d := snapshot + 1; d <= version; d++ {
		if err := f.readFile(ctx, versionFile(dir, d, deltaSuffix), v.apply); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func versionFile(dir string, version int64, suffix string) string {
	return path.Join(dir, strconv.FormatInt(version, 10)+suffix)
}

func (v *View) apply(key, value []byte) {
	if value == nil {
		v.table.remove(key)
		return
	}
	v.table.put(key, value)
}

// bytesOrNil is a copy that is nil only for nil.
func bytesOrNil(data []byte) []byte {
	if data == nil {
		return nil
	}
	return append(make([]byte, 0, len(data)), data...)
}

// Changes reads the delta of a version, entry by entry.
func (f Folder) Changes(ctx context.Context, dir string, version int64) (changes []Change, err error) {
	err = f.readFile(ctx, versionFile(dir, version, deltaSuffix), func(key, value []byte) {
		changes = append(changes, Change{slices.Clone(key), bytesOrNil(value)})
	})
	return changes, err
}

// Check reads a delta or snapshot file to its end.
func (f Folder) Check(ctx context.Context, name string) error {
	return f.readFile(ctx, name, func(_, _ []byte) {})
}

func (f Folder) readFile(ctx context.Context, name string, visit func(key, value []byte)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := f.Store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return errclass.StateDeltaMissing.New("Error reading %s of the state: it does not exist.", name).
			WithHint("Versions older than the query keeps are gone, and the state of a batch that is not committed may not be written yet.")
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	content := bufio.NewReaderSize(io.NewSectionReader(file, 0, file.Info().Size), 1<<16)
	if err := readEntries(content, visit); err != nil {
		return errclass.StateUnreadable.New("Error reading %s of the state: %w.", name, err).
			WithHint("The file is damaged, or was written with another codec than lz4, zstd and snappy.")
	}
	return nil
}

// Entries gives the keys and the values, at most so many at a time, in the order in which the keys first came. They are good as long as
// the view is.
func (v *View) Entries(most int) iter.Seq2[[][]byte, [][]byte] {
	return func(yield func(keys, values [][]byte) bool) {
		for from := 0; from < v.table.entries.n; {
			var keys, values [][]byte
			for ; from < v.table.entries.n && len(keys) < most; from++ {
				if e := v.table.entry(from); !e.removed {
					keys, values = append(keys, v.table.arena.get(e.key)), append(values, v.table.arena.get(e.value))
				}
			}
			if len(keys) > 0 && !yield(keys, values) {
				return
			}
		}
	}
}
