package autoloader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// A settled batch of the source log is in the sink. Times are in milliseconds since the epoch.
type settled struct {
	Batch     int64 `json:"batchId"`
	Processed int64 `json:"processed"` // when its newest attempt began
	Committed int64 `json:"committed"`
}

// A ledger keeps when the batches of an Auto Loader source were committed. The times are those of the query's own logs,
// which forget old batches: before they do, the ledger copies them, ledgerBatches at a time, into .ledger/<last batch>. A
// crash loses nothing, for the query's logs keep more batches than wait to be copied.
type ledger struct {
	log    *sourceLog
	source int // the source's place among the query's
	recent []settled
	upTo   int64 // the newest batch that is known
}

const (
	ledgerBatches = 32
	ledgerFolder  = ".ledger"
)

var settledLines = exactjson.For[settled]()

func newLedger(log *sourceLog) *ledger {
	n, err := strconv.Atoi(path.Base(log.dir))
	if err != nil { // no folder of a query's source
		n = 0
	}
	return &ledger{log: log, source: n, upTo: beforeAll}
}

// load gives the batches after one, in their order: those copied, and those that the query's logs still know.
func (l *ledger) load(ctx context.Context, after int64, visit func(settled)) error {
	copied, err := l.copied(ctx)
	if err != nil {
		return err
	}
	for _, last := range copied {
		l.upTo = last
		if last <= after {
			continue
		}
		lines, err := l.read(ctx, last)
		if err != nil {
			return err
		}
		for _, s := range lines {
			if s.Batch > after {
				visit(s)
			}
		}
	}
	return l.readQuery(ctx, func(s settled) {
		l.recent = append(l.recent, s)
		if s.Batch > after {
			visit(s)
		}
	})
}

// copied lists the last batches of the ledger's files, ascending.
func (l *ledger) copied(ctx context.Context) (all []int64, err error) {
	return numbered(ctx, l.log.store, path.Join(l.log.dir, ledgerFolder))
}

// numbered lists the files and folders of a folder whose names are numbers, ascending.
func numbered(ctx context.Context, store volumes.Store, dir string) (all []int64, err error) {
	for info, err := range store.List(ctx, dir, volumes.ListOptions{Hidden: true, Dirs: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
		if n, err := strconv.ParseUint(path.Base(info.Name), 10, 62); err == nil {
			all = append(all, int64(n))
		}
	}
	slices.Sort(all)
	return all, nil
}

func (l *ledger) read(ctx context.Context, last int64) (all []settled, err error) {
	data, err := volumes.ReadFileMax(ctx, l.log.store, l.name(last), maxLogBytes)
	if err != nil {
		return nil, fmt.Errorf("read when batches were committed: %w", err)
	}
	for line := range bytes.Lines(data) {
		var s settled
		if err := settledLines.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("read when batches were committed: %s: %w", l.name(last), err)
		}
		all = append(all, s)
	}
	return all, nil
}

func (l *ledger) name(last int64) string {
	return path.Join(l.log.dir, ledgerFolder, strconv.FormatInt(last, 10))
}

// readQuery gives the batches behind the ledger that the query's logs say are committed.
func (l *ledger) readQuery(ctx context.Context, visit func(settled)) error {
	cp, err := checkpoint.Read(ctx, l.log.store, l.log.dir)
	if err != nil {
		return err
	}
	newest, _, found, err := cp.Commits.Latest(ctx)
	if err != nil || !found {
		return err
	}
	for n := max(0, newest-checkpoint.MinBatchesToRetain); n <= newest; n++ {
		entry, err := cp.Offsets.Get(ctx, n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		end := beforeAll
		if l.source < len(entry.Sources) {
			if end, err = parseOffset(entry.Sources[l.source]); err != nil {
				return err
			}
		}
		if err := l.settle(ctx, n, end, visit); err != nil {
			return err
		}
	}
	return nil
}

// settle takes the times of a batch of the query for those of the log's batches up to end that are not known yet.
func (l *ledger) settle(ctx context.Context, query, end int64, visit func(settled)) error {
	if end <= l.upTo {
		return nil
	}
	name := strconv.FormatInt(query, 10)
	committed, err := volumes.StatFile(ctx, l.log.store, "commits/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look when a batch was committed: %w", err)
	}
	processed := committed
	for _, attempt := range []string{l.log.attempt(end), "offsets/" + name} {
		if info, err := volumes.StatFile(ctx, l.log.store, attempt); err == nil {
			processed = info
			break
		}
	}
	for l.upTo < end {
		l.upTo++
		visit(settled{Batch: l.upTo, Processed: processed.ModTime.UnixMilli(), Committed: committed.ModTime.UnixMilli()})
	}
	return nil
}

// attempt names the file whose time says when a batch that an earlier run had planned was begun again.
func (l *sourceLog) attempt(batch int64) string {
	return path.Join(l.dir, ".attempt-"+strconv.FormatInt(batch, 10))
}

// noteAttempt notes when a batch is begun again.
func (s *source) noteAttempt(ctx context.Context, batch int64) error {
	if s.ledger == nil || s.loaded && batch > s.loadedTo || batch == beforeAll {
		return nil
	}
	if err := s.log.store.Put(ctx, s.log.attempt(batch), []byte("{}")); err != nil {
		return fmt.Errorf("note that a batch is begun again: %w", err)
	}
	return nil
}

// note adds a batch of the query that was just committed, and copies when enough wait.
func (l *ledger) note(ctx context.Context, query, end int64, visit func(settled)) error {
	err := l.settle(ctx, query, end, func(s settled) {
		l.recent = append(l.recent, s)
		visit(s)
	})
	if err != nil || len(l.recent) < ledgerBatches {
		return err
	}
	var out strings.Builder
	for _, s := range l.recent {
		fmt.Fprintf(&out, `{"batchId":%d,"processed":%d,"committed":%d}`+"\n", s.Batch, s.Processed, s.Committed)
	}
	if err := l.log.store.Put(ctx, l.name(l.upTo), []byte(out.String())); err != nil {
		return fmt.Errorf("keep when batches were committed: %w", err)
	}
	l.recent = nil
	return nil
}
