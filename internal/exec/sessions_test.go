package exec_test

import (
	"strings"
	"testing"

	"lakehouse/internal/logical"
)

// Spark's own examples, and what touches: a session that begins where another ends belongs to it.
func TestSessionWindowsAtRest(t *testing.T) {
	const columns = "SELECT a, date_format(session_window.start, 'HH:mm:ss') AS start, date_format(session_window.end, 'HH:mm:ss') AS end, count(*) AS cnt FROM VALUES "
	for _, c := range []struct{ query, want string }{
		{
			columns + "('A1', '2021-01-01 00:00:00'), ('A1', '2021-01-01 00:04:30'), ('A1', '2021-01-01 00:10:00'), ('A2', '2021-01-01 00:01:00') AS tab(a, b) GROUP BY a, session_window(b, '5 minutes') ORDER BY a, start",
			"A1 00:00:00 00:09:30 2|A1 00:10:00 00:15:00 1|A2 00:01:00 00:06:00 1",
		},
		{
			columns + "('A1', '2021-01-01 00:00:00'), ('A1', '2021-01-01 00:04:30'), ('A1', '2021-01-01 00:10:00'), ('A2', '2021-01-01 00:01:00'), ('A2', '2021-01-01 00:04:30') AS tab(a, b) GROUP BY a, session_window(b, CASE WHEN a = 'A1' THEN '5 minutes' WHEN a = 'A2' THEN '1 minute' ELSE '10 minutes' END) ORDER BY a, start",
			"A1 00:00:00 00:09:30 2|A1 00:10:00 00:15:00 1|A2 00:01:00 00:02:00 1|A2 00:04:30 00:05:30 1",
		},
		{
			columns + "('A', '2021-01-01 00:05:00'), ('A', '2021-01-01 00:00:00'), ('A', NULL) AS tab(a, b) GROUP BY a, session_window(b, '5 minutes')",
			"A 00:00:00 00:10:00 2",
		},
		{
			"SELECT date_format(session_window.end, 'HH:mm') AS end, sum(n) FROM VALUES (1, TIMESTAMP '2021-01-01 00:00:00', '1 minute'), (2, TIMESTAMP '2021-01-01 00:00:30', '10 minutes'), (4, TIMESTAMP '2021-01-01 00:05:00', '-1 minutes'), (8, TIMESTAMP '2021-01-01 00:08:00', '1 minute'), (16, TIMESTAMP '2021-01-01 00:11:00', '0 minutes') AS t(n, at, gap) GROUP BY session_window(at, gap)",
			"00:10 11",
		},
		{"SELECT collect_list(n) FROM VALUES (3, '2021-01-01 00:02:00'), (1, '2021-01-01 00:00:00'), (2, '2021-01-01 00:01:00') AS t(n, at) GROUP BY session_window(at, '5 minutes')", "[1, 2, 3]"},
		{"SELECT date_format(session_window.end, 'HH:mm:ss.SSSSSS'), sum(n) FROM (SELECT window, count(*) AS n FROM VALUES ('2021-01-01 00:02:00'), ('2021-01-01 00:05:00'), ('2021-01-01 00:17:00') AS t(at) GROUP BY window(at, '5 minutes')) GROUP BY session_window(window, '5 minutes') ORDER BY 1", "00:14:59.999999 2|00:24:59.999999 1"},
		{"SELECT count(*) FROM VALUES (1, '2021-01-01 00:02:00') AS t(n, at) WHERE n > 1 GROUP BY session_window(at, '5 minutes')", ""},
	} {
		for _, workers := range []int{1, 3} {
			schema, rows, err := run(t.Context(), c.query, tables{}, workers)
			if err != nil {
				t.Fatalf("%s: %v", c.query, err)
			}
			if got := strings.ReplaceAll(strings.Join(linesOf(texts(schema, rows)), "|"), "\t", " "); got != c.want {
				t.Errorf("%s\n gave %s\nwant %s", c.query, got, c.want)
			}
		}
	}
}

const sessions = `SELECT key, date_format(session_window.start, 'HH:mm') AS start, date_format(session_window.end, 'HH:mm') AS end, sum(n) AS n
	FROM s WATERMARK time DELAY OF INTERVAL '0 minutes' GROUP BY session_window(time, '10 minutes'), key`

// A session goes on over batches, two become one when rows come between them, and it is given once when the watermark has passed
// its end.
func TestSessionsOfAStreamInAppendMode(t *testing.T) {
	s := newStream(t, sessions, eventColumns, logical.Append)
	s.want(s.run(rowsAt("('01:00:00', 'a', 1), ('01:16:00', 'a', 2), ('01:00:00', 'b', 4)")))
	s.wantReport(3, 3, 0, 0)
	s.wantBatch(true)
	s.want(s.run(noRows), "a\t01:00\t01:10\t1", "b\t01:00\t01:10\t4")
	s.wantReport(1, 0, 2, 0)
	s.want(s.run(rowsAt("('01:07:00', 'a', 8), ('01:05:00', 'c', 16), ('01:20:00', 'a', 32)"))) // 01:07 to 01:17 is not late; 01:05 to 01:15 is
	s.wantReport(1, 1, 1, 1)
	s.want(s.run(rowsAt("('01:26:00', 'd', 64)"))) // closes nothing: a ends at 01:30
	s.want(s.run(rowsAt("('01:30:00', 'a', 128), ('01:35:00', 'd', 256)")))
	s.want(s.run(rowsAt("('02:00:00', 'e', 512)")))
	s.want(s.run(noRows), "a\t01:07\t01:40\t170", "d\t01:26\t01:45\t320")
	s.wantReport(1, 0, 2, 0)
}

// Complete mode gives all sessions each time.
func TestSessionsOfAStreamInCompleteMode(t *testing.T) {
	s := newStream(t, sessions, eventColumns, logical.Complete)
	s.want(s.run(rowsAt("('01:00:00', 'a', 1), ('01:16:00', 'a', 2)")), "a\t01:00\t01:10\t1", "a\t01:16\t01:26\t2")
	s.want(s.run(rowsAt("('01:08:00', 'a', 4), ('05:00:00', 'b', 8)")), "a\t01:00\t01:26\t7", "b\t05:00\t05:10\t8")
	s.want(s.run(noRows), "a\t01:00\t01:26\t7", "b\t05:00\t05:10\t8")
	s.want(s.run(rowsAt("('01:20:00', 'a', 16)")), "a\t01:00\t01:26\t7", "b\t05:00\t05:10\t8") // late, as in Spark: other windows take it
}
