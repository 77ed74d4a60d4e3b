package deltalog

import (
	"testing"

	"lakehouse/volumes/volumestest"
)

// A repair takes out what is gone, a dry run only names it, and a whole table stays as it is.
func TestRepairTakesOutWhatIsGone(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	filesIn(t, store, "a", "b", "c")
	table.append("a", "b", "c")
	if err := store.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	for _, dry := range []bool{true, false} {
		done, err := table.Repair(t.Context(), RepairOptions{DryRun: dry})
		if err != nil || len(done.Missing) != 1 || done.Missing[0].Path != "b" || !done.Missing[0].Gone {
			t.Fatalf("found %+v, %v", done, err)
		}
		if dry != (done.Version == -1) {
			t.Errorf("dry run %v made version %d", dry, done.Version)
		}
	}
	wantNames(t, table.snapshot(), "a", "c")
	if done, err := table.Repair(t.Context(), RepairOptions{}); err != nil || done.Version != -1 {
		t.Errorf("a second repair: %+v, %v", done, err)
	}
}
