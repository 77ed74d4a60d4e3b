package deltalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/realdata"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// The example of the specification, section JSON checksum.
func TestCanonicalJSON(t *testing.T) {
	const example = `{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}`
	const want = `"k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4","k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"`
	got, err := canonicalJSON([]byte(example))
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	sum, err := jsonChecksum([]byte(example))
	if err != nil || sum != "6a92d155a59bf2eecbd4b4ec7fd1f875" {
		t.Errorf("got checksum %s, %v", sum, err)
	}
}

// Hints that other writers wrote, with schemas and sidecars in them, have the checksum they claim.
func TestChecksumOfRealHints(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "delta-tables"), "*", logDir, "_last_checkpoint"))
	if err != nil || len(files) == 0 {
		t.Fatal("no tables", err)
	}
	checked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		store := volumestest.NewMemory()
		if err := store.Put(t.Context(), lastCheckpointName, data); err != nil {
			t.Fatal(err)
		}
		if hint, ok := readLastCheckpoint(t.Context(), store); !ok {
			t.Errorf("%s is not understood", file)
		} else if hint.Checksum != "" {
			checked++
		}
	}
	if checked == 0 {
		t.Error("no hint had a checksum")
	}
}

func TestBrokenHintIsIgnored(t *testing.T) {
	for _, text := range []string{
		"", "{", `{"version":-1}`, `{"version":9223372036854775808}`, `{"version":1,"checksum":"00"}`, `[1]`,
		strings.Repeat(`{"a":`, 100000), `{"version":3}`,
	} {
		store := volumestest.NewMemory()
		table := newTable(t, store, nil)
		table.append("1.parquet")
		if err := store.Put(t.Context(), lastCheckpointName, []byte(text)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(store, Options{}).Snapshot(t.Context())
		if err != nil || s.Version() != 1 {
			t.Errorf("hint %.20q: got %v, %v, want version 1", text, s, err)
		}
	}
}

func TestHintDoesNotGoBack(t *testing.T) {
	store := volumestest.NewMemory()
	for _, version := range []int64{20, 10} {
		if err := writeLastCheckpoint(t.Context(), store, lastCheckpoint{Version: version, Size: 3}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := volumes.ReadFile(t.Context(), store, lastCheckpointName)
	if err != nil || !strings.Contains(string(data), `"version":20`) {
		t.Errorf("got %s, %v, want version 20", data, err)
	}
}
