package deltalog

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/parquetio"
	"lakehouse/volumes"
)

// Checkpoint writes the snapshot so that readers need not go further back in the log, and then the hint that leads to it: as one
// Parquet file or, where the table has the property delta.checkpointPolicy = v2, as a manifest with sidecar files, of which the next
// checkpoint shares what has not changed. It happens by itself each delta.checkpointInterval versions.
func (s *Snapshot) Checkpoint(ctx context.Context) error {
	if there, err := s.checkpointThere(ctx); err != nil || there {
		return err
	}
	s, err := s.withTail(ctx)
	if err != nil {
		return err
	}
	write := s.checkpointClassic
	if s.state.protocol.Supports("v2Checkpoint") && propertyIs(propCheckpointPolicy, "v2")(s.state.metadata) {
		write = s.checkpointV2
	}
	hint, counted, err := write(ctx)
	if err != nil {
		return err
	}
	if err := s.completeChecksum(ctx, counted); err != nil {
		return err
	}
	return writeLastCheckpoint(ctx, s.table.store, hint)
}

// withTail is the snapshot that holds what its commits did to the files, however much that is: files and tombstones are
// both told by it, and it shall not be read for each.
func (s *Snapshot) withTail(ctx context.Context) (*Snapshot, error) {
	tail, err := readTail(ctx, s.table, s.seg)
	if err != nil {
		return nil, err
	}
	seg := *s.seg
	seg.tail = tail
	held := *s
	held.seg = &seg
	return &held, nil
}

// checkpointThere reports whether the version has a checkpoint that can be read. It is left as it is: writing it again could only
// break it, when everything before may be gone already.
func (s *Snapshot) checkpointThere(ctx context.Context) (bool, error) {
	found, err := list(ctx, s.table.store, s.Version(), s.Version())
	if err != nil {
		return false, err
	}
	there := found.completeCheckpoint(s.Version() + 1)
	if there == nil || !s.table.readable(ctx, there) {
		return false, ctx.Err()
	}
	hint := lastCheckpoint{Version: s.Version()}
	switch part := there.parts[0]; part.kind {
	case checkpointFile:
		file, err := openPart(ctx, s.table.store, part.name)
		if err != nil {
			return false, err
		}
		hint.Size, hint.SizeInBytes = file.NumRows(), part.size
		return true, errors.Join(file.Close(), writeLastCheckpoint(ctx, s.table.store, hint))
	case checkpointByUUID:
		hint.V2Checkpoint = &lastManifest{strings.TrimPrefix(part.name, logDir+"/"), part.size, part.modTime.UnixMilli()}
		return true, writeLastCheckpoint(ctx, s.table.store, hint)
	default:
		return true, nil
	}
}

// checkpointClassic writes the checkpoint as one file. It comes into being whole, or not at all.
func (s *Snapshot) checkpointClassic(ctx context.Context) (lastCheckpoint, fileCount, error) {
	layout, err := s.state.metadata.checkpointLayout()
	if err != nil {
		return lastCheckpoint{}, fileCount{}, err
	}
	out, err := s.table.newCheckpointFile(ctx, checkpointName(s.Version()), layout, classicColumns())
	if err != nil {
		return lastCheckpoint{}, fileCount{}, err
	}
	defer out.abort()
	if err := s.fillCheckpoint(ctx, out.rows); err != nil {
		return lastCheckpoint{}, fileCount{}, err
	}
	size, err := out.commit()
	hint := lastCheckpoint{Version: s.Version(), Size: out.rows.rows, SizeInBytes: size, NumOfAddFiles: out.rows.adds.number}
	return hint, out.rows.adds, err
}

// A checkpointOut is a file of a checkpoint that is being written.
type checkpointOut struct {
	file   volumes.Writer
	writer *parquetio.Writer
	rows   *checkpointRows
}

// checkpointGroupRows is how many rows are held before they are written; a million files share out between sixteen cores.
const checkpointGroupRows = 1 << 16

func (t *Table) newCheckpointFile(ctx context.Context, name string, layout checkpointLayout, columns []int) (*checkpointOut, error) {
	file, err := t.store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	writer, err := parquetio.NewWriter(file, layout.schema(columns...), parquetio.WriterOptions{RowGroupRows: checkpointGroupRows})
	if err != nil {
		file.Abort()
		return nil, err
	}
	return &checkpointOut{file, writer, newCheckpointRows(layout, columns, writer.Write)}, nil
}

func (o *checkpointOut) abort() { o.file.Abort() }

func (o *checkpointOut) commit() (size int64, err error) {
	if err := o.rows.flush(); err != nil {
		return 0, err
	}
	stats, err := o.writer.Close()
	if err != nil {
		return 0, err
	}
	return stats.Size, o.file.Commit()
}

func (s *Snapshot) fillCheckpoint(ctx context.Context, rows *checkpointRows) error {
	if err := s.fillState(ctx, rows); err != nil {
		return err
	}
	for file, err := range s.Files(ctx) {
		if err == nil {
			err = rows.add(&file)
		}
		if err != nil {
			return err
		}
	}
	return s.fillTombstones(ctx, rows)
}

// fillTombstones writes the removes that have not expired.
func (s *Snapshot) fillTombstones(ctx context.Context, rows *checkpointRows) error {
	for file, err := range s.Tombstones(ctx) {
		if err == nil && !s.expired(&file) {
			err = rows.remove(&file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// expired reports whether nobody needs the tombstone any more.
func (s *Snapshot) expired(file *RemoveFile) bool {
	return file.DeletionTimestamp <= s.table.opts.Clock().Add(-s.state.metadata.fileRetention()).UnixMilli()
}

// fillState writes all that is not a file.
func (s *Snapshot) fillState(ctx context.Context, rows *checkpointRows) error {
	actions, err := s.smallActions(ctx)
	if err != nil {
		return err
	}
	return rows.state(actions)
}

// smallActions are the actions of the version but those of its files, without what a checkpoint forgets.
func (s *Snapshot) smallActions(ctx context.Context) (*Actions, error) {
	small, err := s.complete(ctx)
	if err != nil {
		return nil, err
	}
	forgotten := int64(-1)
	if retention := s.state.metadata.txnRetention(); retention > 0 {
		forgotten = s.table.opts.Clock().Add(-retention).UnixMilli()
	}
	actions := &Actions{Protocol: s.state.protocol, Metadata: s.state.metadata, Domains: small.liveDomains()}
	txns := slices.SortedFunc(maps.Values(small.txns), func(a, b SetTransaction) int { return cmp.Compare(a.AppID, b.AppID) })
	for _, txn := range txns {
		if txn.LastUpdated == 0 || txn.LastUpdated > forgotten {
			actions.Transactions = append(actions.Transactions, txn)
		}
	}
	return actions, nil
}

// completeChecksum writes the checksum file of a version that has none, as other writers leave it: the checkpoint has
// just counted the files, and the versions after it can count on. Without one, each writer would read the checkpoint anew.
func (s *Snapshot) completeChecksum(ctx context.Context, files fileCount) error {
	if n := len(s.seg.checksums); s.state.files.known && n > 0 && s.seg.checksums[n-1].version == s.Version() {
		return nil
	}
	counted, err := s.complete(ctx)
	if err != nil {
		return err
	}
	if !counted.files.known {
		counted.files = files
	}
	return writeChecksum(ctx, s.table.store, counted, "")
}
