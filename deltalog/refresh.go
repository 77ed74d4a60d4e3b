package deltalog

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"lakehouse/volumes"
)

// manyCommits is from how many new versions on a refresh loads the table anew: a checkpoint or a
// checksum file then saves more than the old state does.
const manyCommits = 20

// refresh reads what is new since an older snapshot, version by version. It does not list the log:
// on a disk that would cost its whole length.
func (t *Table) refresh(ctx context.Context, old *Snapshot) (*Snapshot, error) {
	if same, err := t.continues(ctx, old.seg); err != nil || !same {
		return t.loadAfter(ctx, err)
	}
	s := &Snapshot{table: t, seg: old.seg.open(), state: old.state}
	for range manyCommits {
		actions, f, err := readCommitFile(ctx, t.store, s.seg.version+1)
		if errors.Is(err, fs.ErrNotExist) {
			return t.refreshed(ctx, old, s)
		}
		if err != nil {
			return nil, err
		}
		s.seg.append(f)
		s.state = s.state.apply(actions)
	}
	return t.load(ctx, latest)
}

func (t *Table) loadAfter(ctx context.Context, err error) (*Snapshot, error) {
	if err != nil {
		return nil, err
	}
	return t.load(ctx, latest)
}

// refreshed ends a refresh that has come to the end of the log.
func (t *Table) refreshed(ctx context.Context, old, s *Snapshot) (*Snapshot, error) {
	hole, err := t.has(ctx, s.seg.version+2)
	if err != nil || hole {
		return t.loadAfter(ctx, err) // which tells what is missing
	}
	if s.seg.version == old.seg.version {
		return old, nil
	}
	if int64(len(s.seg.commits)) >= s.state.metadata.checkpointInterval() {
		s.seg.advance(ctx, t)
	}
	return s, s.check()
}

// continues reports whether the log still holds the commit that the segment ended with: a table
// that was dropped and made again does not.
func (t *Table) continues(ctx context.Context, s *segment) (bool, error) {
	if s.head.kind != commitFile {
		return false, nil
	}
	info, err := volumes.StatFile(ctx, t.store, s.head.name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return info.ETag == s.head.etag && info.Size == s.head.size && info.ModTime.Equal(s.head.modTime), err
}

// open is a copy that can be appended to.
func (s *segment) open() *segment {
	c := *s
	c.commits, c.tail = slices.Clip(s.commits), nil
	return &c
}

// append is the segment with the next version.
func (s *segment) append(f logFile) {
	s.version, s.head, s.timestamp = f.version, f, monotone(s.timestamp, f.modTime)
	s.commits = append(s.commits, f)
}

// advance bases the segment on the checkpoint that was written last, if that is newer than its own,
// so that replaying it stays as cheap as after a fresh load. Where anything is in doubt the segment
// stays as it is, which is right as well.
func (s *segment) advance(ctx context.Context, t *Table) {
	hint, ok := readLastCheckpoint(ctx, t.store)
	if !ok || hint.Version <= s.base() || hint.Version > s.version || hint.Parts > 0 {
		return
	}
	name := checkpointName(hint.Version)
	if v2 := hint.V2Checkpoint; v2 != nil {
		name = logDir + "/" + v2.Path
	}
	if checkPath(name) != nil {
		return
	}
	info, err := volumes.StatFile(ctx, t.store, name)
	if err != nil {
		return
	}
	f := parseLogFile(info)
	if f.version != hint.Version || f.kind != checkpointFile && f.kind != checkpointByUUID {
		return
	}
	s.checkpoint = &checkpointFiles{hint.Version, []logFile{f}}
	for len(s.commits) > 0 && s.commits[0].version <= hint.Version {
		s.commits = s.commits[1:]
	}
	s.compacted = slices.DeleteFunc(slices.Clone(s.compacted), func(f logFile) bool { return f.version <= hint.Version })
}
