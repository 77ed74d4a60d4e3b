package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// A badNetwork loses a part of all requests, half of them before and half after they were done.
type badNetwork struct {
	percent int
	http.RoundTripper

	mu     sync.Mutex
	random *rand.Rand
	lost   atomic.Int64
}

func newBadNetwork(percent int) *badNetwork {
	return &badNetwork{percent: percent, RoundTripper: http.DefaultTransport, random: rand.New(rand.NewPCG(1, uint64(percent)))}
}

var errLost = errors.New("the network of the test lost it")

func (b *badNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	die := b.random.IntN(200)
	b.mu.Unlock()
	if die < b.percent {
		b.lost.Add(1)
		return nil, errLost
	}
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil && die >= 200-b.percent {
		b.lost.Add(1)
		_ = answer.Body.Close()
		return nil, errLost
	}
	return answer, err
}

// Of many who put the same name at once, through two gateways, one wins, and its bytes are there.
func TestLiveCondPutRace(t *testing.T) {
	gateways := s3test.Gateways(t, 2)
	const writers, rounds = 32, 100
	stores := make([]*volumes.ObjectStore, writers)
	for i := range stores {
		stores[i] = openAt(t, gateways[i%2], "race")
	}
	for round := range rounds {
		raceOnce(t, stores, fmt.Sprintf("v%d", round), func(i int) []byte { return fmt.Append(nil, "writer ", i) })
	}
}

func raceOnce(t *testing.T, stores []*volumes.ObjectStore, name string, body func(i int) []byte) {
	t.Helper()
	var group sync.WaitGroup
	var wins, winner atomic.Int64
	for i, store := range stores {
		group.Go(func() {
			switch err := store.PutIfAbsent(t.Context(), name, body(i)); {
			case err == nil:
				wins.Add(1)
				winner.Store(int64(i))
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("%s: writer %d: %v", name, i, err)
			}
		})
	}
	group.Wait()
	data, err := volumes.ReadFile(t.Context(), stores[0], name)
	if err != nil {
		t.Fatal(err)
	}
	if wins.Load() != 1 || !bytes.Equal(data, body(int(winner.Load()))) {
		t.Fatalf("%s: %d winners; the bytes are not the winner's: %v", name, wins.Load(), !bytes.Equal(data, body(int(winner.Load()))))
	}
}

// trickle sends bodies a piece at a time.
type trickle struct{ http.RoundTripper }

func (s trickle) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct {
			io.Reader
			io.Closer
		}{&slowReader{r.Body}, r.Body}
	}
	return s.RoundTripper.RoundTrip(r)
}

type slowReader struct{ from io.Reader }

func (s *slowReader) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond) // it is the network that is slow, and not the test that waits
	return s.from.Read(p[:min(len(p), 16<<10)])
}

func TestLiveSlowBodyRace(t *testing.T) {
	gateways := s3test.Gateways(t, 2)
	stores := make([]*volumes.ObjectStore, 8)
	for i := range stores {
		opts := gateways[i%2].Options()
		opts.Transport = trickle{http.DefaultTransport}
		store, err := s3.Open(t.Context(), gateways[0].Root+"/slow", opts)
		if err != nil {
			t.Fatal(err)
		}
		stores[i] = store
	}
	for round := range 10 {
		raceOnce(t, stores, fmt.Sprintf("v%d", round), func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 256<<10) })
	}
}

// Writers of one table, through two gateways and a network that loses requests: every version is there once, and none is dropped.
func TestLiveWritersAreDense(t *testing.T) {
	gateways := s3test.Gateways(t, 2)
	for _, percent := range []int{0, 1, 10} {
		t.Run(fmt.Sprintf("%d%%", percent), func(t *testing.T) {
			network := newBadNetwork(percent)
			begun := time.Now()
			writersDense(t, fmt.Sprintf("%s/dense-%d", gateways[0].Root, percent), 8, 25, func(i int) s3.Options {
				opts := gateways[i%2].Options()
				opts.Transport = network
				return opts
			})
			t.Logf("%d requests were lost; %v", network.lost.Load(), time.Since(begun).Round(time.Millisecond))
		})
	}
}

// The same with the bucket of the tests.
func TestWritersAreDense(t *testing.T) {
	server := s3test.New(t)
	network := newBadNetwork(10)
	writersDense(t, "s3://"+s3test.Bucket+"/dense", 4, 6, func(int) s3.Options {
		opts := server.Options()
		opts.Transport = network
		return opts
	})
	if network.lost.Load() == 0 {
		t.Error("the network lost nothing")
	}
}

func writersDense(t *testing.T, uri string, writers, commits int, options func(i int) s3.Options) {
	t.Helper()
	openTable := func(i int) volumes.Store {
		store, err := s3.Open(t.Context(), uri, options(i))
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	if _, err := deltalog.Create(t.Context(), openTable(0), deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
	}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for w := range writers {
		log := deltalog.Open(openTable(w), deltalog.Options{})
		group.Go(func() {
			for n := range commits {
				if err := appendOne(t, log, fmt.Sprintf("part-%d-%d.parquet", w, n)); err != nil {
					t.Errorf("writer %d, commit %d: %v", w, n, err)
					return
				}
			}
		})
	}
	group.Wait()
	snapshot, err := deltalog.Open(openTable(1), deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if int(snapshot.Version()) != writers*commits {
		t.Errorf("version %d, want %d", snapshot.Version(), writers*commits)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for file, err := range scan.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[file.Path]++
	}
	if len(seen) != writers*commits {
		t.Errorf("%d files, want %d", len(seen), writers*commits)
	}
}

func appendOne(t *testing.T, log *deltalog.Table, path string) error {
	snapshot, err := log.Snapshot(t.Context())
	if err != nil {
		return err
	}
	txn := snapshot.Begin(deltalog.Operation{Name: "WRITE", Parameters: deltalog.Parameters{}.With("mode", "Append")})
	txn.Add(deltalog.AddFile{Path: path, Size: 10, DataChange: true, Stats: `{"numRecords":1}`})
	_, err = txn.Commit(t.Context())
	return err
}
