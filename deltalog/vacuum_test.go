package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A file that was taken back, and out again, is one file.
func TestLiteVacuumCountsAFileOnce(t *testing.T) {
	d := newDustyTable(t, nil)
	d.put("a", days(25))
	d.at(days(20), func(x *Txn) { x.Add(write("a")) })
	d.at(days(15), func(x *Txn) { x.Remove(write("a")) })
	d.at(days(14), func(x *Txn) { x.Add(write("a")) })
	d.at(days(13), func(x *Txn) { x.Remove(write("a")) })
	d.at(days(12), func(x *Txn) { x.Add(write("b")) })
	would, found := d.vacuum(VacuumOptions{Lite: true, DryRun: true})
	did, done := d.vacuum(VacuumOptions{Lite: true})
	if !slices.Equal(would, []string{"a"}) || !slices.Equal(did, would) || found != done || done.Files != 1 {
		t.Errorf("a dry run names %q (%+v), the run %q (%+v)", would, found, did, done)
	}
}

// A vacuum deletes what no version within the retention names and is old, and nothing else; a dry run tells just that.
func TestVacuumDeletesWhatNoVersionNeeds(t *testing.T) {
	d := newDustyTable(t, nil)
	for _, name := range []string{"live.parquet", "gone.parquet", "tomb.parquet", "orphan.parquet", "_SUCCESS", ".part.crc", "_copy_into/0", "sub/orphan.bin", "_change_data/cdc-1.parquet"} {
		d.put(name, days(20))
	}
	d.put("young.parquet", days(1))
	d.put("_change_data/cdc-2.parquet", days(1))
	d.at(days(19), func(x *Txn) { x.Add(write("live.parquet"), write("gone.parquet"), write("tomb.parquet")) })
	d.at(days(10), func(x *Txn) { x.Remove(write("gone.parquet")) })
	d.at(days(3), func(x *Txn) { x.Remove(write("tomb.parquet")) })
	if err := d.mem.MakeDir(t.Context(), "empty/deep"); err != nil {
		t.Fatal(err)
	}
	before := d.files()

	would, found := d.vacuum(VacuumOptions{DryRun: true})
	want := []string{"_change_data/cdc-1.parquet", "empty/deep", "gone.parquet", "orphan.parquet", "sub/orphan.bin"}
	if !slices.Equal(would, want) {
		t.Errorf("a dry run names %q, want %q", would, want)
	}
	if after := d.files(); !slices.Equal(after, before) || d.snapshot().Version() != 3 {
		t.Errorf("a dry run changed the table: %q, version %d", after, d.snapshot().Version())
	}
	did, done := d.vacuum(VacuumOptions{})
	if !slices.Equal(did, would) || done != found {
		t.Errorf("the run deleted %q (%+v), the dry run named %q (%+v)", did, done, would, found)
	}
	if done.Files != 5 || done.Bytes != 40 {
		t.Errorf("got %+v, want 5 files of 40 bytes", done)
	}
	for _, name := range before {
		if _, err := d.mem.Stat(t.Context(), name); errors.Is(err, fs.ErrNotExist) != slices.Contains(want, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The two versions of a vacuum are those that Spark writes.
func TestVacuumTellsItsHistory(t *testing.T) {
	d := newDustyTable(t, nil)
	d.put("orphan.parquet", days(20))
	d.now = vacuumNow
	d.at(vacuumNow, func(x *Txn) { x.Add(write("live.parquet")) })
	hour := 200 * time.Hour
	d.vacuum(VacuumOptions{Retention: &hour})
	history, err := d.History(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	start, end := history[1], history[0]
	if got := fmt.Sprint(start.Operation, start.OperationParameters, start.OperationMetrics); got !=
		"VACUUM START[{retentionCheckEnabled true} {defaultRetentionMillis 6.048e+08} {specifiedRetentionMillis 7.2e+08}] map[numFilesToDelete:1 sizeOfDataToDelete:10]" {
		t.Error(got)
	}
	if got := fmt.Sprint(end.Operation, end.OperationParameters, end.OperationMetrics); got !=
		"VACUUM END[{status COMPLETED}] map[numDeletedFiles:1 numVacuumedDirectories:1]" {
		t.Error(got)
	}
}

// The retention of a vacuum is refused where it is too short for writes that are going on.
func TestVacuumChecksItsRetention(t *testing.T) {
	d := newDustyTable(t, nil)
	d.at(days(1), func(*Txn) {})
	for hours, want := range map[time.Duration]error{-time.Hour: errclass.DeltaVacuumNegative, 0: errclass.DeltaVacuumTooShort, 167 * time.Hour: errclass.DeltaVacuumTooShort, 168 * time.Hour: nil} {
		_, err := d.Vacuum(t.Context(), VacuumOptions{Retention: &hours, DryRun: true})
		if !errors.Is(err, want) {
			t.Errorf("RETAIN %v: %v, want %v", hours, err, want)
		}
	}
	none := time.Duration(0)
	if _, err := d.Vacuum(t.Context(), VacuumOptions{Retention: &none, DryRun: true, SkipRetentionCheck: true}); err != nil {
		t.Error(err)
	}
}

// A clock that was set back deletes less, not more.
func TestVacuumByAClockThatWasSetBack(t *testing.T) {
	d := newDustyTable(t, nil)
	d.put("orphan.parquet", days(25))
	d.at(days(20), func(*Txn) {})
	d.now = days(60)
	done, err := d.Vacuum(t.Context(), VacuumOptions{})
	if err != nil || done.Files != 0 {
		t.Errorf("deleted %+v, %v", done, err)
	}
}

// Vectors stay as long as a version needs them, and paths of the log that lead out of the table lead to nothing.
func TestVacuumKeepsVectorsAndLeavesOutsidersAlone(t *testing.T) {
	d := newDustyTable(t, map[string]string{propVectors: "true"})
	vector := &DeletionVector{StorageType: "u", PathOrInlineDV: "ab^-aqEH.-t@S}K{vb[*k^", SizeInBytes: 40, Cardinality: 6}
	name, err := vector.fileName()
	if err != nil || name != "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin" {
		t.Fatalf("%s, %v", name, err)
	}
	live := write("live.parquet")
	live.DeletionVector = vector
	d.put("live.parquet", days(20))
	d.put(name, days(20))
	d.put("elsewhere.parquet", days(20))
	d.put("deletion_vector_00000000-0000-0000-0000-000000000000.bin", days(20))
	d.at(days(19), func(x *Txn) { x.Add(live) })
	outside := `{"remove":{"path":"file:///elsewhere/elsewhere.parquet","deletionTimestamp":1,"dataChange":true}}` + "\n" +
		`{"remove":{"path":"..%2f..%2fetc%2fpasswd","deletionTimestamp":1,"dataChange":true}}` + "\n"
	if err := d.mem.Put(t.Context(), commitName(2), []byte(outside)); err != nil {
		t.Fatal(err)
	}
	d.age(commitName(2), days(18))
	for _, lite := range []bool{true, false} {
		names, _ := d.vacuum(VacuumOptions{Lite: lite, DryRun: true})
		want := []string{"deletion_vector_00000000-0000-0000-0000-000000000000.bin", "elsewhere.parquet"}
		if lite {
			want = nil
		}
		if !slices.Equal(names, want) {
			t.Errorf("lite %v deletes %q, want %q", lite, names, want)
		}
	}
}

// A lite vacuum deletes what the log removed, goes on where the last one stopped, and says so where the log is too short.
func TestLiteVacuumGoesByTheLog(t *testing.T) {
	d := newDustyTable(t, nil)
	for _, name := range []string{"a", "b", "c", "orphan"} {
		d.put(name, days(25))
	}
	d.at(days(20), func(x *Txn) { x.Add(write("a"), write("b"), write("c")) })
	d.at(days(15), func(x *Txn) { x.Remove(write("a")); x.Remove(write("b")) })
	d.at(days(14), func(x *Txn) { x.Add(write("b")) }) // taken back
	d.at(days(2), func(x *Txn) { x.Remove(write("c")) })
	if names, done := d.vacuum(VacuumOptions{Lite: true}); !slices.Equal(names, []string{"a"}) || done.Files != 1 {
		t.Errorf("deleted %q, %+v", names, done)
	}
	if last := d.lastVacuum(t.Context()); last == nil || *last != 3 {
		t.Errorf("the run came to version %v, want 3", last)
	}
	if err := d.snapshot().Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	for version := range int64(3) { // the log's own retention
		if err := d.mem.Delete(t.Context(), commitName(version)); err != nil {
			t.Fatal(err)
		}
	}
	d.Table = Open(d.mem, d.opts)
	if names, _ := d.vacuum(VacuumOptions{Lite: true}); names != nil {
		t.Errorf("deleted %q, and all was deleted before", names)
	}
	if err := d.mem.Delete(t.Context(), lastVacuumName); err != nil {
		t.Fatal(err)
	}
	_, err := d.Vacuum(t.Context(), VacuumOptions{Lite: true})
	wantClass(t, err, errclass.DeltaVacuumLite)
}

// Change data of the versions within the retention stays, whatever time its files bear.
func TestVacuumKeepsChangeDataWithinTheRetention(t *testing.T) {
	d := newDustyTable(t, map[string]string{"delta.enableChangeDataFeed": "true"})
	for i, age := range []int{20, 3} {
		name := fmt.Sprintf("_change_data/cdc-%d.parquet", i)
		d.put(name, days(1000))
		line := fmt.Sprintf(`{"cdc":{"path":%q,"partitionValues":{},"size":10,"dataChange":false}}`+"\n", name)
		if err := d.mem.Put(t.Context(), commitName(int64(i+1)), []byte(line)); err != nil {
			t.Fatal(err)
		}
		d.age(commitName(int64(i+1)), days(age))
	}
	for _, lite := range []bool{true, false} {
		if names, _ := d.vacuum(VacuumOptions{Lite: lite, DryRun: true}); !slices.Equal(names, []string{"_change_data/cdc-0.parquet"}) {
			t.Errorf("lite %v deletes %q", lite, names)
		}
	}
}

// A file that a version took back while the vacuum looked for files stays.
func TestVacuumKeepsWhatWasTakenBackMeanwhile(t *testing.T) {
	d := newDustyTable(t, nil)
	d.put("back.parquet", days(20))
	d.at(days(19), func(x *Txn) { x.Add(write("back.parquet")) })
	d.at(days(18), func(x *Txn) { x.Remove(write("back.parquet")) })
	d.now = vacuumNow
	v, err := d.prepareVacuum(t.Context(), VacuumOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.at(vacuumNow, func(x *Txn) { x.Add(write("back.parquet")) })
	done, err := v.delete(t.Context())
	if err != nil || done.Files != 0 {
		t.Errorf("deleted %+v, %v", done, err)
	}
}

// An inventory stands for the listing; names in it that are not the table's are passed over.
func TestVacuumByInventory(t *testing.T) {
	d := newDustyTable(t, nil)
	d.put("orphan.parquet", days(25))
	d.put("unlisted.parquet", days(25))
	d.at(days(20), func(*Txn) {})
	old := days(25)
	inventory := func(yield func(InventoryFile, error) bool) {
		for _, name := range []string{"orphan.parquet", "../other/x.parquet", "/etc/passwd", "_delta_log/00000000000000000000.json"} {
			if !yield(InventoryFile{Name: name, Size: 10, ModTime: old}, nil) {
				return
			}
		}
	}
	if names, _ := d.vacuum(VacuumOptions{Inventory: inventory}); !slices.Equal(names, []string{"orphan.parquet"}) {
		t.Errorf("deleted %q", names)
	}
}

// Symbolic links are not followed: neither out of the table nor to folders within it.
func TestVacuumFollowsNoLinks(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-100 * 24 * time.Hour)
	file := func(name string) {
		must(os.MkdirAll(filepath.Dir(name), 0o755))
		must(os.WriteFile(name, []byte("x"), 0o644))
		must(os.Chtimes(name, old, old))
	}
	file(filepath.Join(outside, "precious.parquet"))
	file(filepath.Join(root, "p=1", "live.parquet"))
	file(filepath.Join(root, "orphan.parquet"))
	must(os.Symlink(outside, filepath.Join(root, "link")))
	must(os.Symlink("p=1", filepath.Join(root, "p=2")))
	must(os.Symlink(filepath.Join(outside, "precious.parquet"), filepath.Join(root, "linked.parquet")))
	store, err := volumes.OpenLocal(root)
	must(err)
	table, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema})
	must(err)
	s, err := table.Snapshot(t.Context())
	must(err)
	txn := s.Begin(Operation{Name: "WRITE"})
	txn.Add(write("p=1/live.parquet"))
	_, err = txn.Commit(t.Context())
	must(err)
	none := time.Duration(0)
	_, err = table.Vacuum(t.Context(), VacuumOptions{Retention: &none, SkipRetentionCheck: true})
	must(err)
	for _, name := range []string{filepath.Join(outside, "precious.parquet"), filepath.Join(root, "p=1", "live.parquet")} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "orphan.parquet")); err == nil {
		t.Error("the orphan is still there")
	}
}

