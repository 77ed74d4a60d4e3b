package volumestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lakehouse/volumes"
)

// Run tests that a store keeps the promises of [volumes.Store]. The function gives a new, empty store at each call.
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

func testPut(s *suite) {
	for name, data := range map[string]string{"a": "", "b": "x", "c/d/e.json": strings.Repeat("0123456789", 100_000)} {
		s.put(name, data)
		s.wantFile(name, data)
	}
}

func testPutReplaces(s *suite) {
	s.put("a", "a long first text")
	s.put("a", "short")
	s.wantFile("a", "short")
}

func testPutIfAbsent(s *suite) {
	if err := s.store.PutIfAbsent(s.ctx, "d/a", []byte("first")); err != nil {
		s.Fatal(err)
	}
	s.wantErr(s.store.PutIfAbsent(s.ctx, "d/a", []byte("second")), fs.ErrExist, "d/a")
	s.wantErr(s.store.PutIfAbsent(s.ctx, "d", []byte("a folder has the name")), fs.ErrExist, "d")
	s.wantFile("d/a", "first")
	s.wantList("d", volumes.ListOptions{Hidden: true}, "d/a")
}

// Of many who make the same name at the same time one wins, and the file is the winner's.
func testPutIfAbsentRace(s *suite) {
	const writers, rounds = 32, 8
	for round := range rounds {
		name := fmt.Sprintf("log/%020d.json", round)
		winner, wins := race(s, writers, func(i int) error {
			return s.store.PutIfAbsent(s.ctx, name, []byte(fmt.Sprint("writer ", i)))
		})
		if wins != 1 {
			s.Fatalf("round %d: %d winners", round, wins)
		}
		s.wantFile(name, fmt.Sprint("writer ", winner))
	}
	if got := len(s.list("log", volumes.ListOptions{Hidden: true})); got != rounds {
		s.Fatalf("%d files, want %d", got, rounds)
	}
}

// race runs n calls at once and tells the last winner and how many there were. Losers must get ErrExist.
func race(s *suite, n int, call func(i int) error) (winner, wins int) {
	var group sync.WaitGroup
	var won, count atomic.Int64
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			err := call(i)
			if err == nil {
				won.Store(int64(i))
				count.Add(1)
			} else if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
				s.Errorf("call %d: %v", i, err)
			}
		})
	}
	close(start)
	group.Wait()
	return int(won.Load()), int(count.Load())
}

func testCreate(s *suite) {
	s.put("d/a", "old")
	w, err := s.store.Create(s.ctx, "d/a")
	if err != nil {
		s.Fatal(err)
	}
	defer w.Abort()
	for _, part := range []string{"new ", "text"} {
		if _, err := io.WriteString(w, part); err != nil {
			s.Fatal(err)
		}
	}
	s.wantFile("d/a", "old")
	s.wantList("d", volumes.ListOptions{Hidden: true, Recursive: true}, "d/a")
	if err := w.Commit(); err != nil {
		s.Fatal(err)
	}
	w.Abort()
	s.wantFile("d/a", "new text")
}

func testAbort(s *suite) {
	w, err := s.store.Create(s.ctx, "d/a")
	if err != nil {
		s.Fatal(err)
	}
	if _, err := io.WriteString(w, "text"); err != nil {
		s.Fatal(err)
	}
	w.Abort()
	w.Abort()
	_, err = s.store.Stat(s.ctx, "d/a")
	s.wantErr(err, fs.ErrNotExist, "d/a")
	s.put("d/b", "")
	s.wantList("d", volumes.ListOptions{Hidden: true}, "d/b")
}

func testWriterAfterCommit(s *suite) {
	w, err := s.store.Create(s.ctx, "a")
	if err != nil {
		s.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		s.Fatal(err)
	}
	if err := w.Commit(); err == nil {
		s.Fatal("a second Commit says that it made the file")
	}
	s.wantFile("a", "")
}

