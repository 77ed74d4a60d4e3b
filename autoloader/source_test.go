package autoloader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// The program of the orders document, step by step: what is read, what lies in the folder and what in the
// archive. Captured from Spark.
func TestArchiveFollowsSparkStepByStep(t *testing.T) {
	store := newLanding(t)
	opts := Options{CleanSource: CleanArchive}
	steps := []struct {
		name            string
		upload          string
		content         string
		rows            [][]string
		folder, archive []string
	}{
		{"day1 arrives", "day1", "1", [][]string{{"1"}}, []string{"day1"}, nil},
		{"nothing new", "", "", nil, []string{"day1"}, nil},
		{"day1 again, newer, before anything else", "day1", "1", nil, []string{"day1"}, nil},
		{"day2 arrives", "day2", "2", [][]string{{"2"}}, []string{"day2"}, []string{"day1"}},
		{"day1 again after it was archived", "day1", "1", nil, []string{"day1", "day2"}, []string{"day1"}},
		{"day3 arrives", "day3", "3", [][]string{{"3"}}, []string{"day1", "day3"}, []string{"day1", "day2"}},
		{"nothing new", "", "", nil, []string{"day1", "day3"}, []string{"day1", "day2"}},
		{"day4 with the content of day2", "day4", "2", [][]string{{"2"}}, []string{"day1", "day4"}, []string{"day1", "day2", "day3"}},
	}
	for i, step := range steps {
		if step.upload != "" {
			put(t, store, landing+"/"+step.upload, step.content, i)
		}
		got := mustRun(t, testStream(t, store, landing, opts))
		equal(t, step.name+": rows", got, step.rows)
		equal(t, step.name+": folder", namesIn(t, store, landing), step.folder)
		equal(t, step.name+": archive", namesIn(t, store, inArchive), append([]string{}, step.archive...))
	}
}

// delete and off, as captured for the invoices.
func TestCleanSourceVariants(t *testing.T) {
	for _, c := range []struct {
		mode CleanSource
		want []string
	}{
		{CleanDelete, []string{"3"}},
		{CleanOff, []string{"1", "2", "3"}},
	} {
		store := newLanding(t)
		for i := 1; i <= 3; i++ {
			put(t, store, fmt.Sprintf("%s/%d", landing, i), "x", i)
			mustRun(t, testStream(t, store, landing, Options{CleanSource: c.mode}))
		}
		equal(t, "rows of a run without new files", mustRun(t, testStream(t, store, landing, Options{CleanSource: c.mode})), nil)
		equal(t, fmt.Sprintf("folder in mode %d", c.mode), namesIn(t, store, landing), c.want)
	}
}

