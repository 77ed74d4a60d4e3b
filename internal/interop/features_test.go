package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/volumes"
)

// A feature is one entry of the matrix of readers: a table that we make, and what becomes of it elsewhere.
type feature struct {
	name     string
	steps    []string                   // SQL; {t} is the table, {path} its folder, {root} the folder of all
	first    func(l *lake, name string) // what SQL does not say, before the steps
	then     func(l *lake, name string) // and after them
	protocol string                     // what it asks of a reader and of a writer: "1/2", "3/7 deletionVectors"
	rows     int
	changes  []string // made elsewhere on the table of ours, and here on the same table made elsewhere; nil: none
	// elsewhere is what becomes of it with the readers that do not read our rows: what they say when they refuse it, or how it differs, after "DIFFERENT: ".
	elsewhere map[string]string
	waits     string // what this build cannot do yet: the entry is passed over as long as a step fails
}

// features are in the order of the matrix.
func features() []feature {
	return slices.Concat(shapesOfRows(), demandsOnRows(), changed(formsOfTheLog()), changed(changesOfRows()), changesOfTables())
}

func shapesOfRows() []feature {
	return []feature{
		{name: "every type", protocol: "1/2", rows: 300, first: func(l *lake, name string) {
			schema := ddl(l.t, plainTypes)
			l.write(name, schema, seeded(1).batch(schema, 0, 300))
		}},
		{name: "nested types", protocol: "1/2", rows: 100, first: func(l *lake, name string) {
			schema := ddl(l.t, "id bigint, "+nestedTypes)
			l.write(name, schema, seeded(3).batch(schema, 0, 100))
		}},
		{name: "partitioned", protocol: "1/2", rows: 60, first: func(l *lake, name string) {
			schema := ddl(l.t, "id bigint, `a.b` string, day date, v int, `é` int, n boolean")
			l.write(name, schema, seeded(8).short().batch(schema, 0, 60), by("é", "a.b", "day", "n"))
		}},
		{name: "timestampNtz", protocol: "3/7 timestampNtz", rows: 50, first: func(l *lake, name string) {
			schema := ddl(l.t, "id bigint, clock timestamp_ntz, l array<timestamp_ntz>, s struct<c: timestamp_ntz>")
			l.write(name, schema, seeded(4).batch(schema, 0, 50))
		}},
		{name: "variantType", elsewhere: map[string]string{"Polars": "LogicalType union has no variant set", "DuckDB": "Unsupported Arrow type VARIANT", "ClickHouse": "Unsupported Variant data type"}, protocol: "3/7 variantType", rows: 3, steps: []string{
			"CREATE TABLE {t} (id INT, v VARIANT) USING delta LOCATION '{path}'",
			`INSERT INTO {t} SELECT id, parse_json(j) FROM VALUES (1, '{"b":[1,2.50,null],"a":{"x":"é"}}'), (2, '70000'), (3, 'null') AS s(id, j)`,
		}},
		{name: "typeWidening", elsewhere: map[string]string{"delta-rs": "features required: [TypeWidening]", "Polars": "requires reader features ['typeWidening']"}, protocol: "3/7 timestampNtz typeWidening", rows: 3, steps: []string{
			"CREATE TABLE {t} (a SMALLINT, b FLOAT, c DECIMAL(4,1), d ARRAY<INT>, e DATE, s STRUCT<x: TINYINT>, p SMALLINT) USING delta PARTITIONED BY (p) LOCATION '{path}' TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported')",
			"INSERT INTO {t} SELECT 1, 1.1, 123.4, array(1, NULL), DATE '2026-01-31', named_struct('x', 1), 1",
			"ALTER TABLE {t} ALTER COLUMN a TYPE BIGINT",
			"ALTER TABLE {t} ALTER COLUMN b TYPE DOUBLE",
			"ALTER TABLE {t} ALTER COLUMN c TYPE DECIMAL(7,3)",
			"ALTER TABLE {t} ALTER COLUMN d.element TYPE BIGINT",
			"ALTER TABLE {t} ALTER COLUMN e TYPE TIMESTAMP_NTZ",
			"ALTER TABLE {t} ALTER COLUMN s.x TYPE INT",
			"ALTER TABLE {t} ALTER COLUMN p TYPE INT",
			"INSERT INTO {t} SELECT 5000000000L, 1.1D, 1234.567, array(5000000000L), TIMESTAMP_NTZ '2026-02-01 12:00:00', named_struct('x', 70000), 100000",
			"INSERT INTO {t} SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL",
		}},
		{name: "typeWidening-preview", elsewhere: map[string]string{"delta-rs": "features required", "Polars": "requires reader features ['typeWidening-preview']"}, protocol: "3/7 typeWidening-preview", rows: 2, steps: []string{
			"CREATE TABLE {t} (id INT, n SMALLINT) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.feature.typeWidening-preview' = 'supported', 'delta.enableTypeWidening' = 'true')",
			"INSERT INTO {t} VALUES (1, 1)",
			"ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT",
			"INSERT INTO {t} VALUES (5000000000, 2)",
		}},
		{name: "columnMapping of partitions", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)", "DuckDB": "DIFFERENT: day=null"}, protocol: "2/7 columnMapping", rows: 100, steps: commits("'delta.columnMapping.mode' = 'name'")},
		{name: "columnMapping by name", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)", "DuckDB": "DIFFERENT: part=null"}, protocol: "2/7 columnMapping", rows: 3, steps: mapped("name")},
		{name: "columnMapping by id", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)", "DuckDB": "DIFFERENT: part=null"}, protocol: "2/7 columnMapping", rows: 3, steps: mapped("id")},
	}
}

