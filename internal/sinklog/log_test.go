package sinklog

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var start = time.Date(2025, 1, 15, 10, 0, 0, 0, time.UTC)

func newLog(store volumes.Store) *Log {
	return &Log{Store: store, Location: "file:///mnt/out", Clock: func() time.Time { return start }}
}

func entryOf(batch int) Entry {
	return Added(fmt.Sprintf("file:///mnt/out/part-%d", batch), int64(batch), start.Add(time.Duration(batch)*time.Minute).UnixMilli())
}

func fill(t *testing.T, l *Log, batches int) {
	t.Helper()
	for i := range batches {
		if err := l.Add(t.Context(), int64(i), []Entry{entryOf(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func paths(t *testing.T, l *Log) string {
	t.Helper()
	all, err := l.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, strings.TrimPrefix(e.Path, "file:///mnt/out/part-"))
	}
	return strings.Join(names, " ")
}

// The captured log of Spark is read, and its bytes are written.
func TestEntriesHaveSparksBytes(t *testing.T) {
	text, err := os.ReadFile(realdata.Path(t, "programs", "module5", "expected", "example9_spark_metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	var captured map[string][]string
	if err := json.Unmarshal(text, &captured); err != nil {
		t.Fatal(err)
	}
	for batch, lines := range captured {
		want := strings.Join(lines, "\n")
		entries, err := decode(batch, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(encode([]Entry{Added(entries[0].Path, entries[0].Size, entries[0].ModificationTime)})); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := string(encode(nil)); got != "v1" {
		t.Errorf("a batch without files: %q", got)
	}
}

// Every tenth file holds all before it; the log is read from there.
func TestEveryTenthBatchIsACompaction(t *testing.T) {
	store := volumestest.NewMemory()
	fill(t, newLog(store), 23)
	var names []string
	for info, err := range store.List(t.Context(), Dir, volumes.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(info.Name, Dir+"/"))
	}
	if !slices.Contains(names, "9.compact") || !slices.Contains(names, "19.compact") || slices.Contains(names, "9") || len(names) != 23 {
		t.Errorf("files %v", names)
	}
	for i := range 19 { // what the newest compaction holds is not asked for again
		if err := store.Delete(t.Context(), newLog(store).nameOf(t, int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if got := paths(t, newLog(store)); got != "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22" {
		t.Errorf("files %s", got)
	}
	if err := newLog(store).Add(t.Context(), 22, nil); !errors.Is(err, errclass.ConcurrentStreamLogUpdate) {
		t.Errorf("a batch that is there: %v", err)
	}
	if err := newLog(store).Secure(t.Context(), 19); err != nil {
		t.Errorf("secure: %v", err)
	}
}

func (l *Log) nameOf(t *testing.T, batch int64) string {
	t.Helper()
	if _, err := l.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l.name(batch)
}

// The interval is that of the log which is there, whoever wrote it.
func TestIntervalsAreThoseOfTheLog(t *testing.T) {
	for _, c := range []struct {
		compact []int64
		want    int64
	}{
		{nil, 10}, {[]int64{2, 5}, 3}, {[]int64{9}, 10}, {[]int64{4}, 5}, {[]int64{23}, 12}, {[]int64{99}, 10}, {[]int64{12}, 13}, {[]int64{100}, 101},
	} {
		if got := intervalOf(c.compact); got != c.want {
			t.Errorf("%v: %d, want %d", c.compact, got, c.want)
		}
	}
}

func TestRetentionLeavesOldFilesOut(t *testing.T) {
	store := volumestest.NewMemory()
	l := newLog(store)
	l.Retention = 10 * time.Minute
	l.Clock = func() time.Time { return start.Add(15 * time.Minute) }
	fill(t, l, 12)
	if got := paths(t, l); got != "5 6 7 8 9 10 11" {
		t.Errorf("files %s", got)
	}
	if got := paths(t, newLog(store)); got != "5 6 7 8 9 10 11" { // compacted away, for readers too
		t.Errorf("files for others %s", got)
	}
}

// Long after a compaction the files before it go, but for the batches that are kept.
func TestOldFilesOfTheLogAreDeleted(t *testing.T) {
	store := volumestest.NewMemory()
	l := newLog(store)
	l.Clock = func() time.Time { return time.Now().Add(time.Hour) } // the store's times are the machine's
	fill(t, l, 130)
	if _, err := store.Stat(t.Context(), l.name(18)); err == nil {
		t.Error("batch 18 is still there")
	}
	if _, err := store.Stat(t.Context(), l.name(29)); err != nil {
		t.Error(err)
	}
	all, err := l.All(t.Context())
	if err != nil || len(all) != 130 {
		t.Errorf("%d files, %v", len(all), err)
	}
}

func TestALogThatLacksABatchIsNotRead(t *testing.T) {
	store := volumestest.NewMemory()
	fill(t, newLog(store), 5)
	if err := store.Delete(t.Context(), Dir+"/3"); err != nil {
		t.Fatal(err)
	}
	if _, err := newLog(store).All(t.Context()); err == nil {
		t.Error("batch 3 is passed over")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("v1\n{\"path\":\"file:///mnt/a%20b\",\"size\":1,\"isDir\":false,\"modificationTime\":2,\"blockReplication\":1,\"blockSize\":33554432,\"action\":\"add\"}")
	f.Add("v1")
	f.Add("v2\n{}")
	f.Add("v1\n{\"Path\":\"x\",\"action\":\"delete\"}")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := decode("0", []byte(text))
		if err != nil {
			return
		}
		again, err := decode("0", encode(entries))
		if err != nil || !slices.Equal(again, entries) {
			t.Fatalf("%q reads as %v, and then as %v, %v", text, entries, again, err)
		}
	})
}
