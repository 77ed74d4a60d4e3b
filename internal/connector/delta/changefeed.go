package delta

import (
	"fmt"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
)

// withChanges is the columns of a table's change data feed.
func (c columns) withChanges() (columns, error) {
	added := deltalog.ChangeFields()
	for _, f := range added {
		if c.schema.Index(f.Name) >= 0 {
			return c, errclass.DeltaReservedColumn.New("The table has a column %s, which is a name of the change data feed.", f.Name).
				WithHint("Rename the column, or read the table without readChangeFeed.")
		}
	}
	return c.withConstants(added), nil
}

func missingChanges(version int64, uri string) error {
	return errclass.DeltaMissingChangeData.New("Error getting change data for the table %s as change data was not recorded for version [%d].", uri, version).
		WithHint("If you've enabled change data feed on this table, use `DESCRIBE HISTORY` to see when it was first enabled. Otherwise, to start recording change data, use `ALTER TABLE table_name SET TBLPROPERTIES (delta.enableChangeDataFeed=true)`.")
}

// changedFiles is a version as the feed has it.
func (s *source) changedFiles(commit deltalog.CommitFile) ([]deltalog.ChangedFile, error) {
	if m := commit.Actions.Metadata; m != nil {
		if err := s.checkSchema(*m, commit.Version); err != nil {
			return nil, err
		}
		if !m.RecordsChanges() {
			return nil, missingChanges(commit.Version, s.table.URI)
		}
	}
	files, err := commit.ChangedFiles(s.meta)
	if err != nil {
		return nil, fmt.Errorf("read changes of %s: %w", s.table.URI, err)
	}
	return files, nil
}
