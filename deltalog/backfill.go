package deltalog

import (
	"context"
	"strconv"
)

// backfillFiles is how many files one version gives the numbers of row tracking.
const backfillFiles = 100_000

// BackfillRowIDs gives all files of the table the numbers of row tracking that have none, so that the table's property can be turned on: first
// the protocol asks all writers for them, then the files that are there get theirs, some by each version. Others may write meanwhile. A run
// that is cut short is gone on with by the next.
func (t *Table) BackfillRowIDs(ctx context.Context) error {
	return t.located(t.backfillRowIDs(ctx, backfillFiles))
}

func (t *Table) backfillRowIDs(ctx context.Context, most int) error {
	if err := t.supportRowTracking(ctx); err != nil {
		return err
	}
	for batch := 0; ; batch++ {
		s, err := t.Snapshot(ctx)
		if err != nil {
			return err
		}
		files, err := s.unnumbered(ctx, most)
		if err != nil || len(files) == 0 {
			return err
		}
		txn := s.Begin(Operation{Name: opBackfill, Parameters: Parameters{}.With("batchId", strconv.Itoa(batch))})
		txn.ReadNamed(files...)
		txn.Add(files...)
		if _, err := txn.Commit(ctx); err != nil {
			return err
		}
	}
}

// takeRowIDs takes the numbers off the files again, some by each version. No new ones are given: the table's property has suspended that.
func (t *Table) takeRowIDs(ctx context.Context, most int) error {
	for batch := 0; ; batch++ {
		s, err := t.Snapshot(ctx)
		if err != nil {
			return err
		}
		files, err := s.numbered(ctx, most)
		if err != nil || len(files) == 0 {
			return err
		}
		txn := s.Begin(Operation{Name: opUnbackfill, Parameters: Parameters{}.With("batchId", strconv.Itoa(batch))})
		txn.ReadNamed(files...)
		txn.Add(files...)
		if _, err := txn.Commit(ctx); err != nil {
			return err
		}
	}
}

// numbered are at most so many of the files that have numbers, without them.
func (s *Snapshot) numbered(ctx context.Context, most int) ([]AddFile, error) {
	var found []AddFile
	for file, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if file.BaseRowID != nil || file.DefaultRowCommitVersion != nil {
			file.BaseRowID, file.DefaultRowCommitVersion, file.DataChange = nil, nil, false
			found = append(found, file)
		}
		if len(found) == most {
			break
		}
	}
	return found, nil
}

// supportRowTracking asks writers to number the files that they add.
func (t *Table) supportRowTracking(ctx context.Context) error {
	s, err := t.Snapshot(ctx)
	if err != nil || s.state.protocol.Supports("rowTracking") {
		return err
	}
	protocol, err := s.Protocol().With("rowTracking")
	if err != nil {
		return err
	}
	txn := s.Begin(Operation{Name: "UPGRADE PROTOCOL", Parameters: Parameters{}.With("newProtocol", protocol.told())})
	txn.UpdateProtocol(protocol)
	_, err = txn.Commit(ctx)
	return err
}

// told is the protocol as the history tells it.
func (p *Protocol) told() string {
	out, _ := encodeJSON(map[string]any{
		"minReaderVersion": p.MinReaderVersion, "minWriterVersion": p.MinWriterVersion, "readerFeatures": p.ReaderFeatures, "writerFeatures": p.WriterFeatures,
	})
	return string(out)
}

// unnumbered are at most so many of the files that have no numbers.
func (s *Snapshot) unnumbered(ctx context.Context, most int) ([]AddFile, error) {
	var found []AddFile
	for file, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if file.BaseRowID == nil {
			file.DataChange = false
			found = append(found, file)
		}
		if len(found) == most {
			break
		}
	}
	return found, nil
}
