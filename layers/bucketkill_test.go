package layers

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

var bucketKills = flag.Int("bucket.kills", 20, "how many of the requests of a pipeline a process dies with, on a server that is another program")

var errDead = errors.New("the process of the test is dead")

// A deathbed is the network of a process that dies with a request: nothing gets through from then on. While at is negative it lives.
type deathbed struct {
	http.RoundTripper
	at   int
	done bool // the last request is done, and its answer is lost

	mu   sync.Mutex
	seen []string // the methods of the requests
}

func (d *deathbed) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	n := len(d.seen)
	d.seen = append(d.seen, r.Method)
	d.mu.Unlock()
	if dead := d.at >= 0 && n >= d.at; dead && (n > d.at || !d.done) {
		return nil, errDead
	}
	answer, err := d.RoundTripper.RoundTrip(r)
	if err == nil && n == d.at {
		_ = answer.Body.Close() // nobody reads it any more
		return nil, errDead
	}
	return answer, err
}

// A process that dies with any request, done or not, and is started again, ends with the same tables.
func TestPipelineSurvivesAKillAtEveryRequest(t *testing.T) {
	kills := 4
	if *crashAll {
		kills = 160
	}
	server := s3test.New(t)
	killPipeline(t, "s3://"+s3test.Bucket, server.Options(), kills)
}

// The same on a server that is another program.
func TestLivePipelineSurvivesKills(t *testing.T) {
	g := s3test.Gateways(t, 1)[0]
	killPipeline(t, g.Root, g.Options(), *bucketKills)
}

// killPipeline kills so many runs at places spread evenly over all requests, and holds what the next start makes of each against a run
// that nothing befell.
func killPipeline(t *testing.T, root string, opts s3.Options, kills int) {
	files := crashFiles(t)
	network := opts.Transport
	if network == nil {
		network = http.DefaultTransport
	}
	lives := &deathbed{RoundTripper: network, at: -1}
	through := opts
	through.Transport = lives
	clean := storeAt(t, root+"/clean", through)
	if err := pipelineRun(t.Context(), clean, files); err != nil {
		t.Fatal(err)
	}
	requests := lives.seen
	want := result(t, clean)
	killed := 0
	for n := 0; n < len(requests); n += max(1, len(requests)/kills) {
		for _, done := range []bool{false, true} {
			if done && (requests[n] == http.MethodGet || requests[n] == http.MethodHead) {
				continue
			}
			killed++
			dies := opts
			dies.Attempts, dies.Transport = 1, &deathbed{RoundTripper: network, at: n, done: done}
			place := fmt.Sprintf("%s/killed-%d-%v", root, n, done)
			if err := pipelineRun(t.Context(), storeAt(t, place, dies), files); err == nil && n < len(requests)/2 {
				t.Fatalf("killed at request %d (%s) the run ended well", n, requests[n])
			}
			store := storeAt(t, place, opts)
			if err := pipelineRun(t.Context(), store, files); err != nil {
				t.Fatalf("killed at request %d (%s, done: %v): the next start failed: %v", n, requests[n], done, err)
			}
			if got := result(t, store); got != want {
				t.Fatalf("killed at request %d (%s, done: %v): got\n%s\nwant\n%s", n, requests[n], done, got, want)
			}
		}
	}
	t.Logf("killed %d times at %d requests", killed, len(requests))
}
