package s3_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// storms are the faults that may befall a part of all requests for long. Beside those that a store gets over by itself there are some that
// it cannot tell from the truth: the batch fails, or does with what it sees, and nothing is lost.
func storms() map[string]s3test.Fault {
	all := maps.Clone(transient)
	delete(all, errorIn200) // of requests that a batch does not make
	delete(all, doneErrorIn200)
	all["absent after the put"] = s3test.Fault{Before: true, Status: 404, Code: "NoSuchKey"}
	all["page lost"] = s3test.Fault{LosePage: true}
	if *everyFault {
		all["another region"] = s3test.Fault{Before: true, Status: 307, Code: "TemporaryRedirect", Region: "eu-other-1"}
		all["expired, 403"] = s3test.Fault{Before: true, Status: 403, Code: "ExpiredToken"}
	}
	return all
}

// Batches are written while a part of all requests goes wrong, and one that failed is written again. Whatever the fault and the part, each
// is in the table once.
func TestBatchesSurviveStorms(t *testing.T) {
	percents, batches := []int{30}, 6
	if *everyFault {
		percents, batches = []int{1, 10, 50}, 200
	}
	var group sync.WaitGroup
	room := make(chan struct{}, 16) // most of the time they wait
	for name, fault := range storms() {
		if _, gotOver := transient[name]; gotOver && !*everyFault && name != "reply lost" {
			continue // they are tried at every request of every operation
		}
		for _, percent := range percents {
			room <- struct{}{}
			group.Go(func() {
				defer func() { <-room }()
				begun := time.Now()
				batches := batches
				switch {
				case fault.Stall, fault.Region != "" && percent == 50:
					batches /= 20 // each takes seconds; and who is sent elsewhere by every other answer is lost most of the time
				case percent == 50:
					batches /= 5 // 200 take five minutes
				}
				s := storm{fault: fault, percent: percent, random: rand.New(rand.NewPCG(7, uint64(percent)))}
				if err := s.blow(t, batches); err != nil {
					t.Errorf("%s, %d %%: %v", name, percent, err)
				}
				if s.struck.Load() == 0 && percent > 1 {
					t.Errorf("%s, %d %%: there was no storm", name, percent)
				}
				t.Logf("%s, %d %%: %d of %d requests went wrong, %d of %d batches were written again, %v",
					name, percent, s.struck.Load(), s.asked.Load(), s.failed, batches, time.Since(begun).Round(time.Millisecond))
			})
		}
	}
	group.Wait()
}

type storm struct {
	fault         s3test.Fault
	percent       int
	asked, struck atomic.Int64
	failed        int // batches

	mu     sync.Mutex
	random *rand.Rand
}

// strikes decides about a request.
func (s *storm) strikes(r s3test.Request) s3test.Fault {
	s.asked.Add(1)
	s.mu.Lock()
	die := s.random.IntN(100)
	s.mu.Unlock()
	switch {
	case die >= s.percent,
		s.fault.Status == 404 && r.Op != "GetObject" && r.Op != "HeadObject",
		s.fault.LosePage && r.Op != "ListObjectsV2":
		return s3test.Fault{}
	}
	s.struck.Add(1)
	return s.fault
}

// blow writes batches in the storm, and then looks what is there.
func (s *storm) blow(t *testing.T, batches int) error {
	server := s3test.New(t)
	server.PageKeys = 4
	if s.percent == 50 {
		server.PageKeys = 50 // of many pages half of which are lost no listing is whole
	}
	start := func() (volumes.Store, *deltalog.Table) {
		store := open(t, server, "t", func(o *s3.Options) {
			if s.fault.Stall {
				o.Timeout = 300 * time.Millisecond
			}
		})
		return store, deltalog.Open(store, deltalog.Options{})
	}
	store, table := start()
	numbersTable(t, store)
	server.Fail(s.strikes)
	for i, tries := 0, 0; i < batches; tries++ {
		if i%min(20, batches/2) == 1 {
			store, table = start()
		}
		err := writeBatch(t, store, table, int64(i))
		switch {
		case err == nil:
			i, tries = i+1, 0
		case tries == 100:
			return fmt.Errorf("batch %d: %w", i, err)
		default: // a query that has failed is started again
			s.failed++
			store, table = start()
		}
	}
	server.Fail(nil)
	return wantBatches(t, store, batches)
}

