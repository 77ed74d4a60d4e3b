package deltalog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func (t *testTable) exists(name string) bool {
	t.Helper()
	_, err := t.store.Stat(t.Context(), name)
	return err == nil
}

func (t *testTable) delete(name string) {
	t.Helper()
	if err := t.store.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

// Everything that a version is goes through its checkpoint and comes back.
func TestCheckpointKeepsTheVersion(t *testing.T) {
	store := volumestest.NewMemory()
	schema := Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}}
	raw, err := Create(t.Context(), store, CreateOptions{
		Schema: schema, PartitionColumns: []string{"day"}, Name: "tab", Description: "a \"table\"",
		Configuration: map[string]string{"some.key": "some value", "empty": ""}, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	table := &testTable{t, store, raw}
	monday := "mon day"
	full, null := write("day=mon day/a%20b.parquet"), write("day=__HIVE_DEFAULT_PARTITION__/c.parquet")
	full.PartitionValues = map[string]*string{"day": &monday}
	full.Tags = map[string]string{"k": "v"}
	null.PartitionValues = map[string]*string{"day": nil}
	null.Stats = ""
	gone := full
	gone.Path = "day=mon day/gone.parquet"
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	txn.Add(full, null, gone)
	txn.SetTransaction("app", 5)
	table.commit(txn)
	txn = table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(gone)
	table.commit(txn)

	before := table.snapshot()
	if err := before.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	for v := range int64(3) { // only the checkpoint is left
		table.delete(commitName(v))
		table.delete(checksumName(v))
	}
	after, err := Open(store, testOptions()).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := after.Metadata(), before.Metadata(); !reflect.DeepEqual(got, want) {
		t.Errorf("metadata: got %+v, want %+v", got, want)
	}
	if got, want := after.Protocol(), before.Protocol(); !reflect.DeepEqual(got, want) {
		t.Errorf("protocol: got %+v, want %+v", got, want)
	}
	if v, ok, err := after.SetTransaction(t.Context(), "app"); v != 5 || !ok || err != nil {
		t.Errorf("transaction: got %d, %v, %v", v, ok, err)
	}
	full.DataChange, null.DataChange = false, false
	var got []AddFile
	for file, err := range after.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		file.encodedPath = ""
		got = append(got, file)
	}
	if want := []AddFile{full, null}; !reflect.DeepEqual(got, want) {
		t.Errorf("files: got %+v, want %+v", got, want)
	}
	for file, err := range after.Tombstones(t.Context()) {
		if err != nil || file.Path != gone.Path || file.Size != gone.Size || *file.PartitionValues["day"] != monday {
			t.Errorf("tombstone: got %+v, %v", file, err)
		}
	}
	if got := after.Version(); got != 2 {
		t.Errorf("version %d, want 2", got)
	}
}

// A checkpoint comes each delta.checkpointInterval versions, and opening the table then reads
// nothing from before it.
func TestCheckpointInterval(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "3"})
	for i := 1; i <= 7; i++ {
		table.append(fmt.Sprint(i, ".parquet"))
	}
	for v := range int64(8) {
		if got, want := table.exists(checkpointName(v)), v == 3 || v == 6; got != want {
			t.Errorf("checkpoint of version %d: %v, want %v", v, got, want)
		}
	}
	recorded := volumestest.RecordAll(store)
	s, err := Open(recorded, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "1.parquet", "2.parquet", "3.parquet", "4.parquet", "5.parquet", "6.parquet", "7.parquet")
	for v := range int64(7) {
		if strings.Contains(recorded.Trace(), commitName(v)) {
			t.Errorf("version %d was read although there is a checkpoint:\n%s", v, recorded.Trace())
		}
	}
}

// A refresh moves on to the checkpoints that are written meanwhile.
func TestRefreshTakesNewCheckpoint(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "4"})
	reader := Open(store, Options{})
	for i := 1; i <= 9; i++ {
		table.append(fmt.Sprint(i, ".parquet"))
		s, err := reader.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(names(t, s)); got != i {
			t.Errorf("version %d: %d files, want %d", s.Version(), got, i)
		}
		if len(s.seg.commits) > 4 {
			t.Errorf("version %d: segment has %d commits", s.Version(), len(s.seg.commits))
		}
	}
}

// A checkpoint that is torn, garbled or gone costs time, not data, as long as the commits are there.
func TestBrokenCheckpointFallsBack(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "2"})
	for i := 1; i <= 5; i++ {
		table.append(fmt.Sprint(i, ".parquet"))
	}
	good, err := volumes.ReadFile(t.Context(), store, checkpointName(4))
	if err != nil {
		t.Fatal(err)
	}
	garbled := slices.Clone(good)
	for i := range garbled {
		garbled[i] ^= 0x5a
	}
	want := []string{"1.parquet", "2.parquet", "3.parquet", "4.parquet", "5.parquet"}
	for name, data := range map[string][]byte{"empty": {}, "torn": good[:len(good)/2], "no end": good[:len(good)-1], "garbled": garbled} {
		for _, checksums := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/checksums=%v", name, checksums), func(t *testing.T) {
				if err := store.Put(t.Context(), checkpointName(4), data); err != nil {
					t.Fatal(err)
				}
				if !checksums {
					for v := range int64(6) {
						_ = store.Delete(t.Context(), checksumName(v))
					}
				}
				s, err := Open(store, Options{}).Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, s, want...)
			})
		}
	}
	table.delete(checkpointName(4))
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, want...)
	for v := range int64(4) {
		table.delete(commitName(v))
	}
	table.delete(checkpointName(2))
	_, err = Open(store, Options{}).Snapshot(t.Context())
	wantClass(t, err, errclass.DeltaLogGap)
}

