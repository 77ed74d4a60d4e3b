package deltalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"lakehouse/volumes/volumestest"
)

// A lake is a table of two partitions whose files the test knows the rows of.
type lake struct {
	store *volumestest.Memory
	mu    sync.Mutex
	rows  map[string][]string // of each file, ever
	next  int
}

// newLake makes the table with two files in each partition.
func newLake(t *testing.T, level string) *lake {
	l := &lake{store: volumestest.NewMemory(), rows: map[string][]string{}}
	schema := Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}}
	table, err := Create(t.Context(), l.store, CreateOptions{
		Schema: schema, PartitionColumns: []string{"day"}, Options: testOptions(),
		Configuration: map[string]string{"delta.isolationLevel": level, "delta.feature.domainMetadata": "supported", "delta.feature.deletionVectors": "supported"},
	})
	if err != nil {
		t.Fatal(err)
	}
	seed := (&testTable{t, l.store, table}).snapshot().Begin(Operation{Name: "WRITE"})
	seed.Add(l.file("1", "a"), l.file("1", "b"), l.file("2", "c"), l.file("2", "d"))
	if _, err := seed.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// clone is the same table once more.
func (l *lake) clone() *lake {
	return &lake{store: l.store.CrashClone(0, 0), rows: maps.Clone(l.rows), next: l.next}
}

// file is a new data file of those rows, each of the partition.
func (l *lake) file(day string, rows ...string) AddFile {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	f := write(fmt.Sprintf("day=%s/%d.parquet", day, l.next))
	f.PartitionValues = map[string]*string{"day": &day}
	f.Stats = fmt.Sprintf(`{"numRecords":%d}`, len(rows))
	l.rows[f.Path] = rows
	return f
}

// content is the rows of the newest version.
func (l *lake) content(ctx context.Context) (rows []string, err error) {
	s, err := Open(l.store, Options{}).Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	for f, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		for _, row := range l.rows[f.Path] {
			rows = append(rows, *f.PartitionValues["day"]+row)
		}
	}
	slices.Sort(rows)
	return rows, nil
}

func onDay(day string) Predicate { return Compare{Column: []string{"day"}, Op: Equal, Value: day} }

// live are the snapshot's files of a partition, "" for all.
func live(ctx context.Context, s *Snapshot, day string) (files []AddFile, err error) {
	for f, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if day == "" || *f.PartitionValues["day"] == day {
			files = append(files, f)
		}
	}
	return files, nil
}
