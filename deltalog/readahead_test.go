package deltalog

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// A log of more commits than one window, without checksum files, is read once for the snapshot and its files.
func TestCommitsAreReadOnceForSnapshotAndFiles(t *testing.T) {
	const commits = 3*commitsAhead + 5
	store := volumestest.NewMemory()
	writeCommits(t, store, commits)
	recorded := volumestest.RecordAll(store)
	s, err := Open(recorded, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(file.Path, itoa(int64(n))) {
			t.Fatalf("file %d is %s", n, file.Path)
		}
		n++
	}
	if n != commits || s.Version() != commits-1 {
		t.Errorf("%d files, version %d, of %d commits", n, s.Version(), commits)
	}
	if opened := strings.Count(recorded.Trace(), "open "+logDir+"/0"); opened != commits {
		t.Errorf("%d commits were opened, of %d", opened, commits)
	}
}

// Of several broken commits the first in the log is told, whichever was read first.
func TestFirstBrokenCommitIsTold(t *testing.T) {
	store := volumestest.NewMemory()
	writeCommits(t, store, 2*commitsAhead)
	for _, version := range []int64{commitsAhead + 3, commitsAhead + 4, commitsAhead + 90} {
		if err := store.Put(t.Context(), commitName(version), []byte(`{"add":`)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(store, Options{}).Snapshot(t.Context())
	if err == nil || !strings.Contains(err.Error(), "version "+itoa(commitsAhead+3)+":") {
		t.Errorf("got %v", err)
	}
}

// A disk that fails while the log is read is told as that: the log may be whole.
func TestAFailingDiskIsNoMalformedLog(t *testing.T) {
	store := volumestest.NewMemory()
	writeCommits(t, store, 3)
	recorded := volumestest.RecordAll(store)
	if _, err := Open(recorded, Options{}).Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for n, op := range recorded.Ops() {
		broken := volumestest.Inject(store, volumestest.Fault{At: n, Err: syscall.EIO, CountReads: true})
		_, err := Open(broken, Options{}).Snapshot(t.Context())
		if err == nil {
			continue // of _last_checkpoint, which is only a hint
		}
		failed++
		if !errors.Is(err, syscall.EIO) || errors.Is(err, errclass.DeltaLogCorrupt) {
			t.Errorf("%s fails, and is told as: %v", op, err)
		}
	}
	if failed < 3 {
		t.Errorf("%d operations failed", failed)
	}
}
