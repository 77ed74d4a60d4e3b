package s3_test

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// A store that takes If-None-Match and overwrites all the same is not written to where a name must be free.
func TestStoreThatOnlyPretendsIsRefused(t *testing.T) {
	server := s3test.New(t)
	server.IgnoresConditions = true
	store := open(t, server, "lake", nil)
	for range 2 {
		err := store.PutIfAbsent(t.Context(), "a", []byte("ours"))
		if !errors.Is(err, errclass.UnsupportedFeature) || !strings.Contains(err.Error(), "fs.s3a.create.conditional.enabled") {
			t.Fatalf("got %v", err)
		}
	}
	if err := store.Put(t.Context(), "b", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), "b", "c"); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Fatalf("Move: %v", err)
	}
	if got := strings.Join(server.Keys(), " "); got != "lake/b" {
		t.Fatalf("the bucket holds %s", got)
	}
}

func TestStoreThatPretendsOfUploadsIsRefused(t *testing.T) {
	server := s3test.New(t)
	server.IgnoresFinish = true
	store := open(t, server, "lake", nil)
	if err := store.Put(t.Context(), "b", large); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), "b", "c"); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Fatalf("Move: %v", err)
	}
	if got := strings.Join(server.Keys(), " "); got != "lake/b" || server.Uploads() != 0 {
		t.Fatalf("the bucket holds %s and %d uploads", got, server.Uploads())
	}
}

// Where this process is the only writer, a store without conditions does.
func TestSingleWriterNeedsNoConditions(t *testing.T) {
	server := s3test.New(t)
	server.IgnoresConditions = true
	store := open(t, server, "lake", func(o *s3.Options) { o.SingleWriter = true })
	if err := store.PutIfAbsent(t.Context(), "a", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := store.PutIfAbsent(t.Context(), "a", []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "b", large); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), "b", "a"); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), "b", "c"); err != nil {
		t.Fatal(err)
	}
}

// The probe is made once for all stores of a bucket, costs three requests, and leaves nothing.
func TestProbeIsMadeOnce(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "lake", nil)
	sub, err := store.Sub("table/_delta_log")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []volumes.Store{store, sub, store} {
		server.Forget()
		if err := s.PutIfAbsent(t.Context(), "v-"+volumesToken(t), nil); err != nil {
			t.Fatal(err)
		}
		want := 1
		if s == volumes.Store(store) && len(server.Keys()) == 1 {
			want = 4
		}
		if got := len(server.Requests()); got != want {
			t.Errorf("%d requests, want %d: %v", got, want, server.Requests())
		}
	}
	for _, key := range server.Keys() {
		if strings.Contains(key, "probe") {
			t.Errorf("%s is left", key)
		}
	}
}

var tokens int

func volumesToken(t *testing.T) string {
	t.Helper()
	tokens++
	return strings.Repeat("x", tokens)
}

// A file that is open and was overwritten is not read on: its parts would not belong together.
func TestReaderKeepsToItsVersion(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", nil)
	server.PutForeign("a", large)
	r, err := store.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	server.PutForeign("a", bytes.Repeat([]byte("x"), len(large)))
	if _, err := r.ReadAt(make([]byte, 100), 2<<20); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Fatalf("got %v", err)
	}
	server.Fail(nil)
}

// Few requests read a file: one if it is small, the end first of Parquet, and windows that grow of what is read on.
func TestReaderMakesFewRequests(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", nil)
	server.PutForeign("small.json", large[:1000])
	server.PutForeign("large.json", large)
	server.PutForeign("a.parquet", large)
	count := func(read func() error) int {
		t.Helper()
		server.Forget()
		if err := read(); err != nil {
			t.Fatal(err)
		}
		return len(server.Requests())
	}
	readAll := func(name string, piece int) func() error {
		return func() error {
			r, err := store.Open(t.Context(), name)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			p := make([]byte, piece)
			for at := int64(0); at < r.Info().Size; at += int64(piece) {
				n, _ := r.ReadAt(p, at)
				if !bytes.Equal(p[:n], large[at:at+int64(n)]) {
					t.Errorf("%s: other bytes at %d", name, at)
				}
			}
			return nil
		}
	}
	if n := count(readAll("small.json", 100)); n != 1 {
		t.Errorf("a small file: %d requests", n)
	}
	if n := count(readAll("large.json", 64<<10)); n > 8 {
		t.Errorf("5 MB, read on: %d requests", n)
	}
	footer := func() error {
		r, err := store.Open(t.Context(), "a.parquet")
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		_, err = r.ReadAt(make([]byte, 16<<10), r.Info().Size-16<<10)
		return err
	}
	if n := count(footer); n != 1 {
		t.Errorf("the footer of a Parquet file: %d requests", n)
	}
	_, err := volumes.ReadFile(t.Context(), store, "absent")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Every way of reading, in any pieces and from several goroutines, gives the bytes.
func TestReaderGivesTheBytesInAnyOrder(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", nil)
	server.PutForeign("a", large)
	r, err := store.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			p := make([]byte, 70_000)
			at := i * 1234
			for range 60 {
				n, err := r.ReadAt(p, int64(at))
				if at+n <= len(large) && (!bytes.Equal(p[:n], large[at:at+n]) || err != nil && at+n < len(large)) {
					t.Errorf("at %d: %d bytes, %v", at, n, err)
					return
				}
				if at += 70_000 * (1 + i%2); i == 3 {
					at = (at * 7919) % len(large)
				}
				at %= len(large)
			}
		}()
	}
	for range 4 {
		<-done
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