func testOpenRanges(s *suite) {
	s.put("a", "0123456789")
	r, err := s.store.Open(s.ctx, "a")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if info := r.Info(); info.Name != "a" || info.Size != 10 || info.IsDir {
		s.Fatalf("info %+v", info)
	}
	for _, c := range []struct {
		off, n int
		want   string
		err    error
	}{{0, 4, "0123", nil}, {3, 4, "3456", nil}, {8, 4, "89", io.EOF}, {10, 1, "", io.EOF}, {99, 1, "", io.EOF}} {
		p := make([]byte, c.n)
		n, err := r.ReadAt(p, int64(c.off))
		if string(p[:n]) != c.want || !errors.Is(err, c.err) {
			s.Errorf("ReadAt(%d bytes, %d) = %q, %v; want %q, %v", c.n, c.off, p[:n], err, c.want, c.err)
		}
	}
}

// A reader sees the file that it opened, whatever happens to the name.
func testOpenIsStable(s *suite) {
	s.put("a", "first")
	r, err := s.store.Open(s.ctx, "a")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s.put("a", "other")
	p := make([]byte, 5)
	if _, err := r.ReadAt(p, 0); err != nil && !errors.Is(err, io.EOF) {
		s.Fatal(err)
	}
	if !bytes.Equal(p, []byte("first")) {
		s.Fatalf("got %q, want the file that was opened", p)
	}
}

func testAbsent(s *suite) {
	s.put("file", "")
	for _, name := range []string{"absent", "absent/a", "file/a"} {
		_, err := s.store.Stat(s.ctx, name)
		s.wantErr(err, fs.ErrNotExist, name)
		_, err = s.store.Open(s.ctx, name)
		s.wantErr(err, fs.ErrNotExist, name)
		s.wantErr(s.store.Delete(s.ctx, name), fs.ErrNotExist, name)
		s.wantErr(s.store.Move(s.ctx, name, "target"), fs.ErrNotExist, name)
		s.wantErr(s.listErr(name), fs.ErrNotExist, name)
	}
	s.wantErr(s.listErr("file"), fs.ErrNotExist, "file")
	s.wantList(".", volumes.ListOptions{Hidden: true, Dirs: true}, "file")
}

