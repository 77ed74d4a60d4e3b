package medallion_test

import (
	"path/filepath"
	"testing"

	"lakehouse/internal/handover"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

// What this engine keeps of a join and of a deduplication is read as what Spark keeps of them, and a look at the checkpoint
// finds all of it.
func TestStateOfJoinsAndDeduplicationIsATable(t *testing.T) {
	v := newVisits(t)
	v.land("ann a 10:00:00", "bob b 10:00:05", "ann a 10:00:00")
	left := v.frame().WithWatermark("at", "1 minute").DropDuplicates("user", "at")
	right := v.frame().SelectExpr("user AS who", "page AS seen", "at AS later").WithWatermark("later", "1 minute")
	v.must(v.run(left.Join(right, medallion.Expr("user = who AND later >= at AND later <= at + INTERVAL 10 SECONDS"), "inner")))
	v.want("SELECT user, who FROM ("+v.out()+")", "[ann, ann]", "[ann, ann]", "[bob, bob]")
	v.want("SELECT operatorId, operatorName, stateStoreName FROM state_metadata('"+filepath.Join(v.dir, "cp")+"')",
		"[0, symmetricHashJoin, left-keyToNumValues]", "[0, symmetricHashJoin, left-keyWithIndexToValue]",
		"[0, symmetricHashJoin, right-keyToNumValues]", "[0, symmetricHashJoin, right-keyWithIndexToValue]", "[1, dedupe, default]")
	v.want("SELECT value.who, value.seen FROM state('"+filepath.Join(v.dir, "cp")+"', joinSide => 'right')", "[ann, a]", "[ann, a]", "[bob, b]")
	v.want("SELECT key.user FROM state('"+filepath.Join(v.dir, "cp")+"', 1)", "[ann]", "[bob]")

	store, err := volumes.OpenLocal(filepath.Join(v.dir, "cp"))
	v.must(err)
	for name, look := range map[string]func() (*handover.Report, error){
		"take-over": func() (*handover.Report, error) {
			return handover.Inspect(t.Context(), handover.Checkpoint{Store: store, Path: v.dir})
		},
		"hand-over": func() (*handover.Report, error) {
			return handover.Prepare(t.Context(), handover.Checkpoint{Store: store, Path: v.dir}, handover.PrepareOptions{})
		},
	} {
		report, err := look()
		if err != nil || report.Refused() {
			t.Errorf("%s: %v %+v", name, err, report)
		}
	}
}
