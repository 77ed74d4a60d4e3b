package s3_test

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// However a request ends, what was begun for it ends too: no goroutine and no connection stays behind, and the next one needs no new
// connection but for those that were cut.
func TestFaultsLeaveNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	server, stop := s3test.Start()
	transport := &http.Transport{MaxConnsPerHost: 8} // a connection that is not given back is missed soon
	store := open(t, server, "", func(o *s3.Options) { o.Transport, o.Timeout, o.Attempts = transport, 200*time.Millisecond, 2 })
	server.PutForeign("d/a", large)
	for name, fault := range transient {
		if !*everyFault && name != "cut before" && name != "reply lost" && name != "body cut" && name != "500 after" || fault.Stall {
			continue // one that stalls takes seconds
		}
		server.Fail(func(r s3test.Request) s3test.Fault {
			if fault.ErrorInBody && !answersEarly(r.Op) || r.N%3 == 0 {
				return s3test.Fault{}
			}
			return fault
		})
		useAll(t, store)
		useAll(t, store)
		server.Fail(nil)
		if _, err := volumes.ReadFile(t.Context(), store, "d/a"); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	transport.CloseIdleConnections()
	stop() // it waits for its connections
	goleak.VerifyNone(t, before)
}

// useAll does what a store can; errors are no matter, and what was begun is left off in the middle.
func useAll(t *testing.T, store *volumes.ObjectStore) {
	t.Helper()
	ctx := t.Context()
	_, _ = store.Stat(ctx, "d/a")
	_ = store.PutIfAbsent(ctx, "once", nil)
	for _, err := range store.List(ctx, "d", volumes.ListOptions{}) {
		_ = err
		break
	}
	if r, err := store.Open(ctx, "d/a"); err == nil {
		_, _ = r.ReadAt(make([]byte, 300<<10), 100)
		_, _ = io.CopyN(io.Discard, io.NewSectionReader(r, 1<<20, 1<<20), 1<<19)
		_ = r.Close()
	}
	if w, err := store.Create(ctx, "d/b"); err == nil {
		_, _ = w.Write(large)
		_, _ = w.Write(large)
		w.Abort()
	}
}

// Of a file that is written or read at once only so many bytes are under way, however large it is.
func TestFewBytesAreUnderWay(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) { o.PartsAtOnce = 2 })
	var mu sync.Mutex
	most := map[string]int{}
	now := map[string]*atomic.Int64{"UploadPart": {}, "GetObject": {}}
	server.Fail(func(r s3test.Request) s3test.Fault {
		count := now[r.Op]
		if count == nil {
			return s3test.Fault{}
		}
		n := int(count.Add(1))
		mu.Lock()
		most[r.Op] = max(most[r.Op], n)
		mu.Unlock()
		time.Sleep(10 * time.Millisecond) // the server takes its time
		count.Add(-1)
		return s3test.Fault{}
	})
	w, err := store.Create(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	const size = 32 << 20
	for n := 0; n < size; n += len(large) {
		if _, err := w.Write(large); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := volumes.ReadFile(t.Context(), store, "a"); err != nil {
		t.Fatal(err)
	}
	if most["UploadPart"] > 2 || most["UploadPart"] == 0 || most["GetObject"] > 4 || most["GetObject"] < 2 {
		t.Errorf("at once there were %v", most)
	}
}
