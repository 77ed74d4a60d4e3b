package interop

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// Tables whose columns are mapped, renamed, dropped or widened, and the streams from them, are the same to Spark and to us, whoever made
// and changed them.
func TestInteropEvolvedTables(t *testing.T) {
	spark := named(startPeers(t), "Spark")
	if spark == nil {
		t.Skip("Spark is not installed, or not asked for")
	}
	for name, test := range map[string]func(*testing.T, *evolving){
		"Mapped":  func(t *testing.T, e *evolving) { e.mapped(t) },
		"Widened": func(t *testing.T, e *evolving) { e.widened(t) },
		"Tracked": func(t *testing.T, e *evolving) { e.tracked(t) },
	} {
		t.Run(name, func(t *testing.T) { test(t, &evolving{newLake(t), spark}) })
	}
}

// evolving is tables that both change in turn.
type evolving struct {
	*lake
	spark *peer
}

func (e *evolving) ours(t *testing.T, format string, args ...any) {
	t.Helper()
	frame, err := e.session.SQL(t.Context(), fmt.Sprintf(format, args...))
	if err == nil {
		_, err = frame.Collect(t.Context())
	}
	if err != nil {
		t.Fatalf("we: %s: %v", format, err)
	}
}

func (e *evolving) theirs(t *testing.T, format string, args ...any) {
	t.Helper()
	if _, err := e.spark.ask(request{Do: "sql", Text: fmt.Sprintf(format, args...)}); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
}

// same reads the table with both.
func (e *evolving) same(t *testing.T, what, path string, where ...string) {
	t.Helper()
	for _, w := range append([]string{""}, where...) {
		if err := e.compare(t, e.spark, reading{name: what, path: path, where: w}); err != nil {
			t.Errorf("%s, %q: %v", what, w, err)
		}
	}
}

