package deltalog

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"

	"lakehouse/internal/errclass"
)

// A CompactedLog is a log compaction file.
type CompactedLog struct {
	Name    string // in the table's folder
	Actions int64  // how many it holds; 0 where it was there before
}

// CompactLog writes what the commits from one version to another come to as one file, which readers may read in their place: of each
// file, application and domain what was told last, and the last protocol and metadata. The commits stay. Where a checkpoint holds the
// first of these versions nobody would read the file: that is an error of class INVALID_PARAMETER_VALUE. The clean-up of the log
// deletes compactions that a checkpoint has overtaken.
func (t *Table) CompactLog(ctx context.Context, from, to int64) (CompactedLog, error) {
	done, err := t.compactLog(ctx, from, to)
	return done, t.located(err)
}

func compactedName(from, to int64) string {
	return fmt.Sprintf(logDir+"/%020d.%020d.compacted.json", from, to)
}

func (t *Table) compactLog(ctx context.Context, from, to int64) (CompactedLog, error) {
	if from < 0 || to <= from {
		return CompactedLog{}, errclass.InvalidParameterValue.New("a log compaction of versions %d to %d: it needs two versions or more.", from, to)
	}
	s, err := t.SnapshotAt(ctx, to)
	if err != nil {
		return CompactedLog{}, err
	}
	if err := s.state.protocol.CheckWrite(); err != nil {
		return CompactedLog{}, err // it may have actions that we would leave out
	}
	commits, overtaken, err := t.commitsOf(ctx, from, to)
	if err != nil {
		return CompactedLog{}, err
	}
	if overtaken >= from {
		return CompactedLog{}, errclass.InvalidParameterValue.New("the checkpoint of version %d holds version %d: nobody would read a compaction of it.", overtaken, from).
			WithHint("Compact versions above %d.", overtaken)
	}
	done := CompactedLog{Name: compactedName(from, to)}
	if _, err := t.store.Stat(ctx, done.Name); !errors.Is(err, fs.ErrNotExist) {
		return done, err
	}
	if done.Actions, err = t.writeCompaction(ctx, done.Name, commits); err != nil {
		return done, fmt.Errorf("compact the log from version %d to %d: %w", from, to, err)
	}
	return done, nil
}

// compactedFrom is the first version of the compaction that is due behind a version; ok is false where none is.
func (t *Table) compactedFrom(version int64) (from int64, ok bool) {
	every := t.opts.LogCompactionInterval
	return version + 1 - every, every > 1 && (version+1)%every == 0
}

// compactBehind writes the compaction that is due behind a version, unless a checkpoint has overtaken it.
func (t *Table) compactBehind(ctx context.Context, version int64) error {
	from, ok := t.compactedFrom(version)
	if !ok {
		return nil
	}
	_, err := t.compactLog(ctx, from, version)
	if errors.Is(err, errclass.InvalidParameterValue) {
		return nil
	}
	return err
}

// commitsOf are the commits of these versions, and the newest version from the first on that has a checkpoint; -1 for none.
func (t *Table) commitsOf(ctx context.Context, from, to int64) (commits []logFile, checkpoint int64, err error) {
	found, err := list(ctx, t.store, from, latest)
	if err != nil {
		return nil, -1, err
	}
	expected := from
	for _, f := range found.commits {
		if f.version > to {
			break
		}
		if f.version != expected {
			return nil, -1, gapError(expected, f.version, to)
		}
		commits = append(commits, f)
		expected++
	}
	checkpoint = -1
	if there := found.completeCheckpoint(latest); there != nil {
		checkpoint = there.version
	}
	if expected <= to && checkpoint < from {
		return nil, -1, gapError(expected, to+1, to)
	}
	return commits, checkpoint, nil
}

// writeCompaction writes the file, which comes into being whole or not at all.
func (t *Table) writeCompaction(ctx context.Context, name string, commits []logFile) (actions int64, err error) {
	small, files, err := t.reconcile(ctx, commits)
	if err != nil {
		return 0, err
	}
	out, err := t.store.Create(ctx, name)
	if err != nil {
		return 0, err
	}
	defer out.Abort()
	lines := actionWriter{out: bufio.NewWriterSize(out, 1<<16)}
	for line := range small.lines {
		if err := lines.write(line); err != nil {
			return 0, err
		}
	}
	if err := writeEach(&lines, files.adds(ctx, t.store), compactedAdd); err != nil {
		return 0, err
	}
	if err := writeEach(&lines, files.removes(ctx, t.store), compactedRemove); err != nil {
		return 0, err
	}
	if lines.count == 0 { // readers take an empty file for a broken one
		return 0, errclass.InvalidParameterValue.New("the commits have no actions that a compaction would hold.")
	}
	if err := lines.out.Flush(); err != nil {
		return 0, err
	}
	return lines.count, out.Commit()
}

// reconcile is what commits come to. Domains that were removed stay, and so do all removes: what they take back may lie before.
func (t *Table) reconcile(ctx context.Context, commits []logFile) (*Actions, *tail, error) {
	small, files := &Actions{}, new(tail)
	txns, domains := map[string]SetTransaction{}, map[string]DomainMetadata{}
	kind := digestsOf(commits)
	for read, err := range kind.readAll(ctx, t.store, commits) {
		if err == nil {
			err = files.add(read, kind)
		}
		if err != nil {
			return nil, nil, err
		}
		small.Protocol = cmp.Or(read.Protocol, small.Protocol)
		small.Metadata = cmp.Or(read.Metadata, small.Metadata)
		for _, txn := range read.Transactions {
			txns[txn.AppID] = txn
		}
		for _, domain := range read.Domains {
			domains[domain.Domain] = domain
		}
	}
	small.Transactions = slices.SortedFunc(maps.Values(txns), func(a, b SetTransaction) int { return cmp.Compare(a.AppID, b.AppID) })
	small.Domains = slices.SortedFunc(maps.Values(domains), func(a, b DomainMetadata) int { return cmp.Compare(a.Domain, b.Domain) })
	return small, files, nil
}

// An actionWriter writes actions as lines.
type actionWriter struct {
	out   *bufio.Writer
	count int64
}

func (w *actionWriter) write(line *actionLine) error {
	encoder := json.NewEncoder(w.out)
	encoder.SetEscapeHTML(false)
	w.count++
	return encoder.Encode(line)
}

func writeEach[Action any](w *actionWriter, actions iter.Seq2[Action, error], line func(*Action) *actionLine) error {
	for action, err := range actions {
		if err == nil {
			err = w.write(line(&action))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// What stands for several versions changes no data, as Delta on Spark has it.

func compactedAdd(f *AddFile) *actionLine {
	f.DataChange = false
	return &actionLine{Add: f.json()}
}

func compactedRemove(f *RemoveFile) *actionLine {
	f.DataChange = false
	return &actionLine{Remove: f.json()}
}
