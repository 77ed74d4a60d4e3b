package medallion

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// changing are statements that change rows, each of which is carried out once: by the numbers that the table keeps of them.
var changing = []string{
	"INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d'),(5,'e')",
	"DELETE FROM t WHERE id = 2",
	"UPDATE t SET v = upper(v) WHERE id > 3",
	"MERGE INTO t USING (SELECT * FROM VALUES (1,'x'),(3,'y'),(9,'z') AS s(id, v)) s ON t.id = s.id WHEN MATCHED AND s.v = 'y' THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
	"INSERT INTO t REPLACE WHERE id = 5 SELECT 5, 'f'",
	"INSERT INTO t REPLACE USING (id) SELECT 9, 'w'",
}

const changed = "1 x; 4 D; 5 f; 9 w"

// change runs the statements on a store, whatever of them was done before.
func change(ctx context.Context, store volumes.Store, properties, limit string) (rows string, err error) {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1", confMemoryLimit: limit}})
	if err != nil {
		return "", err
	}
	defer s.Close()
	if _, err := s.SQL(ctx, "CREATE TABLE IF NOT EXISTS t (id INT, v STRING) TBLPROPERTIES ("+properties+")"); err != nil {
		return "", err
	}
	for i, text := range changing {
		s.setWriter(&writerVersion{app: "changing", version: int64(i)})
		if _, err := s.SQL(ctx, text); err != nil {
			return "", fmt.Errorf("%s: %w", text, err)
		}
	}
	s.setWriter(nil)
	frame, err := s.SQL(ctx, "SELECT id, v FROM t")
	if err != nil {
		return "", err
	}
	all, err := frame.Collect(ctx)
	var lines []string
	for _, r := range all {
		lines = append(lines, fmt.Sprint(r.Values[0], " ", r.Values[1]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; "), err
}

// Statements that change rows, stopped before or after any storage operation, or amid it, and begun again, leave the table as if nobody
// had stopped them, and change data that tells the same of it.
func TestStatementsSurviveAStopAtEveryStep(t *testing.T) {
	faults := []struct {
		name string
		at   func(volumes.Store, int) *volumestest.Faulty
	}{
		{"before", volumestest.StopBefore}, {"after", volumestest.StopAfter}, {"torn", volumestest.TearAt},
	}
	for properties, limit := range map[string]string{"'delta.enableChangeDataFeed'='true'": "1g", "'delta.enableChangeDataFeed'='true','delta.enableDeletionVectors'='true'": scarce} {
		clean := volumestest.Record(volumestest.NewMemory())
		if rows, err := change(t.Context(), clean, properties, limit); err != nil || rows != changed {
			t.Fatalf("got %s, %v, want %s", rows, err, changed)
		}
		for n, op := range clean.Ops() {
			for _, fault := range faults {
				if fault.name == "torn" && (strings.HasSuffix(op.Name, ".json") || op.Kind != "create") {
					continue // a put is whole
				}
				t.Run(fmt.Sprintf("%03d_%s_%s", n, op.Kind, fault.name), func(t *testing.T) {
					store := volumestest.NewMemory()
					_, _ = change(t.Context(), fault.at(store, n), properties, limit) // it may or may not get through
					rows, err := change(t.Context(), store, properties, limit)
					if err != nil || rows != changed {
						t.Errorf("after %v: got %s, %v, want %s", op, rows, err, changed)
					}
				})
			}
		}
	}
}
