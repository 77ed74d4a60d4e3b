package deltalog

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Many writers of one table on disk: every commit becomes a version, none is lost, none is doubled.
func TestConcurrentAppendsAreDense(t *testing.T) {
	const writers, commits = 8, 12
	store, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	versions := make([][]int64, writers)
	for w := range writers {
		wg.Go(func() {
			table := Open(store, Options{})
			for c := range commits {
				version, err := appendOne(t.Context(), table, fmt.Sprintf("%d-%d.parquet", w, c))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				versions[w] = append(versions[w], version)
			}
		})
	}
	wg.Wait()
	all := slices.Concat(versions...)
	slices.Sort(all)
	for i, v := range all {
		if v != int64(i+1) {
			t.Fatalf("versions are not dense: %v", all)
		}
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := names(t, s)
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != writers*commits {
		t.Errorf("got %d files, want %d", len(got), writers*commits)
	}
}

func appendOne(ctx context.Context, table *Table, name string) (int64, error) {
	s, err := table.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	txn := s.Begin(Operation{Name: "WRITE"})
	txn.Add(write(name))
	made, err := txn.Commit(ctx)
	return made.Version, err
}

// lostReply fails one put of a commit, before or after it happens, and lets a rival go first.
type lostReply struct {
	volumes.Store
	name    string
	applied bool
	rival   func()
	failure error
}

func (s *lostReply) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if name != s.name {
		return s.Store.PutIfAbsent(ctx, name, data)
	}
	s.name = ""
	if s.rival != nil {
		s.rival()
	}
	if s.applied {
		if err := s.Store.PutIfAbsent(ctx, name, data); err != nil {
			return err
		}
	}
	if s.failure == nil {
		return nil
	}
	return &fs.PathError{Op: "put", Path: name, Err: s.failure}
}

// The lines of a version, in Spark's order, with no null but the description.
func TestCommitIsWrittenAsSparkDoes(t *testing.T) {
	store := volumestest.NewMemory()
	table := Open(store, testOptions())
	txn := table.BeginCreate(Operation{
		Name:       "STREAMING UPDATE",
		Parameters: Parameters{}.With("outputMode", "Append").With("queryId", "q").With("epochId", "0"),
		Metrics:    map[string]string{"numAddedFiles": "1"},
	})
	null := (*string)(nil)
	file := write("day=2026-01-01 12%3A00/a b.parquet")
	file.PartitionValues = map[string]*string{"name": null}
	txn.Add(file)
	txn.UpdateMetadata(Metadata{PartitionColumns: []string{"name"}}.WithSchema(peopleSchema))
	txn.SetTransaction("q", 0)
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := volumes.ReadFile(t.Context(), store, commitName(0))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`{"commitInfo":{"timestamp":1800000003000,"operation":"STREAMING UPDATE","operationParameters":{"outputMode":"Append","queryId":"q","epochId":"0"},"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numAddedFiles":"1"},"engineInfo":"lakehouse","txnId":"id-2"}}`,
		`{"metaData":{"id":"id-1","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}},{\"name\":\"name\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["name"],"configuration":{},"createdTime":1800000002000}}`,
		`{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`,
		`{"txn":{"appId":"q","version":0,"lastUpdated":1800000001000}}`,
		`{"add":{"path":"day=2026-01-01%2012%253A00/a%20b.parquet","partitionValues":{"name":null},"size":100,"modificationTime":1800000000000,"dataChange":true,"stats":"{\"numRecords\":1}"}}`,
		``,
	}, "\n")
	if string(data) != want {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
}

func TestCreateTableIsWrittenAsSparkDoes(t *testing.T) {
	store := volumestest.NewMemory()
	newTable(t, store, nil)
	data, err := volumes.ReadFile(t.Context(), store, commitName(0))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	var line map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatal(err)
	}
	want := `{"partitionBy":"[]","clusterBy":"[]","description":null,"isManaged":"true","properties":"{}"}`
	if got := string(line["commitInfo"]["operationParameters"]); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestTransactionCommitsOnce(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	table.commit(txn)
	if _, err := txn.Commit(t.Context()); err == nil {
		t.Error("the second commit of a transaction succeeded")
	}
}

