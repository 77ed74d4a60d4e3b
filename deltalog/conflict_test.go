package deltalog

import (
	"errors"
	"slices"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// Two transactions start from one snapshot; the first commits, then the second. Rules of Delta's
// ConflictChecker.
func TestConflicts(t *testing.T) {
	partitioned := Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}}
	file := func(name, day string) AddFile {
		f := write(name)
		f.PartitionValues = map[string]*string{"day": &day}
		return f
	}
	onDay := func(day string) Predicate { return Compare{Column: []string{"day"}, Op: Equal, Value: day} }
	appendTo := func(day string) func(*Txn) {
		return func(x *Txn) { x.Add(file("new-"+day+".parquet", day)) }
	}
	// update rewrites the day's file as a copy-on-write update does.
	update := func(day string) func(*Txn) {
		return func(x *Txn) {
			x.ReadFiles(onDay(day))
			x.Remove(file("old-"+day+".parquet", day))
			x.Add(file("updated-"+day+x.op.Name+".parquet", day))
		}
	}
	overwrite := func(x *Txn) {
		x.ReadFiles(nil)
		x.Remove(file("old-1.parquet", "1"), file("old-2.parquet", "2"))
		x.Add(file("all"+x.op.Name+".parquet", "1"))
	}
	rename := func(x *Txn) {
		m := x.Snapshot().Metadata()
		m.Description = x.op.Name
		x.UpdateMetadata(m)
	}
	stream := func(id string) func(*Txn) {
		return func(x *Txn) { x.SetTransaction(id, 1); x.Add(file("stream-"+x.op.Name+".parquet", "1")) }
	}
	compact := func(x *Txn) {
		old := file("old-1.parquet", "1")
		x.ReadFiles(onDay("1"))
		x.RemoveFile(old.Removed(1, false))
		f := file("compacted.parquet", "1")
		f.DataChange = false
		x.Add(f)
	}
	removeOnly := func(x *Txn) { x.Remove(file("old-1.parquet", "1")) }
	query := func(x *Txn) { x.ReadWholeTable(); x.Add(file("derived.parquet", "2")) }

	tests := []struct {
		name          string
		level         string
		first, second func(*Txn)
		want          errclass.Class // of the second; empty: it succeeds
	}{
		{"two appends", "", appendTo("1"), appendTo("2"), ""},
		{"two streams", "", stream("a"), stream("b"), ""},
		{"one stream twice", "", stream("a"), stream("a"), errclass.DeltaConcurrentTransaction},
		{"append, then overwrite", "", appendTo("1"), overwrite, ""},
		{"append, then overwrite, serializable", "Serializable", appendTo("1"), overwrite, errclass.DeltaConcurrentAppend},
		{"overwrite, then append", "", overwrite, appendTo("1"), ""},
		{"two overwrites", "", overwrite, overwrite, errclass.DeltaConcurrentAppend},
		{"updates of two partitions", "", update("1"), update("2"), ""},
		{"updates of one partition", "", update("1"), update("1"), errclass.DeltaConcurrentAppend},
		{"delete, then update", "", removeOnly, update("1"), errclass.DeltaConcurrentDeleteRead},
		{"delete twice", "", removeOnly, removeOnly, errclass.DeltaConcurrentDeleteDelete},
		{"compaction, then append", "", compact, appendTo("1"), ""},
		{"append, then compaction", "", appendTo("1"), compact, ""},
		{"compaction, then update", "", compact, update("1"), errclass.DeltaConcurrentAppend},
		{"new metadata, then append", "", rename, appendTo("1"), errclass.DeltaMetadataChanged},
		{"append, then new metadata", "", appendTo("1"), rename, ""},
		{"delete, then query of the whole table", "", removeOnly, query, errclass.DeltaConcurrentDeleteRead},
		{"append, then query of the whole table", "", appendTo("1"), query, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			configuration := map[string]string{}
			if test.level != "" {
				configuration["delta.isolationLevel"] = test.level
			}
			raw, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{
				Schema: partitioned, PartitionColumns: []string{"day"}, Configuration: configuration, Options: testOptions(),
			})
			if err != nil {
				t.Fatal(err)
			}
			table := &testTable{TB: t, Table: raw}
			seed := table.snapshot().Begin(Operation{Name: "WRITE"})
			seed.Add(file("old-1.parquet", "1"), file("old-2.parquet", "2"))
			table.commit(seed)

			first := table.snapshot().Begin(Operation{Name: "FIRST"})
			second := table.snapshot().Begin(Operation{Name: "SECOND"})
			test.first(first)
			test.second(second)
			table.commit(first)
			_, err = second.Commit(t.Context())
			if test.want == "" && err != nil || test.want != "" && !errors.Is(err, test.want) {
				t.Errorf("got %v, want class %q", err, test.want)
			}
		})
	}
}

// The level that commitInfo claims is the one that the commit kept.
func TestIsolationLevelOfCommit(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	overwrite := table.snapshot().Begin(Operation{Name: "OVERWRITE"})
	overwrite.ReadFiles(nil)
	table.append("1.parquet")
	table.commit(overwrite)
	entries, err := table.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.IsolationLevel)
	}
	if want := []string{"WriteSerializable", "Serializable", "Serializable"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Two creators of one table: the second is told that the table exists.
func TestCreateRace(t *testing.T) {
	store := volumestest.NewMemory()
	table := Open(store, Options{})
	slow := table.BeginCreate(Operation{Name: "STREAMING UPDATE"})
	slow.UpdateMetadata(Metadata{}.WithSchema(peopleSchema))
	newTable(t, store, nil)
	_, err := slow.Commit(t.Context())
	wantClass(t, err, errclass.DeltaProtocolChanged)
}

func TestAppendOnlyTableRefusesRemoves(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), map[string]string{"delta.appendOnly": "true"})
	table.append("1.parquet")
	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(write("1.parquet"))
	_, err := txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaAppendOnly)
	compact := table.snapshot().Begin(Operation{Name: "OPTIMIZE"})
	f := write("1.parquet")
	compact.RemoveFile(f.Removed(1, false))
	table.commit(compact)
}

// A table that gets a feature which files have to honour takes no files of transactions that began before.
func TestFeaturesThatFilesHonourRefuseOlderTransactions(t *testing.T) {
	for feature, class := range map[string]errclass.Class{
		"materializePartitionColumns": errclass.DeltaProtocolChanged, "generatedColumns": errclass.DeltaProtocolChanged, "clustering": errclass.DeltaProtocolChanged,
		"domainMetadata": "", "vacuumProtocolCheck": "",
	} {
		table := newTable(t, volumestest.NewMemory(), nil)
		older := table.snapshot().Begin(Operation{Name: "WRITE"})
		older.Add(write("1.parquet"))
		upgrade := table.snapshot().Begin(Operation{Name: "SET TBLPROPERTIES"})
		protocol, err := upgrade.protocol().With(feature)
		if err != nil {
			t.Fatal(err)
		}
		upgrade.UpdateProtocol(protocol)
		table.commit(upgrade)
		if _, err = older.Commit(t.Context()); class == "" && err != nil || class != "" && !errors.Is(err, class) {
			t.Errorf("%s: %v, want %q", feature, err, class)
		}
	}
}
