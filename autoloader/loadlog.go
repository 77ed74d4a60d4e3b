package autoloader

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// A LoadLog keeps which files COPY INTO has loaded into a table, beside the table: _copy_into/<n> names the files of one
// statement, and the list before it. A list counts once the table holds it: the version that it writes records n as that of the
// writer CopyInto. So a list and its rows are there together or not at all, and of two statements at once one is repeated.
type LoadLog struct{ store volumes.Store } // of the table

// CopyInto is the txnAppId of COPY INTO.
const CopyInto = "copyInto"

const loadFolder = "_copy_into"

// OpenLoadLog opens the log of a table, which need not be there.
func OpenLoadLog(table volumes.Store) LoadLog { return LoadLog{table} }

// loadHead is the second line of a list.
type loadHead struct {
	Previous int64 `json:"previous"` // 0: none
	read     bool
}

var loadHeads = exactjson.For[loadHead]()

// Unloaded are files that no list names: those that were found, less those that [LoadLog.Strike] takes off.
type Unloaded struct {
	seen  *seenFiles // identifies files
	found map[fileID]struct{}
}

// NewUnloaded is none.
func NewUnloaded() *Unloaded {
	return &Unloaded{newSeenFiles(Options{MaxFileAge: forever}), map[fileID]struct{}{}}
}

// Add adds a file.
func (u *Unloaded) Add(f files.File) { u.found[u.seen.identify(normalURI(f.Place.URI))] = struct{}{} }

// Has tells whether a file is among them.
func (u *Unloaded) Has(f files.File) bool {
	_, ok := u.found[u.seen.identify(normalURI(f.Place.URI))]
	return ok
}

// Len is how many there are.
func (u *Unloaded) Len() int { return len(u.found) }

// Strike takes off the files that the lists name, up to the list that the table holds; 0: none. Lists are read line by line, so
// that files loaded long ago cost no memory.
func (l LoadLog) Strike(ctx context.Context, newest int64, found *Unloaded) error {
	for n := newest; n > 0 && len(found.found) > 0; {
		previous, err := l.read(ctx, n, func(e entry) { delete(found.found, found.seen.identify(normalURI(e.Path))) })
		if err != nil {
			return err
		}
		if previous >= n {
			return l.malformed(n, "it follows itself")
		}
		n = previous
	}
	return nil
}

func (l LoadLog) name(n int64) string { return path.Join(loadFolder, strconv.FormatInt(n, 10)) }

// read visits the files of a list, and gives the number of the list before.
func (l LoadLog) read(ctx context.Context, n int64, visit func(entry)) (previous int64, err error) {
	in, err := l.store.Open(ctx, l.name(n))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, l.malformed(n, "it is gone")
	}
	if err != nil {
		return 0, fmt.Errorf("read which files were loaded: %w", err)
	}
	defer in.Close()
	lines := bufio.NewScanner(io.NewSectionReader(in, 0, in.Info().Size))
	lines.Buffer(nil, maxLoadLine)
	var head loadHead
	for number := 0; lines.Scan(); number++ {
		switch number {
		case 0:
			if lines.Text() != logVersion {
				return 0, l.malformed(n, "its first line is none of a list")
			}
		case 1:
			if loadHeads.Unmarshal(lines.Bytes(), &head) != nil || head.Previous < 0 {
				return 0, l.malformed(n, "its second line is none of a list")
			}
			head.read = true
		default:
			e, err := decodeEntry(lines.Bytes())
			if err != nil {
				return 0, l.malformed(n, fmt.Sprintf("line %d: %v", number+1, err))
			}
			visit(e)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read which files were loaded: %w", err)
	}
	if !head.read {
		return 0, l.malformed(n, "it is cut short")
	}
	return head.Previous, nil
}

// maxLoadLine bounds a line of a list: a path.
const maxLoadLine = 1 << 20

func (l LoadLog) malformed(n int64, why string) error {
	return errclass.MalformedLogFile.New("the list %s of the files that COPY INTO has loaded cannot be read: %s.", l.name(n), why).
		WithHint("Restore the file. COPY_OPTIONS ('force' = 'true') loads all files again.")
}

// Plan writes the list of the files that a statement is about to load, and gives its number. Numbers of statements that came to
// nothing are passed over.
func (l LoadLog) Plan(ctx context.Context, previous int64, all []files.File) (int64, error) {
	numbers, err := numbered(ctx, l.store, loadFolder)
	if err != nil {
		return 0, err
	}
	n := previous
	if len(numbers) > 0 {
		n = max(n, numbers[len(numbers)-1])
	}
	const manyWriters = 100
	for range manyWriters {
		n++
		err := l.store.PutIfAbsent(ctx, l.name(n), encodeLoad(previous, n, all))
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return 0, fmt.Errorf("write which files are loaded: %w", err)
		}
	}
	return 0, errclass.ConcurrentStreamLogUpdate.New("too many statements copy into one table at once.").WithHint("Run them one after the other.")
}

func encodeLoad(previous, n int64, all []files.File) []byte {
	entries := make([]entry, len(all))
	for i, f := range all {
		entries[i] = entry{Path: normalURI(f.Place.URI), Timestamp: f.Info.ModTime.UnixMilli(), BatchID: n}
	}
	head := fmt.Appendf(nil, "%s\n{\"previous\":%d}", logVersion, previous)
	return append(head, encodeLog(entries)[len(logVersion):]...)
}