// mapped makes a table whose columns are mapped, renamed, dropped and added again.
func mapped(mode string) []string {
	return []string{
		"CREATE TABLE {t} (`an id` BIGINT, s STRUCT<x: INT, y: STRING>, l ARRAY<STRUCT<z: INT>>, p STRING) USING delta PARTITIONED BY (p) LOCATION '{path}' TBLPROPERTIES ('delta.columnMapping.mode' = '" + mode + "')",
		"INSERT INTO {t} SELECT 1L, named_struct('x', 1, 'y', 'a'), array(named_struct('z', 1)), 'u' UNION ALL SELECT 2L, NULL, NULL, NULL",
		"ALTER TABLE {t} RENAME COLUMN `an id` TO id",
		"ALTER TABLE {t} RENAME COLUMN s.y TO w",
		"ALTER TABLE {t} RENAME COLUMN p TO part",
		"ALTER TABLE {t} DROP COLUMN l",
		"ALTER TABLE {t} ADD COLUMN l DATE",
		"INSERT INTO {t} SELECT 4L, named_struct('x', 4, 'w', 'd'), 'v', DATE '2026-01-31'",
	}
}

func demandsOnRows() []feature {
	return []feature{
		{name: "appendOnly", protocol: "1/2", rows: 3, steps: []string{
			"CREATE TABLE {t} (id BIGINT, s STRING) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.appendOnly' = 'true')",
			"INSERT INTO {t} VALUES (1, 'a'), (2, NULL), (3, 'c')",
		}},
		{name: "NOT NULL", protocol: "1/2", rows: 2, steps: []string{
			"CREATE TABLE {t} (id BIGINT NOT NULL, s STRUCT<x: INT NOT NULL> NOT NULL, n INT) USING delta LOCATION '{path}'",
			"INSERT INTO {t} SELECT 1L, named_struct('x', 1), 1 UNION ALL SELECT 2L, named_struct('x', 2), NULL",
		}},
		{name: "checkConstraints", protocol: "1/3", rows: 3, steps: []string{
			"CREATE TABLE {t} (id BIGINT, s STRING) USING delta LOCATION '{path}'",
			"ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id > 0)",
			"INSERT INTO {t} VALUES (1, 'a'), (2, NULL), (3, 'c')",
		}},
		{name: "generatedColumns", protocol: "1/7 generatedColumns", rows: 3, steps: []string{
			"CREATE TABLE {t} (id BIGINT, at TIMESTAMP, twice BIGINT GENERATED ALWAYS AS (id * 2), day DATE GENERATED ALWAYS AS (CAST(at AS DATE))) USING delta PARTITIONED BY (day) LOCATION '{path}'",
			"INSERT INTO {t} (id, at) VALUES (1, TIMESTAMP '2026-01-31 12:00:00'), (2, TIMESTAMP '2026-02-01 00:00:00'), (NULL, NULL)",
		}},
		{name: "identityColumns", protocol: "1/7 identityColumns", rows: 4, steps: []string{
			"CREATE TABLE {t} (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), k BIGINT GENERATED BY DEFAULT AS IDENTITY, s STRING) USING delta LOCATION '{path}'",
			"INSERT INTO {t} (s) VALUES ('a'), ('b')",
			"INSERT INTO {t} (k, s) VALUES (100, 'c')",
			"INSERT INTO {t} (s) VALUES ('d')",
		}},
		{name: "allowColumnDefaults", protocol: "1/7 allowColumnDefaults", rows: 3, steps: []string{
			"CREATE TABLE {t} (id BIGINT, n INT DEFAULT 7, s STRING DEFAULT concat('a', 'b')) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
			"INSERT INTO {t} (id) VALUES (1)",
			"INSERT INTO {t} VALUES (3, 3, 'c')",
			"INSERT INTO {t} (id, s) VALUES (2, NULL)",
		}},
		{name: "DEFAULT as a value", protocol: "1/7 allowColumnDefaults", rows: 1, steps: []string{
			"CREATE TABLE {t} (id BIGINT, n INT DEFAULT 7) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
			"INSERT INTO {t} VALUES (2, DEFAULT)",
		}},
		{name: "icebergCompatV1", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)"}, protocol: "2/7 columnMapping icebergCompatV1", rows: 2, steps: []string{
			"CREATE TABLE {t} (id BIGINT, s STRING) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.enableIcebergCompatV1' = 'true', 'delta.columnMapping.mode' = 'name')",
			"INSERT INTO {t} VALUES (1, 'a'), (2, NULL)",
		}},
		{name: "icebergCompatV2", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)"}, protocol: "2/7 columnMapping icebergCompatV2", rows: 2, steps: []string{
			"CREATE TABLE {t} (id BIGINT, l ARRAY<STRING>, m MAP<STRING, INT>) USING delta LOCATION '{path}' TBLPROPERTIES ('delta.enableIcebergCompatV2' = 'true', 'delta.columnMapping.mode' = 'name')",
			"INSERT INTO {t} SELECT 1L, array('a'), map('k', 1) UNION ALL SELECT 2L, NULL, NULL",
		}},
		// ClickHouse finds nothing in arrays of structs of mapped tables, of those that Spark has written either.
		{name: "icebergCompatV2, in partitions", elsewhere: map[string]string{"Polars": "requires reader version 2 (column mapping)", "ClickHouse": "DIFFERENT: l=[],"}, protocol: "2/7 columnMapping icebergCompatV2", rows: 3, steps: []string{
			"CREATE TABLE {t} (day DATE, id BIGINT, l ARRAY<STRUCT<x: INT, y: ARRAY<TIMESTAMP>>>) USING delta PARTITIONED BY (day) LOCATION '{path}' TBLPROPERTIES ('delta.enableIcebergCompatV2' = 'true')",
			"INSERT INTO {t} SELECT DATE '2026-01-01', 1L, array(named_struct('x', 1, 'y', array(TIMESTAMP '2026-01-31 12:00:00'))) UNION ALL SELECT NULL, 2L, NULL",
			"INSERT INTO {t} SELECT DATE '2026-01-02', 3L, array(named_struct('x', 1, 'y', array(TIMESTAMP '2026-01-31 12:00:00')))",
			"UPDATE {t} SET id = 4 WHERE id = 3",
			"OPTIMIZE {t}",
		}},
		{name: "materializePartitionColumns", protocol: "1/7 materializePartitionColumns", rows: 90, steps: append(commits("'delta.enableMaterializePartitionColumnsFeature' = 'true'"),
			"DELETE FROM {t} WHERE id >= 18", "UPDATE {t} SET s = 'changed' WHERE id = 3", "OPTIMIZE {t} WHERE day < DATE '2026-01-03'")},
		{name: "a column of type VOID", elsewhere: map[string]string{"DuckDB": "Unsupported Delta table type: 'void'", "ClickHouse": "Unsupported Delta table type: 'void'"}, protocol: "1/2", rows: 2, steps: []string{
			"CREATE TABLE {t} (id BIGINT, n VOID, s STRUCT<x: INT, v: VOID>) USING delta LOCATION '{path}'",
			"INSERT INTO {t} SELECT 1L, NULL, named_struct('x', 1, 'v', NULL) UNION ALL SELECT 2L, NULL, NULL",
		}},
	}
}

