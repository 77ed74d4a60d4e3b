package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// MinBatchesToRetain is how many batches a query keeps in its logs (spark.sql.streaming.minBatchesToRetain).
const MinBatchesToRetain = 100

const maxLogFileBytes = 64 << 20

// A Log is a folder of files named by batch, each made once. One goroutine uses it.
type Log[T any] struct {
	store  volumes.Store
	dir    string
	path   string // of the checkpoint, for error texts
	reads  int    // the highest version that is read
	encode func(entry T) ([]byte, error)
	decode func(version int, lines [][]byte) (T, error) // the lines behind the version

	oldest int64 // no older file is there; -1: not looked yet
}

// Put makes the file of a batch. If it is there already, another query runs on this checkpoint:
// CONCURRENT_STREAM_LOG_UPDATE. After any other error the file may be there or not, and the query has to
// start again.
func (l *Log[T]) Put(ctx context.Context, batch int64, entry T) error {
	text, err := l.encode(entry)
	if err != nil {
		return fmt.Errorf("write %s: %w", l.file(batch), err)
	}
	err = l.store.PutIfAbsent(ctx, l.name(batch), text)
	if errors.Is(err, fs.ErrExist) {
		return errclass.ConcurrentStreamLogUpdate.New("Concurrent update to the log. Multiple streaming jobs detected for %d: %s exists.", batch, l.file(batch)).
			WithHint("Please make sure only one streaming job runs on a specific checkpoint location at a time.")
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", l.file(batch), err)
	}
	return nil
}

// Get reads the file of a batch. One that is not there is fs.ErrNotExist.
func (l *Log[T]) Get(ctx context.Context, batch int64) (T, error) {
	data, err := volumes.ReadFileMax(ctx, l.store, l.name(batch), maxLogFileBytes)
	if err != nil {
		var none T
		return none, fmt.Errorf("read %s: %w", l.file(batch), err)
	}
	return l.parse(batch, data)
}

func (l *Log[T]) parse(batch int64, data []byte) (T, error) {
	version, lines, err := linesUpTo(l.file(batch), data, l.reads)
	if err != nil {
		var none T
		return none, err
	}
	entry, err := l.decode(version, lines)
	if err != nil {
		return entry, malformed(l.file(batch), err.Error())
	}
	return entry, nil
}

// Latest reads the file of the newest batch; found says whether there is one.
func (l *Log[T]) Latest(ctx context.Context) (batch int64, entry T, found bool, err error) {
	_, batch, err = l.ends(ctx)
	if err != nil || batch < 0 {
		return batch, entry, false, err
	}
	entry, err = l.Get(ctx, batch)
	return batch, entry, err == nil, err
}

// Ends gives the oldest and the newest batch of the log without a look into their files; -1 where there is none.
func (l *Log[T]) Ends(ctx context.Context) (oldest, newest int64, err error) { return l.ends(ctx) }

// PurgeBefore removes the files of the batches before one. A purge that a crash cut short is made good by the
// next run's first.
func (l *Log[T]) PurgeBefore(ctx context.Context, batch int64) error {
	if batch <= 0 {
		return nil
	}
	if l.oldest < 0 {
		oldest, _, err := l.ends(ctx)
		if err != nil {
			return err
		}
		l.oldest = max(oldest, 0)
	}
	for ; l.oldest < batch; l.oldest++ {
		err := l.store.Delete(ctx, l.name(l.oldest))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("purge %s: %w", l.file(l.oldest), err)
		}
	}
	return nil
}

// secure has the store sync the name of the newest file again. A run that was killed may have left it
// visible and not yet safe, and this one is about to build on it.
func (l *Log[T]) secure(ctx context.Context) error {
	_, batch, err := l.ends(ctx)
	if err != nil || batch < 0 {
		return err
	}
	text, err := volumes.ReadFileMax(ctx, l.store, l.name(batch), maxLogFileBytes)
	if err == nil {
		err = l.store.PutIfAbsent(ctx, l.name(batch), text)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secure %s: %w", l.file(batch), err)
	}
	return nil
}

// ends gives the oldest and the newest batch of the log; -1 where there is none.
func (l *Log[T]) ends(ctx context.Context) (oldest, newest int64, err error) {
	oldest, newest = -1, -1
	for info, err := range l.store.List(ctx, l.dir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return -1, -1, nil
		}
		if err != nil {
			return -1, -1, fmt.Errorf("list %s/%s: %w", l.path, l.dir, err)
		}
		batch, ok := batchOf(info.Name[len(l.dir)+1:])
		if !ok {
			continue // not of this log
		}
		newest = max(newest, batch)
		if oldest < 0 || batch < oldest {
			oldest = batch
		}
	}
	return oldest, newest, nil
}

// batchOf reads a file's name as Spark writes it: no sign, no leading zeros.
func batchOf(base string) (batch int64, ok bool) {
	batch, err := strconv.ParseInt(base, 10, 64)
	return batch, err == nil && strconv.FormatInt(batch, 10) == base && batch >= 0
}

func (l *Log[T]) name(batch int64) string { return l.dir + "/" + strconv.FormatInt(batch, 10) }

func (l *Log[T]) file(batch int64) string { return l.path + "/" + l.name(batch) }
