package delta

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The columns that the change data feed adds to those of the table.
const (
	changeTypeColumn    = "_change_type"
	changeVersionColumn = "_commit_version"
	changeTimeColumn    = "_commit_timestamp"
)

// withChanges is the columns of a table's change data feed.
func (c columns) withChanges() (columns, error) {
	added := []types.Field{
		{Name: changeTypeColumn, Type: types.String, Nullable: true},
		{Name: changeVersionColumn, Type: types.Long, Nullable: true},
		{Name: changeTimeColumn, Type: types.Timestamp, Nullable: true},
	}
	for _, f := range added {
		if c.schema.Index(f.Name) >= 0 {
			return c, errclass.DeltaReservedColumn.New("The table has a column %s, which is a name of the change data feed.", f.Name).
				WithHint("Rename the column, or read the table without readChangeFeed.")
		}
	}
	return c.withConstants(added), nil
}

// recordsChanges reports whether a table's versions can be read as changes.
func recordsChanges(m deltalog.Metadata) bool {
	return strings.EqualFold(m.Configuration["delta.enableChangeDataFeed"], "true")
}

func missingChanges(version int64, uri string) error {
	return errclass.DeltaMissingChangeData.New("Error getting change data for the table %s as change data was not recorded for version [%d].", uri, version).
		WithHint("If you've enabled change data feed on this table, use `DESCRIBE HISTORY` to see when it was first enabled. Otherwise, to start recording change data, use `ALTER TABLE table_name SET TBLPROPERTIES (delta.enableChangeDataFeed=true)`.")
}

// A commitTag is what the feed says of all rows of a version.
type commitTag struct {
	version int64
	time    time.Time
}

// tagged is a data file whose rows all have one change type; an empty one stands in the rows themselves. The feed's columns
// are constants of the file, as partition columns are.
func (c commitTag) tagged(file deltalog.AddFile, change string) (deltalog.AddFile, error) {
	values := maps.Clone(file.PartitionValues)
	if values == nil {
		values = map[string]*string{}
	}
	version := strconv.FormatInt(c.version, 10)
	stamp, err := deltalog.PartitionValue(types.Timestamp, c.time.UnixMicro())
	if err != nil {
		return file, err
	}
	values[changeVersionColumn], values[changeTimeColumn] = &version, stamp
	if change != "" {
		values[changeTypeColumn] = &change
	}
	file.PartitionValues = values
	return file, nil
}

// changedFiles is a version as the feed has it: the change files that its writer has left; where there are none, the files
// that it added as inserts, and those that it took away as deletes.
func (s *source) changedFiles(commit deltalog.CommitFile) ([]deltalog.AddFile, error) {
	if m := commit.Actions.Metadata; m != nil {
		if err := s.checkSchema(*m, commit.Version); err != nil {
			return nil, err
		}
		if !recordsChanges(*m) {
			return nil, missingChanges(commit.Version, s.table.URI)
		}
	}
	tag := commitTag{commit.Version, commit.Timestamp}
	var all []deltalog.AddFile
	add := func(file deltalog.AddFile, change string) error {
		file, err := tag.tagged(file, change)
		all = append(all, file)
		return err
	}
	for _, f := range commit.Actions.CDC {
		if err := add(deltalog.AddFile{Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size}, ""); err != nil {
			return nil, err
		}
	}
	if len(commit.Actions.CDC) > 0 {
		return all, nil
	}
	for _, f := range commit.Actions.Adds {
		if !f.DataChange {
			continue
		}
		if err := add(f, "insert"); err != nil {
			return nil, err
		}
	}
	for _, f := range commit.Actions.Removes {
		if !f.DataChange {
			continue
		}
		if !f.ExtendedFileMetadata && len(s.meta.PartitionColumns) > 0 {
			return nil, errclass.UnsupportedFeature.New("version %d of %s took the file %s away without telling its partition: what was deleted cannot be read.", commit.Version, s.table.URI, f.Path)
		}
		if err := add(deltalog.AddFile{Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size, DeletionVector: f.DeletionVector}, "delete"); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// snapshotAsInserts is the snapshot that a stream begins with, as the feed has it.
func snapshotAsInserts(files []deltalog.AddFile, snap *deltalog.Snapshot) ([]deltalog.AddFile, error) {
	tag := commitTag{snap.Version(), snap.Timestamp()}
	for i, f := range files {
		var err error
		if files[i], err = tag.tagged(f, "insert"); err != nil {
			return nil, fmt.Errorf("version %d: %w", snap.Version(), err)
		}
	}
	return files, nil
}
