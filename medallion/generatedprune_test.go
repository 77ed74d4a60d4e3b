package medallion

import (
	"strings"
	"testing"
)

// A condition on a column passes over files by the partition columns that the table computes from it, and loses no row.
func TestGeneratedPartitionsPrune(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (id INT, ts TIMESTAMP, s STRING, d DATE GENERATED ALWAYS AS (CAST(ts AS DATE)), y INT GENERATED ALWAYS AS (YEAR(ts)), p STRING GENERATED ALWAYS AS (SUBSTRING(s, 1, 1))) " +
		"PARTITIONED BY (d, y, p) TBLPROPERTIES ('delta.dataSkippingNumIndexedCols'='0')")
	d.frame("INSERT INTO t (id, ts, s) VALUES (1, TIMESTAMP'2024-01-01 00:30:00', 'ab'), (2, TIMESTAMP'2024-06-01 12:00:00', 'b'), (3, TIMESTAMP'2025-06-01 12:00:00', ''), (4, NULL, NULL), (5, TIMESTAMP'2024-06-05 12:00:00', 'a')")
	for _, test := range []struct{ where, want, read string }{
		{"ts = TIMESTAMP'2024-06-01 12:00:00'", "2", "2 files"},
		{"ts < TIMESTAMP'2024-02-01 00:00:00'", "1", "2 files"},
		{"ts >= TIMESTAMP'2025-01-10 00:00:00'", "3", "2 files"},
		{"s = 'b'", "2", "3 files"},
		{"s = ''", "3", "2 files"},
		{"s IN ('ab', 'b')", "1; 2", "5 files"},
		{"ts IS NULL", "4", "1 files"},
		{"s < 'b' AND ts > TIMESTAMP'2024-06-03 00:00:00'", "3; 5", "3 files"},
		{"NOT (s = 'b')", "1; 3; 5", "5 files"},
	} {
		d.want(test.where, d.rows("SELECT id FROM t WHERE "+test.where), test.want)
		if explained := d.rows("EXPLAIN SELECT id FROM t WHERE " + test.where); !strings.Contains(explained, "@1: "+test.read) {
			t.Errorf("%s: got %s, want %s read", test.where, explained, test.read)
		}
	}
	d.frame("UPDATE t SET id = 20 WHERE ts = TIMESTAMP'2024-06-01 12:00:00'")
	d.frame("DELETE FROM t WHERE s = 'ab'")
	d.want("after", d.rows("SELECT id FROM t"), "20; 3; 4; 5")
}