func TestCommitRefusesPathsThatLeadOut(t *testing.T) {
	for _, path := range []string{"../x", "/etc/passwd", "a/../../x", "s3://other/x", "", "a//b", "C:\\x", "a\x00b"} {
		table := newTable(t, volumestest.NewMemory(), nil)
		txn := table.snapshot().Begin(Operation{Name: "WRITE"})
		txn.Add(write(path))
		if _, err := txn.Commit(t.Context()); err == nil {
			t.Errorf("path %q was committed", path)
		}
	}
}

// An append costs the same whatever the table holds and however long its log is: the log is listed
// when the table is opened, and never again.
func TestAppendCostsWhatIsNew(t *testing.T) {
	var first string
	for _, versions := range []int{3, 60} {
		store := volumestest.NewMemory()
		seed := newTable(t, store, map[string]string{"delta.checkpointInterval": "1000"})
		for v := range versions {
			seed.append(fmt.Sprint(v, "a.parquet"), fmt.Sprint(v, "b.parquet"))
		}
		recorded := volumestest.RecordAll(store)
		table := Open(recorded, Options{})
		if _, err := appendOne(t.Context(), table, "warm.parquet"); err != nil {
			t.Fatal(err)
		}
		opened := len(recorded.Ops())
		if _, err := appendOne(t.Context(), table, "new.parquet"); err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, op := range recorded.Ops()[opened:] {
			kinds = append(kinds, string(op.Kind))
		}
		trace := strings.Join(kinds, " ")
		if strings.Contains(trace, "list") || len(kinds) > 10 {
			t.Errorf("%d versions: the append cost %s", versions, trace)
		}
		if first == "" {
			first = trace
		}
		if trace != first {
			t.Errorf("%d versions: the append cost\n%s\nand with a shorter log\n%s", versions, trace, first)
		}
	}
}

// Opening a table costs its checksum file and what follows, not what it holds.
func TestOpenReadsChecksumInsteadOfCommits(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, map[string]string{"delta.checkpointInterval": "1000"})
	for v := range 30 {
		table.append(fmt.Sprint(v, ".parquet"))
	}
	recorded := volumestest.RecordAll(store)
	s, err := Open(recorded, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.NumFiles(t.Context()); err != nil || n != 30 {
		t.Errorf("%d files, %v", n, err)
	}
	if strings.Contains(recorded.Trace(), ".json") {
		t.Errorf("commits were read:\n%s", recorded.Trace())
	}
}

// A warm append waits for the disk four times: for the bytes and the name of its file, and for those of its version. The checksum
// file is waited for by nobody.
func TestAnAppendWaitsForTheDiskFourTimes(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("1.parquet")
	var syncs []string
	store.EachStep(func(step volumestest.Step) {
		if step.Kind == "sync" || step.Kind == "syncDir" {
			syncs = append(syncs, step.Kind)
		}
	})
	if err := store.Put(t.Context(), "2.parquet", []byte("rows")); err != nil {
		t.Fatal(err)
	}
	table.append("2.parquet")
	if want := []string{"sync", "syncDir", "sync", "syncDir"}; !slices.Equal(syncs, want) {
		t.Errorf("the disk was waited for by %v, want %v", syncs, want)
	}
	if _, ok := readChecksum(t.Context(), store, 2); !ok {
		t.Error("there is no checksum file")
	}
}

// A checksum file that a power cut tears is passed over.
func TestTornChecksumsArePassedOver(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	for n := range 3 {
		table.append(fmt.Sprintf("%d.parquet", n))
	}
	for seed := range uint64(20) {
		for _, percent := range []int{0, 50, 100} {
			left := store.CrashClone(seed, percent)
			s, err := Open(left, Options{}).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := s.NumFiles(t.Context()); n != 3 || s.Version() != 3 || err != nil {
				t.Errorf("seed %d, %d%%: version %d with %d files, %v", seed, percent, s.Version(), n, err)
			}
		}
	}
}

// Delta on Spark lists the files of a small table in its checksum file. Nobody here believes the list: the files are those of the log.
func TestFilesOfAChecksumAreNotBelieved(t *testing.T) {
	for _, files := range []string{`[{"path":"of-nobody.parquet","size":1}]`, `"nonsense"`, `null`} {
		store := volumestest.NewMemory()
		table := newTable(t, store, nil)
		table.append("1.parquet")
		text, err := volumes.ReadFile(t.Context(), store, checksumName(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Put(t.Context(), checksumName(1), append([]byte(`{"allFiles":`+files+`,`), text[1:]...)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(store, Options{}).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantNames(t, s, "1.parquet")
	}
}
