package deltalog

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/parquetio"
)

// Checkpoint writes the snapshot as one Parquet file, so that readers need not go further back in
// the log, and then the hint that leads to it. It happens by itself each delta.checkpointInterval
// versions. It reads all files of the table.
func (s *Snapshot) Checkpoint(ctx context.Context) error {
	rows, size, err := s.writeCheckpoint(ctx)
	if err != nil {
		return err
	}
	if err := s.completeChecksum(ctx, rows); err != nil {
		return err
	}
	return writeLastCheckpoint(ctx, s.table.store, lastCheckpoint{
		Version: s.Version(), Size: rows.rows, SizeInBytes: size, NumOfAddFiles: rows.adds,
	})
}

// writeCheckpoint writes the file. It comes into being whole, or not at all.
func (s *Snapshot) writeCheckpoint(ctx context.Context) (*checkpointRows, int64, error) {
	file, err := s.table.store.Create(ctx, checkpointName(s.Version()))
	if err != nil {
		return nil, 0, err
	}
	defer file.Abort()
	writer, err := parquetio.NewWriter(file, checkpointSchema(), parquetio.WriterOptions{})
	if err != nil {
		return nil, 0, err
	}
	rows := newCheckpointRows(func(b arrow.RecordBatch) error { return writer.Write(b) })
	if err := s.fillCheckpoint(ctx, rows); err != nil {
		return nil, 0, err
	}
	stats, err := writer.Close()
	if err != nil {
		return nil, 0, err
	}
	return rows, stats.Size, file.Commit()
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
	expired := s.table.opts.Clock().Add(-s.state.metadata.fileRetention()).UnixMilli()
	for file, err := range s.Tombstones(ctx) {
		if err == nil && file.DeletionTimestamp > expired {
			err = rows.remove(&file)
		}
		if err != nil {
			return err
		}
	}
	return rows.flush()
}

func (s *Snapshot) fillState(ctx context.Context, rows *checkpointRows) error {
	if err := rows.protocol(s.state.protocol); err != nil {
		return err
	}
	if err := rows.metadata(s.state.metadata); err != nil {
		return err
	}
	small, err := s.complete(ctx)
	if err != nil {
		return err
	}
	forgotten := int64(-1)
	if retention := s.state.metadata.txnRetention(); retention > 0 {
		forgotten = s.table.opts.Clock().Add(-retention).UnixMilli()
	}
	txns := slices.SortedFunc(maps.Values(small.txns), func(a, b SetTransaction) int { return cmp.Compare(a.AppID, b.AppID) })
	for _, txn := range txns {
		if txn.LastUpdated != 0 && txn.LastUpdated <= forgotten {
			continue
		}
		if err := rows.txn(txn); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(small.domains)) {
		if domain := small.domains[name]; !domain.Removed {
			if err := rows.domain(domain); err != nil {
				return err
			}
		}
	}
	return nil
}

// completeChecksum writes the checksum file of a version whose files nobody had counted: the
// checkpoint has just done it, and the versions after it can count on.
func (s *Snapshot) completeChecksum(ctx context.Context, rows *checkpointRows) error {
	if s.state.files.known {
		return nil
	}
	counted, err := s.complete(ctx)
	if err != nil {
		return err
	}
	counted.files = fileCount{known: true, number: rows.adds, bytes: rows.bytes}
	return writeChecksum(ctx, s.table.store, counted, "")
}
