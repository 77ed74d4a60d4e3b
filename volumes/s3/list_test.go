package s3_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

func names(t *testing.T, store volumes.Store, dir string, opts volumes.ListOptions) []string {
	t.Helper()
	var all []string
	for info, err := range store.List(t.Context(), dir, opts) {
		if err != nil {
			t.Fatal(err)
		}
		name := info.Name
		if info.IsDir {
			name += "/"
		}
		if info.Lost {
			name += " (lost)"
		}
		all = append(all, name)
	}
	return all
}

// What other programs left in a bucket is told: marks of folders as folders, and keys that are no names here as lost.
func TestForeignKeysAreTold(t *testing.T) {
	server := s3test.New(t)
	for _, key := range []string{"d", "d/", "d/a", "empty/", "old_$folder$", "x//y", "../z", "d/./w", "/abs"} {
		server.PutForeign(key, nil)
	}
	store := open(t, server, "", nil)
	got := names(t, store, ".", volumes.ListOptions{Recursive: true, Hidden: true})
	want := []string{"../z (lost)", "/abs (lost)", "d", "d/./w (lost)", "d/a", "x//y (lost)"}
	if !slices.Equal(got, want) {
		t.Errorf("files: %q, want %q", got, want)
	}
	if got = names(t, store, ".", volumes.ListOptions{Dirs: true}); !slices.Equal(got, []string{"d", "d/", "empty/", "old/", "x/"}) {
		t.Errorf("folders: %q", got)
	}
	if _, err := store.Open(t.Context(), "x//y"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a key that is no name: %v", err)
	}
}

// A hidden folder, however much is in it, costs a listing of the others a request.
func TestHiddenFoldersArePassedOver(t *testing.T) {
	server := s3test.New(t)
	server.PageKeys = 10
	for i := range 200 {
		server.PutForeign(fmt.Sprintf("t/_delta_log/%020d.json", i), nil)
	}
	for i := range 5 {
		server.PutForeign(fmt.Sprintf("t/part-%d", i), nil)
	}
	store := open(t, server, "t", nil)
	if got := names(t, store, ".", volumes.ListOptions{Recursive: true}); len(got) != 5 {
		t.Fatalf("%q", got)
	}
	if n := len(server.Requests()); n > 2 {
		t.Errorf("%d requests", n)
	}
	server.Forget()
	opts := volumes.ListOptions{StartAfter: fmt.Sprintf("_delta_log/%020d.json", 195), Hidden: true}
	if got := names(t, store, "_delta_log", opts); len(got) != 4 || len(server.Requests()) != 1 {
		t.Errorf("the newest: %q by %v", got, server.Requests())
	}
}

// Uploads that nobody finished are aborted when they are old, and those of others are not.
func TestSweepAbortsOldUploads(t *testing.T) {
	server := s3test.New(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	store, other := open(t, server, "lake", skewless), open(t, server, "other", skewless)
	for i := range 5 {
		for _, s := range []*volumes.ObjectStore{store, other} {
			w, err := s.Create(t.Context(), fmt.Sprint("d/", i))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(large); err != nil {
				t.Fatal(err)
			} // and it is never heard of again
			t.Cleanup(w.Abort)
		}
	}
	if n, err := store.Sweep(t.Context(), ".", now); err != nil || n != 0 {
		t.Fatalf("too early: %d, %v", n, err)
	}
	server.PutForeign("lake/.probe.0123456789abcdef.tmp", nil)
	if n, err := store.Sweep(t.Context(), ".", time.Now().Add(time.Hour)); err != nil || n != 6 {
		t.Fatalf("%d swept, %v; want 6", n, err)
	}
	if n := server.Uploads(); n != 5 {
		t.Fatalf("%d uploads are left, want those of the other prefix", n)
	}
}

func skewless(o *s3.Options) { o.PartBytes = 5 << 20 }

func TestNamesThatABucketCannotHoldAreRefused(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, strings.Repeat("p", 200), nil)
	long := strings.Repeat(strings.Repeat("n", 100)+"/", 9) + "x"
	if err := store.Put(t.Context(), long, nil); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a key of more than 1024 bytes: %v", err)
	}
	if len(server.Requests()) != 0 {
		t.Error(server.Requests())
	}
}