// A broken checkpoint does not keep the next one from being written.
func TestCheckpointAfterBrokenOne(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "2"})
	table.append("1.parquet")
	table.append("2.parquet")
	if err := store.Put(t.Context(), checkpointName(2), []byte("PAR1PAR1")); err != nil {
		t.Fatal(err)
	}
	for v := range int64(3) {
		table.delete(checksumName(v))
	}
	table.Table = Open(store, testOptions())
	table.append("3.parquet")
	table.append("4.parquet")
	for v := range int64(4) {
		table.delete(commitName(v))
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "1.parquet", "2.parquet", "3.parquet", "4.parquet")
}

// Checksum files that lie about little things or are broken do not hide the truth.
func TestBrokenChecksumIsPassedOver(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("1.parquet")
	for _, text := range []string{"", "{", "[]", `{"metadata":{},"protocol":{}}`, `{"tableSizeBytes":-1,"metadata":{"id":"x"},"protocol":{}}`} {
		if err := store.Put(t.Context(), checksumName(1), []byte(text)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(store, Options{}).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantNames(t, s, "1.parquet")
		if n, err := s.NumFiles(t.Context()); err != nil || n != 1 {
			t.Errorf("checksum %q: %d files, %v", text, n, err)
		}
	}
}

// Where a checksum is missing, as after foreign writers, the next checkpoint brings the counts back.
func TestCheckpointRestoresChecksums(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "4"})
	foreign := `{"remove":{"path":"a.parquet","dataChange":true}}` + "\n" // without a size
	table.append("a.parquet", "b.parquet")
	if err := store.PutIfAbsent(t.Context(), commitName(2), []byte(foreign)); err != nil {
		t.Fatal(err)
	}
	table.append("c.parquet")
	if table.exists(checksumName(3)) {
		t.Error("version 3 has a checksum, although its size is not known")
	}
	table.append("d.parquet")
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil || !s.state.files.known || s.state.files.number != 3 || s.state.files.bytes != 300 {
		t.Errorf("got %+v, %v, want 3 files of 300 bytes", s.state.files, err)
	}
}

// Tombstones leave the checkpoint when readers of old versions have had their time.
func TestExpiredTombstonesAreForgotten(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.deletedFileRetentionDuration": "interval 1 minute"})
	table.append("a.parquet", "b.parquet")
	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	old, fresh := write("a.parquet"), write("b.parquet")
	txn.RemoveFile(old.Removed(1, true))
	txn.Remove(fresh)
	table.commit(txn)
	if err := table.snapshot().Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	table.Table = Open(store, testOptions()) // what is known from the commits would still be there
	var got []string
	for file, err := range table.snapshot().Tombstones(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, file.Path)
	}
	if want := []string{"b.parquet"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Clean-up deletes what is before the newest checkpoint that the retention does not need, and no more.
func TestCleanUp(t *testing.T) {
	for _, enabled := range []string{"true", "false"} {
		store := volumestest.NewMemory()
		table := newTable(t, store, map[string]string{
			"delta.checkpointInterval": "3", "delta.logRetentionDuration": "interval 2 days", "delta.enableExpiredLogCleanup": enabled,
		})
		for i := 1; i <= 8; i++ {
			table.append(fmt.Sprint(i, ".parquet"))
		}
		now := table.snapshot().Timestamp()
		for v := range int64(9) { // version 8 is of today, each one before it a day older
			if err := store.SetModTime(commitName(v), now.Add(-time.Duration(8-v)*24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		table.Table = Open(store, testOptions())
		table.append("9.parquet") // makes a checkpoint and cleans up
		var commits []int64
		for v := range int64(10) {
			if table.exists(commitName(v)) {
				commits = append(commits, v)
			}
		}
		// Two days ago, midnight before: version 5 is the last from then, 3 the checkpoint that it needs.
		want := []int64{3, 4, 5, 6, 7, 8, 9}
		if enabled == "false" {
			want = []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		}
		if !slices.Equal(commits, want) {
			t.Errorf("enabled=%s: commits %v are left, want %v", enabled, commits, want)
		}
		s, err := Open(store, Options{}).SnapshotAt(t.Context(), want[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := len(names(t, s)); int64(got) != want[0] {
			t.Errorf("version %d has %d files", want[0], got)
		}
	}
}

// A checkpoint of a log that another writer left without checksum files gives the version its own, from which the next
// writer starts; and the fields of a file that are asked for are as many as the reader counts.
func TestCheckpointCompletesTheChecksum(t *testing.T) {
	store := volumestest.NewMemory()
	writeCommits(t, store, 5)
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, ok := readChecksum(t.Context(), store, s.Version())
	if !ok || found.files.number != 5 || found.txns == nil {
		t.Errorf("checksum of version %d: %v, %+v", s.Version(), ok, found.files)
	}
	if got := len(addFields()); got != addFieldCount {
		t.Errorf("%d fields of a file are asked for, %d are counted", got, addFieldCount)
	}
}
