package exec_test

import (
	"testing"

	"lakehouse/internal/logical"
)

// A limit of a stream counts over all batches.
func TestLimitOfAStream(t *testing.T) {
	s := newStream(t, "SELECT n FROM s LIMIT 3", eventColumns, logical.Append)
	s.want(s.run(rowsAt("('01:00:00', 'a', 1), ('01:00:00', 'a', 2)")), "1", "2")
	s.wantReport(1, 1, 0, 0)
	s.want(s.run(noRows))
	s.wantReport(1, 0, 0, 0)
	s.want(s.run(rowsAt("('01:00:00', 'a', 3), ('01:00:00', 'a', 4)")), "3")
	s.want(s.run(rowsAt("('01:00:00', 'a', 5)")))
	s.wantReport(1, 0, 0, 0)
}

// Below an aggregate it counts too, in complete mode; above one, it takes of each result.
func TestLimitAndAggregateOfAStream(t *testing.T) {
	s := newStream(t, "SELECT sum(n) FROM (SELECT n FROM s LIMIT 3)", eventColumns, logical.Complete)
	s.want(s.run(rowsAt("('01:00:00', 'a', 1), ('01:00:00', 'a', 2)")), "3")
	s.want(s.run(rowsAt("('01:00:00', 'a', 4), ('01:00:00', 'a', 8)")), "7")
	s.want(s.run(rowsAt("('01:00:00', 'a', 16)")), "7")

	s = newStream(t, "SELECT key, sum(n) FROM s GROUP BY key ORDER BY key LIMIT 1", eventColumns, logical.Complete)
	s.want(s.run(rowsAt("('01:00:00', 'b', 1)")), "b\t1")
	s.want(s.run(rowsAt("('01:00:00', 'a', 4), ('01:00:00', 'b', 8)")), "a\t4")
}

// Groups beyond the limit leave the state all the same.
func TestLimitOfClosedWindows(t *testing.T) {
	s := newStream(t, byHour+" LIMIT 1", eventColumns, logical.Append)
	s.run(rowsAt("('01:00:00', 'a', 1), ('02:00:00', 'a', 2), ('03:10:00', 'a', 2)"))
	if got := s.run(noRows); len(got) != 1 {
		t.Errorf("the limit let %v pass", got)
	}
	s.want(s.run(rowsAt("('05:00:00', 'a', 1)")))
	s.want(s.run(noRows))
	if last := s.reports[len(s.reports)-2]; last.NumRowsTotal != 1 {
		t.Errorf("the aggregate holds %d groups, want 1", last.NumRowsTotal)
	}
}
