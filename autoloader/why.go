package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A WhyQuery asks what became of a file. All are names as users write them.
type WhyQuery struct {
	File       string
	Checkpoint string // of the query that reads the folder
	Source     string // the folder, or glob, that it reads
	Archive    string // its sourceArchiveDir; empty: none

	// How the query reads the folder, as in Options.
	NameGlob   string
	Recursive  bool
	LooseGlob  bool // stars of Source stand for folders too, as in a cloudFiles path
	MaxFileAge time.Duration
}

// A Fate is what became of a file.
type Fate struct {
	URI       string
	QueryID   string
	Batch     int64     // the query's batch that took the file; -1: none did, or its number is forgotten
	LogBatch  int64     // the same in the source log, which counts only batches with files; -1: none did
	Fellows   int64     // other files of the same batch
	Planned   time.Time // when the batch was written down; zero: unknown
	Modified  time.Time // of the file, when it was seen
	Committed bool      // the batch is in the sink for good
	Landed    bool      // a file lies under that name now
	Archived  string    // where it was moved; empty: nowhere
	Skipped   string    // the rule that passed it over; empty: none does
}

// String tells the fate in lines.
func (f Fate) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "file       %s\n", f.URI)
	switch {
	case f.LogBatch >= 0:
		fmt.Fprintf(&out, "seen       in %s, as of %s\n", f.seenIn(), f.Modified.UTC().Format(momentFormat))
		if !f.Planned.IsZero() {
			fmt.Fprintf(&out, "planned    at %s\n", f.Planned.UTC().Format(momentFormat))
		}
	case f.Skipped != "":
		fmt.Fprintf(&out, "seen       no: %s\n", f.Skipped)
	case f.Landed:
		out.WriteString("seen       not yet: the next batch takes it, as far as its limits allow\n")
	default:
		out.WriteString("seen       no, and no file of that name is there\n")
	}
	switch {
	case f.Archived != "":
		fmt.Fprintf(&out, "archived   %s", f.Archived)
		if f.Landed {
			out.WriteString("\n           (what lies under the name now came later; a name once read is not read again)")
		}
	case f.Landed && f.LogBatch >= 0:
		out.WriteString("archived   no: it lies where it landed; a batch's files are cleaned up when the next batch is planned")
	case f.Landed:
		out.WriteString("archived   no: it lies where it landed")
	default:
		out.WriteString("archived   no: it is neither where it landed nor in the archive")
	}
	return out.String()
}

const momentFormat = "2006-01-02 15:04:05.000"

func (f Fate) seenIn() string {
	switch {
	case f.Batch >= 0 && f.Committed:
		return fmt.Sprintf("batch %d (committed)", f.Batch)
	case f.Batch >= 0:
		return fmt.Sprintf("batch %d (planned, and not committed yet: a restart repeats it)", f.Batch)
	case f.Committed:
		return fmt.Sprintf("batch %d of the source log (committed long ago)", f.LogBatch)
	}
	return fmt.Sprintf("batch %d of the source log (planned, and not begun yet)", f.LogBatch)
}

// Why finds out what became of a file, from the logs of the query that reads its folder. It changes nothing; the
// query may be running.
func Why(ctx context.Context, space *volumes.Space, q WhyQuery) (Fate, error) {
	file, err := space.Resolve(q.File)
	if err != nil {
		return Fate{}, err
	}
	source, err := space.Resolve(strings.TrimRight(q.Source, "/"))
	if err != nil {
		return Fate{}, err
	}
	fate := Fate{URI: normalURI(file.URI), Batch: -1, LogBatch: beforeAll}
	seen := newSeenFiles(Options{MaxFileAge: q.MaxFileAge})
	if err := fate.findBatch(ctx, space, q, seen); err != nil {
		return fate, err
	}
	if err := fate.findFile(ctx, space, q, file, seen); err != nil {
		return fate, err
	}
	listing := files.NewListing(source, q.NameGlob, q.Recursive)
	listing.Loose = q.LooseGlob
	if rule := listing.PassesOver(file.Key); rule != "" && fate.LogBatch == beforeAll {
		fate.Skipped = rule
	}
	return fate, nil
}

