package deltalog

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// compaction puts the files a and b into one.
func (t *testTable) compaction() *Txn {
	t.Helper()
	x := t.snapshot().Begin(Operation{Name: "OPTIMIZE"})
	for _, f := range t.files() {
		if f.Path == "a" || f.Path == "b" {
			x.ReadNamed(f)
			x.RemoveFile(f.Removed(x.Now(), false))
		}
	}
	into := write("ab")
	into.DataChange = false
	x.Add(into)
	return x
}

func (t *testTable) files() []AddFile {
	t.Helper()
	files, err := live(t.Context(), t.snapshot(), "")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// change is another transaction.
func (t *testTable) change(fill func(x *Txn)) {
	t.Helper()
	x := t.snapshot().Begin(Operation{Name: "CHANGE"})
	fill(x)
	t.commit(x)
}

func (t *testTable) describe(text string) {
	t.Helper()
	t.change(func(x *Txn) {
		m := x.Metadata()
		m.Description = text
		x.UpdateMetadata(m)
	})
}

// A compaction goes behind any change of the table that leaves its files and what they hold; else it fails by what it met first.
func TestRearrangementOutlivesChangesOfTheTable(t *testing.T) {
	tracked := map[string]string{propRowTracking: "true"}
	tests := []struct {
		name          string
		configuration map[string]string
		meanwhile     func(t *testTable)
		want          errclass.Class // empty: it commits
	}{
		{"metadata", nil, func(t *testTable) { t.describe("other") }, ""},
		{"metadata twice and an append", nil, func(t *testTable) { t.describe("other"); t.append("c"); t.describe("third") }, ""},
		{"metadata of a table that tracks its rows", tracked, func(t *testTable) { t.describe("other") }, ""},
		{"a feature dropped", map[string]string{propCheckpointPolicy: "v2"}, func(t *testTable) {
			if err := t.DropFeature(t.Context(), "v2Checkpoint", DropFeatureOptions{}); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"a column added, and a file removed", nil, func(t *testTable) {
			t.change(func(x *Txn) {
				schema, _ := x.read.Schema()
				schema.Fields = append(schema.Fields, Field{Name: "more", Type: String, Nullable: true})
				x.UpdateMetadata(x.Metadata().WithSchema(schema))
			})
			t.change(func(x *Txn) { x.Remove(t.files()[0]) })
		}, errclass.DeltaMetadataChanged},
		{"a file removed, and back", nil, func(t *testTable) {
			file := t.files()[0]
			t.change(func(x *Txn) { x.Remove(file) })
			t.change(func(x *Txn) { x.Add(file) })
		}, ""},
		{"rows of a file deleted", map[string]string{propVectors: "true"}, func(t *testTable) {
			file := t.files()[0]
			t.change(func(x *Txn) {
				x.Remove(file)
				file.DeletionVector = &DeletionVector{StorageType: "i", PathOrInlineDV: "x", SizeInBytes: 1, Cardinality: 1}
				x.Add(file)
			})
		}, errclass.DeltaConcurrentDeleteRead},
		{"files that hold more", nil, func(t *testTable) {
			t.change(func(x *Txn) {
				m := x.Metadata()
				m.Configuration[propMaterialize] = "true"
				x.UpdateMetadata(m)
			})
		}, errclass.DeltaProtocolChanged},
		{"rows called otherwise", tracked, func(t *testTable) {
			t.change(func(x *Txn) {
				m := x.Metadata()
				m.Configuration[propRowIDColumn], m.Description = "elsewhere", "other"
				x.UpdateMetadata(m)
			})
		}, errclass.DeltaMetadataChanged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := newTable(t, volumestest.NewMemory(), test.configuration)
			table.append("a", "b")
			x := table.compaction()
			test.meanwhile(table)
			before := names(t, table.snapshot())
			_, err := x.Commit(t.Context())
			want := before
			if test.want != "" {
				wantClass(t, err, test.want)
			} else {
				if err != nil {
					t.Fatal(err)
				}
				want = append(slices.DeleteFunc(before, func(n string) bool { return n == "a" || n == "b" }), "ab")
			}
			got := names(t, table.snapshot())
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("files %v, want %v", got, want)
			}
		})
	}
}

// restless changes the table's metadata before some of the versions that another writer would make.
type restless struct {
	volumes.Store
	changes int
	change  func()
}

func (r *restless) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if strings.HasSuffix(name, ".json") && r.changes > 0 {
		r.changes--
		r.change()
	}
	return r.Store.PutIfAbsent(ctx, name, data)
}

// A compaction that loses again, each time that it is begun anew, goes on; what it was begun on last is what its history says.
func TestRearrangementLosesSeveralTimes(t *testing.T) {
	store := volumestest.NewMemory()
	other := newTable(t, store, nil)
	other.append("a", "b")
	n := 0
	mine := &testTable{t, store, Open(&restless{store, 3, func() { n++; other.describe(strings.Repeat("x", n)) }}, testOptions())}
	made := mine.commit(mine.compaction())
	if made.Version != 5 || made.Attempts < 3 || n != 3 {
		t.Errorf("version %d after %d attempts and %d changes", made.Version, made.Attempts, n)
	}
	if got := names(t, other.snapshot()); !slices.Equal(got, []string{"ab"}) {
		t.Errorf("files %v", got)
	}
}
