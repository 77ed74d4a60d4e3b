package autoloader

import (
	"context"
	"iter"
	"strings"
	"testing"

	"lakehouse/volumes"
)

// A doubtful store lists every file of the landing folder twice, and one of them late.
type doubtful struct {
	volumes.Store
	late string // not listed; empty: all are
}

func (d *doubtful) List(ctx context.Context, dir string, opts volumes.ListOptions) iter.Seq2[volumes.Info, error] {
	return func(yield func(volumes.Info, error) bool) {
		for info, err := range d.Store.List(ctx, dir, opts) {
			if err == nil && d.late != "" && strings.HasSuffix(info.Name, d.late) {
				continue
			}
			if !yield(info, err) || err != nil {
				return
			}
			if strings.HasPrefix(info.Name, landing+"/") && !yield(info, nil) {
				return
			}
		}
	}
}

// Whatever a listing does, each file is read once: one that is listed twice, and one that is listed late, although it is older than
// what was read.
func TestADoubtfulListingLosesNothing(t *testing.T) {
	store := newLanding(t)
	listing := &doubtful{Store: store, late: "b"}
	for i, name := range []string{"a", "b", "c"} {
		put(t, store, landing+"/"+name, name, i)
	}
	var got [][]string
	for _, late := range []string{"b", "b", "", ""} {
		listing.late = late
		got = append(got, mustRun(t, testStream(t, listing, landing, Options{MaxFilesPerTrigger: 1}))...)
	}
	equal(t, "rows", got, [][]string{{"a"}, {"c"}, {"b"}})
}
