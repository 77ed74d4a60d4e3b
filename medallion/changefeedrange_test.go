package medallion

import (
	"errors"
	"fmt"
	"testing"

	"lakehouse/internal/errclass"
)

// The changes of a table with column mapping have the columns of the last of the versions, so that those before a renaming can be read for good;
// versions on both sides of it cannot be read together.
func TestChangesHaveTheColumnsOfTheirLastVersion(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT, name STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
	answers(t, s, "INSERT INTO t VALUES (0, 'unseen')")
	answers(t, s, "ALTER TABLE t SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')") // version 2
	answers(t, s, "INSERT INTO t VALUES (1, 'a')")
	answers(t, s, "ALTER TABLE t ADD COLUMNS (more INT)")
	answers(t, s, "INSERT INTO t VALUES (2, 'b', 5)")
	answers(t, s, "ALTER TABLE t RENAME COLUMN name TO label") // version 6
	answers(t, s, "INSERT INTO t VALUES (3, 'c', 6)")
	for _, test := range []struct {
		query, want string
		err         errclass.Class
	}{
		{query: "SELECT id || name FROM table_changes('t', 2, 3) ORDER BY id", want: "[1a]"},
		{query: "SELECT id || name || coalesce(more, 0) FROM table_changes('t', 2, 5) ORDER BY id", want: "[1a0 2b5]"},
		{query: "SELECT id || label FROM table_changes('t', 6) ORDER BY id", want: "[3c]"},
		{query: "SELECT label FROM table_changes('t', 2, 5)", err: errclass.UnresolvedColumn},
		{query: "SELECT id FROM table_changes('t', 2)", err: errclass.DeltaChangesSchemaChange},
		{query: "SELECT id FROM table_changes('t', 1)", err: errclass.DeltaMissingChangeData},
	} {
		if test.err != "" {
			if _, err := s.SQL(t.Context(), test.query); !errors.Is(err, test.err) {
				t.Errorf("%s: %v, want %s", test.query, err, test.err)
			}
			continue
		}
		if got := fmt.Sprint(answers(t, s, test.query)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.query, got, test.want)
		}
	}
}

// Without column mapping they have the table's columns; what cannot be read as these is refused, and a table that was replaced is read on.
func TestChangesBeforeAnotherSchema(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT, v STRING) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
	answers(t, s, "INSERT INTO t VALUES (1, 'a')")
	answers(t, s, "CREATE OR REPLACE TABLE t (id BIGINT, v STRING, w INT) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
	answers(t, s, "INSERT INTO t VALUES (2, 'b', 3)")
	if got := fmt.Sprint(answers(t, s, "SELECT id || _change_type FROM table_changes('t', 0) ORDER BY _commit_version")); got != "[1insert 1delete 2insert]" {
		t.Error(got)
	}
	answers(t, s, "CREATE OR REPLACE TABLE t (id BIGINT, v DOUBLE) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
	for query, want := range map[string]errclass.Class{
		"SELECT id FROM table_changes('t', 1, 3)": errclass.DeltaChangesSchemaChange,
		"SELECT id FROM table_changes('t', 3, 3)": errclass.DeltaChangesOtherSchema,
	} {
		if _, err := s.SQL(t.Context(), query); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}
