package medallion

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

func maintenanceSession(t *testing.T) *Session {
	t.Helper()
	s, err := NewSession(Options{Root: t.TempDir(), Out: io.Discard, Conf: map[string]string{confPartitions: "2", confWorkers: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// answers runs a statement and shows its rows, a line each.
func answers(t *testing.T, s *Session, text string) []string {
	t.Helper()
	frame, err := s.SQL(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	rows, err := frame.Collect(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = strings.Trim(fmt.Sprint(r.Values), "[]")
	}
	return lines
}

// VACUUM, RESTORE and what they refuse, as one types them.
func TestVacuumAndRestoreInSQL(t *testing.T) {
	s := maintenanceSession(t)
	for _, text := range []string{
		"CREATE TABLE t (id BIGINT)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", "INSERT OVERWRITE t VALUES (3)",
	} {
		answers(t, s, text)
	}
	if got := answers(t, s, "RESTORE TABLE t TO VERSION AS OF 2"); len(got) != 1 || !strings.Contains(got[0], " 2 1 2 ") {
		t.Errorf("RESTORE answers %q", got)
	}
	if got := answers(t, s, "SELECT id FROM t ORDER BY id"); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("restored %q", got)
	}
	if got := answers(t, s, "VACUUM t RETAIN 168 HOURS DRY RUN"); len(got) != 0 {
		t.Errorf("a dry run names %q", got)
	}
	_, err := s.SQL(t.Context(), "VACUUM t RETAIN 0 HOURS")
	if !errors.Is(err, errclass.DeltaVacuumTooShort) {
		t.Error(err)
	}
	answers(t, s, "SET spark.databricks.delta.retentionDurationCheck.enabled = false")
	would := answers(t, s, "VACUUM t RETAIN 0 HOURS DRY RUN")
	if len(would) != 1 || !strings.HasSuffix(would[0], ".parquet") {
		t.Fatalf("a dry run names %q", would)
	}
	inventory := fmt.Sprintf("(SELECT '%s' AS path, 1L AS length, false AS isDir, 0L AS modificationTime)", would[0])
	if got := answers(t, s, "VACUUM t USING INVENTORY "+inventory+" RETAIN 0 HOURS DRY RUN"); fmt.Sprint(got) != fmt.Sprint(would) {
		t.Errorf("by an inventory it names %q, want %q", got, would)
	}
	if _, err := s.SQL(t.Context(), "VACUUM t USING INVENTORY (SELECT 1 AS path) DRY RUN"); !errors.Is(err, errclass.DeltaInventorySchema) {
		t.Error(err)
	}
	if got := answers(t, s, "VACUUM t RETAIN 0 HOURS"); len(got) != 1 || !strings.HasSuffix(got[0], "/t") {
		t.Errorf("VACUUM answers %q", got)
	}
	if got := answers(t, s, "VACUUM t LITE RETAIN 0 HOURS DRY RUN"); len(got) != 0 {
		t.Errorf("and leaves %q", got)
	}
	if got := answers(t, s, "SELECT id FROM t ORDER BY id"); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("vacuumed %q", got)
	}
	if _, err := s.SQL(t.Context(), "RESTORE TABLE t TO VERSION AS OF 3"); !errors.Is(err, errclass.DeltaRestoreMissingFiles) {
		t.Error(err)
	}
	if _, err := s.SQL(t.Context(), "RESTORE t TIMESTAMP AS OF '2001-01-01'"); !errors.Is(err, errclass.DeltaRestoreTimestampBefore) {
		t.Error(err)
	}
}

// A shallow clone reads the source's files, and goes its own way from there.
func TestShallowCloneInSQL(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE src (id BIGINT, p STRING) PARTITIONED BY (p)")
	answers(t, s, "INSERT INTO src VALUES (1, 'a b'), (2, 'c%d')")
	answers(t, s, "INSERT INTO src VALUES (3, NULL)")
	if got := answers(t, s, "CREATE TABLE c SHALLOW CLONE src TBLPROPERTIES ('k' = 'v')"); len(got) != 1 || !strings.Contains(got[0], " 3 0 0 0 0") {
		t.Errorf("CLONE answers %q", got)
	}
	answers(t, s, "INSERT INTO c VALUES (4, 'a b')")
	if got := fmt.Sprint(answers(t, s, "SELECT id FROM c ORDER BY id")); got != "[1 2 3 4]" {
		t.Errorf("the clone has %s", got)
	}
	answers(t, s, "DELETE FROM c WHERE id = 1")
	answers(t, s, "OPTIMIZE c")
	if got := fmt.Sprint(answers(t, s, "SELECT id FROM c ORDER BY id")); got != "[2 3 4]" {
		t.Errorf("the clone has %s", got)
	}
	answers(t, s, "CREATE OR REPLACE TABLE c SHALLOW CLONE src VERSION AS OF 1")
	if got := fmt.Sprint(answers(t, s, "SELECT id FROM c ORDER BY id")); got != "[1 2]" {
		t.Errorf("the clone of version 1 has %s", got)
	}
	answers(t, s, "SET spark.databricks.delta.retentionDurationCheck.enabled = false")
	answers(t, s, "VACUUM c RETAIN 0 HOURS")
	if got := fmt.Sprint(answers(t, s, "SELECT id FROM src ORDER BY id")); got != "[1 2 3]" {
		t.Errorf("the vacuum of a clone left its source with %s", got)
	}
	answers(t, s, "CREATE TABLE IF NOT EXISTS c SHALLOW CLONE src")
	for text, want := range map[string]errclass.Class{
		"CREATE TABLE c SHALLOW CLONE src":              errclass.TableAlreadyExists,
		"CREATE OR REPLACE TABLE src SHALLOW CLONE src": errclass.DeltaCloneSameTable,
	} {
		if _, err := s.SQL(t.Context(), text); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A folder of Parquet files becomes a table, with its partitions and statistics; its manifest, and what a repair finds.
func TestConvertGenerateAndRepairInSQL(t *testing.T) {
	s := maintenanceSession(t)
	frame, err := s.SQL(t.Context(), "SELECT id, id % 2 AS k, concat('n', id) AS name FROM range(0, 10)")
	if err != nil {
		t.Fatal(err)
	}
	if err := frame.Write().PartitionBy("k").Format("parquet").Save(t.Context(), "/FileStore/pq"); err != nil {
		t.Fatal(err)
	}
	const table = "`/FileStore/pq`"
	if _, err := s.SQL(t.Context(), "CONVERT TO DELTA parquet.`/nosuch`"); !errors.Is(err, errclass.PathNotFound) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := s.SQL(t.Context(), "CONVERT TO DELTA parquet."+table); !errors.Is(err, errclass.DeltaConvertPartitionCount) {
		t.Error(err)
	}
	if _, err := s.SQL(t.Context(), "CONVERT TO DELTA parquet."+table+" PARTITIONED BY (other INT)"); !errors.Is(err, errclass.DeltaConvertPartitionColumn) {
		t.Error(err)
	}
	answers(t, s, "CONVERT TO DELTA parquet."+table+" PARTITIONED BY (k BIGINT)")
	answers(t, s, "CONVERT TO DELTA parquet."+table)
	if got := fmt.Sprint(answers(t, s, "SELECT sum(id), sum(k), max(name) FROM delta."+table+" WHERE id > 5")); got != "[30 2 n9]" {
		t.Errorf("the table has %s", got)
	}
	log, err := s.DeltaLog(t.Context(), "delta."+table)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := log.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for f, err := range snap.Files(t.Context()) {
		if err != nil || !strings.Contains(f.Stats, `"numRecords":5,"minValues":{"id":`) {
			t.Errorf("%s has statistics %s, %v", f.Path, f.Stats, err)
		}
		names = append(names, f.Path)
	}
	answers(t, s, "GENERATE symlink_format_manifest FOR TABLE delta."+table)
	at, err := s.Space().Resolve("/FileStore/pq")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := volumes.ReadFile(t.Context(), at.Store, at.Key+"/_symlink_format_manifest/k=0/manifest")
	if err != nil || !strings.HasPrefix(string(manifest), "file:///") || !strings.Contains(string(manifest), "/FileStore/pq/k=0/part-") {
		t.Errorf("the manifest is %q, %v", manifest, err)
	}
	if err := at.Store.Delete(t.Context(), at.Key+"/"+names[0]); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"FSCK REPAIR TABLE delta." + table + " DRY RUN", "FSCK REPAIR TABLE delta." + table} {
		if got := answers(t, s, text); len(got) != 1 || !strings.HasPrefix(got[0], names[0]+" true") {
			t.Errorf("%s answers %q", text, got)
		}
	}
	if got := fmt.Sprint(answers(t, s, "SELECT count(*) FROM delta."+table)); got != "[5]" {
		t.Errorf("after the repair: %s rows", got)
	}
}

// A log names no file outside of what the session may reach, whatever it says.
func TestAbsolutePathsStayInReach(t *testing.T) {
	outside := t.TempDir()
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE src (id BIGINT)")
	answers(t, s, "INSERT INTO src VALUES (1)")
	answers(t, s, "CREATE TABLE c SHALLOW CLONE src")
	own := s.elsewhere("file:///user/hive/warehouse/c")
	for uri, reached := range map[string]bool{
		"file:///user/hive/warehouse/src/x.parquet":       true,
		"/user/hive/warehouse/src/x.parquet":              true,
		"file:///user/hive/warehouse/c/x.parquet":         true,
		"file:///user/hive/warehouse/src-evil/x.parquet":  false,
		"file:///user/hive/warehouse/other/x.parquet":     false,
		"/Volumes/a/b/c/x.parquet":                        false,
		"file:///etc/passwd":                              false,
		"/etc/passwd":                                     false,
		"file://" + outside + "/x.parquet":                false,
		"file:///user/hive/warehouse/../../../etc/passwd": false,
		"file://localhost/etc/passwd":                     false,
		"http://example.com/x":                            false,
	} {
		_, _, err := own(t.Context(), uri)
		if reached != (err == nil) {
			t.Errorf("%s: %v", uri, err)
		}
	}
	if err := s.SetConf(confElsewhere, outside); err != nil {
		t.Fatal(err)
	}
	if _, _, err := own(t.Context(), "file://"+outside+"/x.parquet"); err != nil {
		t.Error(err)
	}
	if _, _, err := own(t.Context(), "file://"+outside+"-evil/x.parquet"); err == nil {
		t.Error("a neighbour of the folder was reached")
	}
	root, _ := volumes.HostFolder(s.space.Root())
	if err := s.SetConf(confElsewhere, root); err != nil {
		t.Fatal(err)
	}
	for uri, reached := range map[string]bool{"/Volumes/a/b/c/x.parquet": true, "file://" + outside + "/x.parquet": false, "/etc/passwd": false} {
		if _, _, err := own(t.Context(), uri); reached != (err == nil) {
			t.Errorf("with the root listed: %s: %v", uri, err)
		}
	}
}

// A table that wants manifests has them follow each version, partition by partition; what goes wrong there fails no write.
func TestManifestsFollowVersions(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT, p STRING) PARTITIONED BY (p) TBLPROPERTIES ('delta.compatibility.symlinkFormatManifest.enabled' = 'true')")
	manifests := func() string {
		var lines []string
		for _, p := range []string{"a", "b"} {
			at, err := s.space.Resolve("/user/hive/warehouse/t")
			if err != nil {
				t.Fatal(err)
			}
			text, err := volumes.ReadFile(t.Context(), at.Store, at.Key+"/_symlink_format_manifest/p="+p+"/manifest")
			if err == nil {
				lines = append(lines, fmt.Sprint(p, strings.Count(string(text), "/p="+p+"/part-")))
			}
		}
		return strings.Join(lines, " ")
	}
	for _, step := range []struct{ statement, want string }{
		{"INSERT INTO t VALUES (1, 'a'), (2, 'b')", "a1 b1"},
		{"INSERT INTO t VALUES (3, 'a')", "a2 b1"},
		{"UPDATE t SET id = 4 WHERE id = 2", "a2 b1"},
		{"OPTIMIZE t", "a1 b1"},
		{"DELETE FROM t WHERE p = 'b'", "a1"},
		{"RESTORE TABLE t TO VERSION AS OF 2", "a2 b1"},
		{"TRUNCATE TABLE t", ""},
		{"INSERT OVERWRITE t VALUES (5, 'b')", "b1"},
		{"ALTER TABLE t SET TBLPROPERTIES ('delta.compatibility.symlinkFormatManifest.enabled' = 'false')", "b1"},
		{"INSERT INTO t VALUES (6, 'a')", "b1"},
		{"ALTER TABLE t SET TBLPROPERTIES ('delta.compatibility.symlinkFormatManifest.enabled' = 'true')", "a1 b1"},
	} {
		answers(t, s, step.statement)
		if got := manifests(); got != step.want {
			t.Errorf("after %s the manifests are %q, want %q", step.statement, got, step.want)
		}
	}
	if _, err := s.SQL(t.Context(), "ALTER TABLE t SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"); !errors.Is(err, errclass.DeltaVectorsWithManifests) {
		t.Error(err)
	}
	answers(t, s, "CREATE TABLE m (id BIGINT) TBLPROPERTIES ('delta.compatibility.symlinkFormatManifest.enabled' = 'true', 'delta.columnMapping.mode' = 'name')")
	answers(t, s, "INSERT INTO m VALUES (1)")
	if got := fmt.Sprint(answers(t, s, "SELECT * FROM m")); got != "[1]" {
		t.Errorf("a table that manifests cannot describe holds %s", got)
	}
}