// findBatch looks the file up in the source log, and then for the query's batch that read it.
func (f *Fate) findBatch(ctx context.Context, space *volumes.Space, q WhyQuery, seen *seenFiles) error {
	at, err := space.Resolve(strings.TrimRight(q.Checkpoint, "/"))
	if err != nil {
		return err
	}
	store, err := at.Sub()
	if err != nil {
		return err
	}
	cp, err := checkpoint.Read(ctx, store, at.URI)
	if err != nil {
		return err
	}
	if f.QueryID = cp.ID(); f.QueryID == "" {
		return errclass.PathNotFound.New("%s holds no checkpoint: it has no metadata file.", wholePath(at.URI)).
			WithHint("Name the checkpointLocation of the query.")
	}
	log := &sourceLog{store: store, dir: "sources/0"}
	err = log.walk(ctx, beforeAll, func(_ int64, entries []entry) {
		seen.addAll(entries)
		f.match(entries)
	})
	seen.age()
	if err != nil || f.LogBatch == beforeAll {
		return err
	}
	if info, err := store.Stat(ctx, log.name(f.LogBatch)); err == nil {
		f.Planned = info.ModTime
	}
	return f.numberBatch(ctx, cp)
}

// match takes the newest entry of the file: a name that maxFileAge has forgotten is read again.
func (f *Fate) match(entries []entry) {
	for _, e := range entries {
		if normalURI(e.Path) == f.URI {
			f.LogBatch, f.Modified = e.BatchID, time.UnixMilli(e.Timestamp)
			f.Fellows = fellows(entries, e.BatchID)
		}
	}
}

// fellows counts the other files of a batch: a compaction of the log holds many batches at once.
func fellows(entries []entry, batch int64) int64 {
	n := int64(-1)
	for _, e := range entries {
		if e.BatchID == batch {
			n++
		}
	}
	return n
}

// numberBatch finds the first of the query's batches that reaches the log's. It is not before the log's number: each
// batch of the query adds at most one to the log. The query forgets old batches; as long as every batch had files,
// both count alike.
func (f *Fate) numberBatch(ctx context.Context, cp *checkpoint.Checkpoint) error {
	newest, _, found, err := cp.Offsets.Latest(ctx)
	if err != nil || !found {
		return err
	}
	for n := max(f.LogBatch, newest-checkpoint.MinBatchesToRetain+1); n <= newest; n++ {
		entry, err := cp.Offsets.Get(ctx, n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		end := beforeAll
		if len(entry.Sources) > 0 {
			if end, err = parseOffset(entry.Sources[0]); err != nil {
				return err
			}
		}
		if end >= f.LogBatch {
			return f.settleBatch(ctx, cp, n, end)
		}
	}
	return nil
}

func (f *Fate) settleBatch(ctx context.Context, cp *checkpoint.Checkpoint, n, end int64) error {
	switch end {
	case f.LogBatch:
		f.Batch = n
	case n: // no batch without files so far
		f.Batch = f.LogBatch
	}
	committed, _, found, err := cp.Commits.Latest(ctx)
	f.Committed = found && committed >= n
	return err
}

// findFile looks where the file lies now.
func (f *Fate) findFile(ctx context.Context, space *volumes.Space, q WhyQuery, file volumes.Location, seen *seenFiles) error {
	info, err := file.Store.Stat(ctx, file.Key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.Landed = err == nil
	if f.Landed && f.LogBatch == beforeAll && seen.judge(f.URI, info.ModTime.UnixMilli()) == isTooOld {
		f.Skipped = "it is older than maxFileAge allows, counted from the newest file seen, which is of " +
			time.UnixMilli(seen.newest).UTC().Format(momentFormat)
	}
	if q.Archive == "" || f.LogBatch == beforeAll {
		return nil
	}
	at, err := space.Resolve(strings.TrimRight(q.Archive, "/"))
	if err != nil {
		return err
	}
	target := at.Join(wholePath(f.URI)[1:])
	_, err = at.Store.Stat(ctx, target.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f.Archived = target.URI
	return err
}
