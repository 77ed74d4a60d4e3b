package delta

import (
	"context"
	"strconv"

	"lakehouse/deltalog"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// source reads a table version by version. What it gives between two offsets never changes: versions don't.
type source struct {
	*Provider
	id        string
	protocol  deltalog.Protocol // by which the stream reads
	tracking  *tracking         // nil: the columns are not tracked
	checked   bool              // that the columns have not changed since where the stream goes on
	latest    int64             // under availableNow: the last version to read; -1: no bound
	initial   initialFiles
	read      int64  // files given to batches of this run
	eventTime string // withEventTimeOrder: the column whose order the initial snapshot is read in; empty: that of its files
	mark      mark   // of the table's log
}

var _ stream.Metered = (*source)(nil)

// Metrics are what became of the table's files in this run.
func (s *source) Metrics() map[string]string {
	return map[string]string{stream.MetricFilesRead: strconv.FormatInt(s.read, 10)}
}

// initialFiles are the files of the snapshot that a stream begins with, kept while its batches go through them.
type initialFiles struct {
	version int64
	files   []deltalog.ChangedFile // nil: not listed yet
	timed   []timedFile            // by event time; nil: not ordered yet
}

// indexedFile is a file with the offset that stands behind it; or files that no offset stands between.
type indexedFile struct {
	file deltalog.ChangedFile
	more []deltalog.ChangedFile
	end  offset // where there is no file, of nothing, or of a change of the columns
}

// Description is Spark's.
func (s *source) Description() string { return "DeltaSource[" + s.table.description() + "]" }

// Stop does nothing: the source has no goroutines.
func (s *source) Stop() error { return nil }

// Freeze bounds the stream by the version that is the latest now.
func (s *source) Freeze(ctx context.Context) error {
	snap, err := s.table.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	s.latest = snap.Version()
	return nil
}

// Latest takes files from start on, as many as the limits allow.
func (s *source) Latest(ctx context.Context, _ int64, start stream.Offset, limit stream.ReadLimit) (stream.Offset, error) {
	at, err := s.next(ctx, start)
	if err != nil {
		return nil, err
	}
	if err := s.checkTable(ctx); err != nil {
		return nil, err
	}
	if end, pending, err := s.beginTracking(ctx, at, start == nil); err != nil || pending {
		return end, err
	}
	if err := s.checkColumns(ctx, at); err != nil {
		return nil, err
	}
	if start == nil && s.fromLatest() {
		return at.json(), nil // what is the latest now is known now alone: the first batch holds it fast, without rows
	}
	files, bytesLeft := s.limits(limit)
	if at.IsStartingVersion && s.eventTime != "" {
		end, err := s.nextBucket(ctx, at, files, bytesLeft)
		return end.json(), err
	}
	end, err := s.within(ctx, at, files, bytesLeft)
	switch {
	case err != nil:
		return nil, err
	case end == at && start != nil:
		return start, nil
	}
	return end.json(), nil
}

// within is how far so many files and bytes reach. What is taken last may exceed the bytes: else a larger file would never be read.
func (s *source) within(ctx context.Context, at offset, files, bytesLeft int64) (end offset, err error) {
	end = at
	for f, err := range s.from(ctx, at) {
		if err != nil {
			return end, err
		}
		if f.file.Path != "" { // a version without files is passed at no cost
			if files <= 0 || bytesLeft <= 0 {
				break
			}
			files -= 1 + int64(len(f.more))
			for _, file := range append(f.more, f.file) {
				bytesLeft -= file.Size
			}
		}
		end = f.end
	}
	return end, nil
}

func (s *source) limits(limit stream.ReadLimit) (files, size int64) {
	const unlimited = 1 << 62
	if limit == stream.LimitNone {
		return unlimited, unlimited
	}
	files, size = s.opts.values.Int("maxFilesPerTrigger"), unlimited
	if s.opts.values.Has("maxBytesPerTrigger") {
		size = s.opts.values.Bytes("maxBytesPerTrigger")
		if !s.opts.values.Has("maxFilesPerTrigger") {
			files = unlimited
		}
	}
	return files, size
}

// next is where the batch after an offset begins.
func (s *source) next(ctx context.Context, o stream.Offset) (offset, error) {
	if o == nil {
		return s.beginning(ctx)
	}
	return s.parse(o)
}

// parse reads an offset of the checkpoint.
func (s *source) parse(o stream.Offset) (offset, error) {
	at, err := parseOffset(o, s.id)
	if err != nil {
		return at, err
	}
	return at, s.checkOrder(at)
}

// Rows gives the files between two offsets.
func (s *source) Rows(ctx context.Context, start, end stream.Offset) (logical.Source, error) {
	to, err := s.parse(end)
	if err != nil {
		return nil, err
	}
	at, err := s.startOf(ctx, start, to)
	if err != nil {
		return nil, err
	}
	if err := checkForward(at, to); err != nil {
		return nil, err
	}
	if err := s.checkColumns(ctx, at); err != nil {
		return nil, err
	}
	if at.IsStartingVersion && s.eventTime != "" {
		return s.bucket(ctx, at, to)
	}
	files, err := s.between(ctx, at, to)
	if err != nil {
		return nil, err
	}
	s.read += int64(len(files))
	return filesSource(s.table, s.columns, s.Description(), files), nil
}

// between is the files behind an offset up to another. Spark lets a batch go on behind the snapshot that it began in.
func (s *source) between(ctx context.Context, at, to offset) ([]deltalog.ChangedFile, error) {
	var files []deltalog.ChangedFile
	for f, err := range s.from(ctx, at) {
		if err != nil {
			return nil, err
		}
		if after(f.end, to) {
			return files, nil
		}
		if f.file.Path != "" {
			files = append(append(files, f.file), f.more...)
		}
		if f.end == to {
			return files, nil
		}
	}
	if next := at.behind(at.ReservoirVersion); at.IsStartingVersion && after(to, next) {
		rest, err := s.between(ctx, next, to)
		return append(files, rest...), err
	}
	return files, nil
}

// startOf is where a batch begins. A first batch has no start in the log: it began with the snapshot that its end
// names, or, when it read all of it, with the version before its end.
func (s *source) startOf(ctx context.Context, start stream.Offset, to offset) (offset, error) {
	values := s.opts.values
	switch {
	case start != nil:
		return s.parse(start)
	case s.fromLatest():
		return to, nil
	case values.Has("startingVersion") || values.Has("startingTimestamp"):
		return s.beginning(ctx)
	}
	at := offset{ReservoirID: s.id, ReservoirVersion: to.ReservoirVersion, Index: baseIndex, IsStartingVersion: true}
	if !to.IsStartingVersion {
		at.ReservoirVersion--
	}
	return at, nil
}