func TestFilesAreReadInOrderOfTimeThenPathWithinLimits(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/c", "c", 1)
	put(t, store, landing+"/b", "bb", 2)
	put(t, store, landing+"/a", "aaa", 2)
	put(t, store, landing+"/d", "dddd", 3)
	for _, c := range []struct {
		name string
		opts Options
		want [][]string
	}{
		{"no limit", Options{}, [][]string{{"c", "aaa", "bb", "dddd"}}},
		{"one file", Options{MaxFilesPerTrigger: 1}, [][]string{{"c"}, {"aaa"}, {"bb"}, {"dddd"}}},
		{"three files", Options{MaxFilesPerTrigger: 3}, [][]string{{"c", "aaa", "bb"}, {"dddd"}}},
		{"newest first", Options{MaxFilesPerTrigger: 2, LatestFirst: true}, [][]string{{"dddd", "bb"}, {"aaa", "c"}}},
		{"four bytes", Options{MaxBytesPerTrigger: 4}, [][]string{{"c", "aaa"}, {"bb"}, {"dddd"}}},
		{"one byte takes a file all the same", Options{MaxBytesPerTrigger: 1}, [][]string{{"c"}, {"aaa"}, {"bb"}, {"dddd"}}},
		{"soft: the file that crosses the limit is in", Options{MaxBytesPerTrigger: 3, SoftMaxBytes: true}, [][]string{{"c", "aaa"}, {"bb", "dddd"}}},
		{"both: the first limit reached", Options{MaxBytesPerTrigger: 5, MaxFilesPerTrigger: 2, SoftMaxBytes: true}, [][]string{{"c", "aaa"}, {"bb", "dddd"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fresh := store.CrashClone(1, 100)
			equal(t, "batches", mustRun(t, testStream(t, fresh, landing, c.opts)), c.want)
		})
	}
}

// once takes everything, whatever the limits say.
func TestLimitNoneIgnoresTheOptions(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a", "a", 1)
	put(t, store, landing+"/b", "b", 2)
	e, err := start(t.Context(), testStream(t, store, landing, Options{MaxFilesPerTrigger: 1}))
	if err != nil {
		t.Fatal(err)
	}
	e.limit = stream.LimitNone
	_, rows, err := e.batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", rows, []string{"a", "b"})
}

// availableNow reads what is there when it starts, in as many batches as the limits ask for.
func TestFreezeTakesOnlyWhatIsThere(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a", "a", 1)
	put(t, store, landing+"/b", "b", 2)
	e, err := start(t.Context(), testStream(t, store, landing, Options{MaxFilesPerTrigger: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.source.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, store, landing+"/late", "late", 0)
	batches, err := e.drain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "batches", batches, [][]string{{"a"}, {"b"}})
}

func TestWhichNamesAreRead(t *testing.T) {
	store := newLanding(t)
	for i, name := range []string{
		"plain.json", "a b.json", "ü%20x.json", ".hidden.json", "_under.json", "noext", "sub/deep.json", ".git/x.json",
		"day=1/part.json", "_day=1/odd.json", "x.json._COPYING_", "empty.json",
	} {
		content := name
		if name == "empty.json" {
			content = ""
		}
		put(t, store, landing+"/"+name, content, i)
	}
	for _, c := range []struct {
		name, glob string
		opts       Options
		want       []string
	}{
		{"a folder", landing, Options{}, []string{"_day=1/odd.json", "a b.json", "day=1/part.json", "noext", "plain.json", "ü%20x.json"}},
		{"with sub-folders", landing, Options{RecursiveFileLookup: true}, []string{"_day=1/odd.json", "a b.json", "day=1/part.json", "noext", "plain.json", "sub/deep.json", "ü%20x.json"}},
		{"a filter on names", landing, Options{PathGlobFilter: "{plain,a}*.json"}, []string{"a b.json", "plain.json"}},
		{"a glob of folders", "Volumes/c/s/*/in", Options{PathGlobFilter: "p*"}, []string{"day=1/part.json", "plain.json"}},
		{"a glob of files", landing + "/[a-n]*", Options{}, []string{"a b.json", "day=1/part.json", "noext"}},
		{"a glob within", landing + "/s?b", Options{}, []string{"sub/deep.json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fresh := store.CrashClone(1, 100)
			equal(t, "read", sorted(mustRun(t, testStream(t, fresh, c.glob, c.opts))), c.want)
		})
	}
}

// The log has Spark's bytes, and odd names come back from it.
func TestSourceLogIsSparks(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a b.json", "1", 1)
	put(t, store, landing+"/ü%20x.json", "2", 2)
	put(t, store, landing+"/q\"\\\n.json", "3", 3)
	equal(t, "rows", mustRun(t, testStream(t, store, landing, Options{})), [][]string{{"1", "2", "3"}})
	log, err := volumes.ReadFile(t.Context(), store, checkpoints+"/sources/0/0")
	if err != nil {
		t.Fatal(err)
	}
	stamp := func(minute int) int64 { return testDay.Add(time.Duration(minute) * time.Minute).UnixMilli() }
	equal(t, "log", string(log), fmt.Sprintf(`v1
{"path":"file:///Volumes/c/s/v/in/a%%20b.json","timestamp":%d,"batchId":0}
{"path":"file:///Volumes/c/s/v/in/ü%%2520x.json","timestamp":%d,"batchId":0}
{"path":"file:///Volumes/c/s/v/in/q%%22%%5C%%0A.json","timestamp":%d,"batchId":0}`, stamp(1), stamp(2), stamp(3)))
}

// A log that Spark has compacted, with the plain files gone, is read; and the next batch follows.
func TestContinuesACompactedLog(t *testing.T) {
	store := newLanding(t)
	var compact []entry
	for i := range 10 {
		name := fmt.Sprintf("%s/%02d", landing, i)
		put(t, store, name, fmt.Sprint(i), i)
		compact = append(compact, entry{Path: "file:/" + name, Timestamp: testDay.UnixMilli(), BatchID: int64(i)})
	}
	dir := checkpoints + "/sources/0/"
	put(t, store, dir+"9.compact", string(encodeLog(compact)), 0)
	put(t, store, dir+"10", fmt.Sprintf("v1\n{\"timestamp\":%d, \"path\":\"file:///%s/10\",\"batchId\":10}\n", testDay.UnixMilli(), landing), 0)
	put(t, store, landing+"/10", "10", 10)
	put(t, store, landing+"/11", "11", 11)
	for n := range 9 {
		put(t, store, fmt.Sprintf("%s/commits/%d", checkpoints, n), "", 0)
		put(t, store, fmt.Sprintf("%s/offsets/%d", checkpoints, n), fmt.Sprintf(`{"logOffset":%d}`, n), 0)
	}
	equal(t, "batches", mustRun(t, testStream(t, store, landing, Options{})), [][]string{{"9", "10"}, {"11"}})
}

// maxFileAge counts from the newest file seen; the first batch takes all.
func TestMaxFileAge(t *testing.T) {
	store := newLanding(t)
	day := 24 * 60
	opts := Options{MaxFileAge: 7 * 24 * time.Hour}
	put(t, store, landing+"/old", "old", 0)
	put(t, store, landing+"/new", "new", 10*day)
	equal(t, "the first batch", mustRun(t, testStream(t, store, landing, opts)), [][]string{{"old", "new"}})
	put(t, store, landing+"/too old", "too old", 2*day)
	put(t, store, landing+"/old", "old again", 11*day) // its path is forgotten
	put(t, store, landing+"/new", "new again", 11*day) // its path is not
	equal(t, "the second batch", mustRun(t, testStream(t, store, landing, opts)), [][]string{{"old again"}})
}

func TestFileNameOnly(t *testing.T) {
	store := newLanding(t)
	opts := Options{FileNameOnly: true, RecursiveFileLookup: true, MaxFilesPerTrigger: 1}
	put(t, store, landing+"/x/a", "1", 1)
	mustRun(t, testStream(t, store, landing, opts))
	put(t, store, landing+"/y/a", "2", 2)
	put(t, store, landing+"/y/b", "3", 3)
	equal(t, "batches", mustRun(t, testStream(t, store, landing, opts)), [][]string{{"3"}})
}

func TestSkipExistingLooksOnlyAtTheFirstStart(t *testing.T) {
	store := newLanding(t)
	opts := Options{SkipExisting: true}
	put(t, store, landing+"/before", "before", 1)
	equal(t, "first run", mustRun(t, testStream(t, store, landing, opts)), nil)
	put(t, store, landing+"/after", "after", 2)
	equal(t, "second run", mustRun(t, testStream(t, store, landing, opts)), [][]string{{"after"}})
	equal(t, "without the option", mustRun(t, testStream(t, store, landing, Options{})), nil)
}

// Spark would lose the rows of such a file without a word.
func TestAPlannedFileThatVanishedIsAnError(t *testing.T) {
	ctx := t.Context()
	store := newLanding(t)
	put(t, store, landing+"/a", "a", 1)
	put(t, store, landing+"/b", "b", 2)
	mustRun(t, testStream(t, store, landing, Options{}))
	for _, name := range []string{checkpoints + "/commits/0", landing + "/a"} {
		if err := store.Delete(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	_, err := run(ctx, testStream(t, store, landing, Options{}))
	if !errors.Is(err, errclass.SourceFileMissing) || !strings.Contains(err.Error(), "/in/a belongs to batch 0") {
		t.Fatalf("got %v", err)
	}
	equal(t, "with ignoreMissingFiles", mustRun(t, testStream(t, store, landing, Options{IgnoreMissingFiles: true})), [][]string{{"b"}})
}

// A file that grows while it is read would give half a row: the batch fails, and reads it whole when it is
// repeated.
func TestAFileThatChangesWhileItIsReadIsAnError(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a", "a", 1)
	p := testStream(t, store, landing, Options{})
	p.config.Decoder = growing{store}
	if _, err := run(t.Context(), p); !errors.Is(err, errclass.SourceFileChanged) {
		t.Fatalf("got %v", err)
	}
	equal(t, "repeated", mustRun(t, testStream(t, store, landing, Options{})), [][]string{{"a and more"}})
}

// growing is a decoder whose file is written while it is read.
type growing struct{ store *volumestest.Memory }

func (g growing) Scan(types.Struct, logical.ScanOptions) (files.Scan, error) { return g, nil }

func (g growing) Pieces(_ context.Context, f volumes.Location, info volumes.Info) ([]files.Piece, error) {
	return []files.Piece{growingPiece{linePiece{f, info.Size}, g.store}}, nil
}

type growingPiece struct {
	linePiece
	store *volumestest.Memory
}

func (p growingPiece) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	rows := p.linePiece.Read(ctx, counts)
	if err := p.store.Put(ctx, p.file.Key, []byte("a and more")); err != nil {
		return batch.Fail(err)
	}
	return rows
}

func TestOtherCheckpointsAreRefused(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a", "a", 1)
	mustRun(t, testStream(t, store, landing, Options{}))
	if err := store.Delete(t.Context(), checkpoints+"/commits/0"); err != nil {
		t.Fatal(err)
	}
	_, err := run(t.Context(), testStream(t, store, "Volumes/c/s/v/other", Options{}))
	if !errors.Is(err, errclass.SourcesChanged) || !strings.Contains(err.Error(), "Wrong basePath /Volumes/c/s/v/other for the root path: file:///Volumes/c/s/v/in/a") {
		t.Fatalf("another folder: got %v", err)
	}
	put(t, store, checkpoints+"/offsets/0", `{"sourceVersion":1,"reservoirId":"x"}`, 0)
	if _, err := run(t.Context(), testStream(t, store, landing, Options{})); !errors.Is(err, errclass.SourcesChanged) {
		t.Fatalf("another kind of source: got %v", err)
	}
}
