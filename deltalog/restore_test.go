package deltalog

import (
	"fmt"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// filesIn makes the files that a table's versions name.
func filesIn(t testing.TB, store volumes.Store, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := store.Put(t.Context(), name, []byte("rows")); err != nil {
			t.Fatal(err)
		}
	}
}

// threeVersions is a table of a, then of a and b, then of c alone, with a property since version 3.
func threeVersions(t testing.TB, store volumes.Store) *testTable {
	t.Helper()
	table := newTable(t, store, nil)
	filesIn(t, store, "a", "b", "c")
	table.append("a")
	table.append("b")
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	txn.ReadWholeTable()
	txn.Remove(write("a"), write("b"))
	txn.Add(write("c"))
	m := table.snapshot().Metadata()
	m.Configuration = map[string]string{"delta.checkpointInterval": "7"}
	txn.UpdateMetadata(m)
	table.commit(txn)
	return table
}

// A restore is a new version with the files and the properties of an older one, and the history as Spark tells it.
func TestRestoreTakesAVersionBack(t *testing.T) {
	table := threeVersions(t, volumestest.NewMemory())
	done, err := table.Restore(t.Context(), 2, RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := Restored{Version: 4, TableSize: 200, Files: 2, RemovedFiles: 1, RemovedFilesSize: 100, RestoredFiles: 2, RestoredFilesize: 200}
	if done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	s := table.snapshot()
	wantNames(t, s, "a", "b")
	if m := s.Metadata(); len(m.Configuration) != 0 {
		t.Errorf("properties %v", m.Configuration)
	}
	history, err := table.History(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(history[0].Operation, history[0].OperationParameters, history[0].OperationMetrics); got !=
		"RESTORE[{version 2} {timestamp <nil>}] map[numOfFilesAfterRestore:2 numRemovedFiles:1 numRestoredFiles:2 removedFilesSize:100 restoredFilesSize:200 tableSizeAfterRestore:200]" {
		t.Error(got)
	}
}

// What cannot be restored is refused: versions that are not there yet, and one whose files are gone. The newest is there.
func TestRestoreRefuses(t *testing.T) {
	store := volumestest.NewMemory()
	table := threeVersions(t, store)
	for _, version := range []int64{-1, 4} {
		_, err := table.Restore(t.Context(), version, RestoreOptions{})
		wantClass(t, err, errclass.DeltaRestoreVersion)
	}
	if done, err := table.Restore(t.Context(), 3, RestoreOptions{}); err != nil || done != (Restored{Version: 3, Unchanged: true}) {
		t.Error(done, err)
	}
	if err := store.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	_, err := table.Restore(t.Context(), 2, RestoreOptions{})
	wantClass(t, err, errclass.DeltaRestoreMissingFiles)
	if _, err := table.Restore(t.Context(), 1, RestoreOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := table.Restore(t.Context(), 2, RestoreOptions{IgnoreMissingFiles: true}); err != nil {
		t.Error(err)
	}
}

// The marks of identity columns never go back: values that were given would be given again.
func TestRestoreKeepsTheMarksOfIdentityColumns(t *testing.T) {
	field := func(mark int64) Schema {
		return Schema{Fields: []Field{{Name: "id", Type: Long, Metadata: map[string]any{identityStep: int64(1), identityMark: mark}}}}
	}
	kept, changed := withHighWaterMarks(field(3), field(9))
	if got, _ := number(kept.Fields[0].Metadata[identityMark]); !changed || got != 9 {
		t.Errorf("%v, %v", kept, changed)
	}
	if _, changed := withHighWaterMarks(field(9), field(3)); changed {
		t.Error("a mark went back")
	}
}

// A restore that dies after any of its storage operations, and is asked for again, ends with the same files.
func TestRestoreSurvivesEveryCrashPoint(t *testing.T) {
	run := func(store volumes.Store) error {
		_, err := Open(store, testOptions()).Restore(t.Context(), 2, RestoreOptions{})
		return err
	}
	mem := volumestest.NewMemory()
	threeVersions(t, mem)
	clean := volumestest.Record(mem)
	if err := run(clean); err != nil {
		t.Fatal(err)
	}
	for n, op := range clean.Ops() {
		for name, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			t.Run(fmt.Sprintf("%03d_%s_%s", n, op.Kind, name), func(t *testing.T) {
				mem := volumestest.NewMemory()
				threeVersions(t, mem)
				_ = run(fault(mem, n))
				if err := run(mem); err != nil {
					t.Fatal(err)
				}
				s, err := Open(mem, testOptions()).Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, s, "a", "b")
			})
		}
	}
}
