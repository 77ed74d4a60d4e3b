package medallion

import (
	"fmt"
	"slices"
	"testing"

	"lakehouse/internal/parquetio"
	"lakehouse/volumes"
)

// A feature whose traces are in data files is dropped all the same: the files are written anew, without it.
func TestDroppingAFeatureRewritesItsFiles(t *testing.T) {
	for _, c := range []struct {
		feature, property string
		change            []string
	}{
		{"deletionVectors", "delta.enableDeletionVectors", []string{"DELETE FROM t WHERE id = 2", "UPDATE t SET s.v = 7 WHERE id = 3"}},
		{"typeWidening", "delta.enableTypeWidening", []string{
			"ALTER TABLE t ALTER COLUMN id TYPE BIGINT", "ALTER TABLE t ALTER COLUMN s.v TYPE INT", "INSERT INTO t SELECT 5000000000L, named_struct('v', 70000)",
		}},
	} {
		t.Run(c.feature, func(t *testing.T) {
			s := maintenanceSession(t)
			answers(t, s, "CREATE TABLE t (id INT, s STRUCT<v: SMALLINT>) TBLPROPERTIES ('"+c.property+"' = 'true')")
			answers(t, s, "INSERT INTO t SELECT CAST(id AS INT), named_struct('v', 0S) FROM range(1, 4)")
			answers(t, s, "INSERT INTO t SELECT 4, named_struct('v', 0S)")
			for _, text := range c.change {
				answers(t, s, text)
			}
			const all = "SELECT id, s FROM t ORDER BY id"
			before := fmt.Sprint(answers(t, s, all))
			answers(t, s, "ALTER TABLE t DROP FEATURE "+c.feature)
			if got := fmt.Sprint(answers(t, s, all)); got != before {
				t.Errorf("before %s, after %s", before, got)
			}
			table, err := s.deltaTable("/user/hive/warehouse/t")
			if err != nil {
				t.Fatal(err)
			}
			snap, err := table.Log.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if protocol := snap.Protocol(); slices.Contains(protocol.Features(), c.feature) {
				t.Errorf("the protocol is %v", protocol)
			}
			schema, err := snap.Schema()
			if err != nil {
				t.Fatal(err)
			}
			for f, err := range snap.Files(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				in, err := table.Store.Open(t.Context(), f.Path)
				if err != nil {
					t.Fatal(err)
				}
				file, err := parquetio.Open(in, in.Info().Size)
				if err != nil {
					t.Fatal(err)
				}
				if of, err := file.Schema(); err != nil || fmt.Sprint(of) != fmt.Sprint(schema) || f.DeletionVector != nil {
					t.Errorf("a file has the columns %v, %v, the table %v", of, err, schema)
				}
				_ = in.Close()
			}
			if _, err := volumes.ReadFile(t.Context(), table.Store, "_delta_log/_last_checkpoint"); err != nil {
				t.Error(err)
			}
		})
	}
}
