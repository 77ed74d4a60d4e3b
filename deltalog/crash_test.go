package deltalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// ingest brings a table to the state that three numbered appends make, whatever is there already:
// as a sink does, it asks the table how far it came.
func ingest(ctx context.Context, store volumes.Store, properties map[string]string) error {
	configuration := map[string]string{"delta.checkpointInterval": "2"}
	maps.Copy(configuration, properties)
	table, err := Create(ctx, store, CreateOptions{Schema: peopleSchema, Configuration: configuration, IfNotExists: true})
	if err != nil {
		return err
	}
	for batch := range int64(3) {
		s, err := table.Snapshot(ctx)
		if err != nil {
			return err
		}
		done, ok, err := s.SetTransaction(ctx, "query")
		if err != nil {
			return err
		}
		if ok && done >= batch {
			continue
		}
		txn := s.Begin(Operation{Name: "STREAMING UPDATE"})
		txn.SetTransaction("query", batch)
		txn.Add(write(fmt.Sprintf("batch-%d.parquet", batch)))
		made, err := txn.Commit(ctx)
		if err != nil {
			return err
		}
		if made.Maintenance != nil {
			return made.Maintenance // a crash there stops a program just the same
		}
	}
	return nil
}

// tableKinds are tables whose versions take different files and numbers.
var tableKinds = map[string]map[string]string{
	"plain":    nil,
	"features": {propCheckpointPolicy: "v2", propCommitTimes: "true", propRowTracking: "true", propStatsAsStruct: "true"},
}

// A run that dies after any of its storage operations, and is started again, ends with the same table.
func TestIngestSurvivesEveryCrashPoint(t *testing.T) {
	for kind, properties := range tableKinds {
		run := func(ctx context.Context, store volumes.Store) error { return ingest(ctx, store, properties) }
		faults := allFaults()
		if kind != "plain" {
			faults = fewFaults()
		}
		t.Run(kind, func(t *testing.T) { sweepCrashes(t, volumestest.NewMemory(), faults, run, checkIngested) })
	}
}

func checkIngested(t *testing.T, store volumes.Store) {
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "batch-0.parquet", "batch-1.parquet", "batch-2.parquet")
	if s.Version() != 3 {
		t.Errorf("version %d, want 3", s.Version())
	}
	if m := s.Metadata(); m.RowTracking() {
		tracked(t, s)
	}
}

// A feature that is being dropped is there or gone, and dropping it again ends with a table that has it no more.
func TestDropFeatureSurvivesEveryCrashPoint(t *testing.T) {
	made := volumestest.NewMemory()
	if err := ingest(t.Context(), made, tableKinds["features"]); err != nil {
		t.Fatal(err)
	}
	for _, feature := range []string{"v2Checkpoint", "rowTracking"} {
		drop := func(ctx context.Context, store volumes.Store) error {
			err := Open(store, Options{}).DropFeature(ctx, feature, DropFeatureOptions{})
			if errors.Is(err, errclass.DeltaFeatureDropNotPresent) {
				return nil
			}
			return err
		}
		t.Run(feature, func(t *testing.T) {
			sweepCrashes(t, made, fewFaults(), drop, func(t *testing.T, store volumes.Store) {
				s, err := Open(store, Options{}).Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, s, "batch-0.parquet", "batch-1.parquet", "batch-2.parquet")
				if p := s.Protocol(); p.Supports(feature) {
					t.Errorf("protocol %s", p.versions())
				}
			})
		})
	}
}

// A crash is what happens to a program at its nth storage operation.
type crash func(store volumes.Store, n int) *volumestest.Faulty

func allFaults() map[string]crash {
	faults := fewFaults()
	faults["after"] = volumestest.StopAfter
	faults["lost"] = func(s volumes.Store, n int) *volumestest.Faulty {
		return volumestest.LoseReply(s, n, errors.New("connection reset"))
	}
	faults["failed"] = func(s volumes.Store, n int) *volumestest.Faulty {
		return volumestest.FailAt(s, n, errors.New("try again"))
	}
	return faults
}

func fewFaults() map[string]crash {
	return map[string]crash{"before": volumestest.StopBefore, "torn": volumestest.TearAt}
}

// sweepCrashes runs something that dies at each of its storage operations in each way, and then again in peace.
func sweepCrashes(t *testing.T, before *volumestest.Memory, faults map[string]crash, run func(context.Context, volumes.Store) error, check func(*testing.T, volumes.Store)) {
	clean := volumestest.Record(before.CrashClone(0, 0))
	if err := run(t.Context(), clean); err != nil {
		t.Fatal(err)
	}
	for n, op := range clean.Ops() {
		for name, fault := range faults {
			if name == "torn" && strings.HasSuffix(op.Name, ".json") {
				continue // a store promises that a put is whole; see TestCorruptCommitIsNamed
			}
			t.Run(fmt.Sprintf("%03d_%s_%s", n, op.Kind, name), func(t *testing.T) {
				store := before.CrashClone(0, 0)
				_ = run(t.Context(), fault(store, n)) // it may or may not get through
				if err := run(t.Context(), store); err != nil {
					t.Fatal(err)
				}
				check(t, store)
			})
		}
	}
}

