package medallion

import (
	"testing"

	"lakehouse/internal/errclass"
)

// DELETE, UPDATE and MERGE, one after the other.
func TestStatementsChangeRows(t *testing.T) {
	for _, properties := range []string{"", "TBLPROPERTIES ('delta.enableChangeDataFeed'='true')"} {
		d := newDesk(t)
		d.frame("CREATE TABLE t (id INT, v STRING) USING delta " + properties)
		d.frame("INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(4,null)")
		d.frame("DELETE FROM t WHERE id > 3")
		d.frame("UPDATE t SET v = 'z' WHERE id = 2")
		d.frame("MERGE INTO t USING (SELECT * FROM VALUES (1,'A'),(9,'N') AS x(id, v)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
		d.want(properties, d.rows("SELECT id, v FROM t"), "1 A; 2 z; 3 c; 9 N")
	}
}

// What REPLACE puts rows in the place of, in SQL and by options.
func TestRowsReplaceOthers(t *testing.T) {
	const rows = "SELECT * FROM VALUES (2,'B'),(7,'G'),(null,'N') AS x(id, v)"
	tests := []struct {
		sql     string
		options map[string]string
		want    string
	}{
		{"INSERT INTO t REPLACE WHERE id >= 2 " + rows + " WHERE id IS NOT NULL", map[string]string{"replaceWhere": "id >= 2"}, "1 a; 2 B; 7 G; <nil> n"},
		{"INSERT INTO t REPLACE USING (id) " + rows, map[string]string{"replaceUsing": "id"}, "1 a; 2 B; 3 c; 7 G; <nil> N; <nil> n"},
		{"INSERT INTO t AS a REPLACE ON a.id <=> s.id (" + rows + ") AS s", map[string]string{"replaceOn": "a.id <=> s.id", "targetAlias": "a"}, "1 a; 2 B; 3 c; 7 G; <nil> N"},
		{"INSERT INTO t AS a REPLACE ON a.id <=> s.nr (SELECT id AS nr, v AS w FROM (" + rows + ")) AS s", nil, "1 a; 2 B; 3 c; 7 G; <nil> N"},
		{"INSERT INTO t REPLACE WHERE true SELECT 5, 'E'", map[string]string{"replaceWhere": "true"}, "5 E"},
		{"INSERT INTO t REPLACE WHERE false SELECT 5, 'E' WHERE false", nil, "1 a; 2 b; 3 c; <nil> n"},
	}
	for _, test := range tests {
		for _, vectors := range []string{"false", "true"} {
			d := newDesk(t)
			table := "CREATE OR REPLACE TABLE t (id INT, v STRING) TBLPROPERTIES ('delta.enableChangeDataFeed'='true', 'delta.enableDeletionVectors'='" + vectors + "')"
			d.frame(table)
			d.frame("INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(null,'n')")
			d.frame(test.sql)
			d.want(test.sql, d.rows("SELECT * FROM t"), test.want)
			if test.options == nil {
				continue
			}
			d.frame(table)
			d.frame("INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(null,'n')")
			query := rows
			if test.want == "5 E" {
				query = "SELECT 5 AS id, 'E' AS v"
			} else if test.options["replaceWhere"] != "" {
				query += " WHERE id IS NOT NULL"
			}
			w := d.frame(query).Alias("s").Write().Mode("overwrite")
			for name, value := range test.options {
				w = w.Option(name, value)
			}
			d.must(w.SaveAsTable(t.Context(), "t"))
			d.want(test.sql+" by options", d.rows("SELECT * FROM t"), test.want)
		}
	}
}

func TestReplaceRefusesWhatItCannotDo(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (id INT, v STRING)")
	d.frame("INSERT INTO t VALUES (1,'a'),(2,'b')")
	for text, class := range map[string]errclass.Class{
		"INSERT INTO t REPLACE WHERE id >= 2 SELECT 1, 'x'":          errclass.DeltaReplaceWhereMismatch,
		"INSERT INTO t REPLACE WHERE id >= 2 SELECT null, 'x'":       errclass.DeltaReplaceWhereMismatch,
		"INSERT INTO t REPLACE USING (nr) SELECT 1, 'x'":             errclass.ReplaceUsingUnresolved,
		"INSERT INTO t REPLACE WHERE id IN (SELECT 1) SELECT 1, 'x'": errclass.DeltaUnsupportedSubquery,
	} {
		_, err := d.SQL(t.Context(), text)
		d.refused(text, err, class)
	}
	write := d.frame("SELECT 1 AS id, 'x' AS v").Write()
	d.refused("append", write.Mode("append").Option("replaceWhere", "id = 1").SaveAsTable(t.Context(), "t"), errclass.InvalidOption)
	d.refused("two", write.Mode("overwrite").Option("replaceWhere", "id = 1").Option("replaceUsing", "id").SaveAsTable(t.Context(), "t"), errclass.InvalidOption)
	d.refused("dynamic", write.Mode("overwrite").Option("replaceWhere", "id = 1").Option("partitionOverwriteMode", "dynamic").SaveAsTable(t.Context(), "t"), errclass.DeltaReplaceWhereDynamic)
	d.want("rows", d.rows("SELECT * FROM t"), "1 a; 2 b")
}

// Rows that are copied and rows that are changed keep what row tracking calls them.
func TestChangedRowsKeepTheirIDs(t *testing.T) {
	for _, properties := range []string{"", ", 'delta.enableDeletionVectors'='true'", ", 'delta.columnMapping.mode'='name'"} {
		d := newDesk(t)
		d.frame("CREATE TABLE t (id INT, v STRING) TBLPROPERTIES ('delta.enableRowTracking'='true'" + properties + ")")
		d.frame("INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d')")
		ids := d.rows("SELECT id, _metadata.row_id FROM t WHERE id <> 2")
		d.frame("DELETE FROM t WHERE id = 2")
		d.frame("UPDATE t SET v = 'z' WHERE id = 3")
		d.frame("MERGE INTO t USING (SELECT 4 AS id, 'y' AS v UNION ALL SELECT 9, 'n') s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
		d.want("ids"+properties, d.rows("SELECT id, _metadata.row_id FROM t WHERE id < 9"), ids)
		d.want("versions"+properties, d.rows("SELECT id, _metadata.row_commit_version FROM t"), "1 1; 3 3; 4 4; 9 4")
		d.want("rows"+properties, d.rows("SELECT * FROM t"), "1 a; 3 z; 4 y; 9 n")
	}
}
