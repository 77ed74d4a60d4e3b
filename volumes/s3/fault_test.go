package s3_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// transient are the faults that a store gets over.
var transient = map[string]s3test.Fault{
	"cut before":     {Before: true},
	"reply lost":     {After: true},
	"500 before":     {Before: true, Status: 500, Code: "InternalError"},
	"500 after":      {After: true, Status: 500, Code: "InternalError"},
	"502 after":      {After: true, Status: 502, Code: "BadGateway"},
	"503 SlowDown":   {Before: true, Status: 503, Code: "SlowDown", RetryAfter: "0"},
	"503 after":      {After: true, Status: 503, Code: "ServiceUnavailable"},
	"429":            {Before: true, Status: 429, Code: "TooManyRequests"},
	"RequestTimeout": {Before: true, Status: 400, Code: "RequestTimeout"},
	"damaged":        {Before: true, Status: 400, Code: "XAmzContentSHA256Mismatch"},
	"body cut":       {CutBody: 10},
	"no answer":      {Stall: true},
	"trickled":       {Trickle: time.Millisecond},
	"expired":        {Before: true, Status: 400, Code: "ExpiredToken"},
	"skewed":         {Before: true, Status: 403, Code: "RequestTimeTooSkewed"},
	"conflict":       {Before: true, Status: 409, Code: "ConditionalRequestConflict"},
	errorIn200:       {Before: true, ErrorInBody: true, Code: "InternalError"},
	doneErrorIn200:   {After: true, ErrorInBody: true, Code: "InternalError"},
}

// The requests that S3 answers with 200 before it knows how they end.
const (
	errorIn200     = "error in 200"
	doneErrorIn200 = "done, and error in 200"
)

func answersEarly(op string) bool { return op == "CompleteMultipartUpload" || op == "UploadPartCopy" }

var everyFault = flag.Bool("s3.all", false, "try every fault at every request of large files, too")

var large = bytes.Repeat([]byte("0123456789abcdef"), 330_000) // more than a part of 5 MiB

// operations are what a store is asked in the tests of faults; each gives what it saw, and checks what it left.
var operations = []struct {
	name    string
	prepare func(volumes.Store) error
	run     func(t *testing.T, store volumes.Store) (string, error)
	after   map[string]string // what is there then; a large file as its length
	light   bool              // no fault changes its requests' number much: all faults are tried at each
}{
	{name: "Put", run: func(t *testing.T, s volumes.Store) (string, error) {
		return "", s.Put(t.Context(), "d/a", []byte("text"))
	}, after: map[string]string{"d/a": "text"}, light: true},
	{name: "PutIfAbsent", run: func(t *testing.T, s volumes.Store) (string, error) {
		return "", s.PutIfAbsent(t.Context(), "d/a", []byte("text"))
	}, after: map[string]string{"d/a": "text"}, light: true},
	{
		name: "PutIfAbsent of a taken name", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", []byte("theirs")) },
		run: func(t *testing.T, s volumes.Store) (string, error) {
			if err := s.PutIfAbsent(t.Context(), "d/a", []byte("ours")); !errors.Is(err, fs.ErrExist) {
				return "", fmt.Errorf("want ErrExist, got %w", err)
			}
			return "", nil
		}, after: map[string]string{"d/a": "theirs"}, light: true,
	},
	{
		name: "Stat", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", []byte("text")) },
		run: func(t *testing.T, s volumes.Store) (string, error) {
			info, err := s.Stat(t.Context(), "d/a")
			return fmt.Sprint(info.Size), err
		}, after: map[string]string{"d/a": "text"}, light: true,
	},
	{
		name: "Read", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", large) },
		run: func(t *testing.T, s volumes.Store) (string, error) {
			data, err := volumes.ReadFile(t.Context(), s, "d/a")
			return fmt.Sprint(bytes.Equal(data, large)), err
		}, after: map[string]string{"d/a": fmt.Sprint(len(large))},
	},
	{
		name: "Read on", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", large) },
		run: func(t *testing.T, s volumes.Store) (string, error) {
			r, err := s.Open(t.Context(), "d/a")
			if err != nil {
				return "", err
			}
			defer func() { _ = r.Close() }()
			data, err := io.ReadAll(io.NewSectionReader(r, 0, r.Info().Size))
			return fmt.Sprint(bytes.Equal(data, large)), err
		}, after: map[string]string{"d/a": fmt.Sprint(len(large))},
	},
	{name: "Create", run: func(t *testing.T, s volumes.Store) (string, error) {
		w, err := s.Create(t.Context(), "d/a")
		if err != nil {
			return "", err
		}
		defer w.Abort()
		if _, err := w.Write(large); err != nil {
			return "", err
		}
		return "", w.Commit()
	}, after: map[string]string{"d/a": fmt.Sprint(len(large))}},
	{name: "List", prepare: func(s volumes.Store) error {
		for i := range 7 {
			if err := s.Put(bg, fmt.Sprint("d/", i), nil); err != nil {
				return err
			}
		}
		return nil
	}, run: func(t *testing.T, s volumes.Store) (string, error) {
		var names []string
		for info, err := range s.List(t.Context(), "d", volumes.ListOptions{}) {
			if err != nil {
				return "", err
			}
			names = append(names, info.Name)
		}
		return fmt.Sprint(names), nil
	}, light: true},
	{
		name: "Delete", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", nil) },
		run: func(t *testing.T, s volumes.Store) (string, error) { return "", s.Delete(t.Context(), "d/a") }, after: map[string]string{}, light: true,
	},
	{
		name: "DeleteAll", prepare: func(s volumes.Store) error { return errors.Join(s.Put(bg, "a", nil), s.Put(bg, "b", nil)) },
		run: func(t *testing.T, s volumes.Store) (string, error) {
			return "", volumes.DeleteAll(t.Context(), s, []string{"a", "b", "c"})
		}, after: map[string]string{}, light: true,
	},
	{
		name: "Move", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", []byte("text")) },
		run:   func(t *testing.T, s volumes.Store) (string, error) { return "", s.Move(t.Context(), "d/a", "e/b") },
		after: map[string]string{"e/b": "text"}, light: true,
	},
	{
		name: "Move of a large file", prepare: func(s volumes.Store) error { return s.Put(bg, "d/a", large) },
		run:   func(t *testing.T, s volumes.Store) (string, error) { return "", s.Move(t.Context(), "d/a", "e/b") },
		after: map[string]string{"e/b": fmt.Sprint(len(large))},
	},
	{name: "MakeDir", run: func(t *testing.T, s volumes.Store) (string, error) { return "", s.MakeDir(t.Context(), "d") }, light: true},
}

