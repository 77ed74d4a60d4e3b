package deltalog

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

func tracked(t testing.TB, s *Snapshot) (ranges [][2]int64) {
	t.Helper()
	m := s.Metadata()
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if file.BaseRowID == nil || file.DefaultRowCommitVersion == nil {
			t.Fatalf("%s has no numbers", file.Path)
		}
		rows := m.ParseStats(file.Stats, Schema{}).NumRecords
		ranges = append(ranges, [2]int64{*file.BaseRowID, *file.BaseRowID + rows})
	}
	slices.SortFunc(ranges, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	for i := 1; i < len(ranges); i++ {
		if ranges[i][0] < ranges[i-1][1] {
			t.Fatalf("row ids overlap: %v", ranges)
		}
	}
	domain, ok, err := s.Domain(t.Context(), domainRowTracking)
	if err != nil || !ok {
		t.Fatalf("no high water mark: %v", err)
	}
	if mark, err := s.state.highestRowID(); err != nil || mark < ranges[len(ranges)-1][1]-1 {
		t.Fatalf("the mark %s is below %v", domain.Configuration, ranges)
	}
	return ranges
}

func rows(name string, n int) AddFile {
	f := write(name)
	f.Stats = fmt.Sprintf(`{"numRecords":%d}`, n)
	return f
}

// Writers at the same time give each row an id of its own, and each file the version that it came with.
func TestRowTrackingNumbersRowsOnce(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{propRowTracking: "true"})
	m := table.snapshot().Metadata()
	if id, version := m.RowIDColumns(); id == "" || version == "" || id == version {
		t.Errorf("columns %q and %q", id, version)
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			mine := Open(store, Options{})
			for i := range 5 {
				s, err := mine.Snapshot(t.Context())
				if err == nil {
					txn := s.Begin(Operation{Name: "WRITE"})
					txn.Add(rows(fmt.Sprintf("f%d-%d", w, i), 10+i))
					_, err = txn.Commit(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	s := table.snapshot()
	if ranges := tracked(t, s); len(ranges) != 20 || ranges[0][0] != 0 || ranges[19][1] != 240 {
		t.Errorf("ranges %v", ranges)
	}
	for version := int64(1); version <= s.Version(); version++ {
		actions, err := readCommit(t.Context(), store, version)
		if err != nil || *actions.Adds[0].DefaultRowCommitVersion != version {
			t.Errorf("version %d adds a file of version %d, %v", version, *actions.Adds[0].DefaultRowCommitVersion, err)
		}
		if actions.CommitInfo.Tags[tagPreserved] != "true" {
			t.Errorf("version %d: tags %v", version, actions.CommitInfo.Tags)
		}
	}
}

// Turning row tracking on numbers the rows that are there, in the same version.
func TestRowTrackingTurnedOnLater(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("a", "b")
	txn := table.snapshot().Begin(Operation{Name: "SET TBLPROPERTIES"})
	m := table.snapshot().Metadata()
	m.Configuration[propRowTracking] = "true"
	txn.UpdateMetadata(m)
	table.commit(txn)
	table.append("c")
	if ranges := tracked(t, table.snapshot()); len(ranges) != 3 || ranges[2] != [2]int64{2, 3} {
		t.Errorf("ranges %v", ranges)
	}
	if n, err := table.snapshot().NumFiles(t.Context()); n != 3 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
}

func TestRowTrackingNeedsRowCounts(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), map[string]string{propRowTracking: "true"})
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	file := write("a")
	file.Stats = ""
	txn.Add(file)
	_, err := txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaRowIDWithoutStats)

	_, err = Create(t.Context(), volumestest.NewMemory(), CreateOptions{
		Schema: peopleSchema, Configuration: map[string]string{propRowTracking: "true", propRowTrackingSuspended: "true"}, Options: testOptions(),
	})
	wantClass(t, err, errclass.DeltaRowTrackingProperties)
}

// The checksum file tells sizes, vectors and times as the files are, also after files are gone.
func TestChecksumTellsDetails(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{propCommitTimes: "true"})
	small, large := write("small"), write("large")
	large.Size = 9 << 20
	gone := write("gone")
	gone.Size = 1 << 40
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	txn.Add(small, large, gone)
	table.commit(txn)
	txn = table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(gone)
	table.commit(txn)
	s, ok := readChecksum(t.Context(), store, 2)
	if !ok || !s.files.detailed || s.stamp == 0 {
		t.Fatalf("checksum: %v, %+v", ok, s)
	}
	if at := binOf(sizeBoundaries[:], 9<<20); s.files.sizes.counts[0] != 1 || s.files.sizes.counts[at] != 1 || s.files.sizes.bytes[at] != 9<<20 {
		t.Errorf("sizes %v", s.files.sizes)
	}
	if s.files.number != 2 || s.files.deletedCounts[0] != 2 || total(s.files.sizes.counts[:]) != 2 {
		t.Errorf("%+v", s.files)
	}
	if !slices.IsSorted(sizeBoundaries[:]) || !slices.IsSorted(deletedBoundaries[:]) {
		t.Error("boundaries are not sorted")
	}
}
