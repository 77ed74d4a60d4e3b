package deltalog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"lakehouse/internal/exactjson"
)

// A HistoryEntry is one version of the table's history.
type HistoryEntry struct {
	Version   int64
	Timestamp time.Time
	CommitInfo
}

// History is what the log remembers of its versions, the newest first; a limit of 0 is none. It
// reads the beginning of each version only.
func (t *Table) History(ctx context.Context, limit int) ([]HistoryEntry, error) {
	current, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	newest, since := current.Version(), int64(latest)
	if m := current.state.metadata; m.commitTimes() {
		since, _ = m.commitTimesSince()
	}
	from := int64(0)
	if limit > 0 {
		from = max(0, newest-int64(limit)+1)
	}
	found, err := list(ctx, t.store, from, latest)
	if err != nil {
		return nil, err
	}
	var entries []HistoryEntry
	var stamp time.Time
	for _, f := range found.commits {
		stamp = monotone(stamp, f.modTime)
		info, err := t.readCommitInfo(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("read history of version %d: %w", f.version, err)
		}
		at := stamp
		if f.version >= since && info.InCommitTimestamp != 0 {
			at = time.UnixMilli(info.InCommitTimestamp)
		}
		entries = append(entries, HistoryEntry{f.version, at, info})
	}
	slices.Reverse(entries)
	if limit > 0 && len(entries) > limit {
		entries = entries[:limit]
	}
	return entries, nil
}

// An infoLine is a line of a commit of which only the commitInfo matters.
type infoLine struct {
	CommitInfo *CommitInfo `json:"commitInfo"`
}

var infoLines = exactjson.For[infoLine]()

// readCommitInfo finds the commitInfo of a version. It is the first line where the writer follows
// the specification; some wrote it last, or not at all.
func (t *Table) readCommitInfo(ctx context.Context, f logFile) (CommitInfo, error) {
	file, err := t.store.Open(ctx, f.name)
	if err != nil {
		return CommitInfo{}, err
	}
	defer file.Close()
	lines := lineReader{in: bufio.NewReader(io.NewSectionReader(file, 0, file.Info().Size))}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return CommitInfo{}, nil
		}
		if err != nil {
			return CommitInfo{}, err
		}
		if !bytes.Contains(line[:min(len(line), 40)], []byte(`"commitInfo"`)) {
			continue
		}
		var action infoLine
		if infoLines.Unmarshal(line, &action) != nil { // it is broken, or one of many that the action takes
			actions, err := readCommit(ctx, t.store, f.version)
			if err != nil || actions.CommitInfo == nil {
				return CommitInfo{}, err
			}
			return *actions.CommitInfo, nil
		}
		if action.CommitInfo != nil {
			return *action.CommitInfo, nil
		}
	}
}
