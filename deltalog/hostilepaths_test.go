package deltalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// leadingOut are paths, as a log spells them, that name something outside of the table's folder, or nothing at all.
func leadingOut() []string {
	return []string{
		"../x", "../t-evil/x.parquet", "..%2fx", "..%2Fx", "%2e%2e/tenant-a-evil/x.json", "%2e%2e%2f", "%2E%2E%2Fx", "a/../../x", "a/%2e%2e/%2e%2e/x",
		"/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "file:/etc/passwd", "s3://other/x", "http://169.254.169.254/x",
		`\\host\x`, `..\x`, "C:\\x", "C:%5Cx", "c:/x", "a%00b", "a/./b", "./a", "a//b", "a/", "", ".", "..", "%zz", "%", strings.Repeat("a/", 32<<10),
	}
}

// oddly are paths that only look like it: they name files of the table.
func oddly() []string {
	return []string{"%252e%252e/x", "..x", "x..", "...", "a+b", "%2540.parquet", "a/..b/c", "day=2026-01-01 10:00:00/x", "~/x", "$HOME/x", "%257e"}
}

// quoted text of a path in JSON.
func asJSON(text string) string {
	out, _ := json.Marshal(text) // a text cannot fail
	return string(out)
}

// vectorsProtocol is of a table whose log may name vectors, sidecars and changes.
const vectorsProtocol = `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors","v2Checkpoint"],"writerFeatures":["deletionVectors","v2Checkpoint","changeDataFeed","appendOnly","invariants"]}}`

// places are where a log can name a file.
func places() map[string]func(path string) map[string]string {
	const zero, one = "00000000000000000000.json", "00000000000000000001.json"
	const manifest = "00000000000000000000.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json"
	start := first(vectorsProtocol, plainMetadata)
	vector := func(storage, path string) string {
		return `{"add":{"path":"1.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":{"storageType":"` +
			storage + `","pathOrInlineDv":` + asJSON(path) + `,"offset":1,"sizeInBytes":34,"cardinality":2}}}` + "\n"
	}
	return map[string]func(string) map[string]string{
		"add": func(path string) map[string]string {
			return map[string]string{zero: start + `{"add":{"path":` + asJSON(path) + `,"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`}
		},
		"remove": func(path string) map[string]string {
			return map[string]string{zero: start, one: `{"remove":{"path":` + asJSON(path) + `,"deletionTimestamp":1,"dataChange":true}}`}
		},
		"cdc": func(path string) map[string]string {
			return map[string]string{zero: start, one: `{"cdc":{"path":` + asJSON(path) + `,"partitionValues":{},"size":1,"dataChange":false}}`}
		},
		"vector in the table": func(path string) map[string]string {
			return map[string]string{zero: start + vector("u", path+"ab^-aqEH.-t@S}K{vb[*")}
		},
		"vector in the table, alone": func(path string) map[string]string { return map[string]string{zero: start + vector("u", path)} },
		"vector elsewhere":           func(path string) map[string]string { return map[string]string{zero: start + vector("p", path)} },
		"sidecar": func(path string) map[string]string {
			return map[string]string{manifest: `{"checkpointMetadata":{"version":0}}` + "\n" + start +
				`{"sidecar":{"path":` + asJSON(path) + `,"sizeInBytes":1,"modificationTime":1}}`}
		},
		"last checkpoint": func(path string) map[string]string {
			return map[string]string{zero: start + plainAdd, "_last_checkpoint": `{"version":0,"size":1,"v2Checkpoint":{"path":` + asJSON(path) +
				`,"sizeInBytes":1,"modificationTime":1,"sidecarFiles":[{"path":` + asJSON(path) + `,"sizeInBytes":1,"modificationTime":1}]}}`}
		},
		"compacted": func(path string) map[string]string {
			add := `{"add":{"path":` + asJSON(path) + `,"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`
			return map[string]string{zero: start, one: add, "00000000000000000000.00000000000000000001.compacted.json": start + add}
		},
	}
}

// touch does with a table whatever follows the paths of its log: it reads rows, vectors and changes, and writes a checkpoint.
func touch(t *testing.T, store volumes.Store, elsewhere func(context.Context, string) (volumes.Store, string, error)) (files []AddFile) {
	table := Open(store, Options{Elsewhere: elsewhere})
	for change, err := range table.Changes(t.Context(), 0) {
		_, _ = change, err
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		return nil
	}
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			break
		}
		files = append(files, file)
		_, _ = table.ReadDeletionVector(t.Context(), file.DeletionVector)
		if reader, err := s.Reader(ReadOptions{}); err == nil {
			pieces, _ := reader.Pieces(t.Context(), file)
			for _, piece := range pieces {
				_, _ = batch.Collect(piece.Read(t.Context()))
			}
		}
	}
	for _, err := range s.Tombstones(t.Context()) {
		_ = err // each is looked at
	}
	_ = s.Checkpoint(t.Context())
	return files
}

