package medallion

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// What arranges the rows of a table anew leaves each its values, its id, and the version that it is of.
func TestRowsKeepTheirIDsWhereverTheyGo(t *testing.T) {
	const all = "SELECT id, _metadata.row_id, _metadata.row_commit_version, p FROM t ORDER BY id"
	for name, layout := range map[string]string{"plain": "", "partitioned": " PARTITIONED BY (p)", "clustered": " CLUSTER BY (id)"} {
		for _, statements := range [][]string{
			{"OPTIMIZE t"},
			{"OPTIMIZE t ZORDER BY (id)"},
			{"OPTIMIZE t FULL"},
			{"REORG TABLE t APPLY (PURGE)"},
			{"OPTIMIZE t", "OPTIMIZE t"},
			{"REORG TABLE t APPLY (PURGE)", "DELETE FROM t WHERE id = 19", "OPTIMIZE t", "REORG TABLE t APPLY (PURGE)"},
		} {
			clustered := name == "clustered"
			if statements[0] == "OPTIMIZE t FULL" && !clustered || statements[0] == "OPTIMIZE t ZORDER BY (id)" && clustered {
				continue // each is of the other kind of table
			}
			t.Run(fmt.Sprint(name, " ", statements), func(t *testing.T) {
				s := maintenanceSession(t)
				answers(t, s, "CREATE TABLE t (id BIGINT, p STRING)"+layout+" TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')")
				for i := range 4 {
					answers(t, s, fmt.Sprintf("INSERT INTO t SELECT (id * 7) %% 20, CASE WHEN id %% 2 = 0 THEN 'a' END FROM range(%d, %d)", i*5, i*5+5))
				}
				answers(t, s, "DELETE FROM t WHERE id IN (3, 4, 11)")
				answers(t, s, "UPDATE t SET p = 'a' WHERE id = 8")
				answers(t, s, "DELETE FROM t WHERE id = 19")
				before := fmt.Sprint(answers(t, s, all))
				for _, text := range statements {
					answers(t, s, text)
				}
				if after := fmt.Sprint(answers(t, s, all)); after != before {
					t.Errorf("before %s\nafter  %s", before, after)
				}
				if got := fmt.Sprint(answers(t, s, "SELECT count(*), count(DISTINCT _metadata.row_id) FROM t")); got != "[16 16]" {
					t.Errorf("%s rows and ids", got)
				}
				frame, err := s.SQL(t.Context(), "DESCRIBE HISTORY t")
				if err != nil {
					t.Fatal(err)
				}
				arranged, err := frame.Where("operation IN ('OPTIMIZE', 'REORG')").Count(t.Context())
				if err != nil || arranged == 0 {
					t.Errorf("%d versions arranged anything, %v", arranged, err)
				}
			})
		}
	}
}

// A table says by itself how large OPTIMIZE makes its files; what it cannot be given is refused by name.
func TestPropertiesOfFiles(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT) TBLPROPERTIES ('delta.targetFileSize' = '1000', 'delta.randomizeFilePrefixes' = 'false')")
	for i := range 4 {
		answers(t, s, fmt.Sprintf("INSERT INTO t VALUES (%d)", i))
	}
	answers(t, s, "OPTIMIZE t")
	if got := fmt.Sprint(answers(t, s, "SELECT count(DISTINCT _metadata.file_path) BETWEEN 2 AND 3 FROM t")); got != "[true]" {
		t.Errorf("2 or 3 files: %s, of %v", got, answers(t, s, "SELECT DISTINCT _metadata.file_size FROM t"))
	}
	if _, err := s.SQL(t.Context(), "ALTER TABLE t SET TBLPROPERTIES ('delta.universalFormat.enabledFormats' = 'iceberg')"); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Errorf("got %v", err)
	}
}

// Data files and vectors lie in folders of random names where the table says so, whatever writes them, and VACUUM takes them away.
func TestFilesLieInFoldersOfRandomNames(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "SET "+confRetentionCheck+" = false")
	answers(t, s, "CREATE TABLE t (id INT, p STRING) PARTITIONED BY (p) TBLPROPERTIES ('delta.randomizeFilePrefixes' = 'true', 'delta.randomPrefixLength' = '3', 'delta.enableDeletionVectors' = 'true')")
	for _, text := range []string{
		"INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'a')", "INSERT INTO t VALUES (4, 'b')", "DELETE FROM t WHERE id = 1", "UPDATE t SET id = 7 WHERE id = 4", "OPTIMIZE t",
		"DELETE FROM t WHERE id = 2",
	} {
		answers(t, s, text)
		table, err := s.deltaTable("/user/hive/warehouse/t")
		if err != nil {
			t.Fatal(err)
		}
		for f, err := range table.Store.List(t.Context(), ".", volumes.ListOptions{Recursive: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(f.Name, "_delta_log/") && !regexp.MustCompile(`^[0-9A-Za-z]{3}/(part|deletion_vector)[^/]*$`).MatchString(f.Name) {
				t.Errorf("%s: %s", text, f.Name)
			}
		}
	}
	answers(t, s, "VACUUM t RETAIN 0 HOURS")
	if got := fmt.Sprint(answers(t, s, "SELECT * FROM t ORDER BY id")); got != "[3 a 7 b]" {
		t.Errorf("got %s", got)
	}
}