var bg = context.Background()

// Whatever request of an operation goes wrong once, and however, the operation ends as if nothing had happened: an answer that was lost is
// not taken for a refusal, a body that was cut is read on, and nothing is done twice.
func TestOperationsSurviveAFaultAtEveryRequest(t *testing.T) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			saw, requests := runFaulty(t, op.prepare, op.run, op.after, -1, s3test.Fault{})
			var tries sync.WaitGroup
			defer tries.Wait()
			room := make(chan struct{}, 12) // most of the time they wait
			for i, name := range slices.Sorted(maps.Keys(transient)) {
				fault := transient[name]
				for n := range requests {
					if !*everyFault && passedOver(name, op.light, n == i%requests) {
						continue
					}
					room <- struct{}{}
					tries.Go(func() {
						defer func() { <-room }()
						if again, _ := runFaulty(t, op.prepare, op.run, op.after, n, fault); again != saw {
							t.Errorf("%s at request %d: saw %.100q, want %.100q", name, n, again, saw)
						}
					})
				}
			}
		})
	}
}

// passedOver tells which faults are left to the long form. Those that are like another are tried at one request of each operation.
func passedOver(name string, light, isTurn bool) bool {
	switch name {
	case "reply lost", "body cut":
		return false
	case "cut before", "500 after", "conflict", errorIn200, doneErrorIn200:
		return !light
	}
	return !light || !isTurn
}

