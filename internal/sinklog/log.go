package sinklog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// Dir is the folder of the log, in the folder of the data files.
const Dir = "_spark_metadata"

const (
	compactSuffix   = ".compact"
	defaultInterval = 10               // spark.sql.streaming.fileSink.log.compactInterval
	keptBatches     = 100              // spark.sql.streaming.minBatchesToRetain
	cleanupDelay    = 10 * time.Minute // spark.sql.streaming.fileSink.log.cleanupDelay
	maxLogBytes     = 1 << 30          // of one file
)

// A Log is that of one folder.
type Log struct {
	Store     volumes.Store // rooted at the folder of the data files
	Location  string        // of that folder, for error texts
	Retention time.Duration // older files are left out of what is read and compacted; 0: none
	Clock     func() time.Time

	interval int64 // from one compaction to the next; 0: not looked up yet
}

// batches are the numbers of the files of a log.
type batches struct {
	plain   []int64 // ascending
	compact []int64 // likewise
}

func (b batches) latest() int64 {
	last := int64(-1)
	for _, all := range [][]int64{b.plain, b.compact} {
		if len(all) > 0 {
			last = max(last, all[len(all)-1])
		}
	}
	return last
}

// Exists tells whether a folder is the output of a streaming file sink.
func Exists(ctx context.Context, store volumes.Store, folder string) (bool, error) {
	info, err := store.Stat(ctx, path.Join(folder, Dir))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.IsDir, err
}

// Latest is the newest batch; -1 where there is none.
func (l *Log) Latest(ctx context.Context) (int64, error) {
	found, err := l.list(ctx)
	return found.latest(), err
}

func (l *Log) list(ctx context.Context) (found batches, err error) {
	for info, err := range l.Store.List(ctx, Dir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			break // nothing was written yet
		}
		if err != nil {
			return batches{}, fmt.Errorf("list %s/%s: %w", l.Location, Dir, err)
		}
		base, compacted := strings.CutSuffix(path.Base(info.Name), compactSuffix)
		n, err := strconv.ParseInt(base, 10, 64)
		switch {
		case err != nil || n < 0: // not of the log
		case compacted:
			found.compact = append(found.compact, n)
		default:
			found.plain = append(found.plain, n)
		}
	}
	slices.Sort(found.plain)
	slices.Sort(found.compact)
	if l.interval == 0 {
		l.interval = intervalOf(found.compact)
	}
	return found, nil
}

// intervalOf is how many batches lie between two compactions: as many as there did, when Spark was told another number.
func intervalOf(compact []int64) int64 {
	n := len(compact)
	if n == 0 {
		return defaultInterval
	}
	if n >= 2 {
		return compact[n-1] - compact[n-2]
	}
	only := compact[0] + 1
	if only <= defaultInterval || defaultInterval >= only/2 {
		return only
	}
	for divisor := int64(defaultInterval); divisor <= only/2; divisor++ {
		if only%divisor == 0 {
			return divisor
		}
	}
	return only
}

func (l *Log) name(batch int64) string {
	name := Dir + "/" + strconv.FormatInt(batch, 10)
	if (batch+1)%l.interval == 0 {
		name += compactSuffix
	}
	return name
}

// Add makes the files of a batch count, all at once. A batch that is there already is CONCURRENT_STREAM_LOG_UPDATE. After any
// other error it may be there or not: Latest tells.
func (l *Log) Add(ctx context.Context, batch int64, entries []Entry) error {
	if l.interval == 0 {
		if _, err := l.list(ctx); err != nil {
			return err
		}
	}
	all := entries
	if (batch+1)%l.interval == 0 {
		before, err := l.read(ctx, max(0, batch-l.interval), batch-1)
		if err != nil {
			return err
		}
		all = l.retained(append(before, entries...))
	}
	name := l.name(batch)
	err := l.Store.PutIfAbsent(ctx, name, encode(all))
	if errors.Is(err, fs.ErrExist) {
		return errclass.ConcurrentStreamLogUpdate.New("Race while writing batch %d: %s/%s exists.", batch, l.Location, name).
			WithHint("Please make sure only one streaming job writes into a folder at a time.")
	}
	if err != nil {
		return fmt.Errorf("write %s/%s: %w", l.Location, name, err)
	}
	return l.deleteExpired(ctx, batch)
}

// Secure has the store sync the name of a batch again: a run that was killed may have left it visible and not yet safe.
func (l *Log) Secure(ctx context.Context, batch int64) error {
	if l.interval == 0 {
		if _, err := l.list(ctx); err != nil {
			return err
		}
	}
	text, err := volumes.ReadFileMax(ctx, l.Store, l.name(batch), maxLogBytes)
	if err == nil {
		err = l.Store.PutIfAbsent(ctx, l.name(batch), text)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secure %s/%s: %w", l.Location, l.name(batch), err)
	}
	return nil
}

// All is the files that count, in the order of their batches.
func (l *Log) All(ctx context.Context) ([]Entry, error) {
	for tried := int64(-1); ; {
		found, err := l.list(ctx)
		if err != nil {
			return nil, err
		}
		last := found.latest()
		if last < 0 {
			return nil, nil
		}
		all, err := l.read(ctx, max(0, (last+1)/l.interval*l.interval-1), last)
		if err == nil {
			return l.retained(visible(all)), nil
		}
		// A writer that has compacted meanwhile may have deleted what was to be read.
		if !errors.Is(err, fs.ErrNotExist) || last == tried {
			return nil, err
		}
		tried = last
	}
}

// visible leaves out the files that a later line, as releases of Spark before 4 may write it, has taken back.
func visible(entries []Entry) []Entry {
	gone := map[string]bool{}
	for _, e := range entries {
		if e.Action == "delete" {
			gone[e.Path] = true
		}
	}
	return slices.DeleteFunc(entries, func(e Entry) bool { return gone[e.Path] || e.IsDir })
}

// read is the entries of some batches.
func (l *Log) read(ctx context.Context, from, to int64) ([]Entry, error) {
	var all []Entry
	for batch := from; batch <= to; batch++ {
		name := l.name(batch)
		data, err := volumes.ReadFileMax(ctx, l.Store, name, maxLogBytes)
		if err != nil {
			return nil, fmt.Errorf("read %s/%s: %w", l.Location, name, err)
		}
		entries, err := decode(l.Location+"/"+name, data)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

// retained leaves out the files that are older than the retention.
func (l *Log) retained(entries []Entry) []Entry {
	if l.Retention <= 0 {
		return entries
	}
	oldest := l.Clock().Add(-l.Retention).UnixMilli()
	return slices.DeleteFunc(entries, func(e Entry) bool { return e.ModificationTime < oldest })
}

// deleteExpired removes the files of the log that a compaction has made idle, some time after.
func (l *Log) deleteExpired(ctx context.Context, batch int64) error {
	oldest := batch + 1 - keptBatches
	if l.interval > oldest || (batch+1)%l.interval != 0 {
		return nil
	}
	compacted := oldest - oldest%l.interval - 1
	expired := l.Clock().Add(-cleanupDelay)
	var idle []string
	for info, err := range l.Store.List(ctx, Dir, volumes.ListOptions{}) {
		if err != nil {
			return fmt.Errorf("list %s/%s: %w", l.Location, Dir, err)
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(path.Base(info.Name), compactSuffix), 10, 64)
		if err == nil && n < compacted && !info.ModTime.After(expired) {
			idle = append(idle, info.Name)
		}
	}
	for _, name := range idle {
		if err := l.Store.Delete(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete %s/%s: %w", l.Location, name, err)
		}
	}
	return nil
}
