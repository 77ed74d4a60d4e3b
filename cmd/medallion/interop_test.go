package main

import (
	"slices"
	"strings"
	"testing"

	"lakehouse/deltalog"
)

// What keeps an engine out is named, and features of writers keep nobody from reading.
func TestInteropVerdicts(t *testing.T) {
	p := deltalog.Protocol{
		MinReaderVersion: 3, MinWriterVersion: 7,
		ReaderFeatures: []string{"typeWidening"}, WriterFeatures: []string{"typeWidening", "identityColumns"},
	}
	reads, writes := demands(p)
	for name, want := range map[string]string{
		"Spark + Delta 4.4":        "reads and writes it",
		"delta-rs 1.6":             "cannot open it: typeWidening",
		"DuckDB (delta extension)": "reads it; cannot write it: identityColumns, typeWidening",
	} {
		at := slices.IndexFunc(foreignReaders, func(r foreignReader) bool { return r.name == name })
		if got := foreignReaders[at].verdict(reads, writes); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if lines := strings.Join(wayOut("t", reads), "\n"); !strings.Contains(lines, "delta-rs 1.6") || !strings.Contains(lines, "ALTER TABLE t DROP FEATURE typeWidening") {
		t.Error(lines)
	}
	if lines := wayOut("t", nil); len(lines) != 2 {
		t.Error(lines)
	}
	reads, _ = demands(deltalog.Protocol{MinReaderVersion: 2, MinWriterVersion: 5})
	if !slices.Equal(reads, []string{"columnMapping"}) {
		t.Error(reads)
	}
}