func runFaulty(t *testing.T, prepare func(volumes.Store) error, run func(*testing.T, volumes.Store) (string, error), after map[string]string,
	at int, fault s3test.Fault,
) (saw string, requests int) {
	t.Helper()
	server := s3test.New(t)
	server.PageKeys = 3
	store := open(t, server, "lake", func(o *s3.Options) {
		o.PartBytes = 5 << 20
		if fault.Stall {
			o.Timeout = 2 * time.Second // only here: a busy machine is slow, too
		}
	})
	if prepare != nil {
		if err := prepare(store); err != nil {
			t.Fatal(err)
		}
	}
	server.Forget()
	server.Fail(func(r s3test.Request) s3test.Fault {
		if r.N == at && (!fault.ErrorInBody || answersEarly(r.Op)) {
			return fault
		}
		return s3test.Fault{}
	})
	saw, err := run(t, store)
	server.Fail(nil)
	requests = len(server.Requests())
	if err != nil {
		t.Errorf("%+v at request %d (%s): %v", fault, at, describe(server, at), err)
		return saw, requests
	}
	if after != nil {
		wantContent(t, store, after, fmt.Sprintf("%+v at request %d (%s)", fault, at, describe(server, at)))
	}
	if n := server.Uploads(); n != 0 && !fault.After && fault.CutBody == 0 { // whose answer was lost is swept
		t.Errorf("%+v at request %d: %d uploads are left", fault, at, n)
	}
	return saw, requests
}

func describe(server *s3test.Server, at int) string {
	if requests := server.Requests(); at >= 0 && at < len(requests) {
		return requests[at].String()
	}
	return "none"
}

func wantContent(t *testing.T, store volumes.Store, want map[string]string, when string) {
	t.Helper()
	got := map[string]string{}
	for info, err := range store.List(bg, ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if info.Size > 1<<20 {
			got[info.Name] = fmt.Sprint(info.Size)
			continue
		}
		data, err := volumes.ReadFile(bg, store, info.Name)
		if err != nil {
			t.Fatal(err)
		}
		got[info.Name] = string(data)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: the store holds %v, want %v", when, got, want)
	}
}

// A fault that stays ends an operation with an error that says what went wrong, and holds no secret.
func TestFaultsThatStayAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		fault s3test.Fault
		want  error
		text  string
	}{
		"denied":      {s3test.Fault{Before: true, Status: 403, Code: "AccessDenied"}, fs.ErrPermission, "403 AccessDenied"},
		"wrong key":   {s3test.Fault{Before: true, Status: 403, Code: "InvalidAccessKeyId"}, fs.ErrPermission, "InvalidAccessKeyId"},
		"no bucket":   {s3test.Fault{Before: true, Status: 404, Code: "NoSuchBucket"}, nil, "NoSuchBucket"},
		"not written": {s3test.Fault{Before: true, Status: 501, Code: "NotImplemented"}, nil, "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			server := s3test.New(t)
			store := open(t, server, "lake", func(o *s3.Options) { o.Attempts = 2 })
			server.Fail(func(s3test.Request) s3test.Fault { return c.fault })
			_, statErr := store.Stat(t.Context(), "a")
			_, openErr := store.Open(t.Context(), "a")
			for _, err := range []error{statErr, openErr, store.Put(t.Context(), "a", nil), store.PutIfAbsent(t.Context(), "a", nil)} {
				if err == nil || c.want != nil && !errors.Is(err, c.want) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if text := fmt.Sprint(err); !bytes.Contains([]byte(text), []byte(c.text)) || bytes.Contains([]byte(text), []byte(s3test.SecretKey)) {
					t.Errorf("the error says %q, want %q in it", text, c.text)
				}
			}
		})
	}
}

// A body that stands still is given up and read on; one that comes slowly, however slowly, is read.
func TestSlowBodiesAreRead(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) { o.Timeout = time.Second })
	server.PutForeign("a", large[:1<<20])
	server.Fail(func(s3test.Request) s3test.Fault { return s3test.Fault{Trickle: 25 * time.Millisecond} })
	data, err := volumes.ReadFile(t.Context(), store, "a")
	if err != nil || !bytes.Equal(data, large[:1<<20]) {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if n := len(server.Requests()); n > 4 {
		t.Errorf("%d requests for one slow megabyte: %v", n, server.Requests())
	}
}

func TestListingsThatRepeatAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*s3test.Server){
		"repeated pages": func(s *s3test.Server) { s.RepeatsPages = true },
		"no order":       func(s *s3test.Server) { s.Unordered = true },
	} {
		t.Run(name, func(t *testing.T) {
			server := s3test.New(t)
			server.PageKeys = 3
			store := open(t, server, "", nil)
			for i := range 10 {
				server.PutForeign(fmt.Sprint("d/", i), nil)
			}
			spoil(server)
			var last error
			for _, err := range store.List(t.Context(), "d", volumes.ListOptions{}) {
				last = err
			}
			if last == nil {
				t.Fatal("the listing ended as if it were whole")
			}
		})
	}
}