func (e *evolving) mapped(t *testing.T) {
	for _, mode := range []string{"name", "id"} {
		path := filepath.Join(e.root, "mapped_"+mode)
		e.ours(t, "CREATE TABLE mapped_%s (`an id` BIGINT, s STRUCT<x: INT, y: STRING>, l ARRAY<STRUCT<z: INT>>, p STRING) PARTITIONED BY (p) LOCATION '%s' TBLPROPERTIES (delta.columnMapping.mode = '%s')", mode, path, mode)
		e.ours(t, "INSERT INTO mapped_%s SELECT 1L, named_struct('x', 1, 'y', 'a'), array(named_struct('z', 1)), 'u' UNION ALL SELECT 2L, NULL, NULL, NULL", mode)
		e.same(t, mode+": ours", path, "`an id` = 1", "p = 'u'", "p IS NULL")
		e.theirs(t, "INSERT INTO delta.`%s` VALUES (3, named_struct('x', 3, 'y', 'c'), array(), 'v')", path)
		e.theirs(t, "ALTER TABLE delta.`%s` RENAME COLUMN `an id` TO id", path)
		e.theirs(t, "ALTER TABLE delta.`%s` RENAME COLUMN s.y TO w", path)
		e.theirs(t, "ALTER TABLE delta.`%s` RENAME COLUMN p TO part", path)
		e.theirs(t, "ALTER TABLE delta.`%s` DROP COLUMN l", path)
		e.theirs(t, "ALTER TABLE delta.`%s` ADD COLUMN l DATE", path)
		e.same(t, mode+": renamed by Spark", path, "id = 3", "part = 'v'", "s.w = 'a'", "l IS NULL")
		e.ours(t, "INSERT INTO mapped_%s SELECT 4L, named_struct('x', 4, 'w', 'd'), 'v', DATE '2026-01-31'", mode)
		e.same(t, mode+": appended by us", path, "id = 4", "part = 'v'", "l IS NOT NULL")

		path = filepath.Join(e.root, "theirs_"+mode)
		e.theirs(t, "CREATE TABLE delta.`%s` (a INT, m MAP<STRING, STRUCT<x: INT>>, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = '%s')", path, mode)
		e.theirs(t, "INSERT INTO delta.`%s` VALUES (1, map('k', named_struct('x', 1)), 1), (2, NULL, 2)", path)
		e.same(t, mode+": Spark's", path, "a = 1", "p = 2")
		rows, err := e.session.SQL(t.Context(), "SELECT 3 AS a, 3 AS p, 'new' AS n")
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Write().Mode("append").Option("mergeSchema", "true").Save(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		e.same(t, mode+": Spark's, appended by us", path, "a = 3", "n = 'new'")
	}
	path := filepath.Join(e.root, "upgraded") // files from before the mapping
	e.theirs(t, "CREATE TABLE delta.`%s` (a INT, b STRING) USING delta", path)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (1, 'x')", path)
	e.theirs(t, "ALTER TABLE delta.`%s` SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')", path)
	e.theirs(t, "ALTER TABLE delta.`%s` RENAME COLUMN b TO c", path)
	rows, err := e.session.SQL(t.Context(), "SELECT 2 AS a, 'y' AS c")
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Write().Mode("append").Save(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	e.same(t, "mapped later", path, "c = 'x'", "c = 'y'")
}

func (e *evolving) widened(t *testing.T) {
	path := filepath.Join(e.root, "widened")
	e.ours(t, "CREATE TABLE widened (a SMALLINT, b FLOAT, c DECIMAL(4,1), d ARRAY<INT>, e DATE, s STRUCT<x: TINYINT>, p SMALLINT) PARTITIONED BY (p) LOCATION '%s' TBLPROPERTIES (delta.enableTypeWidening = 'true', delta.feature.timestampNtz = 'supported')", path)
	e.ours(t, "INSERT INTO widened SELECT 1, 1.1, 123.4, array(1, NULL), DATE '2026-01-31', named_struct('x', 1), 1")
	rows, err := e.session.SQL(t.Context(), "SELECT 5000000000L AS a, 1.1D AS b, CAST(1234.567 AS DECIMAL(7,3)) AS c, array(5000000000L) AS d, TIMESTAMP_NTZ '2026-02-01 12:00:00' AS e, named_struct('x', 70000) AS s, 100000 AS p")
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Write().Mode("append").Option("mergeSchema", "true").Save(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	// not "b > 1.1": by the statistics of the float, Spark passes the file over that holds 1.100000023841858
	where := []string{"a = 1", "b > 1", "p = 1", "p = 100000", "e < TIMESTAMP_NTZ '2026-02-01 00:00:00'", "s.x = 1", "c = 123.4"}
	e.same(t, "ours", path, where...)
	e.theirs(t, "ALTER TABLE delta.`%s` ALTER COLUMN s.x TYPE DOUBLE", path)
	e.theirs(t, "ALTER TABLE delta.`%s` ALTER COLUMN a TYPE DECIMAL(22,2)", path)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (7.25, 2.5, 1.5, array(1), TIMESTAMP_NTZ '2026-03-01 00:00:00', named_struct('x', 0.5), 7)", path)
	e.same(t, "widened further by Spark", path, where...)
	e.ours(t, "INSERT INTO widened SELECT 8.5, 2.5, 1.5, array(1), TIMESTAMP_NTZ '2026-03-01 00:00:00', named_struct('x', 0.5D), 8")
	e.same(t, "appended by us", path, where...)
}

// follow is our stream from one table into another, over a checkpoint that Spark goes on with.
func (e *evolving) follow(t *testing.T, from, to, checkpoint string, options map[string]string) error {
	t.Helper()
	reader := e.session.ReadStream().Format("delta")
	for name, value := range options {
		reader = reader.Option(name, value)
	}
	rows, err := reader.Load(t.Context(), from)
	if err != nil {
		return err
	}
	q, err := rows.WriteStream().Option("checkpointLocation", checkpoint).Option("mergeSchema", "true").Trigger(medallion.AvailableNow()).Start(t.Context(), to)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(t.Context())
	return err
}

// tracked: Spark changes a table under our stream, which goes on with tracking; and then the checkpoint, its tracking log and its
// offsets at a change move to Spark and back.
func (e *evolving) tracked(t *testing.T) {
	from, to, checkpoint := filepath.Join(e.root, "from"), filepath.Join(e.root, "to"), filepath.Join(e.root, "cp")
	options := map[string]string{
		"schemaTrackingLocation": "file:" + checkpoint + "/_schema", "allowSourceColumnRename": "always", "allowSourceColumnDrop": "always",
		"allowSourceColumnTypeChange": "always",
	}
	sparks := func() error {
		_, err := e.spark.ask(request{Do: "stream", Path: from, Out: to, Data: checkpoint, Options: options})
		return err
	}
	evolves := func(who string, err error) {
		t.Helper()
		if err == nil || !errors.Is(err, errclass.DeltaStreamMetadataEvolution) && !strings.Contains(err.Error(), "DELTA_STREAMING_METADATA_EVOLUTION") {
			t.Fatalf("%s: got %v, want an evolution", who, err)
		}
	}
	ends := func(who string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
	}
	e.theirs(t, "CREATE TABLE delta.`%s` (id INT, name STRING, n SMALLINT) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true')", from)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (1, 'a', 1)", from)
	ends("we begin", e.follow(t, from, to, checkpoint, options))
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (2, 'b', 2)", from)
	e.theirs(t, "ALTER TABLE delta.`%s` RENAME COLUMN name TO label", from)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (3, 'c', 3)", from)
	evolves("we meet the new name", e.follow(t, from, to, checkpoint, options))
	ends("Spark goes on in the midst of the change", sparks()) // with our log, at our offset -19
	e.theirs(t, "ALTER TABLE delta.`%s` DROP COLUMN n", from)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (4, 'd')", from)
	evolves("Spark meets the loss", sparks())
	ends("we go on in the midst of the change", e.follow(t, from, to, checkpoint, options)) // with Spark's log, at Spark's offset
	e.theirs(t, "ALTER TABLE delta.`%s` ADD COLUMN n INT", from)
	e.theirs(t, "ALTER TABLE delta.`%s` ALTER COLUMN n TYPE BIGINT", from)
	e.theirs(t, "INSERT INTO delta.`%s` VALUES (5, 'e', 5)", from)
	evolves("we meet an addition and a wider type", e.follow(t, from, to, checkpoint, options))
	ends("we end", e.follow(t, from, to, checkpoint, options))
	frame, err := e.session.Read().Format("delta").Load(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := frame.SelectExpr("id", "name", "label").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.TrimSpace(fmt.Sprintln(r.Values...)))
	}
	slices.Sort(got)
	if want := "1 a <nil>; 2 b <nil>; 3 <nil> c; 4 <nil> d; 5 <nil> e"; strings.Join(got, "; ") != want {
		t.Errorf("the rows are %s, want %s", strings.Join(got, "; "), want)
	}
	e.same(t, "what both wrote", to)
}
