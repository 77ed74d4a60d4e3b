package volumestest

import (
	"errors"
	"io/fs"

	"lakehouse/volumes"
)

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
		if err := s.store.Delete(s.ctx, name); err != nil && !s.wentAlong(err) {
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
