package medallion

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// upserts add the rows of a batch to those of a table, once each: doing one twice would be seen in the sums.
var upserts = map[string]func(DataStreamWriter) DataStreamWriter{
	"by the table": func(w DataStreamWriter) DataStreamWriter {
		return w.ForeachBatch(func(ctx context.Context, rows *DataFrame, id int64) error {
			totals, err := rows.Session().DeltaTable(ctx, "totals")
			if err != nil {
				return err
			}
			_, err = totals.As("t").Option("txnAppId", "upsert").Option("txnVersion", strconv.FormatInt(id, 10)).
				Merge(rows.Alias("s"), Expr("t.id = s.id")).
				WhenMatchedUpdate(map[string]Column{"n": Expr("t.n + s.n")}).
				WhenNotMatchedInsertAll().Execute(ctx)
			return err
		})
	},
	"by a script": func(w DataStreamWriter) DataStreamWriter {
		return w.ForeachBatchSQL("s", "MERGE INTO totals t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = t.n + s.n WHEN NOT MATCHED THEN INSERT *")
	},
}

const upserted = "1 111; 2 20; 3 300"

func upsertDisk(t *testing.T) *volumestest.Memory {
	t.Helper()
	disk := volumestest.NewMemory()
	for i, text := range []string{`{"id":1,"n":1}`, `{"id":1,"n":10}` + "\n" + `{"id":2,"n":20}`, `{"id":1,"n":100}` + "\n" + `{"id":3,"n":300}`} {
		if err := disk.Put(t.Context(), fmt.Sprintf("Volumes/a/b/c/in/%d.json", i), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return disk
}

// upsertRun runs the stream over what it has not taken in.
func upsertRun(ctx context.Context, store volumes.Store, upsert func(DataStreamWriter) DataStreamWriter) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1"}})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.SQL(ctx, "CREATE TABLE IF NOT EXISTS totals (id INT, n INT)"); err != nil {
		return err
	}
	in, err := s.ReadStream().Format("json").Schema("id int, n int").Option("maxFilesPerTrigger", "1").Load(ctx, "/Volumes/a/b/c/in")
	if err != nil {
		return err
	}
	q, err := upsert(in.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(AvailableNow())).Start(ctx)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

func upsertResult(t *testing.T, disk *volumestest.Memory) string {
	t.Helper()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return desk{t, s}.rows("SELECT id, n FROM totals")
}

// A stream whose batches are merged into a table, killed at any step of it and started again, merges each batch once.
func TestUpsertsOfAStreamSurviveAKillAtEveryStep(t *testing.T) {
	for name, upsert := range upserts {
		t.Run(name, func(t *testing.T) {
			clean, steps := upsertDisk(t), 0
			clean.EachStep(func(volumestest.Step) { steps++ })
			if err := upsertRun(t.Context(), clean, upsert); err != nil {
				t.Fatal(err)
			}
			clean.EachStep(nil)
			if got := upsertResult(t, clean); got != upserted {
				t.Fatalf("got %s, want %s", got, upserted)
			}
			stride := 5
			if *CrashAll {
				stride = 1
			}
			tried := 0
			for n := 0; n < steps; n += stride {
				disk := upsertDisk(t)
				disk.KillAfter(n)
				if err := upsertRun(t.Context(), disk, upsert); !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("killed at step %d of %d: %v", n, steps, err)
				}
				disk.Restart()
				if err := upsertRun(t.Context(), disk, upsert); err != nil {
					t.Fatalf("restarted after a kill at step %d: %v", n, err)
				}
				if got := upsertResult(t, disk); got != upserted {
					t.Fatalf("killed at step %d: %s, want %s", n, got, upserted)
				}
				tried++
			}
			t.Logf("%d kills among %d steps", tried, steps)
		})
	}
}
