package medallion

import (
	"fmt"
	"io"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// crashSession is a session whose every operation on the storage happens in one order.
func crashSession(t *testing.T, store volumes.Store) *Session {
	t.Helper()
	s, err := NewSession(Options{
		Space: volumes.NewSpaceOn(store), Out: io.Discard, Clock: crashDay,
		Conf: map[string]string{confWorkers: "1", confPartitions: "1", confRetentionCheck: "false", confVacuumWorkers: "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Each statement of maintenance, cut short after any of its storage operations and given again, leaves the table's rows as they are, and is done
// in the end.
func TestMaintenanceSurvivesAKillAtEveryStep(t *testing.T) {
	build := func(t *testing.T) *volumestest.Memory {
		store := volumestest.NewMemory()
		s := crashSession(t, store)
		for _, text := range []string{
			"CREATE TABLE t (id BIGINT, p STRING) PARTITIONED BY (p)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (3, 'a')",
			"INSERT INTO t VALUES (4, 'a')",
		} {
			answers(t, s, text)
		}
		frame, err := s.SQL(t.Context(), "SELECT id FROM range(1, 5)")
		if err != nil {
			t.Fatal(err)
		}
		if err := frame.Write().Format("parquet").Save(t.Context(), "/FileStore/pq"); err != nil {
			t.Fatal(err)
		}
		return store
	}
	const rows, all = "SELECT id FROM %s ORDER BY id", "[1 2 3 4]"
	for name, c := range map[string]struct{ statement, from, want string }{
		"optimize": {"OPTIMIZE t", "t", all},
		"zorder":   {"OPTIMIZE t ZORDER BY (id)", "t", all},
		"vacuum":   {"VACUUM t RETAIN 0 HOURS", "t", all},
		"restore":  {"RESTORE TABLE t TO VERSION AS OF 2", "t", "[1 2 3]"},
		"clone":    {"CREATE TABLE IF NOT EXISTS c SHALLOW CLONE t", "c", all},
		"replace":  {"CREATE OR REPLACE TABLE c SHALLOW CLONE t", "c", all},
		"convert":  {"CONVERT TO DELTA parquet.`/FileStore/pq`", "delta.`/FileStore/pq`", all},
		"manifest": {"GENERATE symlink_format_manifest FOR TABLE t", "t", all},
		"fsck":     {"FSCK REPAIR TABLE t", "t", all},
	} {
		t.Run(name, func(t *testing.T) {
			clean := volumestest.Record(build(t))
			answers(t, crashSession(t, clean), c.statement)
			for n, op := range clean.Ops() {
				for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
					at := fmt.Sprintf("%s %03d %s %s", when, n, op.Kind, op.Name)
					store := build(t)
					_, _ = crashSession(t, fault(store, n)).SQL(t.Context(), c.statement) // it may or may not get through
					s := crashSession(t, store)
					if _, err := s.SQL(t.Context(), c.statement); err != nil {
						t.Errorf("%s: %v", at, err)
						continue
					}
					if got := fmt.Sprint(answers(t, s, fmt.Sprintf(rows, c.from))); got != c.want {
						t.Errorf("%s: got %s, want %s", at, got, c.want)
					}
				}
			}
		})
	}
}
