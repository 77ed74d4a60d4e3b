package autoloader

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes/volumestest"
)

// Where Spark looks: the newest batch that ends an interval, and the one before, from which it learns the interval.
func TestCompactWritesWhatSparkLooksFor(t *testing.T) {
	for _, c := range []struct {
		batches  int64
		there    []int64 // compactions already
		setting  int64
		interval int64
		want     []int64
	}{
		{batches: 0, setting: 10, interval: 10},
		{batches: 9, setting: 10, interval: 10},
		{batches: 10, setting: 10, interval: 10, want: []int64{9}},
		{batches: 35, setting: 10, interval: 10, want: []int64{19, 29}},
		{batches: 35, there: []int64{9}, setting: 10, interval: 10, want: []int64{19, 29}},
		{batches: 35, there: []int64{9, 19}, setting: 10, interval: 10, want: []int64{29}},
		{batches: 12, there: []int64{4, 9}, setting: 10, interval: 5},
		{batches: 12, there: []int64{2}, setting: 10, interval: 3, want: []int64{8, 11}},
		{batches: 25, there: []int64{19}, setting: 10, interval: 20},
		{batches: 40, there: []int64{29}, setting: 10, interval: 10, want: []int64{39}},
	} {
		t.Run(fmt.Sprint(c.batches, c.there, c.setting), func(t *testing.T) {
			store := volumestest.NewMemory()
			var all []entry
			for b := range c.batches {
				e := entry{Path: fmt.Sprintf("file:///in/%d.json", b), Timestamp: b, BatchID: b}
				all = append(all, e)
				name := fmt.Sprintf("sources/0/%d", b)
				content := encodeLog([]entry{e})
				if slices.Contains(c.there, b) {
					name, content = name+compactSuffix, encodeLog(all)
				}
				if err := store.Put(t.Context(), name, content); err != nil {
					t.Fatal(err)
				}
			}
			done, err := Compact(t.Context(), store, 0, c.setting)
			if err != nil || done.Interval != c.interval || !slices.Equal(done.Written, c.want) {
				t.Fatalf("Compact = %+v, %v; want interval %d, %v", done, err, c.interval, c.want)
			}
			for _, b := range c.want {
				log := &sourceLog{store: store, dir: "sources/0"}
				entries, err := log.readFile(t.Context(), log.name(b)+compactSuffix)
				if err != nil || !slices.Equal(entries, all[:b+1]) {
					t.Errorf("compaction %d holds %d files, %v; want %d", b, len(entries), err, b+1)
				}
			}
			again, err := Compact(t.Context(), store, 0, c.setting)
			if err != nil || len(again.Written) > 0 || strings.Contains(fmt.Sprint(again), "error") {
				t.Errorf("once more: %+v, %v", again, err)
			}
		})
	}
}
