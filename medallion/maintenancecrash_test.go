package medallion

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// crashSession is a session whose every operation on the storage happens in one order.
func crashSession(t *testing.T, store volumes.Store) *Session {
	t.Helper()
	s, err := NewSession(Options{
		Space: volumes.NewSpaceOn(store), Out: io.Discard, Clock: crashDay,
		Conf: map[string]string{
			confWorkers: "1", confPartitions: "1", confRetentionCheck: "false", confVacuumWorkers: "1", confAutoCompactFiles: "2",
			delta.PartitionOverwriteSetting: "dynamic",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A crashed is a statement that writes, which dies at each of its storage operations.
type crashed struct {
	name  string
	setup []string // behind the common one
	run   string
	table string // that it is about; t where empty
	// steps: it is several versions, each of which leaves the rows as they are.
	steps bool
	// again: given once more behind its end, it may change nothing. Else it is not, for it would do more, or be refused.
	again bool
}

// Every statement that writes a table. Those that change rows, again and again, are those of TestStatementsSurviveAStopAtEveryStep, too.
var crashing = []crashed{
	{name: "create", run: "CREATE TABLE IF NOT EXISTS n (id INT, p STRING) PARTITIONED BY (p) COMMENT 'x' TBLPROPERTIES ('delta.enableRowTracking' = 'true')", table: "n", again: true},
	{name: "create clustered", run: "CREATE TABLE IF NOT EXISTS n (id INT) CLUSTER BY (id)", table: "n", again: true},
	{name: "create as select", run: "CREATE TABLE IF NOT EXISTS n AS SELECT * FROM t", table: "n", again: true},
	{name: "create like", run: "CREATE TABLE IF NOT EXISTS n LIKE t", table: "n", again: true},
	{name: "create or replace", run: "CREATE OR REPLACE TABLE t (x INT)", again: true},
	{name: "replace as select", run: "CREATE OR REPLACE TABLE t PARTITIONED BY (id) AS SELECT id, p FROM range(7) r CROSS JOIN (SELECT 'x' AS p) s", again: true},
	{name: "insert", run: "INSERT INTO t VALUES (9, 'c')"},
	{name: "insert overwrite", run: "INSERT OVERWRITE t VALUES (9, 'a')", again: true},
	{name: "replace where", run: "INSERT INTO t REPLACE WHERE p = 'a' VALUES (9, 'a')", again: true},
	{name: "delete", run: "DELETE FROM t WHERE id = 1", again: true},
	{name: "delete by vectors", setup: []string{vectorsOn}, run: "DELETE FROM t WHERE id IN (1, 3)", again: true},
	{name: "update", run: "UPDATE t SET id = 7 WHERE p = 'a'", again: true},
	{name: "merge", run: "MERGE INTO t USING (SELECT 1 AS id, 'z' AS p) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *", again: true},
	{name: "truncate", run: "TRUNCATE TABLE t", again: true},
	{name: "optimize", run: "OPTIMIZE t", again: true},
	{name: "optimize where", run: "OPTIMIZE t WHERE p = 'a'", again: true},
	{name: "zorder", run: "OPTIMIZE t ZORDER BY (id)", again: true},
	{name: "optimize clustered", setup: clusteredFiles, run: "OPTIMIZE k", table: "k", again: true},
	{name: "optimize clustered anew", setup: append(slices.Clip(clusteredFiles), "OPTIMIZE k", "ALTER TABLE k CLUSTER BY (v)"), run: "OPTIMIZE k FULL", table: "k", again: true},
	{name: "auto compaction", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'true')"}, run: "INSERT INTO t VALUES (9, 'c')"},
	{name: "purge", setup: vectorsUsed, run: "REORG TABLE t APPLY (PURGE)", again: true},
	{name: "vacuum", setup: []string{"DELETE FROM t WHERE id = 1"}, run: "VACUUM t RETAIN 0 HOURS", again: true},
	{name: "vacuum lite", setup: []string{"DELETE FROM t WHERE id = 1"}, run: "VACUUM t LITE RETAIN 0 HOURS", again: true},
	{name: "restore", run: "RESTORE TABLE t TO VERSION AS OF 2", again: true},
	{name: "restore over vectors", setup: vectorsUsed, run: "RESTORE TABLE t TO VERSION AS OF 3", again: true},
	{name: "clone", run: "CREATE TABLE IF NOT EXISTS c SHALLOW CLONE t", table: "c", again: true},
	{name: "clone with vectors", setup: vectorsUsed, run: "CREATE TABLE IF NOT EXISTS c SHALLOW CLONE t", table: "c", again: true},
	{name: "clone over a table", setup: []string{"CREATE TABLE c (id BIGINT, p STRING)", "INSERT INTO c VALUES (5, 'q')"}, run: "CREATE OR REPLACE TABLE c SHALLOW CLONE t", table: "c", again: true},
	{name: "convert", run: "CONVERT TO DELTA parquet.`/FileStore/pq`", table: "delta.`/FileStore/pq`", again: true},
	{name: "manifest", run: "GENERATE symlink_format_manifest FOR TABLE t", again: true},
	{name: "manifest behind a write", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.compatibility.symlinkFormatManifest.enabled' = 'true')"}, run: "INSERT OVERWRITE t VALUES (9, 'a')", again: true},
	{name: "fsck", run: "FSCK REPAIR TABLE t", again: true},
	{name: "add columns", run: "ALTER TABLE t ADD COLUMNS (x INT FIRST, y STRING COMMENT 'y')"},
	{name: "rename column", setup: []string{mapped}, run: "ALTER TABLE t RENAME COLUMN id TO n"},
	{name: "drop column", setup: []string{mapped, "ALTER TABLE t ADD COLUMN x INT"}, run: "ALTER TABLE t DROP COLUMN id"},
	{name: "change column", run: "ALTER TABLE t ALTER COLUMN id COMMENT 'the id'", again: true},
	{name: "widen column", setup: []string{"CREATE TABLE w (id INT) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')", "INSERT INTO w VALUES (1)"}, run: "ALTER TABLE w ALTER COLUMN id TYPE BIGINT", table: "w", again: true},
	{name: "column's default", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"}, run: "ALTER TABLE t ALTER COLUMN id SET DEFAULT 7", again: true},
	{name: "replace columns", run: "ALTER TABLE t REPLACE COLUMNS (id BIGINT COMMENT 'x', p STRING)", again: true},
	{name: "add constraint", run: "ALTER TABLE t ADD CONSTRAINT pos CHECK (id > 0)"},
	{name: "drop constraint", setup: []string{"ALTER TABLE t ADD CONSTRAINT pos CHECK (id > 0)"}, run: "ALTER TABLE t DROP CONSTRAINT IF EXISTS pos", again: true},
	{name: "set properties", run: "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b', 'delta.enableChangeDataFeed' = 'true')", again: true},
	{name: "set column mapping", run: mapped, again: true},
	{name: "set vectors and checkpoints", run: "ALTER TABLE t SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.checkpointPolicy' = 'v2', 'delta.enableInCommitTimestamps' = 'true')", again: true},
	{name: "set row tracking", run: "ALTER TABLE t SET TBLPROPERTIES ('delta.enableRowTracking' = 'true')", steps: true, again: true},
	{name: "unset properties", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')"}, run: "ALTER TABLE t UNSET TBLPROPERTIES ('a')", again: true},
	{name: "cluster by", setup: clusteredFiles, run: "ALTER TABLE k CLUSTER BY (v)", table: "k", again: true},
	{name: "cluster by none", setup: clusteredFiles, run: "ALTER TABLE k CLUSTER BY NONE", table: "k", again: true},
	{name: "comment on table", run: "COMMENT ON TABLE t IS 'hello'", again: true},
	{name: "comment on column", run: "COMMENT ON COLUMN t.id IS 'hello'", again: true},
	{name: "drop vectors", setup: vectorsUsed, run: "ALTER TABLE t DROP FEATURE deletionVectors", steps: true},
	{name: "drop widening", setup: []string{
		"CREATE TABLE w (id INT) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')", "INSERT INTO w VALUES (1)", "ALTER TABLE w ALTER COLUMN id TYPE BIGINT",
	}, run: "ALTER TABLE w DROP FEATURE typeWidening", table: "w", steps: true},
	{name: "drop column mapping", setup: []string{mapped, "ALTER TABLE t RENAME COLUMN id TO n", "INSERT INTO t VALUES (9, 'a')"}, run: "ALTER TABLE t DROP FEATURE columnMapping", steps: true},
	{name: "drop row tracking", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.enableRowTracking' = 'true')"}, run: "ALTER TABLE t DROP FEATURE rowTracking", steps: true},
	{name: "drop checkpoints", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.checkpointPolicy' = 'v2')"}, run: "ALTER TABLE t DROP FEATURE v2Checkpoint", steps: true},
	{name: "drop commit times", setup: []string{"ALTER TABLE t SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')"}, run: "ALTER TABLE t DROP FEATURE inCommitTimestamp", steps: true},
}

const (
	vectorsOn = "ALTER TABLE t SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
	mapped    = "ALTER TABLE t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
)

var (
	vectorsUsed    = []string{vectorsOn, "INSERT INTO t SELECT id, 'v' FROM range(10, 20)", "DELETE FROM t WHERE id IN (12, 13)"}
	clusteredFiles = []string{"CREATE TABLE k (id INT, v INT) CLUSTER BY (id)", "INSERT INTO k VALUES (1, 9), (2, 8)", "INSERT INTO k VALUES (3, 7)"}
)

// build is a store with the tables that the statement finds.
func (c *crashed) build(t *testing.T) *volumestest.Memory {
	store := volumestest.NewMemory()
	s := crashSession(t, store)
	for _, text := range append([]string{
		"CREATE TABLE t (id BIGINT, p STRING) PARTITIONED BY (p)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (3, 'a')",
		"INSERT INTO t VALUES (4, 'a')",
	}, c.setup...) {
		answers(t, s, text)
	}
	if c.name == "convert" {
		frame, err := s.SQL(t.Context(), "SELECT id FROM range(1, 5)")
		if err == nil {
			err = frame.Write().Format("parquet").Save(t.Context(), "/FileStore/pq")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if c.name == "fsck" { // one of its files is gone
		for f, err := range store.List(t.Context(), "user/hive/warehouse/t/p=b", volumes.ListOptions{}) {
			if err == nil {
				err = store.Delete(t.Context(), f.Name)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return store
}

// crashState is what a table is to who opens it: its rows, and all that DESCRIBE and the properties tell but places and times.
type crashState struct{ rows, metadata string }

// made anew for each table.
var madeAnew = regexp.MustCompile(`(_row-id-col|_row-commit-version-col|col)-[0-9a-f-]{36}|\b\d{13}\b|[Vv]ersion(BeforeVersion)?[ =]\d+`)

func (c *crashed) state(t *testing.T, store volumes.Store) crashState {
	t.Helper()
	s := crashSession(t, store)
	name := c.table
	if name == "" {
		name = "t"
	}
	if _, err := s.SQL(t.Context(), "DESCRIBE DETAIL "+name); isNotFound(err) || err != nil && strings.Contains(err.Error(), "DELTA_MISSING") {
		return crashState{"none", "none"}
	}
	var rows, detail []string
	frame, err := s.SQL(t.Context(), "SELECT * FROM "+name+" ORDER BY 1")
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return crashState{"none", "none"}
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := frame.Collect(t.Context())
	for _, r := range all {
		rows = append(rows, fmt.Sprint(r.Values))
	}
	if err != nil {
		rows = []string{"cannot be read"} // a file is missing
	}
	frame, err = s.SQL(t.Context(), "DESCRIBE DETAIL "+name)
	if err != nil {
		t.Fatal(err)
	}
	told, err := frame.Select(Col("description"), Col("partitionColumns"), Col("clusteringColumns"), Col("minReaderVersion"), Col("minWriterVersion"), Col("tableFeatures")).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	detail = append(detail, fmt.Sprint(told[0].Values))
	detail = append(detail, answers(t, s, "DESCRIBE TABLE "+name)...)
	for _, property := range answers(t, s, "SHOW TBLPROPERTIES "+name) {
		if !strings.Contains(property, "ProtectionBefore") && !strings.Contains(property, "nablement") {
			detail = append(detail, property)
		}
	}
	return crashState{strings.Join(rows, "; "), madeAnew.ReplaceAllString(strings.Join(detail, "; "), "…")}
}

// Each statement that writes, cut short before or after any of its storage operations, leaves the table as it was or as it shall be; those that
// are several versions, with its rows. Given again it is done.
func TestMaintenanceSurvivesAKillAtEveryStep(t *testing.T) {
	for _, c := range crashing {
		t.Run(c.name, func(t *testing.T) { c.sweep(t) })
	}
}

func (c *crashed) sweep(t *testing.T) {
	store := c.build(t)
	before := c.state(t, store)
	clean := volumestest.Record(store)
	answers(t, crashSession(t, clean), c.run)
	after := c.state(t, store)
	ops := clean.Ops()
	if len(ops) == 0 {
		t.Fatal("nothing was written")
	}
	for n := range ops {
		for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			if !*CrashAll && !sampled(c.name, n, len(ops), when) {
				continue
			}
			t.Run(fmt.Sprintf("%03d_%s_%s", n, ops[n].Kind, when), func(t *testing.T) {
				store := c.build(t)
				_, _ = crashSession(t, fault(store, n)).SQL(t.Context(), c.run) // it may or may not get through
				c.recovers(t, store, before, after)
			})
		}
	}
}

// sampled picks two of a statement's points, behind one operation and before another.
func sampled(name string, n, ops int, when string) bool {
	if when == "before" {
		return n == len(name)%ops
	}
	return n == len(name)*7%ops
}

func (c *crashed) recovers(t *testing.T, store volumes.Store, before, after crashState) {
	found := c.state(t, store)
	known := found == before || found == after || c.steps && (found.rows == before.rows || found.rows == after.rows)
	if !known {
		t.Fatalf("the table is %v\nneither %v\nnor %v", found, before, after)
	}
	if found == after && !c.again {
		return
	}
	answers(t, crashSession(t, store), c.run)
	if got := c.state(t, store); got != after {
		t.Errorf("given again: %v\nwant %v", got, after)
	}
}
