package autoloader

import (
	"context"
	"strconv"

	"lakehouse/volumes"
)

// A Tally sums up the source log of one source of files.
type Tally struct {
	Files   int64
	Batches int64
	Newest  []string // the files of the newest batch, as URIs
	Planned int64    // files behind the offset: of a batch that is written down and was not begun
}

// Count sums up the log of a checkpoint's source, by its place among the query's sources, up to an offset. The offset
// of another kind of source is an error of class STREAMING_SOURCES_CHANGED. It changes nothing; the query may be running.
func Count(ctx context.Context, checkpoint volumes.Store, source int, offset []byte) (Tally, error) {
	end, err := parseOffset(offset)
	if err != nil {
		return Tally{}, err
	}
	log := &sourceLog{store: checkpoint, dir: "sources/" + strconv.Itoa(source)}
	var t Tally
	newest := beforeAll
	err = log.walk(ctx, beforeAll, func(_ int64, entries []entry) {
		for _, e := range entries {
			if e.BatchID > end {
				t.Planned++
				continue
			}
			t.Files++
			if e.BatchID != newest {
				newest, t.Newest = e.BatchID, nil
				t.Batches++
			}
			t.Newest = append(t.Newest, normalURI(e.Path))
		}
	})
	return t, err
}
