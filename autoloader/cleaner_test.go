package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"go.uber.org/goleak"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A file whose name is taken in the archive is dropped if it is the same, and put beside it if it is not:
// nothing is overwritten.
func TestArchiveNeverOverwrites(t *testing.T) {
	store := newLanding(t)
	opts := Options{CleanSource: CleanArchive}
	put(t, store, inArchive+"/same", "same", 0)
	put(t, store, inArchive+"/other", "first", 0)
	put(t, store, landing+"/same", "same", 1)
	put(t, store, landing+"/other", "second", 2)
	mustRun(t, testStream(t, store, landing, opts))
	put(t, store, landing+"/next", "next", 3)
	mustRun(t, testStream(t, store, landing, opts))
	equal(t, "folder", namesIn(t, store, landing), []string{"next"})
	second := fmt.Sprintf("other.%d", minute(2))
	equal(t, "archive", namesIn(t, store, inArchive), []string{"other", second, "same"})
	for name, want := range map[string]string{"other": "first", second: "second"} {
		data, err := volumes.ReadFile(t.Context(), store, inArchive+"/"+name)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, name, string(data), want)
	}
}

func minute(n int) int64 { return testDay.UnixMilli() + int64(n)*60_000 }

// A file that cannot be moved is told, stays, and fails nothing; the next start tries again.
func TestAFailedCleaningFailsNoBatch(t *testing.T) {
	store := newLanding(t)
	opts := Options{CleanSource: CleanArchive, MaxFilesPerTrigger: 1}
	put(t, store, landing+"/1", "1", 1)
	put(t, store, landing+"/2", "2", 2)
	refusing := refuseMoves{store}
	equal(t, "batches", mustRun(t, testStream(t, refusing, landing, opts)), [][]string{{"1"}, {"2"}})
	equal(t, "folder", namesIn(t, store, landing), []string{"1", "2"})
	mustRun(t, testStream(t, store, landing, opts))
	equal(t, "folder after the next start", namesIn(t, store, landing), []string{"2"})
}

type refuseMoves struct{ volumes.Store }

func (refuseMoves) Move(_ context.Context, from, _ string) error {
	return &fs.PathError{Op: "move", Path: from, Err: fs.ErrPermission}
}

// The cleaner works on its own; Stop waits until it has done what it was given.
func TestStopWaitsForTheCleaner(t *testing.T) {
	store := newLanding(t)
	const batches = 20
	for n := range batches {
		put(t, store, fmt.Sprintf("%s/%02d", landing, n), "x", n)
	}
	p := testStream(t, store, landing, Options{CleanSource: CleanDelete, MaxFilesPerTrigger: 1})
	p.config.Workers = 4
	mustRun(t, p)
	equal(t, "folder", namesIn(t, store, landing), []string{fmt.Sprintf("%02d", batches-1)})
}

// A crash while the cleaner lags behind leaves files of several batches: the next start finishes them.
func TestLeftoversOfALaggingCleaner(t *testing.T) {
	store := newLanding(t)
	for n := range 5 {
		put(t, store, fmt.Sprintf("%s/%d", landing, n), fmt.Sprint(n), n)
	}
	off := Options{MaxFilesPerTrigger: 1}
	mustRun(t, testStream(t, store, landing, off)) // as if nothing had been cleaned yet
	put(t, store, landing+"/2", "another file of this name", 100)
	on := Options{MaxFilesPerTrigger: 1, CleanSource: CleanDelete}
	equal(t, "batches", mustRun(t, testStream(t, store, landing, on)), nil)
	equal(t, "folder", namesIn(t, store, landing), []string{"0", "2", "4"}) // 0 is further back than a cleaner lags
}

// Cleaning is never done for a batch that is not in the sink for good.
func TestNothingIsCleanedBeforeTheNextBatchIsPlanned(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/1", "1", 1)
	recorded := volumestest.Record(store)
	mustRun(t, testStream(t, recorded, landing, Options{CleanSource: CleanDelete}))
	put(t, store, landing+"/2", "2", 2)
	mustRun(t, testStream(t, recorded, landing, Options{CleanSource: CleanDelete}))
	want := []string{
		"putIfAbsent cp/sources/0/0", "putIfAbsent cp/offsets/0", "putIfAbsent cp/sink/0", "putIfAbsent cp/commits/0",
		"putIfAbsent cp/sources/0/1", "putIfAbsent cp/offsets/1", "delete " + landing + "/1", "putIfAbsent cp/sink/1", "putIfAbsent cp/commits/1",
	}
	var got []string
	for _, op := range recorded.Ops() {
		got = append(got, op.String())
	}
	equal(t, "operations", got, want)
}

// The reply to a write that got lost is settled by reading back; a log that someone else wrote is an error.
func TestALostReplyIsSettledByReadingBack(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/1", "1", 1)
	lost := volumestest.LoseReply(store, 0, errors.New("connection reset"))
	equal(t, "batches", mustRun(t, testStream(t, lost, landing, Options{})), [][]string{{"1"}})
}

// A file that is overwritten between the planning of its batch and its reading is read once, in the batch of its new time; the
// batch may be repeated.
func TestAFileOverwrittenAfterItWasPlannedIsReadOnce(t *testing.T) {
	store := newLanding(t)
	put(t, store, landing+"/a", "old", 1)
	put(t, store, landing+"/b", "b", 1)
	p := testStream(t, store, landing, Options{AllowOverwrites: true})
	e, err := start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	end, err := e.source.Latest(t.Context(), 0, nil, e.limit)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, landing+"/a", "new", 2)
	for range 2 {
		rows, err := e.rows(t.Context(), nil, end)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "planned batch", rows, []string{"b"})
	}
	if err := e.source.Stop(); err != nil {
		t.Fatal(err)
	}
	equal(t, "all batches", mustRun(t, p), [][]string{{"b"}, {"new"}})
	put(t, store, landing+"/a", "older", 0) // a time that went back is another time
	equal(t, "after the time went back", mustRun(t, p), [][]string{{"older"}})
	equal(t, "nothing is new", len(mustRun(t, p)), 0)
}
