package autoloader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
}

var loadHeads = exactjson.For[loadHead]()

// Loaded tells which files the lists up to one name.
type Loaded struct{ seen *seenFiles }

// Has tells whether a file was loaded.
func (l Loaded) Has(f files.File) bool {
	_, ok := l.seen.at[l.seen.identify(normalURI(f.Place.URI))]
	return ok
}

// Loaded reads the lists up to the one that the table holds; 0: none.
func (l LoadLog) Loaded(ctx context.Context, newest int64) (Loaded, error) {
	all := Loaded{newSeenFiles(Options{MaxFileAge: forever})}
	for n := newest; n > 0; {
		previous, entries, err := l.read(ctx, n)
		if err != nil {
			return all, err
		}
		if previous >= n {
			return all, l.malformed(n, "it follows itself")
		}
		all.seen.addAll(entries)
		n = previous
	}
	return all, nil
}

func (l LoadLog) name(n int64) string { return path.Join(loadFolder, strconv.FormatInt(n, 10)) }

func (l LoadLog) read(ctx context.Context, n int64) (previous int64, entries []entry, err error) {
	data, err := volumes.ReadFileMax(ctx, l.store, l.name(n), maxLogBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, l.malformed(n, "it is gone")
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read which files were loaded: %w", err)
	}
	version, rest, _ := bytes.Cut(data, []byte("\n"))
	line, rest, _ := bytes.Cut(rest, []byte("\n"))
	var head loadHead
	if string(version) != logVersion || loadHeads.Unmarshal(line, &head) != nil || head.Previous < 0 {
		return 0, nil, l.malformed(n, "its first lines are none of a list")
	}
	if len(rest) > 0 {
		entries, err = decodeLog(l.name(n), append([]byte(logVersion+"\n"), rest...))
	}
	return head.Previous, entries, err
}

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
