package deltalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
)

// The columns that the change data feed adds to those of the table.
const (
	ChangeTypeColumn    = "_change_type"      // insert, update_preimage, update_postimage or delete
	ChangeVersionColumn = "_commit_version"   // the version that changed the row
	ChangeTimeColumn    = "_commit_timestamp" // when that was
)

// ChangeFields are the columns that the change data feed adds to those of the table.
func ChangeFields() []Field {
	return []Field{
		{Name: ChangeTypeColumn, Type: String, Nullable: true},
		{Name: ChangeVersionColumn, Type: Long, Nullable: true},
		{Name: ChangeTimeColumn, Type: Timestamp, Nullable: true},
	}
}

const propChangeDataFeed = "delta.enableChangeDataFeed"

// RecordsChanges reports whether a table's versions can be read as changes.
func (m *Metadata) RecordsChanges() bool {
	return strings.EqualFold(m.Configuration[propChangeDataFeed], "true")
}

// checkRecordsChanges refuses to read a version as changes whose table does not record them.
func (t *Table) checkRecordsChanges(m *Metadata, version int64) error {
	if m.RecordsChanges() {
		return nil
	}
	return errclass.DeltaMissingChangeData.New("Error getting change data for the table %s as change data was not recorded for version [%d].", t.opts.Location, version).
		WithHint("If you've enabled change data feed on this table, use `DESCRIBE HISTORY` to see when it was first enabled. Otherwise, to start recording change data, use `ALTER TABLE table_name SET TBLPROPERTIES (delta.enableChangeDataFeed=true)`.")
}

// A ChangedFile is rows that a version has changed. Its PartitionValues tell the columns of the feed as well, as far as they are the
// same in all of its rows.
type ChangedFile struct {
	AddFile
	// TakenBy narrows the rows to those that this vector takes out, and the file's own does not. Nil: all rows that the file has.
	TakenBy *DeletionVector
}

// ChangedFiles is the version as the feed has it: the files of changes that its writer has left; where there are none, the files that
// it added as inserts and those that it took away as deletes. Of a file that has only got another deletion vector, it is the rows by
// which the two differ.
func (c *CommitFile) ChangedFiles(table Metadata) ([]ChangedFile, error) {
	if len(c.Actions.CDC) > 0 {
		return c.recorded(), nil
	}
	taken := c.removedWithData()
	var all []ChangedFile
	for _, add := range c.Actions.Adds {
		if !add.DataChange {
			continue
		}
		remove, again := taken[add.Path]
		if !again {
			all = append(all, ChangedFile{AddFile: c.tagged(add, "insert")})
			continue
		}
		delete(taken, add.Path)
		if add.DeletionVector != nil {
			before := add
			before.DeletionVector = remove.DeletionVector
			all = append(all, ChangedFile{AddFile: c.tagged(before, "delete"), TakenBy: add.DeletionVector})
		}
		if remove.DeletionVector != nil {
			all = append(all, ChangedFile{AddFile: c.tagged(add, "insert"), TakenBy: remove.DeletionVector})
		}
	}
	for _, r := range c.Actions.Removes {
		if _, gone := taken[r.Path]; !gone || !r.DataChange {
			continue
		}
		if !r.ExtendedFileMetadata && len(table.PartitionColumns) > 0 {
			return nil, errclass.UnsupportedFeature.New("version %d took the file %s away without telling its partition: what was deleted cannot be read.", c.Version, r.Path)
		}
		all = append(all, ChangedFile{AddFile: c.tagged(AddFile{
			Path: r.Path, PartitionValues: r.PartitionValues, Size: r.Size, DeletionVector: r.DeletionVector,
			BaseRowID: r.BaseRowID, DefaultRowCommitVersion: r.DefaultRowCommitVersion,
		}, "delete")})
	}
	return all, nil
}

// recorded is the files of changes that the version's writer has left.
func (c *CommitFile) recorded() []ChangedFile {
	all := make([]ChangedFile, len(c.Actions.CDC))
	for i, f := range c.Actions.CDC {
		all[i] = ChangedFile{AddFile: c.tagged(AddFile{Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size}, "")}
	}
	return all
}

// removedWithData are the files whose rows the version took away, by path.
func (c *CommitFile) removedWithData() map[string]*RemoveFile {
	removed := map[string]*RemoveFile{}
	for i := range c.Actions.Removes {
		if r := &c.Actions.Removes[i]; r.DataChange {
			removed[r.Path] = r
		}
	}
	return removed
}

func (c *CommitFile) tagged(file AddFile, change string) AddFile {
	return tagged(file, change, c.Version, c.Timestamp)
}

// Inserted is a file of the snapshot as the feed has it when it begins with the whole table.
func (s *Snapshot) Inserted(file AddFile) ChangedFile {
	return ChangedFile{AddFile: tagged(file, "insert", s.Version(), s.Timestamp())}
}

// tagged is a data file whose rows all have one change type; an empty one stands in the rows themselves. The feed's columns
// are constants of the file, as partition columns are.
func tagged(file AddFile, change string, version int64, at time.Time) AddFile {
	values := maps.Clone(file.PartitionValues)
	if values == nil {
		values = map[string]*string{}
	}
	number, stamp := strconv.FormatInt(version, 10), formatMicros(at.UnixMicro(), "T15:04:05.000000Z")
	values[ChangeVersionColumn], values[ChangeTimeColumn] = &number, &stamp
	if change != "" {
		values[ChangeTypeColumn] = &change
	}
	file.PartitionValues = values
	return file
}

// FeedReader reads changed files as rows of the table with the columns of the feed behind those of the table.
func (t *Table) FeedReader(meta Metadata, opts ReadOptions) (*RowReader, error) {
	schema, err := meta.Schema()
	if err != nil {
		return nil, t.located(err)
	}
	fields := ChangeFields()
	for _, f := range fields {
		if schema.Index(f.Name) >= 0 {
			return nil, errclass.DeltaReservedColumn.New("The table has a column %s, which is a name of the change data feed.", f.Name).
				WithHint("Rename the column, or read the table without its changes.")
		}
	}
	opts.Constants = append(slices.Clip(opts.Constants), fields...)
	return t.Reader(meta, opts)
}

// ChangedPieces shares the rows of a changed file out.
func (r *RowReader) ChangedPieces(ctx context.Context, file ChangedFile) ([]batch.Piece, error) {
	if file.TakenBy == nil {
		return r.Pieces(ctx, file.AddFile)
	}
	f := r.fileOf(file.AddFile)
	f.keep = &lazyRows{read: func(ctx context.Context) (*RowSet, error) {
		taken, err := r.table.ReadDeletionVector(ctx, file.TakenBy)
		if err != nil {
			return nil, err
		}
		before, err := r.table.ReadDeletionVector(ctx, file.DeletionVector)
		if err != nil {
			return nil, fmt.Errorf("the rows that were gone before: %w", err)
		}
		return taken.Minus(before), nil
	}}
	return r.pieces(ctx, f), nil
}
