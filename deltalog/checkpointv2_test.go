package deltalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func newV2Table(t testing.TB, more map[string]string) (*volumestest.Memory, *Table) {
	t.Helper()
	store := volumestest.NewMemory()
	configuration := map[string]string{"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "1000"}
	maps.Copy(configuration, more)
	table, err := Create(t.Context(), store, CreateOptions{
		Schema:        Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}},
		Configuration: configuration, PartitionColumns: []string{"day"}, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return store, table
}

func dayFile(name string) AddFile {
	f := write("day=a/" + name + ".parquet")
	day := "a"
	f.PartitionValues = map[string]*string{"day": &day}
	return f
}

// livePaths are the paths of the files of a version, read by a table that knows nothing yet.
func livePaths(t require, store volumes.Store, version int64) []string {
	s, err := Open(store, Options{}).SnapshotAt(t.Context(), version)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, file.Path)
	}
	slices.Sort(paths)
	return paths
}

func sidecarNames(t testing.TB, store volumes.Store) []string {
	t.Helper()
	var names []string
	for info, err := range store.List(t.Context(), sidecarDir, volumes.ListOptions{}) {
		if err != nil {
			break
		}
		names = append(names, info.Name)
	}
	return names
}

func deleteCommits(t testing.TB, store volumes.Store, upTo int64) {
	t.Helper()
	for v := range upTo + 1 {
		for _, name := range []string{commitName(v), checksumName(v)} {
			if err := store.Delete(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A V2 checkpoint, whatever the name and the format of its manifest, holds all that a version is, its statistics as text or as values.
func TestV2CheckpointKeepsTheVersion(t *testing.T) {
	for name, more := range map[string]map[string]string{
		"JSON":          nil,
		"classic name":  {"delta.checkpointInterval": "1", "delta.enableExpiredLogCleanup": "false"},
		"struct stats":  {propStatsAsText: "false", propStatsAsStruct: "true"},
		"both of stats": {propStatsAsStruct: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			store, raw := newV2Table(t, more)
			table := &testTable{t, store, raw}
			txn := table.snapshot().Begin(Operation{Name: "WRITE"})
			gone := dayFile("gone")
			gone.DeletionVector = nil
			txn.Add(dayFile("a"), dayFile("b"), gone)
			txn.SetTransaction("app", 7)
			table.commit(txn)
			txn = table.snapshot().Begin(Operation{Name: "DELETE"})
			txn.Remove(gone)
			table.commit(txn)
			for table.snapshot().Version() < 10 {
				table.commit(table.snapshot().Begin(Operation{Name: "WRITE"}))
			}
			before := table.snapshot()
			if err := before.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			deleteCommits(t, store, before.Version())

			after, err := Open(store, testOptions()).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if after.Version() != 10 || after.seg.checkpoint == nil {
				t.Fatalf("got version %d, checkpoint %v", after.Version(), after.seg.checkpoint)
			}
			if classic := after.seg.checkpoint.parts[0].kind == checkpointFile; classic != (name == "classic name") {
				t.Errorf("the manifest is %s", after.seg.checkpoint.parts[0].name)
			}
			if v, ok, err := after.SetTransaction(t.Context(), "app"); v != 7 || !ok || err != nil {
				t.Errorf("transaction: got %d, %v, %v", v, ok, err)
			}
			count := 0
			for file, err := range after.Files(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				count++
				meta := after.Metadata()
				schema, _ := after.Schema()
				if stats := meta.ParseStats(file.Stats, schema); stats.NumRecords != 1 {
					t.Errorf("%s has statistics %q", file.Path, file.Stats)
				}
				if day := file.PartitionValues["day"]; day == nil || *day != "a" {
					t.Errorf("%s has partition values %v", file.Path, file.PartitionValues)
				}
			}
			tombs := 0
			for file, err := range after.Tombstones(t.Context()) {
				if err != nil || !strings.HasSuffix(file.Path, "gone.parquet") {
					t.Errorf("tombstone %s, %v", file.Path, err)
				}
				tombs++
			}
			if count != 2 || tombs != 1 {
				t.Errorf("%d files and %d tombstones", count, tombs)
			}
		})
	}
}

// A checkpoint of a table that only grows writes what is new and names the rest again.
func TestV2CheckpointSharesSidecars(t *testing.T) {
	store, raw := newV2Table(t, nil)
	table := &testTable{t, store, raw}
	add := func(name string, n int) {
		txn := table.snapshot().Begin(Operation{Name: "WRITE"})
		for i := range n {
			txn.Add(dayFile(fmt.Sprintf("%s-%d", name, i)))
		}
		table.commit(txn)
		if err := table.snapshot().Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	add("large", 1000)
	large := sidecarNames(t, store)
	if len(large) != 1 {
		t.Fatalf("sidecars %v", large)
	}
	for i := range 20 {
		add(fmt.Sprintf("small%d", i), 5)
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named, err := readSidecarNames(t.Context(), store, s.seg.checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.ContainsFunc(named, func(s sidecar) bool { return sidecarDir+"/"+s.Path == large[0] })
	if !kept || len(named) > 8 {
		t.Errorf("the last checkpoint names %d sidecars, the large one: %v", len(named), kept)
	}
	if paths := livePaths(t, store, s.Version()); len(paths) != 1100 {
		t.Errorf("%d files", len(paths))
	}

	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(dayFile("large-7"))
	table.commit(txn)
	if err := table.snapshot().Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	deleteCommits(t, store, table.snapshot().Version())
	if paths := livePaths(t, store, latest); len(paths) != 1099 || slices.Contains(paths, "day=a/large-7.parquet") {
		t.Errorf("%d files after the removal", len(paths))
	}
}

// require is what a test and a rapid check have in common.
type require interface {
	testing.TB
}

// After any changes, the newest checkpoint alone says what the commits say, and so does every version.
func TestV2CheckpointsAreTheReplay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store, table := newV2Table(t, nil)
		live := map[string]bool{}
		history := [][]string{nil}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			s, err := table.Snapshot(t.Context())
			if err != nil {
				r.Fatal(err)
			}
			txn := s.Begin(Operation{Name: "WRITE"})
			touched := map[string]bool{}
			for range rapid.IntRange(0, 6).Draw(r, "actions") {
				name := fmt.Sprint(rapid.IntRange(0, 30).Draw(r, "file"))
				if touched[name] {
					continue
				}
				touched[name] = true
				file := dayFile(name)
				if live[file.Path] {
					txn.Remove(file)
					delete(live, file.Path)
				} else {
					txn.Add(file)
					live[file.Path] = true
				}
			}
			commit, err := txn.Commit(t.Context())
			if err != nil {
				r.Fatal(err)
			}
			history = append(history, slices.Sorted(maps.Keys(live)))
			if rapid.Bool().Draw(r, "checkpoint") {
				at, err := table.SnapshotAt(t.Context(), commit.Version)
				if err == nil {
					err = at.Checkpoint(t.Context())
				}
				if err != nil {
					r.Fatal(err)
				}
			}
		}
		for version, want := range history {
			if got := livePaths(t, store, int64(version)); !slices.Equal(got, want) {
				r.Fatalf("version %d: got %v, want %v", version, got, want)
			}
		}
	})
}
