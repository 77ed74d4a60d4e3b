package interop

import (
	"fmt"
	"maps"
	"slices"
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
	l.watched(peers, at, wholeCommits, 40, 300, func(version int64) {
		l.write("kept", tornSchema, tornRows(version))
		if version%5 != 0 {
			return
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
	})
}

// wholeCommits is the number of the last commit that the rows are of, not older than the one seen last.
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