// writeBatch writes a file, and commits it unless the table has the batch already.
func writeBatch(t *testing.T, store volumes.Store, table *deltalog.Table, batch int64) error {
	snapshot, err := table.Snapshot(t.Context())
	if err != nil {
		return err
	}
	switch last, found, err := snapshot.SetTransaction(t.Context(), "storm"); {
	case err != nil:
		return err
	case found && last >= batch:
		return nil
	}
	path := fmt.Sprintf("part-%d.parquet", batch)
	if err := store.Put(t.Context(), path, []byte(path)); err != nil {
		return err
	}
	txn := snapshot.Begin(deltalog.Operation{Name: "STREAMING UPDATE"})
	txn.SetTransaction("storm", batch)
	txn.Add(deltalog.AddFile{Path: path, Size: int64(len(path)), DataChange: true, Stats: `{"numRecords":1}`})
	_, err = txn.Commit(t.Context())
	return err
}

// wantBatches holds a table against the batches that were written: each version is there once, and each file in one of them.
func wantBatches(t *testing.T, store volumes.Store, batches int) error {
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		return err
	}
	if int(snapshot.Version()) != batches {
		return fmt.Errorf("version %d, want %d", snapshot.Version(), batches)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
	if err != nil {
		return err
	}
	var found []string
	for file, err := range scan.Files(t.Context()) {
		if err != nil {
			return err
		}
		data, err := volumes.ReadFile(t.Context(), store, file.Path)
		if err != nil || string(data) != file.Path {
			return fmt.Errorf("%s holds %q: %w", file.Path, data, err)
		}
		found = append(found, file.Path)
	}
	slices.Sort(found)
	if len(found) != batches || len(slices.Compact(found)) != batches {
		return fmt.Errorf("%d files of %d batches: %v", len(found), batches, found)
	}
	return nil
}

// A store that asks for patience from the first request to the last is given up: with an error that says so, after no more requests than
// a budget allows, however many want something of it. When it serves again, so does what stands on it.
func TestStormEndsInAClearFailure(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) { o.Attempts = 3 })
	server.PutForeign("a", []byte("text"))
	server.Fail(func(s3test.Request) s3test.Fault { return s3test.Fault{Before: true, Status: 503, Code: "SlowDown"} })
	const readers = 300
	var group sync.WaitGroup
	var told atomic.Int64
	for range readers {
		group.Go(func() {
			_, err := volumes.ReadFile(t.Context(), store, "a")
			var failed *volumes.ObjectError
			if errors.As(err, &failed) && failed.Fault == volumes.FaultBusy {
				told.Add(1)
			}
		})
	}
	group.Wait()
	if told.Load() != readers {
		t.Errorf("%d of %d were told that the store is busy", told.Load(), readers)
	}
	if n := len(server.Requests()); n > readers+100 {
		t.Errorf("%d requests of %d readers", n, readers)
	}
	server.Fail(nil)
	if _, err := volumes.ReadFile(t.Context(), store, "a"); err != nil {
		t.Error(err)
	}
}

// A body of a byte now and then is no body: it is given up, and the error says why.
func TestTrickleIsGivenUp(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) { o.Timeout, o.Attempts = 50*time.Millisecond, 2 })
	server.PutForeign("a", large[:1<<20])
	r, err := store.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	server.Fail(func(s3test.Request) s3test.Fault { return s3test.Fault{Trickle: 10 * time.Millisecond, Piece: 1} })
	server.Forget()
	_, err = r.ReadAt(make([]byte, 512<<10), 300<<10)
	if err == nil || len(server.Requests()) != 2 {
		t.Fatalf("%v after %v", err, server.Requests())
	}
	if want := "a kilobyte a second"; !strings.Contains(err.Error(), want) {
		t.Errorf("the error says %q, want %q in it", err, want)
	}
}
