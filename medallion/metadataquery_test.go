package medallion

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dropDataFiles deletes the data files of all tables below a folder, so that whoever reads rows fails.
func (d desk) dropDataFiles(root string) {
	d.Helper()
	dropped := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".parquet") || strings.Contains(path, "_delta_log") {
			return err
		}
		dropped++
		return os.Remove(path)
	})
	if err != nil || dropped == 0 {
		d.Fatalf("%d files were dropped: %v", dropped, err)
	}
}

// Counts, least and greatest values come from the table's log alone: no data file is opened. What the log does not tell
// exactly is read.
func TestMetadataAnswersQueries(t *testing.T) {
	fromLog := map[string]string{
		"SELECT count(*) FROM t":                                                     "5",
		"SELECT count(1) AS n FROM t":                                                "5",
		"SELECT count(n), min(n), max(n) FROM t":                                     "4 -2 9",
		"SELECT min(day), max(day), count(day) FROM t":                               "1 2 4",
		"SELECT max(d), min(dec), max(dec) FROM t":                                   "2026-03-04 00:00:00 +0000 UTC -0.50 12.25",
		"SELECT max(n) + 1 FROM t":                                                   "10",
		"SELECT max(renamed) FROM (SELECT n AS renamed FROM t)":                      "9",
		"SELECT count(*) FROM t UNION ALL SELECT max(n) FROM t":                      "5; 9",
		"SELECT count(*) FROM empty":                                                 "0",
		"SELECT min(n), max(n), count(n) FROM empty":                                 "<nil> <nil> 0",
		"SELECT * FROM (SELECT count(*) c FROM t) CROSS JOIN (SELECT max(n) FROM t)": "5 9",
	}
	fromRows := map[string]string{
		"SELECT min(s) FROM t":                               "a",
		"SELECT max(f) FROM t":                               "NaN",
		"SELECT count(DISTINCT n) FROM t":                    "4",
		"SELECT count(*) FROM t WHERE n > 0":                 "2",
		"SELECT day, count(*) FROM t GROUP BY day":           "1 2; 2 2; <nil> 1",
		"SELECT max(n) FILTER (WHERE s = 'a') FROM t":        "-2",
		"SELECT max(n * 2) FROM t":                           "18",
		"SELECT sum(n) FROM t":                               "8",
		"SELECT max(n) FROM (SELECT n FROM t WHERE s > 'a')": "9",
		"SELECT max(n) FROM (SELECT n FROM t LIMIT 0)":       "<nil>",
	}
	root := t.TempDir()
	session, err := NewSession(Options{Root: root, Conf: map[string]string{confWorkers: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	d := desk{t, session}
	d.frame("CREATE TABLE t (day STRING, n INT, s STRING, f DOUBLE, d DATE, dec DECIMAL(10,2)) USING delta PARTITIONED BY (day)")
	d.frame("CREATE TABLE empty (n INT) USING delta")
	d.frame("INSERT INTO t VALUES ('1', -2, 'a', 1.0, DATE'2026-01-01', 12.25), ('1', 9, 'b', double('NaN'), null, -0.5)")
	d.frame("INSERT INTO t VALUES ('2', null, 'c', 3.0, DATE'2026-03-04', 1), ('2', 1, 'd', 3.0, DATE'2026-03-03', 1), (null, 0, 'e', 3.0, null, null)")
	for _, queries := range []map[string]string{fromLog, fromRows} {
		for query, want := range queries {
			d.want(query, d.rows(query), want)
		}
	}
	d.dropDataFiles(root)
	for query, want := range fromLog {
		d.want(query, d.rows(query), want)
	}
	for query := range fromRows {
		if strings.Contains(query, "LIMIT 0") {
			continue
		}
		if rows, err := d.frame(query).Collect(d.Context()); err == nil {
			t.Errorf("%s: got %v from no files", query, rows)
		}
	}
}

// Conditions on partition columns are decided before a file is opened, and EXPLAIN tells what is read and why.
func TestExplainTellsWhatIsRead(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (day STRING, n INT, at TIMESTAMP) USING delta PARTITIONED BY (day)")
	for _, rows := range []string{
		"('mon', 1, TIMESTAMP'2026-01-05 10:00:00')", "('mon', 100, TIMESTAMP'2026-01-12 10:00:00')",
		"('tue', 2, TIMESTAMP'2026-01-06 10:00:00')", "('wed', 3, TIMESTAMP'2026-01-07 10:00:00')",
	} {
		d.frame("INSERT INTO t VALUES " + rows)
	}
	for query, want := range map[string]string{
		"SELECT n FROM t":                                              " 4 files",
		"SELECT n FROM t WHERE upper(day) = 'MON'":                     " 2 files|2 files|partition",
		"SELECT n FROM t WHERE day LIKE 't%'":                          " 1 files|3 files|partition",
		"SELECT n FROM t WHERE length(day) > 3 OR day || 'x' = 'wedx'": " 1 files|3 files|partition",
		"SELECT n FROM t WHERE NOT n < 50":                             " 1 files|3 files|statistics",
		"SELECT n FROM t WHERE CAST(at AS DATE) = '2026-01-12'":        " 1 files|3 files|statistics",
		"SELECT n FROM t WHERE day = 'mon' AND n > 50":                 " 1 files|2 files|partition|1 files|statistics",
	} {
		text := d.rows("EXPLAIN " + query)
		_, scans, _ := strings.Cut(text, "== Scans ==")
		for part := range strings.SplitSeq(want, "|") {
			_, rest, ok := strings.Cut(scans, part)
			if !ok {
				t.Errorf("%s: EXPLAIN does not say %q:\n%s", query, part, text)
				break
			}
			scans = rest
		}
	}
	d.want("rows", d.rows("SELECT n FROM t WHERE upper(day) = 'MON'"), "1; 100")
	d.want("rows", d.rows("SELECT n FROM t WHERE length(day) > 3 OR day || 'x' = 'wedx'"), "3")
	d.want("rows", d.rows("SELECT n FROM t WHERE CAST(at AS DATE) = '2026-01-12'"), "100")
}

// Whatever becomes of a table, its log answers as its rows do.
func TestMetadataAnswersAsRowsDo(t *testing.T) {
	statements := []string{
		"INSERT INTO t VALUES ('a', %[1]d, DATE'2026-01-01', %[1]d.25), ('b', NULL, NULL, NULL)",
		"INSERT INTO t VALUES ('', 7, DATE'1600-01-01', 123456789012345678901234567890.12 + %[1]d), (NULL, 2147483647, NULL, -1)",
		"INSERT INTO t SELECT NULL, NULL, DATE'2026-01-01' + CAST(id AS INT), id FROM range(%[1]d + 10)",
		"DELETE FROM t WHERE n = %[1]d", "DELETE FROM t WHERE n > %[1]d", "DELETE FROM t WHERE day = 'b'", "DELETE FROM t",
		"UPDATE t SET n = n - 1, m = NULL WHERE n > %[1]d", "UPDATE t SET d = NULL WHERE d > DATE'2026-01-03'", "OPTIMIZE t",
	}
	query := "SELECT count(*), count(n), count(d), count(m), count(day), min(n), max(n), min(d), max(d), min(m), max(m), min(day), max(day) FROM t"
	d := newDesk(t)
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		d.frame(fmt.Sprintf("CREATE OR REPLACE TABLE t (day STRING, n INT, d DATE, m DECIMAL(38,2)) PARTITIONED BY (day) TBLPROPERTIES (delta.enableDeletionVectors = %t)", seed%2 == 0))
		var done []string
		for range 6 {
			statement := statements[random.IntN(len(statements))]
			if strings.Contains(statement, "%") {
				statement = fmt.Sprintf(statement, random.IntN(10))
			}
			d.frame(statement)
			done = append(done, statement)
			if log, rows := d.rows(query), d.rows(query+" WHERE n IS NULL OR n IS NOT NULL"); log != rows {
				t.Fatalf("after %q the log says %s, the rows %s", done, log, rows)
			}
		}
	}
}
