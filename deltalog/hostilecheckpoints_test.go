package deltalog

import (
	"encoding/binary"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A checkpoint that claims a billion rows, or sizes beyond its own, is no checkpoint: the table is read from its commits, and without them there is an
// error. Nothing is asked of memory for what is claimed.
func TestCheckpointsThatLie(t *testing.T) {
	const claimed = 1_000_000_000
	tests := map[string]func(*format.FileMetaData){
		"the file's rows": func(f *format.FileMetaData) { f.NumRows = claimed },
		"the group's rows": func(f *format.FileMetaData) {
			f.NumRows, f.RowGroups[0].NumRows = claimed, claimed
		},
		"everybody's rows": func(f *format.FileMetaData) {
			f.NumRows, f.RowGroups[0].NumRows = claimed, claimed
			eachColumn(f, func(c *format.ColumnMetaData) { c.NumValues = claimed })
		},
		"rows below zero": func(f *format.FileMetaData) {
			f.NumRows, f.RowGroups[0].NumRows = -1, -1
			eachColumn(f, func(c *format.ColumnMetaData) { c.NumValues = -1 })
		},
		"sizes": func(f *format.FileMetaData) {
			eachColumn(f, func(c *format.ColumnMetaData) { c.TotalCompressedSize, c.TotalUncompressedSize = 1<<40, 1<<40 })
		},
		"places": func(f *format.FileMetaData) {
			eachColumn(f, func(c *format.ColumnMetaData) { c.DataPageOffset = 1 << 40 })
		},
	}
	for name, lie := range tests {
		t.Run(name, func(t *testing.T) {
			store := volumestest.NewMemory()
			table := newTable(t, store, nil)
			table.append("1.parquet")
			if err := table.snapshot().Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			rewriteFooter(t, store, checkpointName(1), lie)
			var files int
			var err error
			costsAtMost(t, 512<<20, func() { _, files, err = readAll(t, store) })
			if err == nil && files != 1 {
				t.Errorf("got %d files", files)
			}
			for version := range int64(2) {
				if err := store.Delete(t.Context(), commitName(version)); err != nil {
					t.Fatal(err)
				}
			}
			costsAtMost(t, 512<<20, func() { _, files, err = readAll(t, store) })
			if err == nil && files != 1 {
				t.Errorf("without commits: got %d files", files)
			}
			t.Log(err)
		})
	}
}

func eachColumn(f *format.FileMetaData, do func(*format.ColumnMetaData)) {
	for i := range f.RowGroups {
		for j := range f.RowGroups[i].Columns {
			do(&f.RowGroups[i].Columns[j].MetaData)
		}
	}
}

// rewriteFooter changes what a Parquet file says of itself.
func rewriteFooter(t *testing.T, store volumes.Store, name string, lie func(*format.FileMetaData)) {
	t.Helper()
	data, err := volumes.ReadFile(t.Context(), store, name)
	if err != nil {
		t.Fatal(err)
	}
	const tail = 8
	end := len(data) - tail
	start := end - int(binary.LittleEndian.Uint32(data[end:]))
	var footer format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data[start:end], &footer); err != nil {
		t.Fatal(err)
	}
	lie(&footer)
	encoded, err := thrift.Marshal(new(thrift.CompactProtocol), &footer)
	if err != nil {
		t.Fatal(err)
	}
	data = append(data[:start:start], encoded...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(encoded)))
	if err := store.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), name, append(data, "PAR1"...)); err != nil {
		t.Fatal(err)
	}
}
