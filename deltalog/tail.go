package deltalog

import (
	"context"
	"iter"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A tail is what the commits after a checkpoint do to its files: the newest action of each. Of a short log it holds the actions; of a
// long one, of which a million files may be told, only which they are: they are read again when they are asked for, one after another.
// Once it has been read it is not changed any more.
type tail struct {
	fates fates
	steps []tailStep
	told  int64 // how many actions there are
}

// A tailStep is a file of the log, by the actions of files that it has. They are numbered: first its removes, then its adds, so that
// of a file that it removes and adds the latter counts.
type tailStep struct {
	from          logFile
	first         int64
	removes, adds int64
	held          *digest // nil: they are read again
}

// maxHeldBytes is how much of a log may be held as actions.
const maxHeldBytes = 32 << 20

// digestsOf says what to read of the files of a log.
func digestsOf(files []logFile) digestKind {
	bytes := int64(0)
	for i := range files {
		if bytes += files[i].size; bytes > maxHeldBytes {
			return briefDigest
		}
	}
	return wholeDigest
}

// readTail replays the commits of a segment, unless that has been done.
func readTail(ctx context.Context, t *Table, seg *segment) (*tail, error) {
	if seg.tail != nil {
		return seg.tail, nil
	}
	return digestsOf(seg.steps(seg.base()+1)).readTail(ctx, t, seg)
}

func (k digestKind) readTail(ctx context.Context, t *Table, seg *segment) (*tail, error) {
	tail := new(tail)
	for read, err := range k.readAll(ctx, t.store, seg.steps(seg.base()+1)) {
		if err == nil {
			err = tail.add(read, k)
		}
		if err != nil {
			return nil, err
		}
	}
	return tail, nil
}

// add is the tail with one more file of the log.
func (t *tail) add(d *digest, kind digestKind) error {
	step := tailStep{from: d.files, first: t.told, removes: int64(len(d.removes)), adds: int64(len(d.adds))}
	if t.told += step.removes + step.adds; t.told > maxFates-1 {
		return errclass.DeltaLogCorrupt.New("the log has more than %d actions after its last checkpoint.", maxFates)
	}
	if kind == wholeDigest {
		step.held = d
	}
	for i, key := range d.removes {
		t.fates.set(key, fateOf(step.first+int64(i), false))
	}
	for i, key := range d.adds {
		t.fates.set(key, fateOf(step.first+step.removes+int64(i), true))
	}
	if step.removes+step.adds > 0 {
		t.steps = append(t.steps, step)
	}
	return nil
}

// tells reports whether the commits say what became of a file.
func (t *tail) tells(path string, vector *DeletionVector) bool {
	return t.told > 0 && t.fates.of(fateKeyOf(path, vector.id())) != 0
}

// adds are the files that were added last, in the order of the log.
func (t *tail) adds(ctx context.Context, store volumes.Store) iter.Seq2[AddFile, error] {
	return replayTail(ctx, store, t, t.fates.added, liveAdds)
}

// removes are the files that were removed last, in the order of the log.
func (t *tail) removes(ctx context.Context, store volumes.Store) iter.Seq2[RemoveFile, error] {
	return replayTail(ctx, store, t, t.fates.removed, liveRemoves)
}

// A tailChoice takes from actions, of which the given number is the first of its kind, those that count.
type tailChoice[Action any] func(t *tail, a *Actions, first tailCursor, into []Action) []Action

// A tailCursor is the number of the next remove and of the next add.
type tailCursor struct{ remove, add int64 }

func (s *tailStep) cursor() tailCursor { return tailCursor{s.first, s.first + s.removes} }

func liveAdds(t *tail, a *Actions, at tailCursor, into []AddFile) []AddFile {
	for i := range a.Adds {
		file := &a.Adds[i]
		if t.fates.of(fateKeyOf(file.Path, file.DeletionVector.id())) == fateOf(at.add+int64(i), true) {
			into = append(into, *file)
		}
	}
	return into
}

func liveRemoves(t *tail, a *Actions, at tailCursor, into []RemoveFile) []RemoveFile {
	for i := range a.Removes {
		file := &a.Removes[i]
		if t.fates.of(fateKeyOf(file.Path, file.DeletionVector.id())) == fateOf(at.remove+int64(i), false) {
			into = append(into, *file)
		}
	}
	return into
}

// replayTail gives the actions of one kind that count, of which there are so many.
func replayTail[Action any](ctx context.Context, store volumes.Store, t *tail, count int64, choose tailChoice[Action]) iter.Seq2[Action, error] {
	return func(yield func(Action, error) bool) {
		if count == 0 {
			return
		}
		for i := range t.steps {
			if !replayStep(ctx, store, t, &t.steps[i], choose, yield) {
				return
			}
		}
	}
}

func replayStep[Action any](
	ctx context.Context, store volumes.Store, t *tail, step *tailStep, choose tailChoice[Action], yield func(Action, error) bool,
) (more bool) {
	if step.held != nil {
		for _, action := range choose(t, &step.held.Actions, step.cursor(), nil) {
			if !yield(action, nil) {
				return false
			}
		}
		return true
	}
	for actions, err := range ahead(func(give func([]Action) bool) error { return rereadStep(ctx, store, t, step, choose, give) }) {
		if err != nil {
			var none Action
			yield(none, err)
			return false
		}
		for i := range actions {
			if !yield(actions[i], nil) {
				return false
			}
		}
	}
	return true
}

// rereadActions is how many actions are read before they are handed on.
const rereadActions = 512

// rereadStep reads the actions of a step again, some at a time.
func rereadStep[Action any](
	ctx context.Context, store volumes.Store, t *tail, step *tailStep, choose tailChoice[Action], give func([]Action) bool,
) error {
	var some Actions
	at := step.cursor()
	hand := func() error {
		chosen := choose(t, &some, at, make([]Action, 0, len(some.Adds)+len(some.Removes)))
		at.add += int64(len(some.Adds))
		at.remove += int64(len(some.Removes))
		some.Adds, some.Removes = some.Adds[:0], some.Removes[:0]
		if len(chosen) > 0 && !give(chosen) {
			return errStopped
		}
		return ctx.Err()
	}
	err := readStepLines(ctx, store, step.from, func(s *lineScanner, line []byte) error {
		if err := (&some).decodeLine(s, line); err != nil || len(some.Adds)+len(some.Removes) < rereadActions {
			return err
		}
		return hand()
	})
	if err == nil {
		err = hand()
	}
	if err == nil && (at.add != step.first+step.removes+step.adds || at.remove != step.first+step.removes) {
		return errclass.DeltaLogCorrupt.New("%s is not what it was when the version was read.", step.from.name)
	}
	return err
}

// readStepLines reads the lines of a commit or of a compaction.
func readStepLines(ctx context.Context, store volumes.Store, f logFile, take lineDecoder) error {
	if f.kind == compactedFile {
		return readCompactionLines(ctx, store, f, take)
	}
	_, err := readCommitLines(ctx, store, f.version, take)
	return err
}
