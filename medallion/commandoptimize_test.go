package medallion

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
)

// OPTIMIZE puts small files together, partition by partition, and leaves the rows as they are.
func TestOptimizeInSQL(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT, p STRING, day DATE) PARTITIONED BY (p, day)")
	for i := range 4 {
		answers(t, s, fmt.Sprintf("INSERT INTO t SELECT id, CASE WHEN id %% 2 = 0 THEN 'a b' END, DATE'2026-01-01' FROM range(%d, %d)", i*10, i*10+10))
	}
	before := fmt.Sprint(answers(t, s, "SELECT * FROM t ORDER BY id"))
	got := answers(t, s, "OPTIMIZE t WHERE p = 'a b' AND day >= '2025-12-31'")
	if !strings.Contains(got[0], "[1, 4, ") {
		t.Errorf("OPTIMIZE … WHERE answers %s", got)
	}
	if got = answers(t, s, "OPTIMIZE t"); !strings.Contains(got[0], "[1, 4, ") {
		t.Errorf("OPTIMIZE answers %s", got)
	}
	if got = answers(t, s, "OPTIMIZE t"); !strings.Contains(got[0], "[0, 0, ") {
		t.Errorf("a second OPTIMIZE answers %s", got)
	}
	if after := fmt.Sprint(answers(t, s, "SELECT * FROM t ORDER BY id")); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	for text, want := range map[string]errclass.Class{
		"OPTIMIZE t WHERE id = 1":        errclass.DeltaPartitionPredicate,
		"OPTIMIZE t ZORDER BY (p)":       errclass.DeltaZOrderPartition,
		"OPTIMIZE t ZORDER BY (nowhere)": errclass.DeltaZOrderNoColumn,
		"OPTIMIZE t FULL":                errclass.DeltaOptimizeFull,
	} {
		if _, err := s.SQL(t.Context(), text); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Z-order leaves the rows, and makes files that hold few values of each column.
func TestZOrderInSQL(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "CREATE TABLE t (id BIGINT, a BIGINT, b STRING)")
	for range 3 {
		answers(t, s, "INSERT INTO t SELECT id, id % 317, concat('k', (id * 7919) % 331) FROM range(0, 40000)")
	}
	before := fmt.Sprint(answers(t, s, "SELECT count(*), sum(id), sum(a), count(DISTINCT b) FROM t"))
	answers(t, s, "SET spark.databricks.delta.optimize.maxFileSize = 200000")
	got := answers(t, s, "OPTIMIZE t ZORDER BY (a, b)")
	t.Log(got)
	if after := fmt.Sprint(answers(t, s, "SELECT count(*), sum(id), sum(a), count(DISTINCT b) FROM t")); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	log, err := s.DeltaLog(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	snap, err := log.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := snap.Schema()
	if err != nil {
		t.Fatal(err)
	}
	files, narrow := 0, 0
	for f, err := range snap.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		stats := deltalog.ParseStats(f.Stats, schema)
		a, ok := stats.Column([]string{"a"})
		if files++; ok && a.Max.(int64)-a.Min.(int64) < 250 {
			narrow++
		}
	}
	if files < 2 || narrow < files/2 {
		t.Errorf("of %d files %d span a part of a", files, narrow)
	}
}

// A table that wants it is compacted after a write that leaves enough small files.
func TestAutoCompaction(t *testing.T) {
	s := maintenanceSession(t)
	answers(t, s, "SET spark.databricks.delta.autoCompact.minNumFiles = 3")
	answers(t, s, "CREATE TABLE t (id BIGINT) TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'true')")
	for i := range 4 {
		answers(t, s, fmt.Sprintf("INSERT INTO t VALUES (%d)", i))
	}
	frame, err := s.SQL(t.Context(), "DESCRIBE HISTORY t")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := frame.SelectExpr("operation", "operationParameters['auto']").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 || fmt.Sprint(rows[1].Values) != "[OPTIMIZE true]" {
		t.Errorf("the history is %v", rows)
	}
	if got := fmt.Sprint(answers(t, s, "SELECT count(*), sum(id) FROM t")); got != "[4 6]" {
		t.Errorf("the table has %s", got)
	}
}

// The option of a write, the session's setting and the table's property say, in this order, whether a write makes fewer files.
func TestOptimizedWrites(t *testing.T) {
	const some = "SELECT id FROM range(0, 300000, 1, 4)"
	for _, c := range []struct{ property, setting, option, want string }{
		{"", "", "", "2"},
		{"true", "", "", "1"},
		{"", "true", "", "1"},
		{"true", "false", "", "2"},
		{"false", "true", "", "1"},
		{"true", "true", "false", "2"},
		{"false", "", "true", "1"},
	} {
		s := maintenanceSession(t)
		answers(t, s, "CREATE TABLE t (id BIGINT)")
		if c.property != "" {
			answers(t, s, "ALTER TABLE t SET TBLPROPERTIES ('delta.autoOptimize.optimizeWrite' = '"+c.property+"')")
		}
		if c.setting != "" {
			answers(t, s, "SET "+confOptimizeWrite+" = "+c.setting)
		}
		frame, err := s.SQL(t.Context(), some)
		if err != nil {
			t.Fatal(err)
		}
		w := frame.Write().Mode("append")
		if c.option != "" {
			w = w.Option("optimizeWrite", c.option)
		}
		if err := w.SaveAsTable(t.Context(), "t"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Fields(answers(t, s, "SELECT count(DISTINCT _metadata.file_path) FROM t")[0])[0]; got != c.want {
			t.Errorf("%+v: %s files", c, got)
		}
	}
}
