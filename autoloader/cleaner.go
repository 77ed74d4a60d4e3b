package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
)

// A cleaner moves or deletes the files of batches that are in the sink for good. Failing to do so is told
// and counted, and never fails a batch.
type cleaner struct {
	mode    CleanSource
	archive volumes.Location
	log     *slog.Logger

	cleaned, failed atomic.Int64

	queue chan []spent // nil: cleaning happens at once
	loop  sync.WaitGroup
}

// A spent file has been read.
type spent struct {
	place    volumes.Location
	modified int64 // as the log has it
	leftover bool  // of an earlier run: cleaned only if it still is the file that was read
}

// maxUncleaned is how many batches before the newest committed one may wait for the cleaner when a run
// ends: one being cleaned, one queued, one not yet handed over.
const maxUncleaned = 3

// newCleaner starts the cleaner's goroutine, which Stop ends.
func newCleaner(ctx context.Context, config Config, archive volumes.Location) *cleaner {
	c := &cleaner{mode: config.CleanSource, archive: archive, log: config.Log}
	if c.mode == CleanOff || config.Workers == 1 {
		return c
	}
	queue := make(chan []spent, 1)
	c.queue = queue                  // stop forgets it, perhaps before the goroutine has begun
	ctx = context.WithoutCancel(ctx) // what is queued is finished: Stop waits for it
	c.loop.Go(func() {
		for files := range queue {
			c.cleanAll(ctx, files)
		}
	})
	return c
}

// clean takes the files of a batch. It waits while an earlier batch is still queued, so that a crash
// leaves at most maxUncleaned batches undone.
func (c *cleaner) clean(ctx context.Context, files []spent) {
	if c.queue == nil {
		c.cleanAll(ctx, files)
		return
	}
	select {
	case c.queue <- files:
	case <-ctx.Done(): // the next start finds what is left
	}
}

// stop returns when everything queued is done.
func (c *cleaner) stop() {
	if c.queue != nil {
		close(c.queue)
		c.queue = nil
	}
	c.loop.Wait()
}

func (c *cleaner) cleanAll(ctx context.Context, files []spent) {
	for _, f := range files {
		var did bool
		err := batch.Guard(func() (err error) {
			did, err = c.cleanOne(ctx, f)
			return err
		})
		switch {
		case err != nil:
			c.failed.Add(1)
			c.log.WarnContext(ctx, "a file that has been read could not be cleaned up", "file", f.place.URI, "error", err)
		case did:
			c.cleaned.Add(1)
		}
	}
}

// cleanOne reports whether there was something to do.
func (c *cleaner) cleanOne(ctx context.Context, f spent) (did bool, err error) {
	store := f.place.Store
	info, err := store.Stat(ctx, f.place.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	modified := info.ModTime.UnixMilli()
	if f.leftover && modified != f.modified {
		return false, nil // another file took the name since: it was not read, and stays
	}
	switch c.mode {
	case CleanDelete:
		err = store.Delete(ctx, f.place.Key)
	case CleanArchive:
		err = moveWithoutLoss(ctx, store, f.place.Key, archived(c.archive, f.place.URI), modified)
	default:
		return false, fmt.Errorf("internal error: cleaning in mode %d", c.mode)
	}
	return err == nil, err
}