// five commits, each of some rows.
func commits(properties string) []string {
	steps := []string{"CREATE TABLE {t} (id BIGINT, s STRING, day DATE) USING delta PARTITIONED BY (day) LOCATION '{path}' TBLPROPERTIES (" + properties + ")"}
	for _, day := range []string{"01", "02", "03", "04", "05"} {
		steps = append(steps, "INSERT INTO {t} SELECT id, concat('v', id), DATE '2026-01-"+day+"' FROM range(20)")
	}
	return steps
}

// changed are features whose tables, of the columns that commits gives them, go on being changed by others.
func changed(all []feature) []feature {
	for i, f := range all {
		if len(f.steps) > 0 {
			all[i].changes = []string{
				"INSERT INTO {t} VALUES (1000, 'new', DATE '2026-01-05'), (1001, NULL, DATE '2026-01-06')",
				"DELETE FROM {t} WHERE id = 5",
				"UPDATE {t} SET s = 'updated' WHERE id IN (1, 11)",
				"MERGE INTO {t} t USING (SELECT id + 12 AS id, 'again' AS s FROM range(3)) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET s = u.s WHEN NOT MATCHED BY SOURCE AND t.id = 1001 THEN DELETE",
				"OPTIMIZE {t}",
			}
		}
	}
	return all
}

