package deltalog

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A segment is the files of the log that make up one version: a checkpoint, where there is one, and
// every commit after it.
//
//  1. commits are contiguous: checkpoint.version+1 … version, or 0 … version without a checkpoint.
//  2. checkpoint, when not nil, is complete: it has all its parts.
//  3. version is -1, and nothing else is set, for a table that does not exist.
type segment struct {
	version    int64
	checkpoint *checkpointFiles
	commits    []logFile // after the checkpoint, in order
	compacted  []logFile // of commits; what they hold may be read instead
	checksums  []logFile // of versions not above version, in order
	timestamp  time.Time // of version, made monotone within the segment
	head       logFile   // the commit of version; kind otherFile where the log no longer has it
	tail       *tail     // what commits do to the files, where they have been read; it is not changed any more
}

// checkpointFiles is a complete checkpoint.
type checkpointFiles struct {
	version int64
	parts   []logFile
}

// base is the version that the checkpoint holds; -1 without one.
func (s *segment) base() int64 {
	if s.checkpoint == nil {
		return -1
	}
	return s.checkpoint.version
}

// latest stands for the newest version there is.
const latest = math.MaxInt64

// A listing is what one look into the log found from some version on.
type listing struct {
	from        int64
	commits     []logFile
	checksums   []logFile
	compacted   []logFile
	checkpoints []logFile // all kinds
}

// list looks into the log from a version on. A log that does not exist is an empty listing.
func list(ctx context.Context, store volumes.Store, from, to int64) (*listing, error) {
	found := &listing{from: from}
	for info, err := range store.List(ctx, logDir, volumes.ListOptions{StartAfter: beforeVersion(from)}) {
		if errors.Is(err, fs.ErrNotExist) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		f := parseLogFile(info)
		if f.kind == otherFile || f.version < from {
			continue
		}
		if f.version > to {
			break
		}
		found.add(f)
	}
	return found, nil
}

func (l *listing) add(f logFile) {
	switch f.kind {
	case commitFile:
		l.commits = append(l.commits, f)
	case checksumFile:
		l.checksums = append(l.checksums, f)
	case compactedFile:
		l.compacted = append(l.compacted, f)
	default:
		l.checkpoints = append(l.checkpoints, f)
	}
}

// completeCheckpoint is the newest complete checkpoint below a version, nil when there is none.
func (l *listing) completeCheckpoint(below int64) *checkpointFiles {
	for i := len(l.checkpoints) - 1; i >= 0; {
		version := l.checkpoints[i].version
		first := i
		for first > 0 && l.checkpoints[first-1].version == version {
			first--
		}
		if version < below {
			if parts := complete(l.checkpoints[first : i+1]); parts != nil {
				return &checkpointFiles{version, parts}
			}
		}
		i = first - 1
	}
	return nil
}

// complete picks the files of one version that make a whole checkpoint: the classic one, one named by a UUID, or all parts of a
// split one.
func complete(files []logFile) []logFile {
	byParts := map[int64][]logFile{}
	var whole []logFile
	for _, f := range files {
		switch f.kind {
		case checkpointFile:
			return []logFile{f}
		case checkpointByUUID:
			whole = []logFile{f}
		case checkpointPart:
			byParts[f.parts] = append(byParts[f.parts], f)
			if group := byParts[f.parts]; whole == nil && int64(len(group)) == f.parts {
				whole = group
			}
		default: // no checkpoint
		}
	}
	return whole
}

// segment picks the files that make the version, without checkpoints that are not below the bound.
func (l *listing) segment(version, checkpointBelow int64) (*segment, error) {
	s := &segment{version: -1, checkpoint: l.completeCheckpoint(checkpointBelow)}
	var previous time.Time
	expected := s.base() + 1
	for _, f := range l.commits {
		at := monotone(previous, f.modTime)
		previous = at
		if f.version == s.base() {
			s.head, s.timestamp = f, at
		}
		if f.version < expected {
			continue
		}
		if f.version > expected {
			return nil, gapError(expected, f.version, version)
		}
		s.commits = append(s.commits, f)
		s.head, s.timestamp = f, at
		expected++
	}
	s.version = expected - 1
	for _, f := range l.checksums {
		if f.version >= s.base() && f.version <= s.version {
			s.checksums = append(s.checksums, f)
		}
	}
	for _, f := range l.compacted {
		if f.version > s.base() && f.through <= s.version {
			s.compacted = append(s.compacted, f)
		}
	}
	if s.head.kind == otherFile && s.checkpoint != nil {
		s.timestamp = s.checkpoint.parts[0].modTime
	}
	if version != latest && s.version != version {
		return nil, s.notFound(version)
	}
	return s, nil
}

// steps are the files to read, in order, to get from a version of the segment to its last: commits, and what stands for several.
func (s *segment) steps(from int64) []logFile {
	commits := s.commits[max(0, min(from-s.base()-1, int64(len(s.commits)))):]
	if len(s.compacted) == 0 {
		return commits
	}
	longest := map[int64]logFile{}
	for _, f := range s.compacted {
		if f.through > longest[f.version].through {
			longest[f.version] = f
		}
	}
	var steps []logFile
	for len(commits) > 0 {
		f, ok := longest[commits[0].version]
		if !ok {
			steps, commits = append(steps, commits[0]), commits[1:]
			continue
		}
		steps, commits = append(steps, f), commits[f.through-f.version+1:]
	}
	return steps
}

// monotone is the commit's time, made later than the one before it: clocks and copies of a table
// can make modification times run backwards.
func monotone(previous, modTime time.Time) time.Time {
	modTime = modTime.Truncate(time.Millisecond)
	if next := previous.Add(time.Millisecond); !previous.IsZero() && modTime.Before(next) {
		return next
	}
	return modTime
}

func gapError(expected, found, wanted int64) error {
	loading := "the latest version"
	if wanted != latest {
		loading = "version " + itoa(wanted)
	}
	return errclass.DeltaLogGap.New("the log has no version %d between %d and %d, which is needed to load %s.",
		expected, expected-1, found, loading).
		WithHint("Restore the missing file of %s, or a checkpoint above it.", logDir)
}

func (s *segment) notFound(version int64) error {
	if s.version < 0 {
		return tableNotFound()
	}
	return errclass.DeltaVersionNotFound.New(
		"cannot time travel the Delta table to version %d. Available versions: [%d, %d].", version, max(s.base(), 0), s.version)
}

func tableNotFound() error {
	return errclass.DeltaTableNotFound.New("the Delta table doesn't exist: its folder has no %s with a commit or checkpoint in it.", logDir)
}
