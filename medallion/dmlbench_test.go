package medallion

import (
	"fmt"
	"testing"
)

// BenchmarkMerge upserts into a table of a million rows: some keys spread over the table, and as many new ones.
func BenchmarkMerge(b *testing.B) {
	const rows = 1_000_000
	for _, share := range []float64{0.01, 0.5, 1} {
		for _, vectors := range []string{"false", "true"} {
			b.Run(fmt.Sprintf("rows=1e6/matched=%v/vectors=%s", share, vectors), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					s, err := NewSession(Options{Root: b.TempDir()})
					if err != nil {
						b.Fatal(err)
					}
					run := func(text string) {
						if _, err := s.SQL(b.Context(), text); err != nil {
							b.Fatal(err)
						}
					}
					run("CREATE TABLE t TBLPROPERTIES ('delta.enableDeletionVectors'='" + vectors + "') AS SELECT id, id % 1000 AS grp, CAST(id AS STRING) AS name, id * 1.5D AS amount FROM range(" + fmt.Sprint(rows) + ")")
					step := int(1 / share)
					run(fmt.Sprintf("CREATE TEMPORARY VIEW s AS SELECT id * %d AS id, 1L AS grp, 'changed' AS name, 0D AS amount FROM range(%d) UNION ALL SELECT id + %d, 2L, 'new', 1D FROM range(%d)",
						step, int(rows*share), rows, rows/100))
					b.StartTimer()
					run("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
					b.StopTimer()
					s.Close()
					b.StartTimer()
				}
				b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
