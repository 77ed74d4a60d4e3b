package deltalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A testTable is a table whose clock ticks by the second and whose ids count.
type testTable struct {
	testing.TB
	store volumes.Store
	*Table
}

func testOptions() Options {
	var mu sync.Mutex
	at, id := time.UnixMilli(1_800_000_000_000), 0
	return Options{
		Clock: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			at = at.Add(time.Second)
			return at
		},
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			id++
			return fmt.Sprintf("id-%d", id)
		},
		Jitter: func(time.Duration) time.Duration { return 0 },
	}
}

var peopleSchema = Schema{Fields: []Field{
	{Name: "id", Type: Integer, Nullable: true},
	{Name: "name", Type: String, Nullable: true},
}}

func newTable(t testing.TB, store volumes.Store, configuration map[string]string) *testTable {
	t.Helper()
	table, err := Create(t.Context(), store, CreateOptions{
		Schema: peopleSchema, Configuration: configuration, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &testTable{t, store, table}
}

func (t *testTable) snapshot() *Snapshot {
	t.Helper()
	s, err := t.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write is a file as a writer adds it.
func write(name string) AddFile {
	return AddFile{
		Path: name, Size: 100, ModificationTime: 1_800_000_000_000, DataChange: true,
		Stats: `{"numRecords":1}`,
	}
}

func (t *testTable) append(names ...string) Commit {
	t.Helper()
	txn := t.snapshot().Begin(Operation{Name: "WRITE"})
	for _, name := range names {
		txn.Add(write(name))
	}
	return t.commit(txn)
}

func (t *testTable) commit(txn *Txn) Commit {
	t.Helper()
	made, err := txn.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if made.Maintenance != nil {
		t.Errorf("after version %d: %v", made.Version, made.Maintenance)
	}
	return made
}

func names(t testing.TB, s *Snapshot) []string {
	t.Helper()
	var all []string
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file.Path)
	}
	return all
}

func wantNames(t testing.TB, s *Snapshot, want ...string) {
	t.Helper()
	if got := names(t, s); !slices.Equal(got, want) {
		t.Errorf("files of version %d: got %q, want %q", s.Version(), got, want)
	}
}

func wantClass(t testing.TB, err error, class errclass.Class) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("got error %v, want one of class %s", err, class)
	}
}

// What one table handle commits, another one reads, version by version.
func TestTableIsReadAsWritten(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("a.parquet", "b b.parquet")
	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	for file, err := range table.snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if file.Path == "a.parquet" {
			txn.Remove(file)
		}
	}
	txn.SetTransaction("app", 7)
	table.commit(txn)

	other := Open(store, testOptions())
	s, err := other.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "b b.parquet")
	if got, ok, err := s.SetTransaction(t.Context(), "app"); err != nil || !ok || got != 7 {
		t.Errorf("SetTransaction: got %d, %v, %v, want 7", got, ok, err)
	}
	if got, err := s.SizeInBytes(t.Context()); err != nil || got != 100 {
		t.Errorf("SizeInBytes: got %d, %v, want 100", got, err)
	}
	before, err := other.SnapshotAt(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, before, "a.parquet", "b b.parquet")
	schema, err := s.Schema()
	if err != nil || len(schema.Fields) != 2 || schema.Fields[1].Name != "name" {
		t.Errorf("schema: got %v, %v", schema, err)
	}
}

func TestTableThatIsAbsent(t *testing.T) {
	table := Open(volumestest.NewMemory(), Options{})
	_, err := table.Snapshot(t.Context())
	wantClass(t, err, errclass.DeltaTableNotFound)
	_, err = table.LatestVersion(t.Context())
	wantClass(t, err, errclass.DeltaTableNotFound)
	_, err = table.SnapshotAsOf(t.Context(), time.Now())
	wantClass(t, err, errclass.DeltaTableNotFound)
}

func TestCreateRefusesTableThatExists(t *testing.T) {
	store := volumestest.NewMemory()
	newTable(t, store, nil)
	_, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema})
	wantClass(t, err, errclass.DeltaTableAlreadyExists)
	if _, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema, IfNotExists: true}); err != nil {
		t.Error(err)
	}
}

func TestCreateRefusesBadMetadata(t *testing.T) {
	two := func(a, b string) Schema {
		return Schema{Fields: []Field{{Name: a, Type: Long, Nullable: true}, {Name: b, Type: Long, Nullable: true}}}
	}
	tests := []struct {
		name string
		opts CreateOptions
		want errclass.Class
	}{
		{"a space in a name", CreateOptions{Schema: two("a b", "c")}, errclass.DeltaInvalidColumnName},
		{"twice the same column", CreateOptions{Schema: two("a", "A")}, errclass.DeltaDuplicateColumns},
		{"partitioned by nothing there", CreateOptions{Schema: two("a", "b"), PartitionColumns: []string{"c"}}, errclass.DeltaInvalidPartitionColumn},
		{"partitioned by all", CreateOptions{Schema: two("a", "b"), PartitionColumns: []string{"a", "b"}}, errclass.DeltaInvalidPartitionColumn},
		{"a feature not written here", CreateOptions{Schema: two("a", "b"), Configuration: map[string]string{"delta.enableIcebergCompatV3": "true"}}, errclass.DeltaUnsupportedWrite},
		{"an unknown feature", CreateOptions{Schema: two("a", "b"), Configuration: map[string]string{"delta.feature.time": "supported"}}, errclass.DeltaUnknownFeature},
		{"a protocol version for its own sake", CreateOptions{Schema: two("a", "b"), Configuration: map[string]string{"delta.minWriterVersion": "5"}}, errclass.DeltaUnsupportedWrite},
		{"an interval that is none", CreateOptions{Schema: two("a", "b"), Configuration: map[string]string{"delta.logRetentionDuration": "soon"}}, errclass.DeltaInvalidInterval},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := volumestest.NewMemory()
			_, err := Create(t.Context(), store, test.opts)
			wantClass(t, err, test.want)
			_, err = Open(store, Options{}).Snapshot(t.Context())
			wantClass(t, err, errclass.DeltaTableNotFound)
		})
	}
}

