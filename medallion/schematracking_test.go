package medallion

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const trackedTable = "user/hive/warehouse/src"

// trackedDesk is a session over a disk.
func trackedDesk(t *testing.T, disk *volumestest.Memory) desk {
	t.Helper()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{confWorkers: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return desk{t, s}
}

// alter changes the columns of the table src, as ALTER TABLE would.
func alter(t *testing.T, disk *volumestest.Memory, change func(types.Field) (types.Field, bool), add ...types.Field) {
	t.Helper()
	store, err := volumes.Sub(disk, trackedTable)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := snap.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var changed types.Struct
	for _, f := range schema.Fields {
		if f, keep := change(f); keep {
			changed.Fields = append(changed.Fields, f)
		}
	}
	changed.Fields = append(changed.Fields, add...)
	txn := snap.Begin(deltalog.Operation{Name: "CHANGE COLUMN"})
	txn.UpdateMetadata(snap.Metadata().WithSchema(changed))
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func renaming(from, to string) func(types.Field) (types.Field, bool) {
	return func(f types.Field) (types.Field, bool) {
		if f.Name == from {
			f.Name = to
		}
		return f, true
	}
}

func dropping(name string) func(types.Field) (types.Field, bool) {
	return func(f types.Field) (types.Field, bool) { return f, f.Name != name }
}

// follow copies the table src into the table out, with what there is now.
func follow(ctx context.Context, disk *volumestest.Memory, options map[string]string) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{confWorkers: "1"}})
	if err != nil {
		return err
	}
	defer s.Close()
	read := s.ReadStream()
	for name, value := range options {
		read = read.Option(name, value)
	}
	src, err := read.Table(ctx, "src")
	if err != nil {
		return err
	}
	q, err := src.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Option("mergeSchema", "true").Trigger(AvailableNow()).ToTable(ctx, "out")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

const trackingPlace = "/Volumes/a/b/c/cp/_schema"

// A stream with a schema tracking location reads each version by the columns that it has: a change ends the query, and started again it
// goes on by the new columns; behind those that were renamed, dropped or widened only when the user agrees.
func TestStreamBehindChangesOfColumns(t *testing.T) {
	disk := volumestest.NewMemory()
	d := trackedDesk(t, disk)
	d.rows("CREATE TABLE src (id INT, name STRING, old STRING, n SMALLINT) TBLPROPERTIES (delta.columnMapping.mode = 'name', delta.enableTypeWidening = 'true')")
	d.rows("INSERT INTO src VALUES (1, 'a', 'x', 1)")
	tracked := map[string]string{"schemaTrackingLocation": trackingPlace}
	steps := []struct {
		what   string
		before func()
		also   [2]string // an option
		want   errclass.Class
		says   string
		rows   string // of the table out, where the step ends well
	}{
		{what: "first rows", rows: "1 a x 1"},
		{what: "a column is renamed", before: func() {
			alter(t, disk, renaming("name", "label"))
			d.rows("INSERT INTO src VALUES (2, 'b', 'y', 2)")
		}, want: errclass.DeltaStreamMetadataEvolution, says: "Please restart the stream"},
		{what: "nobody agreed", want: errclass.DeltaStreamPostEvolution, says: `(RENAME COLUMN) between Delta version 1 and 2`},
		{what: "agreed to another", also: [2]string{"allowSourceColumnDrop", "always"}, want: errclass.DeltaStreamPostEvolution, says: `  .option("allowSourceColumnRename", "2")`},
		{what: "agreed to another version", also: [2]string{"allowSourceColumnRename", "1"}, want: errclass.DeltaStreamPostEvolution, says: "'name' -> 'label'"},
		{what: "agreed", also: [2]string{"allowSourceColumnRename", "2"}, rows: "1 a x 1 <nil>; 2 <nil> y 2 b"},
		{what: "an addition, a loss and more rows", before: func() {
			alter(t, disk, dropping("old"), types.Field{Name: "more", Type: types.Long, Nullable: true})
			d.rows("INSERT INTO src VALUES (3, 'c', 3, 33)")
		}, also: [2]string{"allowSourceColumnRename", "always"}, want: errclass.DeltaStreamMetadataEvolution},
		{what: "nobody agreed to the loss", also: [2]string{"allowSourceColumnRename", "always"}, want: errclass.DeltaStreamPostEvolution, says: "Columns dropped:\n'old'"},
		{what: "agreed to the loss", also: [2]string{"allowSourceColumnDrop", "always"}, rows: "1 a x 1 <nil> <nil>; 2 <nil> y 2 b <nil>; 3 <nil> <nil> 3 c 33"},
		{what: "a wider type", before: func() {
			rows := d.frame("SELECT 4 AS id, 'd' AS label, 70000 AS n, 44L AS more")
			d.must(rows.Write().Mode("append").Option("mergeSchema", "true").SaveAsTable(t.Context(), "src"))
		}, also: [2]string{"allowSourceColumnDrop", "always"}, want: errclass.DeltaStreamMetadataEvolution},
		{what: "nobody agreed to the type", want: errclass.DeltaStreamPostEvolution, says: "'n': SMALLINT -> INT"},
		{what: "agreed to the type, and the sink is of the old one", also: [2]string{"allowSourceColumnTypeChange", "always"}, want: errclass.CastOverflow},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		options := map[string]string{step.also[0]: step.also[1]}
		maps.Copy(options, tracked)
		delete(options, "")
		err := follow(t.Context(), disk, options)
		switch {
		case step.want == "" && err != nil:
			t.Fatalf("%s: %v", step.what, err)
		case step.want != "" && (!errors.Is(err, step.want) || !strings.Contains(err.Error(), step.says)):
			t.Fatalf("%s: got %v, want %s: %s", step.what, err, step.want, step.says)
		case step.want == "":
			d.want(step.what, d.rows("SELECT * FROM out"), step.rows)
		}
	}
}

