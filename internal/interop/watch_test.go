package interop

import (
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

// A check tells which version the rows are, or why they are none that was ever committed; it is not older than the one seen last.
type check func(rows []arrow.RecordBatch, last int64) (version int64, err error)

// watched changes a table, from version 1 on, at least so many times and at most so many, until each reader has read it often: we, and the peers,
// each again and again, each in a goroutine of its own.
func (l *lake) watched(peers []*peer, at reading, whole check, least, most int64, change func(version int64)) {
	read := map[string]func() ([]arrow.RecordBatch, error){"we": func() ([]arrow.RecordBatch, error) {
		_, _, batches, err := l.read(l.t, at)
		return batches, err
	}}
	for _, p := range peers {
		read[p.name] = func() ([]arrow.RecordBatch, error) {
			_, batches, _, err := p.read(at)
			return batches, err
		}
	}
	done := make(chan struct{})
	var readers, slow sync.WaitGroup // slow: those that have not read often enough
	for name := range read {
		slow.Add(1)
		readers.Go(func() { watch(l.t, name, read[name], whole, done, slow.Done) })
	}
	enough := make(chan struct{})
	go func() { slow.Wait(); close(enough) }()
	for version := int64(1); version < least || version < most && !closed(enough); version++ {
		change(version)
	}
	close(done)
	readers.Wait()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// kernelListing is what delta-kernel-rs says, and delta-rs and Polars with it, when a log grows while it is being listed: a folder's
// listing is no snapshot, and may hold a version's checksum without the version. It is an error, and asks to be reported.
const kernelListing = "is newer than log segment version"

// watch reads until it is done, and tells when it has read some times.
func watch(t *testing.T, name string, read func() ([]arrow.RecordBatch, error), whole check, done <-chan struct{}, often func()) {
	const some = 5
	tell := sync.OnceFunc(often)
	defer tell() // a failure is not waited for
	last, gaveUp := int64(0), 0
	for n := 1; ; n++ {
		batches, err := read()
		switch {
		case err == nil:
			last, err = whole(batches, last)
		case strings.Contains(err.Error(), kernelListing):
			gaveUp++
			err = nil
		}
		if err != nil {
			t.Errorf("%s, reading %d: %v", name, n, err)
			return
		}
		if n > some {
			tell()
		}
		if closed(done) {
			t.Logf("%s read %d times, the last time version %d; %d times its listing of the log was no version", name, n, last, gaveUp)
			return
		}
	}
}
