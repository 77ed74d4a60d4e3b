package volumestest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"lakehouse/volumes"
)

func testDelete(s *suite) {
	s.put("d/a", "")
	if err := s.store.Delete(s.ctx, "d/a"); err != nil {
		s.Fatal(err)
	}
	s.wantErr(s.store.Delete(s.ctx, "d/a"), fs.ErrNotExist, "d/a")
	if err := s.store.Delete(s.ctx, "d"); err != nil && !s.wentAlong(err) {
		s.Fatal(err)
	}
	s.wantList(".", volumes.ListOptions{Dirs: true})
}

// Many files are removed by one call; what is not there is fine.
func testDeleteAll(s *suite) {
	var names []string
	for i := range 25 {
		name := fmt.Sprintf("d/%02d", i)
		names = append(names, name)
		if i%2 == 0 {
			s.put(name, "text")
		}
	}
	s.put("d/stays", "text")
	if err := volumes.DeleteAll(s.ctx, s.store, names); err != nil {
		s.Fatal(err)
	}
	s.wantList("d", volumes.ListOptions{}, "d/stays")
	s.wantErr(volumes.DeleteAll(s.ctx, s.store, []string{"../x"}), fs.ErrInvalid, "../x")
	if err := volumes.RemoveAll(s.ctx, s.store, "d"); err != nil {
		s.Fatal(err)
	}
	s.wantErr(s.listErr("d"), fs.ErrNotExist, "d")
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
	if err != nil || !s.flat() && !after.ModTime.Equal(before.ModTime) {
		s.Fatalf("moved: time %v, %v; want %v", after.ModTime, err, before.ModTime)
	}
}

func testMoveNeverOverwrites(s *suite) {
	s.put("a", "a")
	s.put("b", "b")
	s.put("d/x", "x")
	s.wantErr(s.store.Move(s.ctx, "a", "b"), fs.ErrExist, "b")
	s.wantErr(s.store.Move(s.ctx, "a", "a"), fs.ErrExist, "a")
	if !s.flat() {
		s.wantErr(s.store.Move(s.ctx, "a", "d"), fs.ErrExist, "d")
	}
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
	if s.flat() {
		testFileBesideFolder(s)
		return
	}
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

// testFileBesideFolder is the same of a flat store: both are there; or the second is refused. MinIO keeps both, and lists the first alone.
func testFileBesideFolder(s *suite) {
	s.put("f", "text")
	if err := s.store.Put(s.ctx, "f/a", []byte("below")); err == nil {
		s.wantFile("f/a", "below")
		got := s.list(".", volumes.ListOptions{Recursive: true})
		if !slices.Equal(got, []string{"f", "f/a"}) && !slices.Equal(got, []string{"f"}) {
			s.Errorf("the listing gives %q", got)
		}
	}
	s.wantFile("f", "text")
	s.wantList(".", volumes.ListOptions{}, "f")
	if _, err := s.store.Open(s.ctx, "d"); err == nil {
		s.Error("Open of a folder")
	}
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
