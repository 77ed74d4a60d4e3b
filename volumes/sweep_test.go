package volumes_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// What killed writers left is removed once it is old; files, and writes that go on, are not.
func TestSweepRemovesOldTemporaryFiles(t *testing.T) {
	store := volumestest.NewMemory()
	for i, name := range []string{"a", "d/b", "d/_delta_log/c"} {
		if err := store.Put(t.Context(), name+".kept", nil); err != nil {
			t.Fatal(err)
		}
		store.KillAfter(2) // create, write
		if err := store.Put(t.Context(), name, []byte("text")); !errors.Is(err, volumestest.ErrStopped) {
			t.Fatalf("put %d: %v", i, err)
		}
		store.Restart()
	}
	border, err := store.Stat(t.Context(), "d/_delta_log/c.kept")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir    string
		before time.Time
		want   int
	}{{"d", border.ModTime, 1}, {".", border.ModTime, 1}, {".", border.ModTime.Add(time.Hour), 1}, {".", border.ModTime.Add(time.Hour), 0}} {
		if got, err := store.Sweep(t.Context(), c.dir, c.before); err != nil || got != c.want {
			t.Errorf("sweep %s before %v: %d, %v; want %d", c.dir, c.before, got, err, c.want)
		}
	}
	var left []string
	for info, err := range store.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, info.Name)
	}
	if want := []string{"a.kept", "d/_delta_log/c.kept", "d/b.kept"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if _, err := store.Sweep(t.Context(), "absent", time.Time{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent folder: %v", err)
	}
}
