package deltalog

import (
	"context"
	"errors"
	"fmt"

	"lakehouse/internal/errclass"
)

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
		if after.tells(file.Path, file.DeletionVector) {
			continue
		}
		given = true
		if !giveFile(t, file, yield) {
			return
		}
	}
	for file, err := range after.adds(ctx, t.store) {
		if err != nil {
			yield(AddFile{}, err)
			return
		}
		if !giveFile(t, file, yield) {
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
		if after.tells(file.Path, file.DeletionVector) {
			continue
		}
		given = true
		if !yield(file, nil) {
			return
		}
	}
	for file, err := range after.removes(ctx, t.store) {
		if !yield(file, err) || err != nil {
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
