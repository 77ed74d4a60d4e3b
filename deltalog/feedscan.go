package deltalog

import (
	"context"
	"errors"
	"iter"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
)

// A ChangeScan is a plan to read what some versions of a table have changed, as rows.
type ChangeScan struct {
	table       *Table
	reader      *RowReader
	meta        Metadata
	first, last int64
}

// ScanChanges plans to read what the versions from first to last have changed; a last version that is not there yet, or a negative one,
// is the newest. The rows have the columns of the newest version, and behind them those of [ChangeFields]. A table that does not
// record its changes (property delta.enableChangeDataFeed), or did not from first on, is an error of class DELTA_MISSING_CHANGE_DATA.
func (t *Table) ScanChanges(ctx context.Context, first, last int64) (*ChangeScan, error) {
	s, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if last < 0 || last > s.Version() {
		last = s.Version()
	}
	if first > last {
		return nil, t.located(errclass.DeltaInvalidChangeRange.New("CDC range from start %d to end %d was invalid. End cannot be before start.", first, last))
	}
	c := &ChangeScan{table: t, meta: s.Metadata(), first: max(first, 0), last: last}
	if err := t.checkRecordsChanges(&c.meta, s.Version()); err != nil {
		return nil, err
	}
	c.reader, err = t.FeedReader(c.meta, ReadOptions{})
	return c, err
}

// Schema is the columns of the rows.
func (c *ChangeScan) Schema() Schema { return c.reader.Schema() }

// Versions are the first and the last version that is read.
func (c *ChangeScan) Versions() (first, last int64) { return c.first, c.last }

// Batches gives the rows, version after version.
func (c *ChangeScan) Batches(ctx context.Context) Batches {
	return share(1, c.pieces(ctx), func(p batch.Piece) batch.Seq { return p.Read(ctx) })[0]
}

func (c *ChangeScan) pieces(ctx context.Context) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		for commit, err := range c.table.Changes(ctx, c.first) {
			if err == nil && commit.Version > c.last {
				return
			}
			if err == nil && commit.Actions.Metadata != nil {
				err = c.table.checkRecordsChanges(commit.Actions.Metadata, commit.Version)
			}
			var files []ChangedFile
			if err == nil {
				files, err = commit.ChangedFiles(c.meta)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, file := range files {
				pieces, err := c.reader.ChangedPieces(ctx, file)
				if !yieldPieces(yield, pieces, err) {
					return
				}
			}
		}
	}
}

// Follow gives the versions from one on, and goes on with those that are made meanwhile: it looks for them in such intervals, until the
// context ends. It then ends without an error.
func (t *Table) Follow(ctx context.Context, from int64, interval time.Duration) iter.Seq2[CommitFile, error] {
	return func(yield func(CommitFile, error) bool) {
		for next := max(from, 0); ; {
			for commit, err := range t.Changes(ctx, next) {
				if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
					return
				}
				if !yield(commit, err) || err != nil {
					return
				}
				next = commit.Version + 1
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(interval):
			}
		}
	}
}
