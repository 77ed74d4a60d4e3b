package deltalog

import (
	"context"
	"errors"
	"fmt"

	"lakehouse/internal/errclass"
)

// A tail is what the commits after a checkpoint do to its files: the newest action of each key.
type tail struct {
	live    map[fileKey]int // index into adds; -1: removed
	adds    []AddFile       // in the order of the log; only those that live points at count
	removes map[fileKey]RemoveFile
}

func newTail() *tail {
	return &tail{live: map[fileKey]int{}, removes: map[fileKey]RemoveFile{}}
}

// readTail replays the commits of a segment, unless that has been done.
func readTail(ctx context.Context, t *Table, seg *segment) (*tail, error) {
	if seg.tail != nil {
		return seg.tail, nil
	}
	tail := newTail()
	for read, err := range readCommits(ctx, t.store, seg.steps(seg.base()+1)) {
		if err != nil {
			return nil, err
		}
		tail.apply(read.Actions)
	}
	return tail, nil
}

// size is how many actions it holds. That of none, which was too large to be kept, is nothing.
func (t *tail) size() int {
	if t == nil {
		return 0
	}
	return len(t.live) + len(t.adds)
}

// lives reports whether an add is what became of its file.
func (t *tail) lives(i int) bool { return t.live[t.adds[i].key()] == i }

func (t *tail) apply(a *Actions) {
	if t == nil {
		return
	}
	for _, file := range a.Removes {
		key := file.key()
		t.live[key] = -1
		t.removes[key] = file
	}
	for _, file := range a.Adds {
		key := file.key()
		t.live[key] = len(t.adds)
		t.adds = append(t.adds, file)
		delete(t.removes, key)
	}
}

// replayFiles gives the live files of a segment.
func replayFiles(ctx context.Context, t *Table, seg *segment, yield func(AddFile, error) bool) {
	after, err := readTail(ctx, t, seg)
	if err != nil {
		yield(AddFile{}, err)
		return
	}
	given := false
	for file, err := range readCheckpointAdds(ctx, t.store, seg.checkpoint) {
		if err != nil {
			fallBack(ctx, t, seg, given, err, replayFiles, yield)
			return
		}
		if _, touched := after.live[file.key()]; touched {
			continue
		}
		given = true
		if !giveFile(t, file, yield) {
			return
		}
	}
	for i := range after.adds {
		if after.lives(i) && !giveFile(t, after.adds[i], yield) {
			return
		}
	}
}

// giveFile yields a file whose path stays in the table, or leads to where [Options].Elsewhere may find it.
func giveFile(t *Table, file AddFile, yield func(AddFile, error) bool) bool {
	if err := t.checkFilePath(file.Path); err != nil {
		yield(AddFile{}, errclass.DeltaLogCorrupt.New("add.path: %w.", err))
		return false
	}
	return yield(file, nil)
}

// replayTombstones gives the removed files that the log remembers.
func replayTombstones(ctx context.Context, t *Table, seg *segment, yield func(RemoveFile, error) bool) {
	after, err := readTail(ctx, t, seg)
	if err != nil {
		yield(RemoveFile{}, err)
		return
	}
	given := false
	for file, err := range readCheckpointRemoves(ctx, t.store, seg.checkpoint) {
		if err != nil {
			fallBack(ctx, t, seg, given, err, replayTombstones, yield)
			return
		}
		if _, touched := after.live[file.key()]; touched {
			continue
		}
		given = true
		if !yield(file, nil) {
			return
		}
	}
	for _, file := range after.removes {
		if !yield(file, nil) {
			return
		}
	}
}

// fallBack replays the segment before, when the checkpoint cannot be read from its very start. Once
// something was given there is no way back, because it would be given twice.
func fallBack[Action any](
	ctx context.Context, t *Table, seg *segment, given bool, cause error,
	replay func(context.Context, *Table, *segment, func(Action, error) bool), yield func(Action, error) bool,
) {
	var none Action
	cause = fmt.Errorf("read checkpoint of version %d: %w", seg.checkpoint.version, cause)
	if given || ctx.Err() != nil {
		yield(none, cause)
		return
	}
	older, err := t.segmentBelow(ctx, seg)
	if err != nil {
		yield(none, errors.Join(cause, err))
		return
	}
	replay(ctx, t, older, yield)
}

// segmentBelow makes the same version from an older checkpoint, or from commits alone.
func (t *Table) segmentBelow(ctx context.Context, seg *segment) (*segment, error) {
	all, err := list(ctx, t.store, 0, seg.version)
	if err != nil {
		return nil, err
	}
	return all.segment(seg.version, seg.base())
}
