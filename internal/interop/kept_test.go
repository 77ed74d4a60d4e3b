package interop

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

// Each commit appends the rows of one number, in several files; OPTIMIZE makes them one, and VACUUM deletes what is not used. Whatever
// a reader sees is, of each number up to some, all rows.
func TestInteropReadersWhileOptimized(t *testing.T) {
	peers := startPeers(t)
	l := newLake(t)
	path := l.write("kept", tornSchema, tornRows(0))
	at := reading{name: "kept", path: path}
	done := make(chan struct{})
	var readers, slow sync.WaitGroup
	watch := func(name string, read func() ([]arrow.RecordBatch, error)) {
		slow.Add(1)
		readers.Go(func() { watchCommits(t, name, read, done, slow.Done) })
	}
	watch("we", func() ([]arrow.RecordBatch, error) {
		_, _, batches, err := l.read(t, at)
		return batches, err
	})
	for _, p := range peers {
		watch(p.name, func() ([]arrow.RecordBatch, error) {
			_, batches, _, err := p.read(at)
			return batches, err
		})
	}
	enough := make(chan struct{})
	go func() { slow.Wait(); close(enough) }()
	for version := int64(1); version < 40 || version < 300 && !closed(enough); version++ {
		l.write("kept", tornSchema, tornRows(version))
		if version%5 != 0 {
			continue
		}
		for _, statement := range []string{"OPTIMIZE", "VACUUM"} {
			frame, err := l.session.SQL(t.Context(), fmt.Sprintf("%s delta.`%s`", statement, path))
			if err == nil {
				_, err = frame.Collect(t.Context())
			}
			if err != nil {
				t.Error(statement, err)
			}
		}
	}
	close(done)
	readers.Wait()
}

// watchCommits reads until it is done, and tells when it has read some times.
func watchCommits(t *testing.T, name string, read func() ([]arrow.RecordBatch, error), done <-chan struct{}, often func()) {
	const some = 5
	tell := sync.OnceFunc(often)
	defer tell()
	last, gaveUp := int64(0), 0
	for n := 1; ; n++ {
		batches, err := read()
		switch {
		case err == nil:
			last, err = wholeCommits(batches, last)
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
			t.Logf("%s read %d times, the last time %d commits; %d times its listing of the log was no version", name, n, last+1, gaveUp)
			return
		}
	}
}

// wholeCommits is the number of the last commit that the rows are of, which is not older than the one seen last.
func wholeCommits(batches []arrow.RecordBatch, last int64) (newest int64, err error) {
	counts := map[int64]int64{}
	for _, b := range batches {
		numbers, err := int64s(b, "version")
		if err != nil {
			return last, err
		}
		for _, n := range numbers {
			counts[n]++
		}
	}
	numbers := slices.Sorted(maps.Keys(counts))
	for i, n := range numbers {
		if int64(i) != n || counts[n] != countOf(n) {
			return last, fmt.Errorf("%d rows of commit %d, which has %d; commits %v", counts[n], n, countOf(n), numbers)
		}
	}
	if newest = int64(len(numbers)) - 1; newest < last {
		return last, fmt.Errorf("%d commits after %d", newest+1, last+1)
	}
	return newest, nil
}
