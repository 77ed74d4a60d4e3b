package interop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// Tables that other writers have left are read as delta-rs reads them, in all their versions; where it refuses, as Spark
// does. What we refuse, we refuse by the name of the feature.
func weReadRealTables(t *testing.T, peers []*peer) {
	root := realdata.Path(t, "delta-tables")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	l := newLake(t)
	var told realTally
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "table") // Spark may write beside what it reads
			if err := os.CopyFS(copied, os.DirFS(filepath.Join(root, e.Name()))); err != nil {
				t.Fatal(err)
			}
			l.readReal(t, peers, reading{name: e.Name(), path: copied}, &told)
		})
	}
	t.Logf("%d real tables read alike in %d readings, %d refused by feature, %d without their files", told.tables, told.readings, told.refused, told.absent)
}

type realTally struct{ tables, readings, refused, absent int }

func (l *lake) readReal(t *testing.T, peers []*peer, at reading, told *realTally) {
	t.Helper()
	versions, err := readable(t, at.path)
	if errors.Is(err, errclass.DeltaTableNotFound) { // the collection has its folder alone
		told.absent++
		return
	}
	if errors.Is(err, errclass.DeltaUnsupportedRead) || errors.Is(err, errclass.DeltaInvalidProtocol) {
		told.refused++
		t.Logf("refused: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		at.version = &v
		schema, _, _, err := l.read(t, at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			t.Logf("version %d: the collection has not its files", v)
			told.absent++
			continue
		case err == nil && len(schema.Fields) == 0:
			t.Logf("version %d: it has no columns, and no other reader opens such a table", v)
			continue
		case err == nil && strings.Contains(types.SQL(schema), "VARIANT"):
			t.Logf("version %d: variants have no form that readers share; see TestInteropVariants", v)
			continue
		}
		if err := l.asTheFirst(t, peers, at); err != nil {
			t.Errorf("version %d: %v", v, err)
		}
		told.readings++
	}
	told.tables++
}

// readable are versions of a table: the last, the first that the log can still make, and those in between by strides.
func readable(t *testing.T, path string) ([]int64, error) {
	t.Helper()
	store, err := volumes.OpenLocal(path)
	if err != nil {
		t.Fatal(err)
	}
	table := deltalog.Open(store, deltalog.Options{})
	last, err := table.Snapshot(t.Context())
	if err != nil {
		return nil, err
	}
	var versions []int64
	for v := last.Version(); v >= 0; v-- {
		if _, err := table.SnapshotAt(t.Context(), v); err == nil {
			versions = append(versions, v)
		}
	}
	for len(versions) > 6 {
		versions = slices.Delete(versions, 2, 3)
	}
	return versions, nil
}

// asTheFirst compares with the first of the peers that reads the table at all.
func (l *lake) asTheFirst(t *testing.T, peers []*peer, at reading) error {
	t.Helper()
	var refused []string
	for _, name := range []string{"delta-rs", "Spark", "DuckDB"} {
		p := named(peers, name)
		if p == nil || name == "delta-rs" && at.name == "table_with_edge_timestamps" { // it turns INT96 into nanoseconds, which end in 2262
			continue
		}
		if _, _, _, err := p.read(at); err != nil {
			refused = append(refused, err.Error())
			continue
		}
		if len(refused) > 0 {
			t.Logf("version %d as %s reads it: %s", *at.version, name, strings.Join(refused, "; "))
		}
		return l.compare(t, p, at)
	}
	return fmt.Errorf("none reads it: %s", strings.Join(refused, "\n"))
}