func testBadNames(s *suite) {
	bad := []string{
		"", "/", "/etc/passwd", "..", "../a", "a/../b", "a/..", "./a", "a/.", "a//b", "a/", "a\x00b",
		strings.Repeat("x", 256), strings.Repeat("x/", 4000) + "x",
	}
	for _, name := range bad {
		_, err := s.store.Stat(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		_, err = s.store.Open(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		_, err = s.store.Create(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		s.wantErr(s.store.Put(s.ctx, name, nil), fs.ErrInvalid, name)
		s.wantErr(s.store.PutIfAbsent(s.ctx, name, nil), fs.ErrInvalid, name)
		s.wantErr(s.store.Delete(s.ctx, name), fs.ErrInvalid, name)
		s.wantErr(s.store.Move(s.ctx, name, "a"), fs.ErrInvalid, name)
		s.wantErr(s.store.Move(s.ctx, "a", name), fs.ErrInvalid, name)
		s.wantErr(s.store.MakeDir(s.ctx, name), fs.ErrInvalid, name)
		s.wantErr(s.listErr(name), fs.ErrInvalid, name)
		_, err = volumes.Sub(s.store, name)
		s.wantErr(err, fs.ErrInvalid, name)
	}
	s.wantErr(s.store.Put(s.ctx, ".", nil), fs.ErrInvalid, ".")
	s.wantErr(s.store.Delete(s.ctx, "."), fs.ErrInvalid, ".")
}

func testOddNames(s *suite) {
	odd := []string{
		"a b.json", "ü%20x.json", "%2F", "%", "a+b", "line\nbreak", "tab\t", `quote"'`, "-leading", "trailing ", "dot.",
		"...", "..x", "日本語/🙂.json", "day=2025-01-01/a%20b", "invalid\xffutf8", strings.Repeat("n", 255), "#?;&=",
	}
	for _, name := range odd {
		s.put(name, name)
	}
	for _, name := range odd {
		s.wantFile(name, name)
	}
	slices.Sort(odd)
	s.wantList(".", volumes.ListOptions{Recursive: true, Hidden: true}, odd...)
}

func testStat(s *suite) {
	s.put("d/a", "12345")
	info, err := s.store.Stat(s.ctx, "d/a")
	if err != nil {
		s.Fatal(err)
	}
	if info.Name != "d/a" || info.Size != 5 || info.IsDir || info.ETag == "" || info.ModTime.IsZero() {
		s.Errorf("file: %+v", info)
	}
	for _, name := range []string{"d", "."} {
		if info, err = s.store.Stat(s.ctx, name); err != nil || info.Name != name || !info.IsDir {
			s.Errorf("folder: %+v, %v", info, err)
		}
	}
}

func testETag(s *suite) {
	tag := func() string {
		info, err := s.store.Stat(s.ctx, "a")
		if err != nil {
			s.Fatal(err)
		}
		return info.ETag
	}
	s.put("a", "one")
	first := tag()
	if again := tag(); again != first {
		s.Errorf("ETag of the same content: %s, then %s", first, again)
	}
	s.put("a", "two")
	if second := tag(); second == first {
		s.Errorf("ETag %s is the same for other content", second)
	}
	for info, err := range s.store.List(s.ctx, ".", volumes.ListOptions{}) {
		if err != nil || info.ETag != tag() {
			s.Errorf("listed %+v, %v; want ETag %s", info, err, tag())
		}
	}
}

// putTree makes files whose order by name and by folder differ.
func putTree(s *suite) {
	for _, name := range []string{"a/x", "a.json", "a/b/y", "a0", "B", "b", "_hidden", ".dot", "_dir/z", "a/_h"} {
		s.put(name, name)
	}
}

func testList(s *suite) {
	putTree(s)
	s.wantList(".", volumes.ListOptions{}, "B", "a.json", "a0", "b")
	s.wantList(".", volumes.ListOptions{Recursive: true}, "B", "a.json", "a/b/y", "a/x", "a0", "b")
	s.wantList("a", volumes.ListOptions{}, "a/x")
	s.wantList("a", volumes.ListOptions{Recursive: true}, "a/b/y", "a/x")
}

func testListNarrows(s *suite) {
	putTree(s)
	s.wantList(".", volumes.ListOptions{Dirs: true}, "B", "a", "a.json", "a0", "b")
	s.wantList(".", volumes.ListOptions{Hidden: true}, ".dot", "B", "_hidden", "a.json", "a0", "b")
	s.wantList(".", volumes.ListOptions{Hidden: true, Dirs: true, Recursive: true},
		".dot", "B", "_dir", "_dir/z", "_hidden", "a", "a.json", "a/_h", "a/b", "a/b/y", "a/x", "a0", "b")
}

// Wherever a listing starts, it gives the rest of the whole one.
func testListStartAfter(s *suite) {
	putTree(s)
	for _, opts := range []volumes.ListOptions{{}, {Recursive: true}, {Dirs: true, Hidden: true, Recursive: true}} {
		for _, dir := range []string{".", "a"} {
			opts.StartAfter = ""
			whole := s.list(dir, opts)
			starts := append([]string{"0", "a/", "a/b", "a/c", "a-", "zz"}, whole...)
			for _, start := range starts {
				opts.StartAfter = start
				want := slices.DeleteFunc(slices.Clone(whole), func(name string) bool { return name <= start })
				s.wantList(dir, opts, want...)
			}
		}
	}
}

func testListStops(s *suite) {
	putTree(s)
	seen := 0
	for _, err := range s.store.List(s.ctx, ".", volumes.ListOptions{Recursive: true}) {
		if seen++; err != nil || seen == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if seen != 3 {
		s.Fatalf("%d files were given, want 3", seen)
	}
	var err error
	for _, err = range s.store.List(ctx, ".", volumes.ListOptions{Recursive: true}) {
		cancel()
	}
	if !errors.Is(err, context.Canceled) {
		s.Fatalf("a cancelled listing ends with %v", err)
	}
}

func testDelete(s *suite) {
	s.put("d/a", "")
	if err := s.store.Delete(s.ctx, "d/a"); err != nil {
		s.Fatal(err)
	}
	s.wantErr(s.store.Delete(s.ctx, "d/a"), fs.ErrNotExist, "d/a")
	if err := s.store.Delete(s.ctx, "d"); err != nil {
		s.Fatal(err)
	}
	s.wantList(".", volumes.ListOptions{Dirs: true})
}

func testDeleteFullFolder(s *suite) {
	s.put("d/a", "text")
	if err := s.store.Delete(s.ctx, "d"); err == nil {
		s.Fatal("a folder that holds a file was deleted")
	}
	s.wantFile("d/a", "text")
}

func testMove(s *suite) {
	s.put("from/a", "text")
	before, err := s.store.Stat(s.ctx, "from/a")
	if err != nil {
		s.Fatal(err)
	}
	if err := s.store.Move(s.ctx, "from/a", "to/deep/b"); err != nil {
		s.Fatal(err)
	}
	s.wantFile("to/deep/b", "text")
	s.wantList(".", volumes.ListOptions{Recursive: true, Hidden: true}, "to/deep/b")
	after, err := s.store.Stat(s.ctx, "to/deep/b")
	if err != nil || !after.ModTime.Equal(before.ModTime) {
		s.Fatalf("moved: time %v, %v; want %v", after.ModTime, err, before.ModTime)
	}
}

func testMoveNeverOverwrites(s *suite) {
	s.put("a", "a")
	s.put("b", "b")
	s.put("d/x", "x")
	s.wantErr(s.store.Move(s.ctx, "a", "b"), fs.ErrExist, "b")
	s.wantErr(s.store.Move(s.ctx, "a", "a"), fs.ErrExist, "a")
	s.wantErr(s.store.Move(s.ctx, "a", "d"), fs.ErrExist, "d")
	if err := s.store.Move(s.ctx, "d", "e"); err == nil {
		s.Fatal("a folder was moved")
	}
	for _, name := range []string{"a", "b"} {
		s.wantFile(name, name)
	}
}

func testMoveRace(s *suite) {
	const movers = 16
	for i := range movers {
		s.put(fmt.Sprint("from/", i), fmt.Sprint(i))
	}
	winner, wins := race(s, movers, func(i int) error { return s.store.Move(s.ctx, fmt.Sprint("from/", i), "to") })
	if wins != 1 {
		s.Fatalf("%d winners", wins)
	}
	s.wantFile("to", fmt.Sprint(winner))
	if left := s.list("from", volumes.ListOptions{}); len(left) != movers-1 {
		s.Fatalf("%d files are left, want %d", len(left), movers-1)
	}
}

func testMakeDir(s *suite) {
	for range 2 {
		if err := s.store.MakeDir(s.ctx, "d/e"); err != nil {
			s.Fatal(err)
		}
	}
	s.wantList(".", volumes.ListOptions{Recursive: true, Dirs: true}, "d", "d/e")
	s.put("f", "")
	s.wantErr(s.store.MakeDir(s.ctx, "f"), fs.ErrExist, "f")
}

func testFileIsNoFolder(s *suite) {
	s.put("f", "text")
	if err := s.store.Put(s.ctx, "f/a", nil); err == nil {
		s.Error("Put below a file")
	}
	if err := s.store.PutIfAbsent(s.ctx, "f/a", nil); err == nil {
		s.Error("PutIfAbsent below a file")
	}
	if err := s.store.MakeDir(s.ctx, "f/a"); err == nil {
		s.Error("MakeDir below a file")
	}
	s.put("d/a", "")
	if err := s.store.Put(s.ctx, "d", nil); err == nil {
		s.Error("Put in place of a folder")
	}
	if _, err := s.store.Open(s.ctx, "d"); err == nil {
		s.Error("Open of a folder")
	}
	s.wantFile("f", "text")
}

func testCancelled(s *suite) {
	s.put("a", "text")
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, statErr := s.store.Stat(ctx, "a")
	_, openErr := s.store.Open(ctx, "a")
	_, createErr := s.store.Create(ctx, "b")
	for op, err := range map[string]error{
		"Stat": statErr, "Open": openErr, "Create": createErr,
		"Put": s.store.Put(ctx, "b", nil), "PutIfAbsent": s.store.PutIfAbsent(ctx, "b", nil),
		"Delete": s.store.Delete(ctx, "a"), "Move": s.store.Move(ctx, "a", "b"), "MakeDir": s.store.MakeDir(ctx, "d"),
	} {
		if !errors.Is(err, context.Canceled) {
			s.Errorf("%s: %v, want context.Canceled", op, err)
		}
	}
	s.wantList(".", volumes.ListOptions{Dirs: true, Hidden: true}, "a")
}

func testSub(s *suite) {
	s.put("d/e/a", "inside")
	s.put("out", "outside")
	sub := s.sub(s.store, "d")
	inner := &suite{T: s.T, ctx: s.ctx, store: s.sub(sub, "e")}
	inner.wantFile("a", "inside")
	inner.put("f/b", "new")
	s.wantFile("d/e/f/b", "new")
	inner.wantList(".", volumes.ListOptions{Recursive: true}, "a", "f/b")
	inner.wantList(".", volumes.ListOptions{Recursive: true, StartAfter: "a"}, "f/b")
	inner.wantErr(inner.store.Put(s.ctx, "../../out", nil), fs.ErrInvalid, "../../out")
	if info, err := inner.store.Stat(s.ctx, "f/b"); err != nil || info.Name != "f/b" {
		s.Errorf("Stat: %+v, %v", info, err)
	}
	if err := inner.store.Move(s.ctx, "a", "g"); err != nil {
		s.Fatal(err)
	}
	s.wantFile("d/e/g", "inside")
	s.wantFile("out", "outside")
}

func (s *suite) sub(store volumes.Store, dir string) volumes.Store {
	s.Helper()
	sub, err := volumes.Sub(store, dir)
	if err != nil {
		s.Fatal(err)
	}
	return sub
}

func testSubOfAbsent(s *suite) {
	sub := &suite{T: s.T, ctx: s.ctx, store: s.sub(s.store, "not/yet")}
	sub.wantErr(sub.listErr("."), fs.ErrNotExist, "")
	_, err := sub.store.Stat(s.ctx, "a")
	sub.wantErr(err, fs.ErrNotExist, "a")
	if err := sub.store.PutIfAbsent(s.ctx, "a", []byte("first")); err != nil {
		s.Fatal(err)
	}
	s.wantFile("not/yet/a", "first")
	for _, name := range []string{"not/yet/a", "not/yet"} {
		if err := s.store.Delete(s.ctx, name); err != nil {
			s.Fatal(err)
		}
	}
	sub.put("deep/b", "again") // the folder was deleted under the store
	s.wantFile("not/yet/deep/b", "again")
}

func testReadFileMax(s *suite) {
	s.put("a", "12345")
	if got, err := volumes.ReadFileMax(s.ctx, s.store, "a", 5); err != nil || string(got) != "12345" {
		s.Errorf("got %q, %v", got, err)
	}
	_, err := volumes.ReadFileMax(s.ctx, s.store, "a", 4)
	s.wantErr(err, volumes.ErrTooLarge, "a")
}

func testLock(s *suite) {
	locker, ok := s.store.(volumes.Locker)
	if !ok {
		s.Skip("the store has no locks")
	}
	release, err := locker.Lock(s.ctx, "d/.lock", []byte("the first"))
	if err != nil {
		s.Fatal(err)
	}
	var held *volumes.LockedError
	if _, err := locker.Lock(s.ctx, "d/.lock", []byte("the second")); !errors.As(err, &held) || string(held.Holder) != "the first" {
		s.Fatalf("the lock was given twice, or the holder is not named: %v", err)
	}
	if _, err := locker.Lock(s.ctx, "other", nil); err != nil {
		s.Fatalf("another lock: %v", err)
	}
	if err := release(); err != nil {
		s.Fatal(err)
	}
	again, err := locker.Lock(s.ctx, "d/.lock", []byte("the second"))
	if err != nil {
		s.Fatalf("after release: %v", err)
	}
	if err := again(); err != nil {
		s.Fatal(err)
	}
}
