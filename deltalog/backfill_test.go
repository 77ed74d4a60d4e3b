package deltalog

import (
	"fmt"
	"testing"

	"lakehouse/volumes/volumestest"
)

// Files get the numbers of row tracking by several versions, while another writer adds some and takes some away; each row gets one number.
func TestRowIDsAreGivenInBatches(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	for i := range 7 {
		table.append(fmt.Sprint("f", i))
	}
	if err := table.supportRowTracking(t.Context()); err != nil {
		t.Fatal(err)
	}
	stale := table.snapshot()
	if err := table.backfillRowIDs(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	txn := stale.Begin(Operation{Name: "WRITE"}) // it has seen none of the numbers
	txn.Remove(write("f0"))
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := map[int64]string{}
	for file, err := range table.snapshot().Files(t.Context()) {
		if err != nil || file.BaseRowID == nil || first[*file.BaseRowID] != "" {
			t.Fatalf("%s has the number %v, %v", file.Path, file.BaseRowID, err)
		}
		first[*file.BaseRowID] = file.Path
	}
	history, err := table.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var batches []any
	for _, h := range history {
		if h.Operation == opBackfill {
			batches = append(batches, h.OperationParameters.Get("batchId"))
		}
	}
	if fmt.Sprint(batches) != "[2 1 0]" || len(first) != 6 {
		t.Errorf("batches %v, files %v", batches, first)
	}
}
