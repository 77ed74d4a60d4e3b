package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/connector/files"
	"lakehouse/volumes"
)

// A WhyQuery asks what became of a file. All are names as users write them.
type WhyQuery struct {
	File       string
	Checkpoint string // of the query that reads the folder
	Source     string // the folder, or glob, that it reads
	Archive    string // its sourceArchiveDir; empty: none
	NameGlob   string // its pathGlobFilter; empty: none
}

// A Fate is what became of a file.
type Fate struct {
	URI       string
	QueryID   string
	Batch     int64     // the batch that took the file; -1: none did
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
	case f.Batch >= 0:
		state := "planned, and not committed yet: a restart repeats it"
		if f.Committed {
			state = "committed"
		}
		fmt.Fprintf(&out, "seen       in batch %d (%s), as of %s\n", f.Batch, state, f.Modified.UTC().Format("2006-01-02 15:04:05.000"))
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
	case f.Landed && f.Batch >= 0:
		out.WriteString("archived   no: it lies where it landed; a batch's files are cleaned up when the next batch is planned")
	case f.Landed:
		out.WriteString("archived   no: it lies where it landed")
	default:
		out.WriteString("archived   no: it is neither where it landed nor in the archive")
	}
	return out.String()
}

// Why finds out what became of a file, from the logs of the query that reads its folder. It walks the source
// log from the newest batch back; the query may be running.
func Why(ctx context.Context, space *volumes.Space, q WhyQuery) (Fate, error) {
	file, err := space.Resolve(q.File)
	if err != nil {
		return Fate{}, err
	}
	fate := Fate{URI: normalURI(file.URI), Batch: -1}
	if err := fate.findBatch(ctx, space, q); err != nil {
		return fate, err
	}
	if err := fate.findFile(ctx, space, q, file); err != nil {
		return fate, err
	}
	fate.Skipped = skipRule(q, file)
	return fate, nil
}

// findBatch looks the file up in the source log.
func (f *Fate) findBatch(ctx context.Context, space *volumes.Space, q WhyQuery) error {
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
		return fmt.Errorf("%s holds no checkpoint: it has no metadata file", at.URI)
	}
	log := &sourceLog{store: store, dir: "sources/0"}
	plain, err := log.list(ctx)
	if err != nil {
		return err
	}
	committed, _, found, err := cp.Commits.Latest(ctx)
	if err != nil {
		return err
	}
	for i := len(plain) - 1; i >= 0 && f.Batch < 0; i-- {
		entries, err := log.read(ctx, plain[i])
		if err != nil {
			return err
		}
		f.match(entries)
	}
	if n := len(log.compact); f.Batch < 0 && n > 0 {
		entries, err := log.readFile(ctx, log.name(log.compact[n-1])+compactSuffix)
		if err != nil {
			return err
		}
		f.match(entries)
	}
	f.Committed = found && f.Batch >= 0 && f.Batch <= committed
	return nil
}

func (f *Fate) match(entries []entry) {
	for _, e := range entries {
		if normalURI(e.Path) == f.URI {
			f.Batch, f.Modified = e.BatchID, time.UnixMilli(e.Timestamp)
		}
	}
}

// findFile looks where the file lies now.
func (f *Fate) findFile(ctx context.Context, space *volumes.Space, q WhyQuery, file volumes.Location) error {
	_, err := file.Store.Stat(ctx, file.Key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.Landed = err == nil
	if q.Archive == "" {
		return nil
	}
	at, err := space.Resolve(strings.TrimRight(q.Archive, "/"))
	if err != nil {
		return err
	}
	_, err = at.Store.Stat(ctx, archived(at, f.URI))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f.Archived = at.Join(wholePath(f.URI)[1:]).URI
	return err
}

// skipRule is the rule that keeps a file from being read, if one does.
func skipRule(q WhyQuery, file volumes.Location) string {
	base := path.Base(file.Key)
	if rule := files.SkippedName(base); rule != "" {
		return rule
	}
	if q.NameGlob != "" && !files.MatchGlob(q.NameGlob, base) {
		return "its name does not match pathGlobFilter " + q.NameGlob
	}
	return ""
}
