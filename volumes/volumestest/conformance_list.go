package volumestest

import (
	"context"
	"errors"
	"slices"

	"lakehouse/volumes"
)

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
