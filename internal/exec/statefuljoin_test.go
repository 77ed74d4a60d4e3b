package exec_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
)

const joinColumns = "side string, id int, at timestamp, v string"

// joinQuery joins the rows of one side with those of the other; watermark is a clause behind the relation, or nothing.
func joinQuery(how, watermark string) string {
	side := func(name string) string {
		return fmt.Sprintf("(SELECT id, at, v FROM s %s WHERE side = '%s') AS %[2]s", watermark, name)
	}
	columns := "l.id AS a, l.v AS b, r.id AS c, r.v AS d"
	if how == "LEFT SEMI" {
		columns = "l.id AS a, l.v AS b"
	}
	return fmt.Sprintf("SELECT %s FROM %s %s JOIN %s ON l.id = r.id AND r.at BETWEEN l.at - INTERVAL 10 SECONDS AND l.at + INTERVAL 5 SECONDS AND l.v <> r.v AND l.v <> 'x'",
		columns, side("l"), how, side("r"))
}

func joinRow(side string, id, second int, v string) string {
	key := "CAST(NULL AS INT)"
	if id > 0 {
		key = fmt.Sprint(id)
	}
	return fmt.Sprintf("('%s', %s, timestamp_seconds(%d), '%s')", side, key, second, v)
}

func joinValues(rows []string) string {
	if len(rows) == 0 {
		return "SELECT * FROM VALUES ('l', 1, timestamp_seconds(0), 'x') t(side, id, at, v) WHERE id > 1"
	}
	return "SELECT * FROM VALUES " + strings.Join(rows, ", ") + " t(side, id, at, v)"
}

// However rows are cut into batches, a join of two streams gives in the end what a join of two tables does: once the watermark has
// passed them all, the rows without a partner, too. (A row at 1970 comes late, as with Spark.)
func TestAStreamJoinIsAJoin(t *testing.T) {
	for _, how := range []string{"INNER", "LEFT", "RIGHT", "FULL", "LEFT SEMI"} {
		t.Run(how, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				var all, got []string
				s := newStream(t, joinQuery(how, "WATERMARK at DELAY OF INTERVAL '1 hour'"), joinColumns, logical.Append)
				if rapid.Bool().Draw(rt, "kept in memory") {
					s.cache = &state.Cache{}
				}
				for range rapid.IntRange(1, 4).Draw(rt, "batches") {
					rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string {
						return joinRow(rapid.SampledFrom([]string{"l", "r"}).Draw(rt, "side"), rapid.IntRange(0, 3).Draw(rt, "id"),
							rapid.IntRange(1, 30).Draw(rt, "second"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(rt, "v"))
					}), 0, 12).Draw(rt, "rows")
					all = append(all, rows...)
					got = append(got, s.run(joinValues(rows))...)
				}
				got = append(got, s.run(joinValues([]string{joinRow("l", 8, 36_000, "end"), joinRow("r", 9, 36_000, "end")}))...)
				got = append(got, s.run(joinValues(nil))...) // the watermark has passed all but the last two
				want, err := batchLines(t, joinQuery(how, ""), joinValues(all))
				if err != nil {
					rt.Fatal(err)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					rt.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if held := s.reports[len(s.reports)-1].NumRowsTotal; held > 2 {
					rt.Fatalf("%d rows are still remembered", held)
				}
			})
		})
	}
}

// batchLines answers a query over a table of rows.
func batchLines(t *testing.T, query, values string) ([]string, error) {
	t.Helper()
	table, err := resolve(values, tables{})
	if err != nil {
		return nil, err
	}
	schema, rows, err := run(t.Context(), query, tables{"s": table}, 1)
	lines := linesOf(texts(schema, rows))
	slices.Sort(lines)
	return lines, err
}

// Keys are equal as they are to "=": 0.0 and -0.0, NaN and NaN, but not null and null, unless "<=>" asks.
func TestKeysOfAStreamJoin(t *testing.T) {
	const values = "SELECT * FROM VALUES (CAST(0.0 AS DOUBLE), 1), (CAST(-0.0 AS DOUBLE), 2), (CAST('NaN' AS DOUBLE), 3), (CAST('NaN' AS DOUBLE), 4), (CAST(NULL AS DOUBLE), 5) t(x, n)"
	s := newStream(t, "SELECT a.n, b.n AS m FROM s a JOIN s b ON a.x = b.x", "x double, n int", logical.Append)
	s.want(s.run(values), "1\t1", "1\t2", "2\t1", "2\t2", "3\t3", "3\t4", "4\t3", "4\t4")
	s = newStream(t, "SELECT a.n, b.n AS m FROM s a, s b WHERE a.x = b.x AND a.n > 3", "x double, n int", logical.Append)
	s.want(s.run(values), "4\t3", "4\t4")
	s = newStream(t, "SELECT a.n, b.n AS m FROM s a JOIN s b ON a.x <=> b.x AND a.n > 4", "x double, n int", logical.Append)
	s.want(s.run(values), "5\t5")
}

// A row that the state counts and does not have is damage, and told as such.
func TestADamagedStreamJoinIsTold(t *testing.T) {
	s := newStream(t, "SELECT a.n, b.n AS m FROM s a JOIN s b ON a.x = b.x", "x int, n int", logical.Append)
	s.cache = &state.Cache{}
	s.run("SELECT * FROM VALUES (1, 1), (1, 2) t(x, n)")
	s.cache = nil
	for p := range 3 {
		// The rows of the right are gone; how many there were is still there.
		if err := s.store.Delete(t.Context(), fmt.Sprintf("state/0/%d/right-keyWithIndexToValue/1.delta", p)); err != nil {
			t.Fatal(err)
		}
		if err := s.store.Put(t.Context(), fmt.Sprintf("state/0/%d/right-keyWithIndexToValue/1.delta", p), emptyDelta(t)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.tryRun("SELECT * FROM VALUES (1, 3) t(x, n)"); !errors.Is(err, errclass.StateUnreadable) {
		t.Errorf("got %v", err)
	}
}

// emptyDelta is the delta of a partition in which nothing changed.
func emptyDelta(t *testing.T) []byte {
	t.Helper()
	s := newStream(t, "SELECT a.n FROM s a JOIN s b ON a.x = b.x", "x int, n int", logical.Append)
	s.run("SELECT * FROM VALUES (1, 1) t(x, n) WHERE x > 1")
	file, err := s.store.Open(t.Context(), "state/0/0/right-keyWithIndexToValue/1.delta")
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, file.Info().Size)
	if _, err := file.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	return data
}
