package medallion

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lakehouse/internal/errclass"
)

// Columns and fields of type VOID are null, and no data file has them, whoever writes it; they take any other type. Where nothing would be
// left for a data file, or they are inside of arrays and maps, the table is not written.
func TestVoidColumnsAreLeftOutOfFiles(t *testing.T) {
	s := maintenanceSession(t)
	for _, text := range []string{
		"CREATE TABLE t TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true') AS SELECT 1 AS a, NULL AS v, named_struct('x', 5, 'v', NULL) AS s",
		"INSERT INTO t SELECT a + 1, v, s FROM t", "UPDATE t SET a = 3 WHERE v IS NULL AND a = 2", "OPTIMIZE t",
	} {
		answers(t, s, text)
	}
	for file, columns := range columnsOfFiles(t, s, "t") {
		if slices.Contains(columns, "v") {
			t.Errorf("%s has the columns %v", file, columns)
		}
	}
	if got := fmt.Sprint(answers(t, s, "SELECT a, v, s.x, s.v FROM t ORDER BY a")); got != "[1 <nil> 5 <nil> 3 <nil> 5 <nil>]" {
		t.Errorf("got %s", got)
	}
	answers(t, s, "ALTER TABLE t ALTER COLUMN v TYPE INT")
	answers(t, s, "ALTER TABLE t ALTER COLUMN s.v TYPE STRING")
	answers(t, s, "INSERT INTO t VALUES (4, 4, named_struct('x', 4, 'v', 'four'))")
	if got := fmt.Sprint(answers(t, s, "SELECT a, v, s.v FROM t ORDER BY a")); got != "[1 <nil> <nil> 3 <nil> <nil> 4 4 four]" {
		t.Errorf("got %s", got)
	}
	for text, class := range map[string]errclass.Class{
		"CREATE TABLE u AS SELECT NULL AS v":                            errclass.DeltaWriteVoidTable,
		"CREATE TABLE u AS SELECT 1 AS a, named_struct('v', NULL) AS s": errclass.DeltaWriteVoidStruct,
		"CREATE TABLE u AS SELECT 1 AS a, array(NULL) AS l":             errclass.DeltaVoidInside,
		"CREATE TABLE u AS SELECT 1 AS a, map('k', NULL) AS m":          errclass.DeltaVoidInside,
	} {
		if _, err := s.SQL(t.Context(), text); !errors.Is(err, class) {
			t.Errorf("%s: %v, want %s", text, err, class)
		}
	}
}
