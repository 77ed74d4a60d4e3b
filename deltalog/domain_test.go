package deltalog

import (
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// Domains come and go with versions, through checkpoints too; the specification's own are not for users.
func TestDomains(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.feature.domainMetadata": "supported"})
	set := func(domains ...DomainMetadata) error {
		txn := table.snapshot().Begin(Operation{Name: "SET"})
		for _, d := range domains {
			txn.SetDomain(d)
		}
		_, err := txn.Commit(t.Context())
		return err
	}
	if err := set(DomainMetadata{Domain: "com.example.a", Configuration: "1"}, DomainMetadata{Domain: "b", Configuration: "{}"}); err != nil {
		t.Fatal(err)
	}
	if err := set(DomainMetadata{Domain: "b", Configuration: "{}", Removed: true}); err != nil {
		t.Fatal(err)
	}
	if err := table.snapshot().Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	for v := range int64(3) {
		table.delete(checksumName(v))
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	domain, ok, err := s.Domain(t.Context(), "com.example.a")
	if err != nil || !ok || domain.Configuration != "1" {
		t.Errorf("got %+v, %v, %v", domain, ok, err)
	}
	if _, ok, err := s.Domain(t.Context(), "b"); ok || err != nil {
		t.Errorf("a removed domain is there: %v", err)
	}
	if all, err := s.Domains(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("domains %v, %v", all, err)
	}

	wantClass(t, set(DomainMetadata{Domain: "delta.secret"}), errclass.DeltaDomainUnsupported)
	wantClass(t, set(DomainMetadata{}), errclass.DeltaDomainUnsupported)
	wantClass(t, set(DomainMetadata{Domain: "b"}, DomainMetadata{Domain: "b"}), errclass.DeltaDuplicateDomain)
	table = newTable(t, volumestest.NewMemory(), nil)
	wantClass(t, set(DomainMetadata{Domain: "b"}), errclass.DeltaDomainUnsupported)
}

// A protocol grows by features and what they require, and never shrinks but by dropping one.
func TestProtocolWith(t *testing.T) {
	tests := []struct {
		from     Protocol
		features []string
		want     string
	}{
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, []string{"rowTracking"}, "(1,7,[],[appendOnly,invariants,domainMetadata,rowTracking])"},
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, []string{"appendOnly"}, "(1,2)"},
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, []string{"v2Checkpoint"}, "(3,7,[v2Checkpoint],[appendOnly,invariants,v2Checkpoint])"},
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 1}, nil, "(1,1)"},
	}
	for _, test := range tests {
		got, err := test.from.With(test.features...)
		if err != nil || got.versions() != test.want {
			t.Errorf("%v: got %s, %v, want %s", test.features, got.versions(), err, test.want)
		}
	}
	_, err := defaultProtocol().With("rowTraking")
	wantClass(t, err, errclass.DeltaUnknownFeature)
	if err != nil && !strings.Contains(err.Error(), "rowTracking") {
		t.Errorf("%v does not name the neighbour", err)
	}
	_, err = defaultProtocol().With("catalogManaged")
	wantClass(t, err, errclass.DeltaUnsupportedWrite)

	table := newTable(t, volumestest.NewMemory(), nil)
	raised, err := defaultProtocol().With("domainMetadata")
	if err != nil {
		t.Fatal(err)
	}
	txn := table.snapshot().Begin(Operation{Name: "UPGRADE PROTOCOL"})
	txn.UpdateProtocol(raised)
	table.commit(txn)
	if p := table.snapshot().Protocol(); !p.Supports("domainMetadata") {
		t.Errorf("protocol %s", p.versions())
	}
	txn = table.snapshot().Begin(Operation{Name: "UPGRADE PROTOCOL"})
	txn.UpdateProtocol(defaultProtocol())
	_, err = txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaInvalidProtocolDowngrade)
}

// A compaction is read instead of its commits, also from the middle of the log on.
func TestCompactionsAreRead(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("a")
	table.append("b")
	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(write("a"))
	table.commit(txn)
	table.append("c")
	compacted := &Actions{Adds: []AddFile{write("b")}}
	removed := write("a")
	compacted.Removes = []RemoveFile{removed.Removed(1, true)}
	data, err := compacted.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), logDir+"/00000000000000000001.00000000000000000003.compacted.json", data); err != nil {
		t.Fatal(err)
	}
	for v := range int64(5) {
		table.delete(checksumName(v))
	}
	recorded := volumestest.Record(store)
	s, err := Open(recorded, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "b", "c")
	if n, err := s.NumFiles(t.Context()); n != 2 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
	for _, op := range recorded.Ops() {
		if strings.Contains(op.Name, "00000000000000000002.json") {
			t.Errorf("%s %s, which the compaction stands for", op.Kind, op.Name)
		}
	}
}

// A manifest, whatever it says, makes a version that is read or refused, and never one with more than it says.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(first(`{"checkpointMetadata":{"version":1}}`, plainProtocol, plainMetadata, plainAdd)))
	f.Add([]byte(first(`{"checkpointMetadata":{"version":1,"tags":{"a":"b"}}}`, plainProtocol, plainMetadata, `{"sidecar":{"path":"a.parquet","sizeInBytes":1,"modificationTime":1}}`)))
	f.Add([]byte(first(`{"sidecar":{"path":"..%2f..%2fa"}}`, `{"domainMetadata":{"domain":"delta.rowTracking","configuration":"{\"rowIdHighWaterMark\":-9}","removed":false}}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		store := logOf(t, map[string]string{
			"00000000000000000000.json": first(plainProtocol, plainMetadata, plainAdd), "00000000000000000001.json": "{}\n",
			"00000000000000000001.checkpoint.a.json": string(text),
		})
		version, files, err := readAll(t, store)
		if err == nil && (version != 1 || files > strings.Count(string(text), "add")+1) {
			t.Fatalf("version %d with %d files", version, files)
		}
	})
}
