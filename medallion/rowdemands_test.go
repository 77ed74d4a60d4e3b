package medallion

import (
	"fmt"
	"strings"
	"testing"
)

// A statement that brings rows back, takes some away, or moves them is not held up by what the table demands of new rows: they were held to it
// when they were new. What is written afterwards is.
func TestOldRowsMeetTheTablesDemands(t *testing.T) {
	tables := []struct{ name, columns, setup, refused string }{
		{"check", "id BIGINT, v BIGINT", "ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0)", "INSERT INTO %s (id, v) VALUES (-1, 0)"},
		{"generated", "id BIGINT, v BIGINT GENERATED ALWAYS AS (id * 2)", "", "INSERT INTO %s (id, v) VALUES (1, 1)"},
		{"identity", "id BIGINT, v BIGINT GENERATED ALWAYS AS IDENTITY", "", "INSERT INTO %s (id, v) VALUES (1, 1)"},
		{"not null", "id BIGINT NOT NULL, v BIGINT", "", "INSERT INTO %s (id) VALUES (NULL)"},
	}
	const before, few = "[1 2 3 4]", "[1 3 4]"
	statements := []struct {
		name       string
		statements []string
		from, want string
	}{
		{"restore", []string{"TRUNCATE TABLE t", "RESTORE TABLE t TO VERSION AS OF %d"}, "t", before},
		{"restore of vectors", []string{"DELETE FROM t WHERE id = 2", "RESTORE TABLE t TO VERSION AS OF %d"}, "t", before},
		{"clone", []string{"CREATE TABLE c SHALLOW CLONE t"}, "c", before},
		{"replaced by a clone", []string{"CREATE TABLE c (x INT)", "CREATE OR REPLACE TABLE c SHALLOW CLONE t"}, "c", before},
		{"clone with properties", []string{"CREATE TABLE c SHALLOW CLONE t TBLPROPERTIES ('a.b' = 'c')"}, "c", before},
		{"optimize", []string{"OPTIMIZE t"}, "t", before},
		{"zorder", []string{"OPTIMIZE t ZORDER BY (id)"}, "t", before},
		{"fsck", []string{"FSCK REPAIR TABLE t"}, "t", before},
		{"delete", []string{"DELETE FROM t WHERE id = 2"}, "t", few},
		{"delete and purge", []string{"DELETE FROM t WHERE id = 2", "REORG TABLE t APPLY (PURGE)"}, "t", few},
		{"truncate", []string{"TRUNCATE TABLE t"}, "t", "[]"},
	}
	for _, demand := range tables {
		for _, vectors := range []bool{false, true} {
			for _, c := range statements {
				t.Run(fmt.Sprintf("%s/%s/vectors=%v", demand.name, c.name, vectors), func(t *testing.T) {
					s := maintenanceSession(t)
					answers(t, s, fmt.Sprintf("CREATE TABLE t (%s) TBLPROPERTIES ('delta.enableDeletionVectors' = '%v')", demand.columns, vectors))
					version := 2
					if demand.setup != "" {
						answers(t, s, demand.setup)
						version++
					}
					answers(t, s, "INSERT INTO t (id) VALUES (1), (2), (3)")
					answers(t, s, "INSERT INTO t (id) VALUES (4)")
					for _, text := range c.statements {
						if strings.Contains(text, "%d") {
							text = fmt.Sprintf(text, version)
						}
						answers(t, s, text)
					}
					if got := fmt.Sprint(answers(t, s, "SELECT id FROM "+c.from+" ORDER BY id")); got != c.want {
						t.Errorf("got %s, want %s", got, c.want)
					}
					if _, err := s.SQL(t.Context(), fmt.Sprintf(demand.refused, c.from)); err == nil {
						t.Error("new rows are no longer held to it")
					}
				})
			}
		}
	}
}