// maintain does with a table what believes its log: it clones the table, takes it back to its first version, and deletes what no version needs.
func maintain(t *testing.T, store volumes.Store, elsewhere func(context.Context, string) (volumes.Store, string, error)) {
	at := time.Now().Add(24 * time.Hour) // older than this is whatever is there
	table := Open(store, Options{Elsewhere: elsewhere, Clock: func() time.Time { return at }})
	s, err := table.Snapshot(t.Context())
	if err != nil {
		return
	}
	clone := Open(volumestest.NewMemory(), Options{Elsewhere: func(context.Context, string) (volumes.Store, string, error) { return nil, "", errNotElsewhere }})
	_, _ = clone.ShallowClone(t.Context(), s, CloneOptions{Location: "file:///source"})
	_, _ = table.History(t.Context(), 0)
	_, _ = table.Restore(t.Context(), 0, RestoreOptions{})
	for _, lite := range []bool{true, false} {
		opts := VacuumOptions{Retention: new(time.Duration), SkipRetentionCheck: true, Lite: lite, NoHistory: true, Workers: 1, DryRun: true}
		dry, dryErr := table.Vacuum(t.Context(), opts)
		opts.DryRun = false
		run, err := table.Vacuum(t.Context(), opts)
		if (err == nil) != (dryErr == nil) || err == nil && (dry.Files != run.Files || dry.Bytes != run.Bytes) {
			t.Errorf("vacuum, lite %v: a dry run tells of %+v (%v), a run of %+v (%v)", lite, dry, dryErr, run, err)
		}
	}
}

var errNotElsewhere = errors.New("nothing lies elsewhere")

// A path that leads out of the table is never asked of a store, wherever the log has it. One that is absolute is asked of
// who knows what lies elsewhere, and of nobody else.
func TestNoPathLeadsOut(t *testing.T) {
	cases := 0
	for place, log := range places() {
		for _, path := range append(leadingOut(), oddly()...) {
			cases++
			store := volumestest.RecordAll(logOf(t, log(path)))
			asked := ""
			elsewhere := func(_ context.Context, uri string) (volumes.Store, string, error) {
				asked = uri
				return nil, "", errNotElsewhere
			}
			touch(t, store, elsewhere)
			if cases%8 == 0 { // it takes its time
				maintain(t, store, elsewhere)
			}
			for _, op := range store.Ops() {
				if volumes.CheckName("test", op.Name) != nil && volumes.CheckFolder("test", op.Name) != nil {
					t.Errorf("%s %.60q: the store was asked to %s", place, path, op)
				}
			}
			if asked != "" && !isAbsolute(asked) {
				t.Errorf("%s %.60q: %q was looked for elsewhere", place, path, asked)
			}
		}
	}
	t.Logf("%d paths in %d places", cases/len(places()), len(places()))
}

// What only looks like a way out is a file like others, decoded once.
func TestOddPathsAreFiles(t *testing.T) {
	for _, path := range oddly() {
		files := touch(t, logOf(t, places()["add"](path)), nil)
		want, err := decodePath(path)
		if err != nil || len(files) != 1 || files[0].Path != want {
			t.Errorf("%q: got %v, want %q", path, files, want)
		}
	}
}

// On a disk the same holds for links: the folder beside the table, with the table's name as its beginning, is neither read nor vacuumed.
func TestNeighbourOnDiskIsNotRead(t *testing.T) {
	lake, err := volumes.MakeLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := lake.Put(t.Context(), "t-evil/1.parquet", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	for i, path := range []string{"../t-evil/1.parquet", "..%2Ft-evil%2F1.parquet", "%2e%2e/t-evil/1.parquet", "-evil/1.parquet"} {
		store, err := lake.Sub(fmt.Sprint("t", i))
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range places()["add"](path) {
			if err := store.Put(t.Context(), logDir+"/"+name, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range touch(t, store, nil) {
			if _, err := store.Stat(t.Context(), file.Path); err == nil {
				t.Errorf("%q: got %q", path, file.Path)
			}
		}
		maintain(t, store, nil)
		if _, err := lake.Stat(t.Context(), "t-evil/1.parquet"); err != nil {
			t.Errorf("%q: a vacuum of the table beside it: %v", path, err)
		}
	}
}
