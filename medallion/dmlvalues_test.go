package medallion

import (
	"testing"

	"lakehouse/internal/errclass"
)

// New values may be queries that are the same for all rows, also of the table itself and of queries that WITH names.
func TestNewValuesAreQueries(t *testing.T) {
	for _, c := range []struct{ statement, want string }{
		{"UPDATE t SET v = (SELECT max(v) FROM w) WHERE id > 1", "1 10; 2 400; 3 400"},
		{"UPDATE t SET v = v + (SELECT sum(v) FROM t)", "1 70; 2 80; 3 90"},
		{"UPDATE t SET v = (SELECT v FROM w WHERE id = 77) WHERE id = 1", "1 <nil>; 2 20; 3 30"},
		{"WITH c AS (SELECT 5 AS v) UPDATE t SET v = (SELECT v FROM c)", "1 5; 2 5; 3 5"},
		{"WITH c AS (SELECT 5 AS v) DELETE FROM t WHERE id = 2", "1 10; 3 30"},
		{"WITH c AS (SELECT 2 AS id, 9 AS v), d AS (SELECT * FROM c) MERGE INTO t USING d ON t.id = d.id WHEN MATCHED THEN UPDATE SET v = d.v + (SELECT max(id) FROM w)", "1 10; 2 13; 3 30"},
		{"MERGE INTO t USING w ON t.id = w.id WHEN NOT MATCHED THEN INSERT (id, v) VALUES (w.id, (SELECT count(*) FROM t))", "1 10; 2 20; 3 30; 4 3"},
	} {
		d := newDesk(t)
		d.frame("CREATE TABLE t (id INT, v INT)")
		d.frame("INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)")
		d.frame("CREATE TEMPORARY VIEW w AS SELECT * FROM VALUES (1, 100), (4, 400) AS w(id, v)")
		d.frame(c.statement)
		d.want(c.statement, d.rows("SELECT id, v FROM t"), c.want)
	}
}

// What is no value, or differs from row to row, or changes a query, is refused by name.
func TestNewValuesThatAreRefused(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (id INT, v INT)")
	d.frame("INSERT INTO t VALUES (1, 10), (2, 20)")
	for statement, class := range map[string]errclass.Class{
		"UPDATE t SET v = (SELECT v FROM t)":                                                           errclass.ScalarSubqueryTooManyRows,
		"UPDATE t SET v = (SELECT max(x.v) FROM t x WHERE x.id = t.id)":                                errclass.UnsupportedCorrelated,
		"UPDATE t SET v = CASE WHEN EXISTS (SELECT 1) THEN 1 END":                                      errclass.UnsupportedInExists,
		"DELETE FROM t WHERE id IN (SELECT 1)":                                                         errclass.DeltaUnsupportedSubquery,
		"WITH c AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM c)":                      errclass.DeltaUnsupportedSubquery,
		"WITH t AS (SELECT 1 AS id) MERGE INTO t USING t AS s ON t.id = s.id WHEN MATCHED THEN DELETE": errclass.UnsupportedTableOperation,
	} {
		_, err := d.SQL(t.Context(), statement)
		d.refused(statement, err, class)
	}
}
