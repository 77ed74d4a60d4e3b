package medallion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// orderedDisk holds a table whose newest file has the oldest rows.
func orderedDisk(t *testing.T) *volumestest.Memory {
	t.Helper()
	disk := volumestest.NewMemory()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{confWorkers: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	desk := desk{t, s}
	for _, minute := range []int{40, 20, 0} {
		values := make([]string, 4)
		for i := range values {
			values[i] = fmt.Sprintf("(%d, TIMESTAMP '2024-01-01 00:%02d:00')", minute+i, minute+7*i%20)
		}
		verb := "INSERT INTO events VALUES "
		if minute == 40 {
			verb = "CREATE TABLE events AS SELECT col1 AS id, col2 AS at FROM VALUES "
		}
		desk.rows(verb + strings.Join(values, ", "))
		awaitNextMilli()
	}
	return disk
}

// awaitNextMilli returns when a file that is written next is younger than those before: files of one millisecond are in the order of
// their names, and these are random.
func awaitNextMilli() {
	for now := time.Now().UnixMilli(); time.Now().UnixMilli() <= now; {
		time.Sleep(100 * time.Microsecond)
	}
}

// orderedCounts counts the table's rows by windows of ten minutes, as a stream of one file a batch.
func orderedCounts(ctx context.Context, disk *volumestest.Memory, order string) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{confWorkers: "1", confPartitions: "2", confMinDeltas: "2"}})
	if err != nil {
		return err
	}
	defer s.Close()
	events, err := s.ReadStream().Option("withEventTimeOrder", order).Option("maxFilesPerTrigger", "1").Table(ctx, "events")
	if err != nil {
		return err
	}
	counts := events.WithWatermark("at", "1 minute").GroupBy(Window(Col("at"), "10 minutes")).Count().SelectExpr("window.start AS start", "count AS n")
	q, err := counts.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(AvailableNow()).ToTable(ctx, "counts")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

// orderedEnd adds a row that closes all windows, and counts once more. Only new data has a restarted query look at what the watermark
// has closed.
func orderedEnd(t *testing.T, disk *volumestest.Memory, order string) string {
	t.Helper()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	desk{t, s}.rows("INSERT INTO events VALUES (99, TIMESTAMP '2024-01-01 09:00:00')")
	if err := orderedCounts(t.Context(), disk, order); err != nil {
		t.Fatal(err)
	}
	return desk{t, s}.rows("SELECT sum(n) AS n, count(*) AS windows FROM counts")
}

// A table whose newer files have older rows is counted whole in event-time order; in the order of its files the watermark drops what
// comes late.
func TestSnapshotInEventTimeOrderDropsNoRows(t *testing.T) {
	for order, want := range map[string]string{"true": "12 6", "false": "8 4"} {
		disk := orderedDisk(t)
		if err := orderedCounts(t.Context(), disk, order); err != nil {
			t.Fatal(err)
		}
		if got := orderedEnd(t, disk, order); got != want {
			t.Errorf("withEventTimeOrder=%s: %s, want %s", order, got, want)
		}
	}
}

// A stream that is killed at any step of an ordered snapshot, and started again, counts each row once.
func TestOrderedSnapshotSurvivesAKillAtEveryStep(t *testing.T) {
	clean, steps := orderedDisk(t), 0
	clean.EachStep(func(volumestest.Step) { steps++ })
	if err := orderedCounts(t.Context(), clean, "true"); err != nil {
		t.Fatal(err)
	}
	clean.EachStep(nil)
	want, stride := orderedEnd(t, clean, "true"), 17
	if *CrashAll {
		stride = 1
	}
	for n := 0; n < steps; n += stride {
		disk := orderedDisk(t)
		disk.KillAfter(n)
		if err := orderedCounts(t.Context(), disk, "true"); !errors.Is(err, volumestest.ErrStopped) {
			t.Fatalf("killed at step %d of %d: %v", n, steps, err)
		}
		disk.Restart()
		if err := orderedCounts(t.Context(), disk, "true"); err != nil {
			t.Fatalf("restarted after a kill at step %d: %v", n, err)
		}
		if got := orderedEnd(t, disk, "true"); got != want {
			t.Fatalf("killed at step %d: %s, want %s", n, got, want)
		}
	}
}

// The order goes by a watermark on a column of the table.
func TestEventTimeOrderNeedsAWatermark(t *testing.T) {
	disk := orderedDisk(t)
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for want, query := range map[string]func(*DataFrame) *DataFrame{
		"declares no watermark": func(d *DataFrame) *DataFrame { return d },
		"at is computed": func(d *DataFrame) *DataFrame {
			return d.SelectExpr("id", "at + INTERVAL 1 HOUR AS at").WithWatermark("at", "1 minute")
		},
		"over 2 streams together": func(d *DataFrame) *DataFrame {
			other, err := s.ReadStream().Table(t.Context(), "events")
			if err != nil {
				t.Fatal(err)
			}
			return d.Union(other).WithWatermark("at", "1 minute")
		},
	} {
		events, err := s.ReadStream().Option("withEventTimeOrder", "true").Table(t.Context(), "events")
		if err != nil {
			t.Fatal(err)
		}
		q, err := query(events).WriteStream().Format("noop").Option("checkpointLocation", "/Volumes/a/b/c/"+want[:2]).Start(t.Context())
		if err == nil {
			q.Stop()
		}
		if !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
