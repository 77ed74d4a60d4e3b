package deltalog

import (
	"reflect"
	"strings"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A hint that is taken is written again as one that says the same.
func FuzzLastCheckpoint(f *testing.F) {
	for _, seed := range []string{
		`{"version":7,"size":3,"parts":2,"sizeInBytes":9,"numOfAddFiles":1}`, `{"version":0,"size":1,"checksum":"x"}`, `{"version":-1}`, `{"VERSION":1}`,
		`{"version":1,"checkpointSchema":{"type":"struct","fields":[{"name":"a"}]},"v2Checkpoint":{"path":"../x","sidecarFiles":[{"path":"../y"}]}}`, strings.Repeat(`{"a":`, 1000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		store := volumestest.NewMemory()
		if err := store.Put(t.Context(), lastCheckpointName, text); err != nil {
			t.Fatal(err)
		}
		hint, ok := readLastCheckpoint(t.Context(), store)
		if !ok {
			return
		}
		if hint.Version < 0 {
			t.Fatalf("took version %d of %q", hint.Version, text)
		}
		hint.Version, hint.Checksum = max(hint.Version, 1), ""
		again := volumestest.NewMemory()
		if err := writeLastCheckpoint(t.Context(), again, hint); err != nil {
			t.Fatal(err)
		}
		back, ok := readLastCheckpoint(t.Context(), again)
		if back.Checksum = ""; !ok || !reflect.DeepEqual(back, hint) {
			t.Fatalf("%+v is read as %+v, %v", hint, back, ok)
		}
	})
}

// A checksum file helps or does not; with any at all a table is read as its commits have it, or refused.
func FuzzChecksum(f *testing.F) {
	store := volumestest.NewMemory()
	table := newTable(f, store, nil)
	table.append("1.parquet")
	good, err := volumes.ReadFile(f.Context(), store, checksumName(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"numFiles":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := store.Put(t.Context(), checksumName(1), text); err != nil {
			t.Fatal(err)
		}
		s, err := Open(store, Options{}).Snapshot(t.Context())
		if err != nil {
			return
		}
		n := 0
		for _, err := range s.Files(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 1 {
			t.Fatalf("%d files with the checksum %q", n, text)
		}
		_, _ = s.Schema()
	})
}

// A name that is understood is of a version, and the names that this package writes are.
func FuzzLogFileName(f *testing.F) {
	for _, seed := range []string{"00000000000000000001.json", "00000000000000000001.checkpoint.0000000001.0000000002.parquet", "00000000000000000001.checkpoint.8-4-4.json", "_last_checkpoint", "9.crc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		file := parseLogFile(volumes.Info{Name: logDir + "/" + base})
		if file.version < 0 || file.kind == checkpointPart && (file.part < 1 || file.part > file.parts) {
			t.Fatalf("%q is %+v", base, file)
		}
		if want := map[fileKind]string{commitFile: commitName(file.version), checksumFile: checksumName(file.version), checkpointFile: checkpointName(file.version)}[file.kind]; want != "" && want != logDir+"/"+base {
			t.Fatalf("%q is taken for %q", base, want)
		}
	})
}