// A vacuum that dies after any of its storage operations, and is started again, ends with the files that a whole one leaves.
func TestVacuumSurvivesEveryCrashPoint(t *testing.T) {
	build := func() *dustyTable {
		d := newDustyTable(t, nil)
		for _, name := range []string{"live.parquet", "gone.parquet", "p/orphan.parquet"} {
			d.put(name, days(20))
		}
		d.at(days(19), func(x *Txn) { x.Add(write("live.parquet"), write("gone.parquet")) })
		d.at(days(10), func(x *Txn) { x.Remove(write("gone.parquet")) })
		return d
	}
	run := func(store volumes.Store) error {
		_, err := Open(store, Options{Clock: func() time.Time { return vacuumNow }}).Vacuum(t.Context(), VacuumOptions{Workers: 1})
		return err
	}
	d := build()
	clean := volumestest.Record(d.mem)
	if err := run(clean); err != nil {
		t.Fatal(err)
	}
	want := []string{"live.parquet"} // a folder that became empty goes next time
	if len(clean.Ops()) < 6 {
		t.Fatalf("%d operations", len(clean.Ops()))
	}
	for n, op := range clean.Ops() {
		for name, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			t.Run(fmt.Sprintf("%03d_%s_%s", n, op.Kind, name), func(t *testing.T) {
				d := build()
				_ = run(fault(d.mem, n)) // it may or may not get through
				if _, err := d.mem.Stat(t.Context(), "live.parquet"); err != nil {
					t.Fatal(err)
				}
				if err := run(d.mem); err != nil {
					t.Fatal(err)
				}
				if err := run(d.mem); err != nil {
					t.Fatal(err)
				}
				if got := d.files(); !slices.Equal(got, want) {
					t.Errorf("left %q, want %q", got, want)
				}
				s, err := Open(d.mem, Options{}).Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, s, "live.parquet")
			})
		}
	}
}