// Without tracking, a change that is not an addition ends the stream for good; and a location has to be the stream's own.
func TestChangesOfColumnsWithoutTracking(t *testing.T) {
	disk := volumestest.NewMemory()
	d := trackedDesk(t, disk)
	d.rows("CREATE TABLE src (id INT, name STRING) TBLPROPERTIES (delta.columnMapping.mode = 'name')")
	d.rows("INSERT INTO src VALUES (1, 'a')")
	d.must(follow(t.Context(), disk, nil))
	d.rows("INSERT INTO src VALUES (2, 'b')")
	alter(t, disk, renaming("name", "label"))
	for range 2 { // also when the query is written for the new columns
		d.refused("a renamed column", follow(t.Context(), disk, nil), errclass.DeltaStreamIncompatible)
	}
	for want, options := range map[errclass.Class]map[string]string{
		errclass.DeltaTrackingOutside: {"schemaTrackingLocation": "/Volumes/a/b/c/elsewhere"},
		errclass.InvalidOption:        {"schemaLocation": trackingPlace, "failOnDataLoss": "false"},
	} {
		d.refused("a bad location", follow(t.Context(), disk, options), want)
	}
}

// A stream that is killed at any step of a change of its columns, and started again, has each row once.
func TestTrackedStreamSurvivesAKillAtEveryStep(t *testing.T) {
	tracked := map[string]string{"schemaTrackingLocation": trackingPlace, "allowSourceColumnRename": "always", "maxFilesPerTrigger": "1"}
	made := func() *volumestest.Memory {
		disk := volumestest.NewMemory()
		d := trackedDesk(t, disk)
		d.rows("CREATE TABLE src (id INT, name STRING) TBLPROPERTIES (delta.columnMapping.mode = 'name')")
		d.rows("INSERT INTO src VALUES (1, 'a')")
		if err := follow(t.Context(), disk, tracked); err != nil {
			t.Fatal(err)
		}
		d.rows("INSERT INTO src VALUES (2, 'b')")
		alter(t, disk, renaming("name", "label"))
		d.rows("INSERT INTO src VALUES (3, 'c')")
		return disk
	}
	// through restarts the query until it ends well, as a supervisor would.
	through := func(disk *volumestest.Memory) (restarts int, err error) {
		for ; restarts < 4; restarts++ {
			if err = follow(t.Context(), disk, tracked); !errors.Is(err, errclass.DeltaStreamMetadataEvolution) {
				return restarts, err
			}
		}
		return restarts, err
	}
	clean, steps := made(), 0
	clean.EachStep(func(volumestest.Step) { steps++ })
	restarts, err := through(clean)
	if err != nil || restarts != 1 {
		t.Fatalf("%d restarts, %v", restarts, err)
	}
	clean.EachStep(nil)
	want := trackedDesk(t, clean).rows("SELECT * FROM out")
	if rows := strings.Split(want, "; "); !slices.Equal(rows, []string{"1 a <nil>", "2 b <nil>", "3 <nil> c"}) {
		t.Fatalf("the rows are %s", want)
	}
	stride := 13
	if *CrashAll {
		stride = 1
	}
	for n := 0; n < steps; n += stride {
		disk := made()
		disk.KillAfter(n)
		if _, err := through(disk); !errors.Is(err, volumestest.ErrStopped) {
			t.Fatalf("killed at step %d of %d: %v", n, steps, err)
		}
		disk.Restart()
		if _, err := through(disk); err != nil {
			t.Fatalf("restarted after a kill at step %d: %v", n, err)
		}
		if got := trackedDesk(t, disk).rows("SELECT * FROM out"); got != want {
			t.Fatalf("killed at step %d: %s, want %s", n, got, want)
		}
	}
}
