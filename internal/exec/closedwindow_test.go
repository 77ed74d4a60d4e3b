package exec_test

import (
	"strings"
	"testing"

	"lakehouse/internal/logical"
)

const (
	eventColumns = "time timestamp, key string, n int"
	byHour       = "SELECT date_format(window.start, 'HH:mm') AS at, key, sum(n) AS n FROM s WATERMARK time DELAY OF INTERVAL '10 minutes' GROUP BY window(time, '1 hour'), key"
)

// rowsAt is VALUES of (time of day, key, n).
func rowsAt(values string) string {
	return "SELECT to_timestamp(concat('2025-01-01 ', at)) AS time, key, n FROM VALUES " + values + " AS t(at, key, n)"
}

const noRows = "SELECT * FROM VALUES (TIMESTAMP '2025-01-01 00:00:00', 'none', 1) AS t(time, key, n) WHERE n > 1"

// Append mode gives a window once, when the watermark has passed its end; rows that come later are dropped and counted.
func TestAppendModeGivesClosedWindows(t *testing.T) {
	s := newStream(t, byHour, eventColumns, logical.Append)
	s.want(s.run(rowsAt("('01:10:00', 'a', 1), ('01:50:00', 'b', 2), ('01:59:59', 'a', 4)")))
	s.wantBatch(true) // the watermark has moved, if for nothing
	s.want(s.run(rowsAt("('02:09:59', 'a', 8)")))
	s.wantBatch(true)
	s.want(s.run(noRows)) // 01:59:59.999 is not the end of the window
	s.want(s.run(rowsAt("('02:10:00', 'a', 16)")))
	s.wantBatch(true)
	s.want(s.run(noRows), "01:00\ta\t5", "01:00\tb\t2")
	s.wantReport(1, 0, 2, 0)
	s.wantBatch(false)
	s.want(s.run(rowsAt("('01:30:00', 'a', 99), ('01:31:00', 'a', 99), ('01:30:00', 'c', 99), ('05:00:00', 'a', 32)")))
	s.wantReport(2, 1, 0, 2) // two groups are late, of three rows
	s.want(s.run(noRows), "02:00\ta\t24")
	s.wantReport(1, 0, 1, 0)
}

// Update mode gives what has changed; closed windows leave the state without a word.
func TestUpdateModeForgetsClosedWindows(t *testing.T) {
	s := newStream(t, byHour, eventColumns, logical.Update)
	s.want(s.run(rowsAt("('01:10:00', 'a', 1), ('01:50:00', 'b', 2)")), "01:00\ta\t1", "01:00\tb\t2")
	s.want(s.run(rowsAt("('02:30:00', 'a', 8), ('01:20:00', 'a', 2)")), "01:00\ta\t3", "02:00\ta\t8")
	s.wantReport(3, 2, 0, 0)
	s.wantBatch(true)
	s.want(s.run(noRows))
	s.wantReport(1, 0, 2, 0)
	s.want(s.run(rowsAt("('01:30:00', 'b', 99), ('02:31:00', 'b', 1)")), "02:00\tb\t1")
	s.wantReport(2, 1, 0, 1)
}

// A late row is one of the batch before's watermark: a window that this batch closes still takes it.
func TestARowIsLateByTheBatchBefore(t *testing.T) {
	s := newStream(t, byHour, eventColumns, logical.Append)
	s.run(rowsAt("('01:10:00', 'a', 1), ('02:30:00', 'a', 1)"))
	s.want(s.run(rowsAt("('01:20:00', 'a', 2)")), "01:00\ta\t3")
	s.want(s.run(rowsAt("('01:20:00', 'a', 2)")))
	s.wantReport(1, 0, 0, 1)
}

// Complete mode drops nothing, forgets nothing and wants no batch of its own.
func TestCompleteModeForgetsNothing(t *testing.T) {
	s := newStream(t, byHour, eventColumns, logical.Complete)
	s.run(rowsAt("('01:10:00', 'a', 1), ('05:30:00', 'a', 1)"))
	s.wantBatch(false)
	s.want(s.run(rowsAt("('01:20:00', 'a', 2)")), "01:00\ta\t3", "05:00\ta\t1")
	s.wantReport(2, 1, 0, 0)
}

