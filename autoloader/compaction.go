package autoloader

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"

	"lakehouse/volumes"
)

// A Compaction is what Compact did with the log of a source.
type Compaction struct {
	Interval int64   // a compaction belongs behind each so many batches
	Written  []int64 // the batches whose compactions were written
}

// Compact writes the compactions that Spark looks for in the log of a checkpoint's source of files: it reads a log from the
// newest batch on that ends an interval, and that batch only as a compaction. The interval is Spark's setting
// spark.sql.streaming.fileSource.log.compactInterval, unless compactions are there that tell another. Two are written, since
// Spark takes the distance of the newest two for the interval. The query must not be running.
func Compact(ctx context.Context, checkpoint volumes.Store, source int, interval int64) (Compaction, error) {
	log := &sourceLog{store: checkpoint, dir: "sources/" + strconv.Itoa(source)}
	plain, err := log.list(ctx)
	if err != nil {
		return Compaction{}, err
	}
	done := Compaction{Interval: compactInterval(log.compact, interval)}
	newest := beforeAll
	for _, batches := range [][]int64{plain, log.compact} {
		if len(batches) > 0 {
			newest = max(newest, batches[len(batches)-1])
		}
	}
	due := (newest+1)/done.Interval*done.Interval - 1
	for _, batch := range []int64{due - done.Interval, due} {
		if batch < 0 || slices.Contains(log.compact, batch) {
			continue
		}
		if err := log.writeCompaction(ctx, batch); err != nil {
			return done, err
		}
		done.Written = append(done.Written, batch)
	}
	return done, nil
}

// compactInterval is what Spark takes for the interval, given its setting.
func compactInterval(compact []int64, setting int64) int64 {
	n := len(compact)
	switch {
	case n >= 2:
		return compact[n-1] - compact[n-2]
	case n == 0:
		return setting
	}
	all := compact[0] + 1
	if all > setting && setting < all/2 {
		for i := setting; i <= all/2; i++ {
			if all%i == 0 {
				return i
			}
		}
	}
	return all
}

// writeCompaction writes all files of the log up to a batch.
func (l *sourceLog) writeCompaction(ctx context.Context, batch int64) error {
	var all []entry
	err := l.walk(ctx, beforeAll, func(_ int64, entries []entry) {
		for _, e := range entries {
			if e.BatchID <= batch {
				all = append(all, e)
			}
		}
	})
	if err != nil {
		return err
	}
	err = l.store.PutIfAbsent(ctx, l.name(batch)+compactSuffix, encodeLog(all))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
