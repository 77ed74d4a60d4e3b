package deltalog

import (
	"bytes"
	"fmt"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func benchTable(b *testing.B, files int, interval string) *testTable {
	b.Helper()
	table := newTable(b, volumestest.NewMemory(), map[string]string{"delta.checkpointInterval": interval})
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	for i := range files {
		f := write(fmt.Sprintf("part-%08d-c000.snappy.parquet", i))
		f.Stats = fmt.Sprintf(`{"numRecords":%d,"minValues":{"id":%d},"maxValues":{"id":%d},"nullCount":{"id":0}}`, i, i, i+9)
		txn.Add(f)
	}
	table.commit(txn)
	return table
}

func BenchmarkFilesFromCheckpoint(b *testing.B) {
	const files = 100_000
	table := benchTable(b, files, "1")
	s, err := Open(table.store, Options{}).Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range s.Files(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != files {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*files), "ns/file")
}

func BenchmarkDecodeCommit(b *testing.B) {
	table := benchTable(b, 1000, "1000000")
	actions, err := readCommit(b.Context(), table.store, 1)
	if err != nil {
		b.Fatal(err)
	}
	data, err := actions.encode()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeCommit(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, files := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			table := benchTable(b, files, "1000000")
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := appendOne(b.Context(), table.Table, fmt.Sprint(n, ".parquet")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenCommits opens a table of ten thousand commits that has no checkpoint and no checksum files, and walks its files.
func BenchmarkOpenCommits(b *testing.B) {
	const commits = 10_000
	store, err := volumes.OpenLocal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	writeCommits(b, store, commits)
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(store, Options{}).Snapshot(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range s.Files(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != commits {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*commits), "ns/commit")
}

// writeCommits writes a log whose versions each add one file, as another writer leaves it.
func writeCommits(tb testing.TB, store volumes.Store, commits int) {
	tb.Helper()
	memory := volumestest.NewMemory()
	newTable(tb, memory, nil)
	first, err := readCommit(tb.Context(), memory, 0)
	if err != nil {
		tb.Fatal(err)
	}
	for version := range int64(commits) {
		actions := Actions{CommitInfo: first.CommitInfo}
		if version == 0 {
			actions = *first
		}
		f := write(fmt.Sprintf("part-%08d-c000.snappy.parquet", version))
		f.Stats = fmt.Sprintf(`{"numRecords":10,"minValues":{"id":%d},"maxValues":{"id":%d},"nullCount":{"id":0}}`, version, version+9)
		actions.Adds = []AddFile{f}
		data, err := actions.encode()
		if err != nil {
			tb.Fatal(err)
		}
		if err := store.Put(tb.Context(), commitName(version), data); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkCheckpoint opens a table whose files are told by commits alone, and writes its first checkpoint.
func BenchmarkCheckpoint(b *testing.B) {
	const files = 200_000
	table := benchTable(b, files, "1000000")
	s, err := Open(table.store, Options{}).Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.checkpointClassic(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*files), "ns/file")
}