// A commit that returns without an error is safe, also when the first sync of its name failed and nothing is written behind it.
func TestCommitWhoseSyncFailedIsSafe(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	failures := 0
	store.Fail(func(step volumestest.Step) error {
		if step.Kind == "create" && strings.Contains(step.Name, ".crc") || step.Kind == "syncDir" && failures == 0 {
			failures++
			return syscall.EIO
		}
		return nil
	})
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	txn.Add(write("a.parquet"))
	made, err := txn.Commit(t.Context())
	store.Fail(nil)
	if failures < 2 || made.Maintenance == nil {
		t.Fatalf("the disk failed %d times, and the checksum came out as %v", failures, made.Maintenance)
	}
	if err != nil {
		return // that is an answer, too
	}
	s, err := Open(store.CrashClone(0, 0), Options{}).Snapshot(t.Context())
	if err != nil || s.Version() != made.Version {
		t.Errorf("version %d was committed, and is gone after a power cut: %v", made.Version, err)
	}
}

// A commit whose bytes are not actions is an error that names version and place, never skipped.
func TestCorruptCommitIsNamed(t *testing.T) {
	tests := map[string]string{
		"garbage":             "{\"add\":",
		"binary":              "\x00\x01\x02",
		"no object":           "[]",
		"second metaData":     "{\"metaData\":{\"id\":\"a\"}}\n{\"metaData\":{\"id\":\"b\"}}\n",
		"number too large":    `{"txn":{"appId":"a","version":9223372036854775808}}`,
		"negative size":       `{"add":{"path":"a","size":-1}}`,
		"undecodable path":    `{"add":{"path":"%zz","size":1}}`,
		"text for a protocol": `{"protocol":{"minReaderVersion":"1"}}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			store := volumestest.NewMemory()
			table := newTable(t, store, nil)
			if err := store.PutIfAbsent(t.Context(), commitName(1), []byte(text)); err != nil {
				t.Fatal(err)
			}
			_, err := table.Snapshot(t.Context())
			if !errors.Is(err, errclass.DeltaLogCorrupt) {
				t.Errorf("got %v", err)
			}
			if s, err := table.SnapshotAt(t.Context(), 0); err != nil || s.Version() != 0 {
				t.Errorf("version 0 cannot be read any more: %v", err)
			}
		})
	}
}

// A path that leads out of the table opens nothing: the files are refused, the metadata can be read.
func TestAddPathTraversal(t *testing.T) {
	for _, path := range []string{"../x", "%2e%2e/x", "/etc/passwd", "file:///etc/passwd", "s3://other/x"} {
		store := volumestest.NewMemory()
		table := newTable(t, store, nil)
		line := fmt.Sprintf(`{"add":{"path":%q,"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`, path)
		if err := store.PutIfAbsent(t.Context(), commitName(1), []byte(line)); err != nil {
			t.Fatal(err)
		}
		var last error
		for file, err := range table.snapshot().Files(t.Context()) {
			if err == nil {
				t.Errorf("%s: got file %q", path, file.Path)
			}
			last = err
		}
		wantClass(t, last, errclass.DeltaLogCorrupt)
	}
}

// Actions and fields that this package has never heard of are passed over.
func TestUnknownActionsArePassedOver(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	lines := `{"timeMachine":{"year":1985}}
{"add":{"path":"a.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"colour":"red","tags":null}}

`
	if err := store.PutIfAbsent(t.Context(), commitName(1), []byte(lines)); err != nil {
		t.Fatal(err)
	}
	wantNames(t, table.snapshot(), "a.parquet")
}

func FuzzDeltaCommitJSON(f *testing.F) {
	f.Add([]byte(`{"add":{"path":"a%20b","partitionValues":{"x":null},"size":1,"modificationTime":1,"dataChange":true,"stats":"{}"}}`))
	f.Add([]byte(`{"metaData":{"id":"x","format":{"provider":"parquet"},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}}`))
	f.Add([]byte("{\"commitInfo\":{\"operationParameters\":{\"a\":null,\"b\":[1]}}}\n{\"txn\":{\"appId\":\"a\",\"version\":1}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		store := volumestest.NewMemory()
		if err := store.Put(t.Context(), commitName(0), data); err != nil {
			t.Fatal(err)
		}
		actions, err := readCommit(t.Context(), store, 0)
		if err != nil {
			return
		}
		out, err := actions.encode()
		if err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		if err := store.Put(t.Context(), commitName(0), out); err != nil {
			t.Fatal(err)
		}
		again, err := readCommit(t.Context(), store, 0)
		if err != nil {
			t.Fatalf("written as\n%s\nwhich cannot be read: %v", out, err)
		}
		if third, err := again.encode(); err != nil || !slices.Equal(third, out) {
			t.Fatalf("written as\n%s\nthen as\n%s (%v)", out, third, err)
		}
	})
}