// The event time itself may be the key; a null one belongs to no time, and stays.
func TestEventTimeAsAKey(t *testing.T) {
	s := newStream(t, "SELECT date_format(time, 'HH:mm') AS at, count(*) AS n FROM s WATERMARK time DELAY OF INTERVAL '0 seconds' GROUP BY time", eventColumns, logical.Append)
	s.want(s.run(rowsAt("('01:10:00', 'a', 1), (NULL, 'a', 1), ('01:10:00', 'b', 1), ('02:00:00', 'b', 1)")))
	s.want(s.run(noRows), "01:10\t2", "02:00\t1")
	s.wantReport(1, 0, 2, 0)
}

// Windows that overlap are groups of their own; rows without a time are in none.
func TestAppendModeOverSlidingWindows(t *testing.T) {
	s := newStream(t, "SELECT date_format(window.start, 'HH:mm') AS at, count(*) FROM s WATERMARK time DELAY OF INTERVAL '0 minutes' GROUP BY window(time, '1 hour', '30 minutes', '5 minutes')", eventColumns, logical.Append)
	s.want(s.run(rowsAt("('01:10:00', 'a', 1), (NULL, 'a', 1), ('02:10:00', 'a', 1)")))
	s.want(s.run(noRows), "00:35\t1", "01:05\t1")
}

// An aggregate of an aggregate: what the first emits comes to the second in time, and leaves it one batch later.
func TestChainedWindows(t *testing.T) {
	const days = "SELECT date_format(window(window, '2 hours').start, 'HH:mm') AS at, sum(n) AS n, count(*) FROM (SELECT window, key, sum(n) AS n FROM s WATERMARK time DELAY OF INTERVAL '0 minutes' GROUP BY window(time, '1 hour'), key) GROUP BY window(window, '2 hours')"
	s := newStream(t, days, eventColumns, logical.Append)
	s.want(s.run(rowsAt("('00:10:00', 'a', 1), ('01:20:00', 'b', 2), ('01:30:00', 'a', 4)")))
	s.want(s.run(rowsAt("('02:00:00', 'a', 8)")))
	s.wantBatch(true)
	s.want(s.run(noRows), "00:00\t7\t3")
	s.want(s.run(rowsAt("('05:00:00', 'a', 1)")))
	s.want(s.run(noRows), "02:00\t8\t1")
	if a, b := s.reports[len(s.reports)-2], s.reports[len(s.reports)-1]; a.NumRowsTotal != 1 || b.NumRowsTotal != 0 {
		t.Errorf("the first holds %d groups and the second %d, want 1 and 0", a.NumRowsTotal, b.NumRowsTotal)
	}
}

// Structs of simple fields are keys like any other: null, nulls within, and joined.
func TestStructsAsKeys(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT w.a, w IS NULL, count(*) FROM VALUES (named_struct('a', 1, 'b', 2)), (NULL), (named_struct('a', 1, 'b', 2)), (named_struct('a', CAST(NULL AS INT), 'b', CAST(NULL AS INT))), (NULL), (NULL) AS t(w) GROUP BY w ORDER BY 3, 1": "NULL false 1|1 false 2|NULL true 3",
		"SELECT count(*) FROM VALUES (named_struct('a', 1)), (NULL) AS l(w) JOIN VALUES (named_struct('a', 1)), (NULL), (named_struct('a', 1)) AS r(w) ON l.w = r.w":                                                                          "2",
		"SELECT count(*) FROM VALUES (named_struct('a', 1)), (NULL) AS l(w) JOIN VALUES (named_struct('a', 1)), (NULL) AS r(w) ON l.w <=> r.w":                                                                                                "2",
	} {
		schema, rows, err := run(t.Context(), query, tables{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.Join(linesOf(texts(schema, rows)), "|"), "\t", " "); got != want {
			t.Errorf("%s gave %s, want %s", query, got, want)
		}
	}
}