func formsOfTheLog() []feature {
	return []feature{
		{name: "many versions, checkpoints", protocol: "1/2", rows: 35, first: func(l *lake, name string) {
			schema := ddl(l.t, "id bigint, name string, day date")
			wider := ddl(l.t, "id bigint, name string, day date, more struct<x: int, y: array<string>>")
			l.create(name, deltalog.CreateOptions{Schema: schema, PartitionColumns: []string{"day"}, Configuration: map[string]string{"delta.checkpointInterval": "3"}})
			for v := range uint64(4) {
				l.write(name, schema, seeded(20+v).batch(schema, int(v)*100, 10))
			}
			l.write(name, schema, seeded(30).batch(schema, 1000, 5), mode("overwrite"))
			for v := range uint64(3) {
				l.write(name, wider, seeded(31+v).batch(wider, 2000+int(v)*100, 10), option("mergeSchema", "true"))
			}
		}},
		{name: "v2Checkpoint", elsewhere: map[string]string{"Polars": "requires reader features ['v2Checkpoint']"}, protocol: "3/7 v2Checkpoint", rows: 100, steps: commits("'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2'")},
		{name: "v2Checkpoint alone", elsewhere: map[string]string{"Polars": "requires reader features ['v2Checkpoint']"}, protocol: "3/7 v2Checkpoint", rows: 100, steps: commits("'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '5'"), then: withoutCommits(5)},
		{name: "inCommitTimestamp", protocol: "1/7 inCommitTimestamp", rows: 100, steps: commits("'delta.enableInCommitTimestamps' = 'true', 'delta.checkpointInterval' = '3'")},
		{name: "statistics as structs", protocol: "1/2", rows: 100, steps: commits("'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpointInterval' = '5'"), then: withoutCommits(5)},
		{name: "checkpoint in parts", protocol: "1/2", rows: 100, steps: commits("'delta.checkpointInterval' = '5'"), then: inParts(5)},
		{name: "log compaction", protocol: "1/2", rows: 100, steps: commits("'delta.checkpointInterval' = '100'"), then: compacted(2, 4)},
		{name: "domainMetadata", protocol: "1/7 domainMetadata", rows: 100, steps: commits("'delta.feature.domainMetadata' = 'supported'")},
		{name: "vacuumProtocolCheck", elsewhere: map[string]string{"delta-rs": "features required: [VacuumProtocolCheck]", "Polars": "requires reader features ['vacuumProtocolCheck']"}, protocol: "3/7 vacuumProtocolCheck", rows: 100, steps: commits("'delta.feature.vacuumProtocolCheck' = 'supported'")},
		{name: "rowTracking", protocol: "1/7 domainMetadata rowTracking", rows: 90, steps: append(commits("'delta.enableRowTracking' = 'true'"),
			"DELETE FROM {t} WHERE id >= 18", "UPDATE {t} SET s = 'changed' WHERE id = 3")},
		{name: "changeDataFeed", protocol: "1/7 changeDataFeed", rows: 90, steps: append(commits("'delta.enableChangeDataFeed' = 'true'"),
			"DELETE FROM {t} WHERE id >= 18", "UPDATE {t} SET s = 'changed' WHERE id = 3")},
	}
}

// withoutCommits takes the commits before a checkpoint away.
func withoutCommits(version int64) func(*lake, string) {
	return func(l *lake, name string) { l.forgetCommits(name, version) }
}

