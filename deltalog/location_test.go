package deltalog

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// Whatever goes wrong with a table, its place is told, once, behind the class.
func TestErrorsNameTheTable(t *testing.T) {
	const place = "/Volumes/main/default/t"
	opts := Options{Location: place}
	schema := Schema{Fields: []Field{field("n", Long)}}
	created := func(properties map[string]string) *Table {
		table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{Schema: schema, Configuration: properties, Options: opts})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	none := Open(volumestest.NewMemory(), opts)
	broken := created(nil)
	if err := broken.store.Put(t.Context(), commitName(1), []byte("{")); err != nil {
		t.Fatal(err)
	}
	first := func(table *Table, from int64) error {
		for _, err := range table.Changes(t.Context(), from) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	snapshot := func(table *Table) error {
		_, err := table.Snapshot(t.Context())
		return err
	}
	tests := []struct {
		name string
		err  func() error
		want error
	}{
		{"no table", func() error { return snapshot(none) }, ErrTableNotFound},
		{"no table to tail", func() error { _, err := none.LatestVersion(t.Context()); return err }, ErrTableNotFound},
		{"no version", func() error { _, err := created(nil).SnapshotAt(t.Context(), 7); return err }, ErrVersionNotFound},
		{"negative version", func() error { _, err := created(nil).SnapshotAt(t.Context(), -7); return err }, ErrVersionNotFound},
		{"too early", func() error { _, err := created(nil).SnapshotAsOf(t.Context(), time.Time{}); return err }, errclass.DeltaTimestampBeforeFirst},
		{"broken log", func() error { return snapshot(broken) }, ErrLogMalformed},
		{"broken change", func() error { return first(broken, 1) }, ErrLogMalformed},
		{"there already", func() error { return created(nil).Create(t.Context(), CreateOptions{Schema: schema}) }, ErrTableAlreadyExists},
		{"unknown feature", func() error {
			return none.Create(t.Context(), CreateOptions{Schema: schema, Configuration: map[string]string{"delta.feature.x": "supported"}})
		}, errclass.DeltaUnknownFeature},
	}
	for _, test := range tests {
		err := test.err()
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			continue
		}
		if n := strings.Count(err.Error(), place); n != 1 {
			t.Errorf("%s: the place is told %d times: %v", test.name, n, err)
		}
	}
	if err := snapshot(none); !strings.HasPrefix(err.Error(), "[DELTA_TABLE_NOT_FOUND] Delta table `"+place+"` doesn't exist") {
		t.Error(err)
	}
}
