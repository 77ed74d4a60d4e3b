package state

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"lakehouse/volumes"
)

var sizeKeys = flag.Int("state.keys", 200_000, "keys in TestStateAtSize")

// State at size, as the product has it: on a disk, snapshots in the background, under a budget. What a batch writes and takes follows what
// it changes; a restart and a look at the state as a table hold no more on the heap than they may. With -state.keys 5000000 the
// log tells the times.
func TestStateAtSize(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const changed, budget, most = 20_000, 16 << 20, 80 << 20
	keys := *sizeKeys
	disk, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cache := Cache{Background: true}
	open := func(version int64, cache *Cache) *Operator {
		o, err := Open(t.Context(), counts, OpenOptions{Store: disk, Dir: "state", Version: version, Partitions: 2, Workers: 2, Cache: cache, Budget: NewBudget(budget)})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	change := func(o *Operator, from, to int) {
		for ; from < to; from += 8192 {
			k, v := keysFrom(from, min(from+8192, to))
			if err := o.Put(k, v); err != nil {
				t.Fatal(err)
			}
		}
		commit(t, o)
	}
	before := liveHeap()
	change(open(0, &cache), 0, keys)
	version := int64(1)
	var longest time.Duration
	for ; version < 25; version++ {
		began := time.Now()
		change(open(version, &cache), int(version)*changed%(keys-changed), int(version)*changed%(keys-changed)+changed)
		longest = max(longest, time.Since(began))
	}
	cache.Close()
	first, others, snapshots := int64(0), int64(0), int64(0)
	for info, err := range disk.List(t.Context(), "state", volumes.ListOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case info.Name == "state/0/0/1.delta" || info.Name == "state/0/1/1.delta":
			first += info.Size
		case len(info.Name) > len(deltaSuffix) && info.Name[len(info.Name)-len(deltaSuffix):] == deltaSuffix:
			others += info.Size
		default:
			snapshots += info.Size
		}
	}
	perKey := float64(first) / float64(keys)
	if wrote := float64(others) / float64(24*changed); wrote > perKey*3/2 {
		t.Errorf("a changed key costs %.1f bytes of a delta, one of the first %.1f", wrote, perKey)
	}
	t.Logf("%d keys, %d changed a batch: %v at most for a batch; deltas %d bytes, snapshots %d", keys, changed, longest, others, snapshots)
	cache = Cache{}
	began := time.Now()
	o := open(version, nil)
	t.Logf("a restart loads them in %v", time.Since(began))
	if o.Rows() != int64(keys) {
		t.Errorf("%d keys came back", o.Rows())
	}
	if live := liveHeap() - before; live > most {
		t.Errorf("%d bytes are live, more than %d", live, most)
	}
	runtime.KeepAlive(o)
	began = time.Now()
	rows := 0
	for p := range 2 {
		view, err := Folder{Store: disk, Dir: "state"}.LoadView(t.Context(), fmt.Sprint("state/0/", p), version)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range view.Entries(8192) {
			if len(k) > 8192 || len(k) != len(v) {
				t.Fatalf("%d keys and %d values at once", len(k), len(v))
			}
			rows += len(k)
		}
		if live := liveHeap() - before; live > most {
			t.Errorf("%d bytes are live while partition %d is looked at, more than %d", live, p, most)
		}
		runtime.KeepAlive(view)
	}
	t.Logf("as a table they are read in %v", time.Since(began))
	if rows != keys {
		t.Errorf("the table has %d rows", rows)
	}
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
