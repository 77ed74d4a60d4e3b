package medallion

import "testing"

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