func changesOfRows() []feature {
	const vectors = "'delta.enableDeletionVectors' = 'true'"
	merge := `MERGE INTO {t} t USING (SELECT id + 15 AS id, 'merged' AS s FROM range(10)) u ON t.id = u.id AND t.day = DATE '2026-01-05'
		WHEN MATCHED AND u.id = 15 THEN DELETE WHEN MATCHED THEN UPDATE SET s = u.s WHEN NOT MATCHED THEN INSERT (id, s) VALUES (u.id, u.s)`
	return []feature{
		{name: "DELETE", protocol: "1/2", rows: 95, steps: append(commits("'delta.checkpointInterval' = '4'"), "DELETE FROM {t} WHERE id = 7")},
		{name: "UPDATE", protocol: "1/2", rows: 100, steps: append(commits("'delta.checkpointInterval' = '4'"), "UPDATE {t} SET s = NULL WHERE id < 5")},
		{name: "MERGE", protocol: "1/2", rows: 104, steps: append(commits("'delta.checkpointInterval' = '4'"), merge)},
		{name: "deletionVectors: DELETE", protocol: "3/7 deletionVectors", rows: 89, steps: append(commits(vectors),
			"DELETE FROM {t} WHERE id = 7", "DELETE FROM {t} WHERE id = 8", "DELETE FROM {t} WHERE id = 9 AND day = DATE '2026-01-01'")},
		{name: "deletionVectors: UPDATE, MERGE", protocol: "3/7 deletionVectors", rows: 104, steps: append(commits(vectors), "UPDATE {t} SET s = NULL WHERE id < 5", merge)},
		{
			name: "deletionVectors of mapped columns, by checkpoint", elsewhere: map[string]string{"Polars": "requires reader features ['columnMapping', 'v2Checkpoint']", "DuckDB": "DIFFERENT: day=null"}, protocol: "3/7 columnMapping deletionVectors v2Checkpoint", rows: 95,
			steps: append(commits(vectors+", 'delta.columnMapping.mode' = 'name', 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '6'"), "DELETE FROM {t} WHERE id = 7"), then: withoutCommits(6),
		},
		{name: "all at once", protocol: "3/7 changeDataFeed columnMapping deletionVectors domainMetadata inCommitTimestamp rowTracking typeWidening v2Checkpoint", elsewhere: map[string]string{"delta-rs": "features required: [TypeWidening]", "Polars": "requires reader features ['columnMapping', 'typeWidening', 'v2Checkpoint']", "DuckDB": "DIFFERENT: day=null"}, rows: 104, steps: append(commits(vectors+
			", 'delta.columnMapping.mode' = 'name', 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3', 'delta.enableChangeDataFeed' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true', 'delta.enableTypeWidening' = 'true'"),
			"UPDATE {t} SET s = NULL WHERE id < 5", merge)},
		{name: "INSERT REPLACE WHERE", protocol: "1/2", rows: 81, steps: append(commits("'delta.checkpointInterval' = '4'"),
			"INSERT INTO {t} REPLACE WHERE day = DATE '2026-01-05' SELECT 1, 'one', DATE '2026-01-05'")},
	}
}

