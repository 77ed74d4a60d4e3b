package medallion

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
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
		{"columnMapping", "delta.columnMapping.mode' = 'name', 'x", []string{
			"ALTER TABLE t RENAME COLUMN s.v TO w", "INSERT INTO t SELECT 5, named_struct('w', 7S)", "ALTER TABLE t RENAME COLUMN s.w TO v", "ALTER TABLE t ADD COLUMN more STRING",
			"ALTER TABLE t DROP COLUMN more",
		}},
		{"typeWidening", "delta.enableTypeWidening", []string{
			"ALTER TABLE t ALTER COLUMN id TYPE BIGINT", "ALTER TABLE t ALTER COLUMN s.v TYPE INT", "INSERT INTO t SELECT 5000000000L, named_struct('v', 70000)",
		}},
		{"typeWidening-preview", "delta.feature.typeWidening-preview' = 'supported', 'delta.enableTypeWidening", []string{
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
			answers(t, s, "ALTER TABLE t DROP FEATURE '"+c.feature+"'")
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

// Column mapping leaves a table by its property, too, by one version that rewrites its files: partitions, clusters, row ids and vectors go along. Columns
// whose names no file can have stand in the way.
func TestColumnMappingIsRemoved(t *testing.T) {
	for name, c := range map[string]struct{ by, statement, properties string }{
		"set":         {"PARTITIONED BY (p)", "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none', 'k' = 'v')", "'delta.enableDeletionVectors' = 'true'"},
		"unset":       {"CLUSTER BY (id)", "UNSET TBLPROPERTIES ('delta.columnMapping.mode')", "'delta.enableRowTracking' = 'true'"},
		"drop":        {"PARTITIONED BY (p)", "DROP FEATURE columnMapping", "'delta.enableRowTracking' = 'true'"},
		"change data": {"", "UNSET TBLPROPERTIES ('delta.columnMapping.mode')", "'delta.enableChangeDataFeed' = 'true'"},
	} {
		t.Run(name, func(t *testing.T) {
			s := maintenanceSession(t)
			for _, text := range []string{
				"CREATE TABLE t (n INT, q STRING, `a b` INT) " + strings.NewReplacer("(p)", "(q)", "(id)", "(n)").Replace(c.by) + " TBLPROPERTIES ('delta.columnMapping.mode' = 'name', " + c.properties + ")",
				"ALTER TABLE t RENAME COLUMN n TO id", "ALTER TABLE t RENAME COLUMN q TO p",
				"INSERT INTO t VALUES (1, 'x', 7), (2, 'y', 8)", "INSERT INTO t VALUES (3, 'x', 9), (4, null, 6)", "DELETE FROM t WHERE id = 2", "UPDATE t SET `a b` = 0 WHERE id = 3",
			} {
				answers(t, s, text)
			}
			if _, err := s.SQL(t.Context(), "ALTER TABLE t "+c.statement); !errors.Is(err, errclass.DeltaInvalidUnmapped) {
				t.Fatalf("got %v", err)
			}
			answers(t, s, "ALTER TABLE t RENAME COLUMN `a b` TO ab")
			all := "SELECT id, p, ab FROM t ORDER BY id"
			if strings.Contains(c.properties, "RowTracking") {
				all = "SELECT id, p, ab, _metadata.row_id, _metadata.row_commit_version FROM t ORDER BY id"
			}
			before := fmt.Sprint(answers(t, s, all))
			answers(t, s, "ALTER TABLE t "+c.statement)
			if got := fmt.Sprint(answers(t, s, all)); got != before {
				t.Errorf("before %s\nafter  %s", before, got)
			}
			answers(t, s, "INSERT INTO t VALUES (5, 'z', 5)")
			answers(t, s, "OPTIMIZE t")
			if got := fmt.Sprint(answers(t, s, "SELECT id, ab FROM t WHERE id IN (1, 5) ORDER BY id")); got != "[1 7 5 5]" {
				t.Errorf("got %s", got)
			}
			table, err := s.deltaTable("/user/hive/warehouse/t")
			if err != nil {
				t.Fatal(err)
			}
			snap, err := table.Log.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if m := snap.Metadata(); strings.Contains(m.SchemaString, "columnMapping") || m.Configuration["delta.columnMapping.maxColumnId"] != "" {
				t.Errorf("the metadata is %+v", m)
			}
			if domain, ok, err := snap.Domain(t.Context(), "delta.clustering"); err != nil || ok && !strings.Contains(domain.Configuration, `[["id"]]`) {
				t.Errorf("the domain is %+v, %v", domain, err)
			}
		})
	}
}

// The files of deletion vectors that older versions need have tombstones when the feature is gone: who does not know of vectors would else
// delete them as files that nobody needs.
func TestDroppedVectorsHaveTombstones(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
	answers(t, s, "INSERT INTO t SELECT id FROM range(100)")
	answers(t, s, "DELETE FROM t WHERE id = 2")
	answers(t, s, "ALTER TABLE t DROP FEATURE deletionVectors")
	table, err := s.deltaTable("/user/hive/warehouse/t")
	if err != nil {
		t.Fatal(err)
	}
	snap, err := table.Log.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	vectors := 0
	for f, err := range snap.Tombstones(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Path, ".bin") {
			continue
		}
		vectors++
		if _, err := volumes.StatFile(t.Context(), table.Store, f.Path); err != nil {
			t.Error(err)
		}
	}
	if vectors != 1 {
		t.Errorf("%d vectors have tombstones, want 1", vectors)
	}
	if got := fmt.Sprint(answers(t, s, "SELECT count(*) FROM t VERSION AS OF 2")); !strings.Contains(got, "99") {
		t.Errorf("version 2 has %s rows", got)
	}
}
