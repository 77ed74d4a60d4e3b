package deltalog

import (
	"context"
	"errors"
	"fmt"

	"lakehouse/internal/errclass"
)

// errBrokenCheckpoint marks an error that an older checkpoint can make up for.
var errBrokenCheckpoint = errors.New("broken checkpoint")

// load finds and reads a version. Where a checkpoint turns out to be broken it goes back to the one
// before, or to the commits alone.
func (t *Table) load(ctx context.Context, version int64) (*Snapshot, error) {
	found, err := t.listFor(ctx, version)
	if err != nil {
		return nil, err
	}
	below := int64(latest)
	var broken error
	for {
		s, err := t.assemble(ctx, found, version, below)
		switch {
		case err == nil:
			return s, nil
		case errors.Is(err, errBrokenCheckpoint):
			broken = errors.Join(broken, err)
			below = s.seg.base()
		case found.from == 0 && broken != nil:
			return nil, fmt.Errorf("%w (after %w)", err, broken)
		case found.from == 0 || ctx.Err() != nil:
			return nil, err
		}
		if found.from > 0 { // the hint led astray: the log is looked at as a whole
			if found, err = list(ctx, t.store, 0, version); err != nil {
				return nil, err
			}
		}
	}
}

// listFor looks into the log from where the version's segment is likely to start.
func (t *Table) listFor(ctx context.Context, version int64) (*listing, error) {
	hint, ok := readLastCheckpoint(ctx, t.store)
	if ok && hint.Version <= version {
		return list(ctx, t.store, hint.Version, version)
	}
	if version == latest || !ok {
		return list(ctx, t.store, 0, version)
	}
	for window := int64(100); ; window *= 10 {
		from := max(0, version-window)
		found, err := list(ctx, t.store, from, version)
		if err != nil || from == 0 || found.completeCheckpoint(latest) != nil {
			return found, err
		}
	}
}

// assemble makes the snapshot from one listing. With an errBrokenCheckpoint it returns the snapshot
// too, for its segment.
func (t *Table) assemble(ctx context.Context, found *listing, version, below int64) (*Snapshot, error) {
	seg, err := found.segment(version, below)
	if err != nil {
		return nil, err
	}
	if seg.version < 0 {
		return nil, found.nothing()
	}
	s := &Snapshot{table: t, seg: seg}
	if s.state, err = t.loadState(ctx, seg); err != nil {
		return s, err
	}
	return s, s.check()
}

// nothing explains a log without a version to start from.
func (l *listing) nothing() error {
	if len(l.checkpoints) > 0 && l.checkpoints[0].kind == checkpointByUUID {
		return gapError(l, 0, l.checkpoints[0].version, latest)
	}
	return tableNotFound()
}

func (s *Snapshot) check() error {
	if s.state.protocol == nil || s.state.metadata == nil {
		return errclass.DeltaLogCorrupt.New("version %d has no protocol or no metaData action.", s.seg.version).
			WithHint("Were files of the %s folder deleted?", logDir)
	}
	return s.state.protocol.CheckRead()
}

// loadState reads the small part of a version: from the newest checksum file, else from the
// checkpoint, and then the commits that follow.
func (t *Table) loadState(ctx context.Context, seg *segment) (state, error) {
	s, err := t.baseState(ctx, seg)
	if err != nil {
		return s, err
	}
	for _, f := range seg.commits {
		if f.version <= s.version {
			continue
		}
		actions, err := readCommit(ctx, t.store, f.version)
		if err != nil {
			return s, err
		}
		s = s.apply(actions)
	}
	return s, nil
}

// maxChecksumTries bounds how many unhelpful checksum files are read before the checkpoint is.
const maxChecksumTries = 2

func (t *Table) baseState(ctx context.Context, seg *segment) (state, error) {
	for i, tries := len(seg.checksums)-1, 0; i >= 0 && tries < maxChecksumTries; i, tries = i-1, tries+1 {
		if s, ok := readChecksum(ctx, t.store, seg.checksums[i].version); ok {
			return s, nil
		}
	}
	if seg.checkpoint == nil {
		return emptyState(), nil
	}
	s, err := readCheckpointState(ctx, t.store, seg.checkpoint)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: read checkpoint of version %d: %w", errBrokenCheckpoint, seg.checkpoint.version, err)
	}
	return s, err
}

// manyCommits is from how many new versions on a refresh loads the table anew: a checkpoint or a
// checksum file then saves more than the old state does.
const manyCommits = 20

// refresh reads what is new since an older snapshot.
func (t *Table) refresh(ctx context.Context, old *Snapshot) (*Snapshot, error) {
	found, err := list(ctx, t.store, old.seg.version, latest)
	if err != nil {
		return nil, err
	}
	if len(found.commits) > manyCommits || !found.continues(old.seg) {
		return t.load(ctx, latest)
	}
	seg, err := found.extend(old.seg)
	if err != nil {
		return nil, err
	}
	if seg == nil {
		return old, nil
	}
	s := &Snapshot{table: t, seg: seg, state: old.state}
	for _, f := range found.commits[1:] {
		actions, err := readCommit(ctx, t.store, f.version)
		if err != nil {
			return nil, err
		}
		s.state = s.state.apply(actions)
	}
	return s, s.check()
}

// continues reports whether the log still holds the commit that the segment ended with: a table
// that was dropped and made again does not.
func (l *listing) continues(s *segment) bool {
	if len(l.commits) == 0 || s.head.kind != commitFile {
		return false
	}
	first := l.commits[0]
	return first.version == s.version && first.etag == s.head.etag && first.size == s.head.size &&
		first.modTime.Equal(s.head.modTime)
}

// extend is the segment with what the listing adds, nil when that is nothing.
func (l *listing) extend(old *segment) (*segment, error) {
	s := *old
	s.commits = old.commits[:len(old.commits):len(old.commits)]
	for _, f := range l.commits[1:] {
		if f.version != s.version+1 {
			return nil, gapError(l, s.version+1, f.version, latest)
		}
		s.version, s.head, s.timestamp = f.version, f, monotone(s.timestamp, f.modTime)
		s.commits = append(s.commits, f)
	}
	if cp := l.completeCheckpoint(s.version + 1); cp != nil && cp.version > old.base() {
		s.checkpoint = cp
		for len(s.commits) > 0 && s.commits[0].version <= cp.version {
			s.commits = s.commits[1:]
		}
	}
	if s.version == old.version && s.base() == old.base() {
		return nil, nil
	}
	return &s, nil
}