func changesOfTables() []feature {
	const vectors = "'delta.enableDeletionVectors' = 'true'"
	return []feature{
		{name: "OPTIMIZE", protocol: "1/2", rows: 200, steps: append(append(commits("'delta.checkpointInterval' = '4'"), commits("")[1:]...), "OPTIMIZE {t}")},
		{name: "OPTIMIZE ZORDER", protocol: "1/2", rows: 100, steps: append(commits("'delta.checkpointInterval' = '4'"), "OPTIMIZE {t} ZORDER BY (id, s)")},
		{name: "clustering", protocol: "1/7 clustering domainMetadata", rows: 20, steps: []string{
			"CREATE TABLE {t} (id BIGINT, s STRING) USING delta CLUSTER BY (id, s) LOCATION '{path}'",
			"INSERT INTO {t} SELECT id, concat('v', id) FROM range(10)",
			"INSERT INTO {t} SELECT id, concat('w', id) FROM range(10)",
			"OPTIMIZE {t}",
		}},
		{name: "REORG PURGE", protocol: "3/7 deletionVectors", rows: 95, steps: append(commits(vectors), "DELETE FROM {t} WHERE id = 7", "REORG TABLE {t} APPLY (PURGE)")},
		{name: "VACUUM", protocol: "1/2", rows: 95, steps: append(commits("'delta.deletedFileRetentionDuration' = 'interval 0 hours'"),
			"DELETE FROM {t} WHERE id = 7", "VACUUM {t}")},
		{name: "RESTORE", protocol: "1/2", rows: 60, steps: append(commits("'delta.checkpointInterval' = '4'"), "DELETE FROM {t} WHERE id = 7", "RESTORE TABLE {t} TO VERSION AS OF 3")},
		{name: "SHALLOW CLONE", elsewhere: map[string]string{"Polars": "No such file or directory", "DuckDB": "Cannot open file", "ClickHouse": "Cannot get metadata of file"}, protocol: "1/2", rows: 101, steps: []string{
			"CREATE TABLE {t}_source (id BIGINT, s STRING) USING delta LOCATION '{path}_source'",
			"INSERT INTO {t}_source SELECT id, 'a' FROM range(100)",
			"CREATE TABLE {t} SHALLOW CLONE {t}_source LOCATION '{path}'",
			"INSERT INTO {t} VALUES (1000, 'own')",
		}},
		{name: "CONVERT TO DELTA", protocol: "1/2", rows: 50, first: func(l *lake, name string) {
			schema := ddl(l.t, "id bigint, p string, v double")
			writer := l.session.Frame(schema, seeded(11).short().batch(schema, 0, 50)).Write().Format("parquet").PartitionBy("p")
			if err := writer.Save(l.t.Context(), filepath.Join(l.root, name)); err != nil {
				l.t.Fatal(err)
			}
		}, steps: []string{"CONVERT TO DELTA parquet.`{path}` PARTITIONED BY (p STRING)"}},
		{name: "DROP FEATURE", protocol: "1/2", rows: 100, steps: append(commits("'delta.checkpointInterval' = '4'"),
			"ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id >= 0)", "ALTER TABLE {t} DROP CONSTRAINT positive", "ALTER TABLE {t} DROP FEATURE checkConstraints")},
		{name: "TRUNCATE", protocol: "1/2", rows: 0, steps: append(commits("'delta.checkpointInterval' = '4'"), "TRUNCATE TABLE {t}")},
	}
}

// built makes the table of a feature, and tells what this build says if it cannot.
func (l *lake) built(t *testing.T, f feature, name string) (at reading, err error) {
	t.Helper()
	at = reading{name: f.name, path: filepath.Join(l.root, name)}
	fill := strings.NewReplacer("{t}", name, "{path}", at.path, "{root}", l.root)
	if f.first != nil {
		f.first(l, name)
	}
	for _, step := range f.steps {
		frame, err := l.session.SQL(t.Context(), fill.Replace(step))
		if err == nil {
			_, err = frame.Collect(t.Context())
		}
		if err != nil {
			return at, &stepError{step, err}
		}
	}
	if f.then != nil {
		f.then(l, name)
	}
	return at, nil
}

// later reports whether an error is that of an entry that waits.
func (f feature) later(err error) bool {
	return f.waits != "" && err != nil
}

type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.err.Error() + "\n  in " + e.step }
func (e *stepError) Unwrap() error { return e.err }

// protocolOf is the protocol of a table, as an entry tells it.
func protocolOf(t *testing.T, path string) string {
	t.Helper()
	store, err := volumes.OpenLocal(path)
	if err != nil {
		t.Fatal(err)
	}
	last, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return spelled(last.Protocol())
}

// spelled is a protocol in short, "1/2", "3/7 deletionVectors", without what the legacy protocol of a new table asks, too.
func spelled(p deltalog.Protocol) string {
	features := append(slices.Clone(p.ReaderFeatures), p.WriterFeatures...)
	features = slices.DeleteFunc(features, func(f string) bool { return f == "appendOnly" || f == "invariants" }) // which come with each protocol of names
	slices.Sort(features)
	return strings.TrimSpace(fmt.Sprintf("%d/%d %s", p.MinReaderVersion, p.MinWriterVersion, strings.Join(slices.Compact(features), " ")))
}

// forgetCommits takes the commits before a checkpoint away, so that who reads the table reads the checkpoint.
func (l *lake) forgetCommits(name string, version int64) {
	l.t.Helper()
	log := filepath.Join(l.root, name, "_delta_log")
	if found, err := filepath.Glob(filepath.Join(log, fmt.Sprintf("%020d.checkpoint*", version))); err != nil || len(found) == 0 {
		l.t.Fatalf("no checkpoint of version %d: %v", version, err)
	}
	for v := range version {
		if err := os.Remove(filepath.Join(log, fmt.Sprintf("%020d.json", v))); err != nil {
			l.t.Fatal(err)
		}
	}
}