// A manyDeletes is a store that deletes many files with one request, and keeps what crashes left until it is swept.
type manyDeletes struct {
	volumes.Store
	requests []int
	swept    []time.Time
}

func (s *manyDeletes) DeleteFiles(ctx context.Context, names []string) error {
	s.requests = append(s.requests, len(names))
	return volumes.DeleteAll(ctx, s.Store, names)
}

func (s *manyDeletes) Sweep(_ context.Context, dir string, before time.Time) (int, error) {
	if dir != "." {
		return 0, fmt.Errorf("sweeps %s", dir)
	}
	s.swept = append(s.swept, before)
	return 0, nil
}

// A vacuum deletes many files with one request where the store can, and sweeps up what crashed writers left: not what one writes just now,
// however short the retention.
func TestVacuumDeletesTogetherAndSweeps(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	store := &manyDeletes{Store: volumestest.NewMemory()}
	table := Open(store, Options{Clock: func() time.Time { return now }})
	txn := table.BeginCreate(Operation{Name: "CREATE TABLE"})
	txn.UpdateMetadata(Metadata{}.WithSchema(Schema{Fields: []Field{{Name: "id", Type: Long, Nullable: true}}}))
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 250 {
		if err := store.Put(t.Context(), fmt.Sprintf("old-%03d.parquet", i), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	now = now.AddDate(1, 0, 0)
	for _, retention := range []time.Duration{0, 1000 * time.Hour} {
		done, err := table.Vacuum(t.Context(), VacuumOptions{Retention: &retention, SkipRetentionCheck: true, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if retention == 0 && (done.Files != 250 || done.Bytes != 250 || fmt.Sprint(store.requests) != "[100 100 50]") {
			t.Errorf("deleted %+v by requests for %v files", done, store.requests)
		}
	}
	if len(store.swept) != 2 || !store.swept[0].Equal(now.Add(-24*time.Hour)) || !store.swept[1].Equal(now.Add(-1000*time.Hour)) {
		t.Errorf("swept what is older than %v", store.swept)
	}
}
