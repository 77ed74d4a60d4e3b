package deltalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// A Snapshot is the table as of one version. It never changes and is safe for concurrent use.
type Snapshot struct {
	table *Table
	seg   *segment
	state state
}

// Version is the snapshot's version.
func (s *Snapshot) Version() int64 { return s.seg.version }

// Timestamp is when the version was made, made later than the version before it.
func (s *Snapshot) Timestamp() time.Time {
	if s.state.stamp != 0 && s.state.metadata.commitTimes() {
		return time.UnixMilli(s.state.stamp)
	}
	return s.seg.timestamp
}

// Metadata describes the table.
func (s *Snapshot) Metadata() Metadata { return s.state.metadata.clone() }

// Protocol is what the table demands of readers and writers.
func (s *Snapshot) Protocol() Protocol {
	p := *s.state.protocol
	p.ReaderFeatures, p.WriterFeatures = slices.Clone(p.ReaderFeatures), slices.Clone(p.WriterFeatures)
	return p
}

// Schema is the table's columns.
func (s *Snapshot) Schema() (Schema, error) { return s.state.metadata.Schema() }

// PartitionColumns are the columns that the table is partitioned by.
func (s *Snapshot) PartitionColumns() []string {
	return slices.Clone(s.state.metadata.PartitionColumns)
}

// SetTransaction is how far an application has written the table, ok false for one that never did.
// A streaming query asks with its id.
func (s *Snapshot) SetTransaction(ctx context.Context, appID string) (version int64, ok bool, err error) {
	small, err := s.complete(ctx)
	if err != nil {
		return 0, false, s.table.located(err)
	}
	txn, ok := small.txns[appID]
	return txn.Version, ok, nil
}

// complete is the state with its applications and domains. Where the checksum file left them out,
// they are looked for in the checkpoint and the commits after it.
func (s *Snapshot) complete(ctx context.Context) (state, error) {
	if s.state.txns != nil && s.state.domains != nil {
		return s.state, nil
	}
	return s.table.completeState(ctx, s.seg)
}

func (t *Table) completeState(ctx context.Context, seg *segment) (state, error) {
	full := emptyState()
	if seg.checkpoint != nil {
		var err error
		if full, err = readCheckpointState(ctx, t.store, seg.checkpoint); err != nil {
			older, olderErr := t.segmentBelow(ctx, seg)
			if olderErr != nil {
				return state{}, errors.Join(fmt.Errorf("read checkpoint of version %d: %w", seg.base(), err), olderErr)
			}
			return t.completeState(ctx, older)
		}
	}
	for read, err := range briefDigest.readAll(ctx, t.store, seg.steps(seg.base()+1)) {
		if err != nil {
			return state{}, err
		}
		full = full.replay(read)
	}
	return full, nil
}

// NumFiles is how many data files the version has. It is free where a checksum file told, else the
// log is replayed.
func (s *Snapshot) NumFiles(ctx context.Context) (int64, error) {
	count, err := s.count(ctx)
	return count.number, err
}

// SizeInBytes is the size of the version's data files together, at the cost of [Snapshot.NumFiles].
func (s *Snapshot) SizeInBytes(ctx context.Context) (int64, error) {
	count, err := s.count(ctx)
	return count.bytes, err
}

func (s *Snapshot) count(ctx context.Context) (fileCount, error) {
	if s.state.files.known {
		return s.state.files, nil
	}
	count := fileCount{known: true}
	for file, err := range s.Files(ctx) {
		if err != nil {
			return fileCount{}, err
		}
		count.number++
		count.bytes += file.Size
	}
	return count, nil
}

// Files are the version's data files: those of the checkpoint, then those added since, in the order
// of the log. Memory grows with what follows the checkpoint, not with the table.
func (s *Snapshot) Files(ctx context.Context) iter.Seq2[AddFile, error] {
	return func(yield func(AddFile, error) bool) {
		replayFiles(ctx, s.table, s.seg, func(f AddFile, err error) bool { return yield(f, s.table.located(err)) })
	}
}

// Tombstones are the files that were removed and that the log still remembers.
func (s *Snapshot) Tombstones(ctx context.Context) iter.Seq2[RemoveFile, error] {
	return func(yield func(RemoveFile, error) bool) { replayTombstones(ctx, s.table, s.seg, yield) }
}
