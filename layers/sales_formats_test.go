package layers

import (
	"testing"

	"lakehouse/internal/programs"
)

// The sales program leaves checkpoints like Spark's, after its first step and at its end: the same files, offsets, settings,
// file log and state, but for ids, times and places.
func TestSalesWritesSparksCheckpoints(t *testing.T) {
	l := programs.NewLake(t)
	landSales(l, salesFiles[:3]...)
	queries := startSales(l)
	l.Settle(queries...)
	assertSalesCheckpoints(l, "checkpoint_step1.json")
	l.Stop(queries...)

	queries = startSales(l)
	l.Settle(queries...)
	for _, name := range salesFiles[3:] {
		landSales(l, name)
		l.Settle(queries...)
	}
	l.Stop(queries...)
	assertSalesCheckpoints(l, "checkpoint_end.json")
}

func assertSalesCheckpoints(l *programs.Lake, file string) {
	l.Helper()
	folders := map[string]string{"bronze": "checkpoints_bronze_spark", "silver": "checkpoints_silver_spark", "gold": "checkpoints_golden_spark"}
	for layer, files := range programs.Answer[map[string]map[string]any](l.T, "sales", file) {
		l.AssertCheckpoint(SalesBase+"/"+folders[layer], files)
	}
}
