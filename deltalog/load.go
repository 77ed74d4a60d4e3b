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
		return nil, tableNotFound()
	}
	s := &Snapshot{table: t, seg: seg}
	if s.state, err = t.loadState(ctx, seg); err != nil {
		return s, err
	}
	if err := s.check(); err != nil {
		return s, err
	}
	return s, s.loadTime(ctx)
}

func (s *Snapshot) check() error {
	if s.state.protocol == nil || s.state.metadata == nil {
		return errclass.DeltaLogCorrupt.New("version %d has no protocol or no metaData action.", s.seg.version).
			WithHint("Were files of the %s folder deleted?", logDir)
	}
	if err := s.state.protocol.CheckRead(); err != nil {
		return err
	}
	return s.state.metadata.checkTypeChanges()
}

// loadState reads the small part of a version: from the newest checksum file, else from the
// checkpoint, and then the commits that follow. Where that is every commit of the segment, the segment keeps what
// they did to the files.
func (t *Table) loadState(ctx context.Context, seg *segment) (state, error) {
	s, err := t.baseState(ctx, seg)
	if err != nil {
		return s, err
	}
	steps, kind := seg.steps(s.version+1), briefDigest
	var kept *tail
	if s.version <= seg.base() {
		kept, kind = new(tail), digestsOf(steps)
	}
	for read, err := range kind.readAll(ctx, t.store, steps) {
		if err != nil {
			return s, err
		}
		s = s.replay(read)
		if kept != nil {
			err = kept.add(read, kind)
		}
		if err != nil {
			return s, err
		}
	}
	seg.tail = kept
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
