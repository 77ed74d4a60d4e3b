package medallion

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/parquetio"
	"lakehouse/volumes"
)

// With materializePartitionColumns every data file and every file of changed rows holds the partition columns, by the names that files
// have for columns, behind all others; whoever writes it. The feature asks for it, and not the property by which it came.
func TestMaterializedPartitionsAreInEveryFile(t *testing.T) {
	const property = "'delta.enableMaterializePartitionColumnsFeature' = 'true'"
	for name, properties := range map[string]string{
		"plain":      property,
		"by feature": "'delta.feature.materializePartitionColumns' = 'supported', 'delta.writePartitionColumnsToParquet' = 'false'",
		"mapped":     property + ", 'delta.columnMapping.mode' = 'name'",
		"by id":      property + ", 'delta.columnMapping.mode' = 'id'",
		"vectors":    property + ", 'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true'",
		"feed":       property + ", 'delta.enableChangeDataFeed' = 'true'",
		"iceberg":    "'delta.enableIcebergCompatV2' = 'true', 'delta.enableChangeDataFeed' = 'true'",
	} {
		t.Run(name, func(t *testing.T) {
			s := maintenanceSession(t)
			for _, text := range []string{
				"CREATE TABLE t PARTITIONED BY (p) TBLPROPERTIES (" + properties + ") AS SELECT CAST(id AS INT) AS n, CAST(id % 2 AS INT) AS p, id AS m FROM range(6)",
				"INSERT INTO t VALUES (6, NULL, 6)", "INSERT INTO t VALUES (7, 3, 7)",
				"UPDATE t SET m = 0 WHERE n = 1", "DELETE FROM t WHERE n = 0", "UPDATE t SET p = 4 WHERE n = 2",
				"MERGE INTO t USING (VALUES (3, 1), (8, 5)) s (k, q) ON n = k WHEN MATCHED THEN UPDATE SET m = -1 WHEN NOT MATCHED THEN INSERT (n, p, m) VALUES (k, q, 8)",
				"INSERT OVERWRITE t PARTITION (p = 3) SELECT 9, 9", "OPTIMIZE t ZORDER BY (m)",
			} {
				answers(t, s, text)
			}
			const all, rows = "SELECT n, p, m FROM t ORDER BY n", "[1 1 0 2 4 2 3 1 -1 4 0 4 5 1 5 6 <nil> 6 8 5 8 9 3 9]"
			if got := fmt.Sprint(answers(t, s, all)); got != rows {
				t.Errorf("got %s", got)
			}
			for file, columns := range columnsOfFiles(t, s, "t") {
				if partition := storedPartition(t, s); columns[len(columns)-1] != partition {
					t.Errorf("%s holds %v, without %s behind the others", file, columns, partition)
				}
			}
			if strings.Contains(properties, "ChangeDataFeed") {
				const changes = "SELECT n, p, m, _change_type FROM table_changes('t', 3, 3) ORDER BY m"
				if got := fmt.Sprint(answers(t, s, changes)); got != "[1 1 0 update_postimage 1 1 1 update_preimage]" {
					t.Errorf("changes %s", got)
				}
			}
			if name == "iceberg" {
				return
			}
			before := columnsOfFiles(t, s, "t")
			answers(t, s, "ALTER TABLE t SET TBLPROPERTIES ('delta.enableMaterializePartitionColumnsFeature' = 'false')")
			answers(t, s, "INSERT INTO t VALUES (10, 7, 10)")
			answers(t, s, "ALTER TABLE t DROP FEATURE materializePartitionColumns")
			answers(t, s, "INSERT INTO t VALUES (11, 7, 11)")
			held := 0
			for file, columns := range columnsOfFiles(t, s, "t") {
				if _, old := before[file]; !old && slices.Contains(columns, storedPartition(t, s)) {
					held++
				}
			}
			if held != 1 {
				t.Errorf("%d of the last two files hold the partition column, not the one from before the feature was dropped", held)
			}
			for _, line := range answers(t, s, "SHOW TBLPROPERTIES t") {
				if strings.Contains(line, "Materialize") {
					t.Errorf("property %s is left", line)
				}
			}
		})
	}
}

// storedPartition is what files call the table's partition column.
func storedPartition(t *testing.T, s *Session) string {
	t.Helper()
	table, err := s.deltaTable("/user/hive/warehouse/t")
	if err != nil {
		t.Fatal(err)
	}
	snap, err := table.Log.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := snap.Metadata()
	names, err := m.StoredPartitionColumns()
	if err != nil {
		t.Fatal(err)
	}
	return names[0]
}

// columnsOfFiles are the columns of each Parquet file that lies in the table's folder, outside of its log.
func columnsOfFiles(t *testing.T, s *Session, name string) map[string][]string {
	t.Helper()
	table, err := s.deltaTable("/user/hive/warehouse/" + name)
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]string{}
	for info, err := range table.Store.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(info.Name, "_delta_log/") || path.Ext(info.Name) != ".parquet" {
			continue
		}
		in, err := table.Store.Open(t.Context(), info.Name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parquetio.Open(in, in.Info().Size)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := file.Schema()
		if err != nil {
			t.Fatal(err)
		}
		columns[info.Name] = schema.Names()
		_ = in.Close()
	}
	if len(columns) == 0 {
		t.Fatalf("no files, but %v", slices.Collect(maps.Keys(columns)))
	}
	return columns
}
