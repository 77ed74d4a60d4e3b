package stream

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lakehouse/internal/state"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// TestKeepState makes spark-state.json of the checkpoints that spark.py kept: STATEFUL_KEEP=folder go test -run KeepState.
func TestKeepState(t *testing.T) {
	folder := os.Getenv("STATEFUL_KEEP")
	if folder == "" {
		t.Skip("set STATEFUL_KEEP to the folder where spark.py kept the checkpoints")
	}
	failed := map[string]bool{} // they leave state half made
	for _, a := range readScripted[scriptedAnswer](t, "spark.json") {
		failed[a.Name] = a.Error != ""
	}
	kept := map[string]map[string]map[string]string{}
	for _, c := range readScripted[scripted](t, "cases.json") {
		if _, err := os.Stat(filepath.Join(folder, c.Name)); err != nil || failed[c.Name] {
			continue
		}
		store, err := volumes.OpenLocal(filepath.Join(folder, c.Name))
		if err != nil {
			t.Fatal(err)
		}
		kept[c.Name] = stateBytes(t, store)
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "stateful", "spark-state.json"), append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stateBytes is all entries of a checkpoint's state: by the folder of a store's partition, by key.
func stateBytes(t *testing.T, store volumes.Store) map[string]map[string]string {
	t.Helper()
	all, newest := map[string]map[string]string{}, map[string]int64{}
	for info, err := range store.List(t.Context(), "state", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		switch {
		case strings.HasSuffix(info.Name, "/schema"):
			data, err := volumes.ReadFile(t.Context(), store, info.Name)
			if err != nil {
				t.Fatal(err)
			}
			all[info.Name] = map[string]string{"schema": columnsOf(string(data))}
		case strings.HasSuffix(info.Name, ".delta"):
			dir := filepath.Dir(info.Name)
			version, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(info.Name), ".delta"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			all[dir], newest[dir] = nil, max(newest[dir], version)
		}
	}
	for dir := range all {
		if all[dir] != nil {
			continue
		}
		view, err := state.Folder{Store: store, Dir: "state"}.LoadView(t.Context(), dir, newest[dir])
		if err != nil {
			t.Fatal(err)
		}
		all[dir] = map[string]string{}
		for keys, values := range view.Entries(1000) {
			for i := range keys {
				all[dir][hex.EncodeToString(keys[i])] = hex.EncodeToString(values[i])
			}
		}
	}
	return all
}

// The state that a query leaves is Spark's, byte for byte: schemas, keys, values, and where they lie.
func TestStateIsSparksByteForByte(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "stateful", "spark-state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]map[string]map[string]string
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	for _, c := range readScripted[scripted](t, "cases.json") {
		want := kept[c.Name]
		if want == nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			store := volumestest.NewMemory()
			if answer := c.run(t, store); answer.Error != "" {
				if unlikeSpark[c.Name] == "" {
					t.Fatal(answer.Error)
				}
				return
			}
			got := stateBytes(t, store)
			for _, dir := range slices.Sorted(maps.Keys(want)) {
				if !maps.Equal(got[dir], want[dir]) {
					t.Errorf("%s:\n%s\nwant\n%s", dir, sortedEntries(got[dir]), sortedEntries(want[dir]))
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d partitions and schemas, want %d", len(got), len(want))
			}
		})
	}
}

// columnsOf is the schemas of a schema file without the notes that Spark keeps with columns: the delay of an event time, and that a
// window is one. Nobody reads them there.
func columnsOf(file string) string {
	return strings.Join(regexp.MustCompile(`"metadata":\{[^}]*\}`).Split(strings.Join(regexp.MustCompile(`\{"type":"struct"[\x20-\x7e]*\}`).FindAllString(file, -1), "\n"), -1), "")
}

func sortedEntries(entries map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		lines = append(lines, fmt.Sprintf("  %s → %s", key, entries[key]))
	}
	return strings.Join(lines, "\n")
}
