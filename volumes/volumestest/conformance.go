package volumestest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes"
)

// Run tests that a store keeps the promises of [volumes.Store]. The function gives a new, empty store at each call.
//
// Of a [volumes.Flat] store less is asked where files and folders meet: a folder goes with the last file in it, a file's name may be
// the beginning of another's, a moved file is as old as the move, names are UTF-8, and a file that is large and was overwritten while it was
// open cannot be read on.
func Run(t *testing.T, newStore func(t *testing.T) volumes.Store) {
	for _, c := range conformance {
		t.Run(c.name, func(t *testing.T) { c.test(&suite{T: t, ctx: t.Context(), store: newStore(t)}) })
	}
}

var conformance = []struct {
	name string
	test func(*suite)
}{
	{"PutReadsBack", testPut},
	{"PutReplacesWhole", testPutReplaces},
	{"PutIfAbsentMakesOnce", testPutIfAbsent},
	{"PutIfAbsentHasOneWinner", testPutIfAbsentRace},
	{"CreateIsInvisibleUntilCommit", testCreate},
	{"AbortLeavesNothing", testAbort},
	{"WriterRefusesAfterCommit", testWriterAfterCommit},
	{"OpenReadsRanges", testOpenRanges},
	{"OpenFileKeepsItsContent", testOpenIsStable},
	{"AbsentNamesAreErrNotExist", testAbsent},
	{"BadNamesAreErrInvalid", testBadNames},
	{"OddNamesRoundTrip", testOddNames},
	{"StatTellsFileFromFolder", testStat},
	{"ETagChangesWithContent", testETag},
	{"ListIsLexical", testList},
	{"ListNarrows", testListNarrows},
	{"ListStartsAfter", testListStartAfter},
	{"ListStops", testListStops},
	{"DeleteRemoves", testDelete},
	{"DeleteKeepsFullFolder", testDeleteFullFolder},
	{"DeleteAllRemovesMany", testDeleteAll},
	{"MoveRenames", testMove},
	{"MoveNeverOverwrites", testMoveNeverOverwrites},
	{"MoveHasOneWinner", testMoveRace},
	{"MakeDirIsIdempotent", testMakeDir},
	{"FileIsNoFolder", testFileIsNoFolder},
	{"CancelledContextDoesNothing", testCancelled},
	{"SubIsConfined", testSub},
	{"SubOfAbsentFolderIsMadeByWriting", testSubOfAbsent},
	{"ReadFileMaxRefusesLargeFile", testReadFileMax},
	{"LockExcludes", testLock},
}

// suite is a test of one promise, with the steps that all tests take.
type suite struct {
	*testing.T
	ctx   context.Context
	store volumes.Store
}

// flat tells whether folders are nothing but the beginnings of names.
func (s *suite) flat() bool {
	_, flat := s.store.(volumes.Flat)
	return flat
}

// wentAlong tells of the deletion of a folder that the folder went with the last file in it.
func (s *suite) wentAlong(err error) bool { return s.flat() && errors.Is(err, fs.ErrNotExist) }

func (s *suite) put(name, data string) {
	s.Helper()
	if err := s.store.Put(s.ctx, name, []byte(data)); err != nil {
		s.Fatal(err)
	}
}

func (s *suite) wantFile(name, want string) {
	s.Helper()
	got, err := volumes.ReadFile(s.ctx, s.store, name)
	if err != nil {
		s.Fatal(err)
	}
	if string(got) != want {
		s.Fatalf("%s holds %q, want %q", name, got, want)
	}
}

// wantErr checks that an error has the reason, and names the operation and the file.
func (s *suite) wantErr(err, reason error, name string) {
	s.Helper()
	if !errors.Is(err, reason) {
		s.Fatalf("%s: got error %v, want %v", name, err, reason)
	}
	var inPath *fs.PathError
	if !errors.As(err, &inPath) {
		s.Fatalf("%s: error %v is no *fs.PathError", name, err)
	}
	if inPath.Op == "" || !strings.HasSuffix(inPath.Path, name) {
		s.Fatalf("error %v does not name the operation and %q", err, name)
	}
}

func (s *suite) list(dir string, opts volumes.ListOptions) []string {
	s.Helper()
	var names []string
	for info, err := range s.store.List(s.ctx, dir, opts) {
		if err != nil {
			s.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

func (s *suite) wantList(dir string, opts volumes.ListOptions, want ...string) {
	s.Helper()
	if got := s.list(dir, opts); !slices.Equal(got, want) {
		s.Fatalf("list %s %+v: got %q, want %q", dir, opts, got, want)
	}
}

func (s *suite) listErr(dir string) error {
	for _, err := range s.store.List(s.ctx, dir, volumes.ListOptions{}) {
		if err != nil {
			return err
		}
	}
	return nil
}
