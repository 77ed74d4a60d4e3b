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
	"unicode/utf8"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// An entry is one file of one batch, as the source log has it.
type entry struct {
	Path      string `json:"path"`      // a URI: file:///Volumes/…
	Timestamp int64  `json:"timestamp"` // modification time, milliseconds
	BatchID   int64  `json:"batchId"`
}

const (
	logVersion    = "v1" // package checkpoint reads it
	compactSuffix = ".compact"
	maxLogBytes   = 1 << 30 // of one file: a compaction of some five million files
)

// sourceLog is the folder sources/<i> of a checkpoint. A batch is written once and never changed.
type sourceLog struct {
	store   volumes.Store
	dir     string
	compact []int64 // numbers of Spark's compactions, ascending
	listed  bool    // compact is known
}

func (l *sourceLog) name(batch int64) string {
	return path.Join(l.dir, strconv.FormatInt(batch, 10))
}

// add writes a batch, put-if-absent. Where the outcome is unknown, what stands there decides.
func (l *sourceLog) add(ctx context.Context, batch int64, entries []entry) error {
	name, data := l.name(batch), encodeLog(entries)
	err := l.store.PutIfAbsent(ctx, name, data)
	if err == nil {
		return nil
	}
	found, readErr := volumes.ReadFileMax(ctx, l.store, name, maxLogBytes)
	switch {
	case readErr == nil && bytes.Equal(found, data):
		return l.secure(ctx, batch)
	case readErr == nil:
		return errclass.ConcurrentStreamLogUpdate.New("%s was written by someone else.", name).
			WithHint("Two queries share this checkpoint: stop one of them.")
	}
	return fmt.Errorf("write source log: %w", err)
}

// secure has the store sync the name of a batch again: a run that was killed, or a put that failed, may have left it
// visible and not yet safe.
func (l *sourceLog) secure(ctx context.Context, batch int64) error {
	text, err := volumes.ReadFileMax(ctx, l.store, l.name(batch), maxLogBytes)
	if err == nil {
		err = l.store.PutIfAbsent(ctx, l.name(batch), text)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secure source log: %w", err)
	}
	return nil
}

// read gives the files of one batch. It falls back on Spark's compactions.
func (l *sourceLog) read(ctx context.Context, batch int64) ([]entry, error) {
	entries, err := l.readFile(ctx, l.name(batch))
	if !errors.Is(err, fs.ErrNotExist) {
		return entries, err
	}
	if !l.listed {
		if _, err := l.list(ctx); err != nil {
			return nil, err
		}
	}
	i, _ := slices.BinarySearch(l.compact, batch)
	if i == len(l.compact) {
		return nil, fmt.Errorf("read source log: %w", err)
	}
	all, err := l.readFile(ctx, l.name(l.compact[i])+compactSuffix)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e entry) bool { return e.BatchID != batch }), nil
}

// readFile reads one file of the log.
func (l *sourceLog) readFile(ctx context.Context, name string) ([]entry, error) {
	data, err := volumes.ReadFileMax(ctx, l.store, name, maxLogBytes)
	if err != nil {
		return nil, fmt.Errorf("read source log: %w", err)
	}
	return decodeLog(name, data)
}

// list finds the numbers of the plain batches, ascending, and notes the compactions.
func (l *sourceLog) list(ctx context.Context) (plain []int64, err error) {
	l.compact, l.listed = nil, true
	for info, err := range l.store.List(ctx, l.dir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list source log: %w", err)
		}
		base, compacted := strings.CutSuffix(path.Base(info.Name), compactSuffix)
		n, err := strconv.ParseUint(base, 10, 63)
		switch {
		case err != nil: // not a batch: someone else's file
		case compacted:
			l.compact = append(l.compact, int64(n))
		default:
			plain = append(plain, int64(n))
		}
	}
	slices.Sort(l.compact)
	slices.Sort(plain)
	return plain, nil
}

// walk gives the files of the log behind a batch, in its order, and up to which batch they are. It begins with
// Spark's newest compaction, which holds all files before it as well.
func (l *sourceLog) walk(ctx context.Context, last int64, visit func(upTo int64, entries []entry)) error {
	plain, err := l.list(ctx)
	if err != nil {
		return err
	}
	if n := len(l.compact); n > 0 && l.compact[n-1] > last {
		last = l.compact[n-1]
		entries, err := l.readFile(ctx, l.name(last)+compactSuffix)
		if err != nil {
			return err
		}
		visit(last, entries)
	}
	for _, batch := range plain {
		if batch <= last {
			continue
		}
		if batch != last+1 {
			return errclass.MalformedLogFile.New("the source log %s has batch %d and not batch %d.", l.dir, batch, last+1).
				WithHint("A file of the log was lost: restore it, or start with a new checkpoint.")
		}
		entries, err := l.readFile(ctx, l.name(batch))
		if err != nil {
			return err
		}
		visit(batch, entries)
		last = batch
	}
	return nil
}

// encodeLog writes Spark's bytes: no newline at the end.
func encodeLog(entries []entry) []byte {
	out := make([]byte, 0, len(logVersion)+160*len(entries))
	out = append(out, logVersion...)
	for _, e := range entries {
		out = append(out, "\n{\"path\":"...)
		out = appendJSONString(out, e.Path)
		out = append(out, `,"timestamp":`...)
		out = strconv.AppendInt(out, e.Timestamp, 10)
		out = append(out, `,"batchId":`...)
		out = strconv.AppendInt(out, e.BatchID, 10)
		out = append(out, '}')
	}
	return out
}

// appendJSONString quotes as Spark does: letters beyond ASCII stay as they are.
func appendJSONString(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, fmt.Sprintf(`\u%04x`, c)...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// decodeLog reads what encodeLog and Spark write. The name is for errors.
func decodeLog(name string, data []byte) ([]entry, error) {
	return checkpoint.Entries(name, data, decodeEntry, "Restore the file, or start the query with a new checkpoint.")
}

var errNoEntry = errors.New("no entry of a source log")

var entryLines = exactjson.For[entry]()

// decodeEntry takes the usual spelling apart by hand: opening a log reads many. A line that is no UTF-8 is refused, since
// a decoder of JSON makes another path of it.
func decodeEntry(line []byte) (entry, error) {
	if !utf8.Valid(line) {
		return entry{}, errNoEntry
	}
	if e, ok := decodePlainEntry(string(line)); ok {
		return e, nil
	}
	var e entry
	if err := entryLines.Unmarshal(line, &e); err != nil {
		return entry{}, err
	}
	if e.Path == "" || e.BatchID < 0 {
		return entry{}, errNoEntry
	}
	return e, nil
}

func decodePlainEntry(line string) (e entry, ok bool) {
	rest, ok := strings.CutPrefix(line, `{"path":"`)
	if !ok {
		return entry{}, false
	}
	e.Path, rest, ok = strings.Cut(rest, `","timestamp":`)
	if !ok || e.Path == "" || strings.ContainsFunc(e.Path, isEscaped) {
		return entry{}, false
	}
	stamp, rest, ok := strings.Cut(rest, `,"batchId":`)
	if !ok {
		return entry{}, false
	}
	rest, ok = strings.CutSuffix(rest, "}")
	ok = ok && parseInto(&e.Timestamp, stamp) && parseInto(&e.BatchID, rest)
	return e, ok && e.BatchID >= 0
}

func parseInto(n *int64, text string) bool {
	var err error
	*n, err = strconv.ParseInt(text, 10, 64)
	return err == nil
}

// isEscaped: what stands in a JSON string only behind a backslash.
func isEscaped(r rune) bool { return r == '"' || r == '\\' || r < ' ' }