// Properties that speak of the protocol end up there and not in the metadata.
func TestProtocolPropertiesAreNotKept(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), map[string]string{
		"delta.feature.timestampNtz": "supported", "delta.minReaderVersion": "1", "my.own": "kept",
	})
	s := table.snapshot()
	if got := s.Metadata().Configuration; len(got) != 1 || got["my.own"] != "kept" {
		t.Errorf("configuration %v", got)
	}
	if got := s.Protocol(); got.MinReaderVersion != 3 {
		t.Errorf("protocol %+v", got)
	}
}

// A timestamp without zone needs a feature; the table then says so, and by name.
func TestCreateRaisesProtocolForTimestampNTZ(t *testing.T) {
	store := volumestest.NewMemory()
	schema := Schema{Fields: []Field{{Name: "at", Type: Array{Element: TimestampNTZ}, Nullable: true}}}
	table, err := Create(t.Context(), store, CreateOptions{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := s.Protocol()
	if p.MinReaderVersion != 3 || p.MinWriterVersion != 7 || !slices.Equal(p.ReaderFeatures, []string{"timestampNtz"}) ||
		!slices.Contains(p.WriterFeatures, "appendOnly") || !slices.Contains(p.WriterFeatures, "invariants") {
		t.Errorf("got %+v", p)
	}
	if _, err := s.Begin(Operation{Name: "WRITE"}).Commit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTimeTravel(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	for i := 1; i <= 3; i++ {
		table.append(fmt.Sprint(i, ".parquet"))
	}
	start := time.UnixMilli(1_900_000_000_000)
	for v, offset := range []time.Duration{0, 10 * time.Second, 5 * time.Second, 20 * time.Second} { // one clock ran backwards
		if err := store.SetModTime(commitName(int64(v)), start.Add(offset)); err != nil {
			t.Fatal(err)
		}
	}
	table.Table = Open(store, testOptions())
	for _, test := range []struct {
		at   time.Duration
		want int64
	}{{0, 0}, {9 * time.Second, 0}, {10 * time.Second, 1}, {10*time.Second + time.Millisecond, 2}, {20 * time.Second, 3}} {
		s, err := table.SnapshotAsOf(t.Context(), start.Add(test.at))
		if err != nil || s.Version() != test.want {
			t.Errorf("as of %v: got %v, %v, want version %d", test.at, s, err, test.want)
		}
	}
	_, err := table.SnapshotAsOf(t.Context(), start.Add(time.Hour))
	wantClass(t, err, errclass.DeltaTimestampAfterLatest)
	_, err = table.SnapshotAsOf(t.Context(), start.Add(-time.Hour))
	wantClass(t, err, errclass.DeltaTimestampBeforeFirst)
	_, err = table.SnapshotAt(t.Context(), 9)
	wantClass(t, err, errclass.DeltaVersionNotFound)
	if !strings.Contains(err.Error(), "[0, 3]") {
		t.Errorf("the error does not say which versions there are: %v", err)
	}
}

// A log with a hole is refused, never read around.
func TestLogGapIsRefused(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	for i := 1; i <= 3; i++ {
		table.append(fmt.Sprint(i, ".parquet"))
	}
	if err := store.Delete(t.Context(), commitName(2)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(store, Options{}).Snapshot(t.Context())
	wantClass(t, err, errclass.DeltaLogGap)
	var last error
	for _, err := range Open(store, Options{}).Changes(t.Context(), 1) {
		last = err
	}
	wantClass(t, last, errclass.DeltaLogGap)
}

// A handle that knew a table sees that another one took its place.
func TestRefreshSeesTableMadeAgain(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("old.parquet")
	first := table.snapshot().Metadata().ID
	removeLog(t, store)
	table.store = store
	again, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema})
	if err != nil {
		t.Fatal(err)
	}
	s, err := again.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	txn := s.Begin(Operation{Name: "WRITE"})
	txn.Add(write("new.parquet"))
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := table.snapshot(); got.Metadata().ID == first {
		t.Errorf("the handle still sees table %s", first)
	}
	wantNames(t, table.snapshot(), "new.parquet")
}

func removeLog(t testing.TB, store volumes.Store) {
	t.Helper()
	var all []string
	for info, err := range store.List(context.Background(), logDir, volumes.ListOptions{Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Name)
	}
	for _, name := range all {
		if err := store.Delete(context.Background(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestChangesTailTheTable(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	table.append("1.parquet")
	table.append("2.parquet")
	var got []string
	for change, err := range table.Changes(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(change.Version, change.Actions.Adds[0].Path))
	}
	if want := []string{"11.parquet", "22.parquet"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for change, err := range table.Changes(t.Context(), 3) {
		t.Errorf("nothing is new, but got %v, %v", change, err)
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	table.append("1.parquet")
	table.append("2.parquet")
	entries, err := table.History(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprint(e.Version, " ", e.Operation, " ", *e.IsBlindAppend))
	}
	if want := []string{"2 WRITE true", "1 WRITE true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
