package deltalog

import (
	"strconv"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// Versions hold their own times, which grow whatever the clock does; time travel and history go by them, with and without checksum files.
func TestInCommitTimestamps(t *testing.T) {
	store := volumestest.NewMemory()
	at := time.UnixMilli(1_900_000_000_000)
	opts := testOptions()
	opts.Clock = func() time.Time { at = at.Add(-time.Second); return at } // it runs backwards
	raw, err := Create(t.Context(), store, CreateOptions{
		Schema: peopleSchema, Configuration: map[string]string{propCommitTimes: "true", propLogCleanup: "false"}, Options: opts,
	})
	if err != nil {
		t.Fatal(err)
	}
	table := &testTable{t, store, raw}
	for range 12 {
		table.append("f" + strconv.Itoa(int(table.snapshot().Version())))
	}
	if !table.snapshot().state.protocol.Supports("inCommitTimestamp") {
		t.Error("the protocol has no inCommitTimestamp")
	}
	var times []time.Time
	for v := range int64(13) {
		s, err := Open(store, Options{}).SnapshotAt(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if v > 0 && !s.Timestamp().After(times[v-1]) {
			t.Errorf("version %d is of %s, version %d of %s", v-1, times[v-1], v, s.Timestamp())
		}
		times = append(times, s.Timestamp())
	}
	for v := range int64(13) {
		if v%2 == 0 {
			table.delete(checksumName(v)) // the commit tells it, too
		}
	}
	again := Open(store, Options{})
	for v, stamp := range times {
		s, err := again.SnapshotAsOf(t.Context(), stamp)
		if err != nil || s.Version() != int64(v) || !s.Timestamp().Equal(stamp) {
			t.Errorf("as of %s: %v, want version %d", stamp, err, v)
		}
	}
	_, err = again.SnapshotAsOf(t.Context(), times[0].Add(-time.Millisecond))
	wantClass(t, err, errclass.DeltaTimestampBeforeFirst)
	_, err = again.SnapshotAsOf(t.Context(), times[12].Add(time.Millisecond))
	wantClass(t, err, errclass.DeltaTimestampAfterLatest)
	history, err := again.History(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	for i, entry := range history {
		if want := times[12-i]; !entry.Timestamp.Equal(want) {
			t.Errorf("history: version %d is of %s, want %s", entry.Version, entry.Timestamp, want)
		}
	}
}

// A table that gets its times later says since when, and older versions go by the times of their files.
func TestInCommitTimestampsTurnedOnLater(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("a")
	table.append("b")
	before := table.snapshot()
	txn := before.Begin(Operation{Name: "SET TBLPROPERTIES"})
	m := before.Metadata()
	m.Configuration[propCommitTimes] = "true"
	txn.UpdateMetadata(m)
	enabled := table.commit(txn)
	table.append("c")

	s := table.snapshot()
	m = s.Metadata()
	since, start := m.commitTimesSince()
	on, err := Open(store, Options{}).SnapshotAt(t.Context(), enabled.Version)
	if err != nil {
		t.Fatal(err)
	}
	if since != enabled.Version || !start.Equal(on.Timestamp()) || !start.After(before.Timestamp()) {
		t.Errorf("on since version %d, %s; want %d, %s, after %s", since, start, enabled.Version, on.Timestamp(), before.Timestamp())
	}
	for _, want := range []*Snapshot{before, on, s} {
		got, err := Open(store, Options{}).SnapshotAsOf(t.Context(), want.Timestamp())
		if err != nil || got.Version() != want.Version() {
			t.Errorf("as of %s: %v, want version %d", want.Timestamp(), err, want.Version())
		}
	}
}
