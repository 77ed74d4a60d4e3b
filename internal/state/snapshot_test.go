package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A gate is a store where snapshots wait until it is opened, and where they may fail.
type gate struct {
	volumes.Store
	open chan struct{}
	fail error
}

func (g *gate) Create(ctx context.Context, name string) (volumes.Writer, error) {
	if path.Ext(name) == snapshotSuffix {
		<-g.open
		if g.fail != nil {
			return nil, g.fail
		}
	}
	return g.Store.Create(ctx, name)
}

func inBackground() *Cache { return &Cache{Background: true} }

// Commits go on while a snapshot is being written, and the snapshot holds the version that it was begun for, whatever
// has been put, removed and tidied up since.
func TestACommitDoesNotWaitForASnapshot(t *testing.T) {
	store := volumestest.NewMemory()
	slow := &gate{Store: store, open: make(chan struct{})}
	cache := inBackground()
	versions := []map[string]int64{{}}
	for version := range int64(25) {
		now := maps.Clone(versions[version])
		o := openCounts(t, slow, version, cache)
		for i := range 4000 {
			name := fmt.Sprintf("key-%d", (int64(i)*7+version)%5000)
			if (int64(i)+version)%3 == 0 {
				delete(now, name)
				if _, err := o.Remove(keysOf(name)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			now[name] = version*10_000 + int64(i)
			put(t, o, name, now[name])
		}
		commit(t, o)
		versions = append(versions, now)
	}
	close(slow.open)
	cache.Close()
	for p := range 2 {
		if _, err := store.Stat(t.Context(), fmt.Sprintf("state/0/%d/10.snapshot", p)); err != nil {
			t.Error(err)
		}
		for version := 1; version <= 10; version++ { // so that the snapshot is what is read
			if err := store.Delete(t.Context(), fmt.Sprintf("state/0/%d/%d.delta", p, version)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, version := range []int64{10, 11, 25} {
		if got := contents(t, openCounts(t, store, version, nil)); !maps.Equal(got, versions[version]) {
			t.Errorf("version %d holds %d entries, want %d", version, len(got), len(versions[version]))
		}
	}
}

// A snapshot that cannot be written fails a later commit: nobody is left to believe that there is one.
func TestASnapshotThatFailsIsToldByACommit(t *testing.T) {
	full := errors.New("disk full")
	slow := &gate{Store: volumestest.NewMemory(), open: make(chan struct{}), fail: full}
	close(slow.open)
	cache := inBackground()
	var err error
	for version := int64(0); version < 12 && err == nil; version++ {
		o := openCounts(t, slow, version, cache)
		put(t, o, "a", version)
		err = o.Commit(t.Context())
		cache.Close()
	}
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

// A view stays as it was, however the table is changed.
func TestAViewOfATableStays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := newTable(StoreSpec{}, NewBudget(rapid.SampledFrom([]int64{0, 1 << 10}).Draw(rt, "budget")))
		now := map[string]string{}
		change := func() {
			for range rapid.IntRange(0, 40).Draw(rt, "changes") {
				key := rapid.StringMatching("[a-d]{1,2}").Draw(rt, "key")
				if rapid.Bool().Draw(rt, "remove") {
					table.remove([]byte(key))
					delete(now, key)
					continue
				}
				now[key] = rapid.StringMatching("[x-z]{0,3}").Draw(rt, "value")
				table.put([]byte(key), []byte(now[key]))
			}
		}
		change()
		view, want := table.view(), maps.Clone(now)
		change()
		if rapid.Bool().Draw(rt, "tidied") {
			table.rebuild()
			change()
		}
		got := map[string]string{}
		for key, value := range view.all {
			got[string(key)] = string(value)
		}
		view.release()
		if !maps.Equal(got, want) {
			rt.Fatalf("the view holds %v, want %v", got, want)
		}
		for key, value := range now {
			if string(table.get([]byte(key))) != value {
				rt.Fatalf("%s is %q, want %q", key, table.get([]byte(key)), value)
			}
		}
	})
}

// Past the budget keys and values go to scratch files: the heap holds no more than it may and so many bytes a key, and the
// state is what it was.
func TestStateBeyondTheBudgetLiesInScratchFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const keys, perKey = 60_000, 64
	budget := NewBudget(1 << 20)
	store := volumestest.NewMemory()
	open := func(version int64) *Operator {
		o, err := Open(t.Context(), counts, OpenOptions{Store: store, Dir: "state", Version: version, Partitions: 2, Budget: budget})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := open(0)
	long := strings.Repeat("-long-name-of-a-customer", 4)
	names, all, evens, negative := make([]string, keys), make([]int64, keys), []string{}, []int64{}
	for i := range names {
		names[i], all[i] = fmt.Sprint(i, long), int64(i)
		if i%2 == 0 {
			evens, negative = append(evens, names[i]), append(negative, int64(-i))
		}
	}
	if err := errors.Join(o.Put(keysOf(names...), valuesOf(all...)), o.Put(keysOf(evens...), valuesOf(negative...))); err != nil {
		t.Fatal(err)
	}
	commit(t, o)
	for _, o := range []*Operator{o, open(1)} {
		if len(o.partitions[0].table.arena.scratch) == 0 {
			t.Skip("this system has no scratch memory")
		}
		if used, most := o.MemoryUsed(), int64(1<<20+keys*perKey); used > most {
			t.Errorf("%d bytes are on the heap, more than %d", used, most)
		}
		for name, n := range contents(t, o) {
			i := n
			if i <= 0 {
				i = -n
			}
			if name != fmt.Sprint(i, long) || (n > 0) != (i%2 == 1) && n != 0 {
				t.Fatalf("%s is %d", name, n)
			}
		}
	}
}

// A full disk for scratch files is the end of the batch, by name.
func TestAScratchFileThatCannotBeHadFailsTheCommit(t *testing.T) {
	t.Setenv("TMPDIR", path.Join(t.TempDir(), "missing"))
	o, err := Open(t.Context(), counts, OpenOptions{Store: volumestest.NewMemory(), Dir: "state", Partitions: 1, Budget: NewBudget(1)})
	if err != nil {
		t.Fatal(err)
	}
	put(t, o, "a", 1)
	if o.partitions[0].table.arena.failed == nil {
		t.Skip("this system has no scratch memory")
	}
	if err := o.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "lakehouse.state.memory") {
		t.Errorf("got %v", err)
	}
}

// What a commit writes grows with what has changed, and not with what there is.
func TestACommitWritesWhatHasChanged(t *testing.T) {
	const changed = 100
	written := func(keys int) (bytes int64) {
		store := volumestest.NewMemory()
		var cache Cache
		o := openCounts(t, store, 0, &cache)
		for i := range keys {
			put(t, o, fmt.Sprint("customer ", i), int64(i))
		}
		commit(t, o)
		for version := int64(1); version <= 30; version++ {
			o := openCounts(t, store, version, &cache)
			for i := range changed {
				put(t, o, fmt.Sprint("customer ", i*7), version)
			}
			commit(t, o)
		}
		for info, err := range store.List(t.Context(), "state", volumes.ListOptions{Recursive: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if base := path.Base(info.Name); base != "1.delta" && path.Ext(base) == deltaSuffix {
				bytes += info.Size
			}
		}
		return bytes
	}
	few, many := written(1000), written(50_000)
	t.Logf("30 commits of %d changed keys wrote %d bytes beside 1,000 keys, %d beside 50,000", changed, few, many)
	if many > few*11/10 {
		t.Errorf("%d bytes beside 50 times the keys, %d before", many, few)
	}
}
