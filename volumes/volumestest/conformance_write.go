package volumestest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"lakehouse/volumes"
)

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
	if !s.flat() {
		s.wantErr(s.store.PutIfAbsent(s.ctx, "d", []byte("a folder has the name")), fs.ErrExist, "d")
	}
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
