package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
)

// A cleaner moves or deletes the files of batches that are in the sink for good. Failing to do so is told
// and counted, and never fails a batch.
type cleaner struct {
	mode    CleanSource
	archive volumes.Location // or the destination of MOVE
	base    volumes.Location // of the source
	log     *slog.Logger
	clock   func() time.Time
	record  func(ctx context.Context, batch int64, all []removal) error // nil: what was cleaned is not kept

	cleaned, failed atomic.Int64

	queue chan work // nil: cleaning happens at once
	loop  sync.WaitGroup
}

// work is the files of a batch.
type work struct {
	batch int64
	files []spent
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

// manyBatches is how many batches that are due may wait for the cleaner, when it acts only after a retention.
const manyBatches = 64

// start starts the cleaner's goroutine, which stop ends.
func (c *cleaner) start(ctx context.Context, workers int) {
	if c.mode == CleanOff || workers == 1 {
		return
	}
	room := 1
	if c.mode.later() {
		room = manyBatches
	}
	queue := make(chan work, room)
	c.queue = queue                  // stop forgets it, perhaps before the goroutine has begun
	ctx = context.WithoutCancel(ctx) // what is queued is finished: stop waits for it
	c.loop.Go(func() {
		for w := range queue {
			c.cleanAll(ctx, w)
		}
	})
}

// hasRoom tells that clean will not wait.
func (c *cleaner) hasRoom() bool { return c.queue == nil || len(c.queue) < cap(c.queue) }

// clean takes the files of a batch. It waits while an earlier batch is still queued, so that a crash
// leaves at most maxUncleaned batches undone.
func (c *cleaner) clean(ctx context.Context, w work) {
	if c.queue == nil {
		c.cleanAll(ctx, w)
		return
	}
	select {
	case c.queue <- w:
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

func (c *cleaner) cleanAll(ctx context.Context, w work) {
	var removed []removal
	for _, f := range w.files {
		var did bool
		var to string
		err := batch.Guard(func() (err error) {
			to, did, err = c.cleanOne(ctx, f)
			return err
		})
		switch {
		case err != nil:
			c.failed.Add(1)
			c.log.WarnContext(ctx, "a file that has been read could not be cleaned up", "file", f.place.URI, "error", err)
		case did:
			c.cleaned.Add(1)
			if c.record != nil {
				removed = append(removed, removal{Path: f.place.URI, Time: c.clock().UnixMilli(), Mode: c.mode.removes(), To: to})
			}
		}
	}
	if c.record == nil {
		return
	}
	if err := c.record(ctx, w.batch, removed); err != nil {
		c.log.WarnContext(ctx, "what became of a batch's files could not be recorded", "batch", w.batch, "error", err)
	}
}

// removes is what a mode does to a file, as cloud_files_state calls it.
func (c CleanSource) removes() string {
	if c == CleanDelete || c == CleanDeleteLater {
		return "DELETE"
	}
	return "MOVE"
}

// cleanOne reports whether there was something to do, and where the file went.
func (c *cleaner) cleanOne(ctx context.Context, f spent) (to string, did bool, err error) {
	store := f.place.Store
	info, err := store.Stat(ctx, f.place.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	modified := info.ModTime.UnixMilli()
	if f.leftover && modified != f.modified {
		return "", false, nil // another file took the name since: it was not read, and stays
	}
	var target volumes.Location
	switch c.mode {
	case CleanDelete, CleanDeleteLater:
		return "", true, store.Delete(ctx, f.place.Key)
	case CleanArchive:
		target = c.archive.Join(wholePath(f.place.URI)[1:])
	case CleanMoveLater:
		target = c.archive.Join(relative(c.base, f.place.Key))
	default:
		return "", false, fmt.Errorf("internal error: cleaning in mode %d", c.mode)
	}
	err = moveWithoutLoss(ctx, store, f.place.Key, target.Key, modified)
	return target.URI, err == nil, err
}
