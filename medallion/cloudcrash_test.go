package medallion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// crashDay is long after the files of the crash tests were committed, whatever the store says.
func crashDay() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }

// growingRun lands files that have more and more columns, and reads them; a query that ends over new columns is started again.
func growingRun(ctx context.Context, store volumes.Store, restart string) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Clock: crashDay, Conf: map[string]string{confWorkers: "1", confPartitions: "1"}})
	if err != nil {
		return err
	}
	defer s.Close()
	for i, text := range []string{`{"n":0}`, `{"n":1,"a":"x"}`, `{"n":2,"b":{"c":1}}`, `{"n":3,"b":{"d":2}}`, `{"n":4}`} {
		name := fmt.Sprintf("%s/%d.json", cloudIn[1:], i)
		if _, err := store.Stat(ctx, cloudVolume[1:]+"/done/"+fmt.Sprint(i)+".json"); err == nil {
			continue // it has been moved
		}
		if err := store.Put(ctx, name, []byte(text)); err != nil {
			return err
		}
		if i == 2 {
			continue // two of them at once
		}
		for err = errclass.UnknownFieldsInFile; errors.Is(err, errclass.UnknownFieldsInFile); {
			err = growingQuery(ctx, s, restart)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func growingQuery(ctx context.Context, s *Session, restart string) error {
	frame, err := s.ReadStream().Format("cloudFiles").Option("cloudFiles.format", "json").Option("cloudFiles.inferColumnTypes", "true").
		Option("cloudFiles.schemaLocation", cloudVolume+"/cp").Option("cloudFiles.schemaEvolution.restart", restart).
		Option("cloudFiles.cleanSource", "MOVE").Option("cloudFiles.cleanSource.retentionDuration", "1 hour").
		Option("cloudFiles.cleanSource.moveDestination", cloudVolume+"/done").Load(ctx, cloudIn)
	if err != nil {
		return err
	}
	q, err := frame.WriteStream().Option("checkpointLocation", cloudVolume+"/cp").Option("mergeSchema", "true").Trigger(AvailableNow()).ToTable(ctx, "bronze")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

// growingResult is the rows of the table, and its columns.
func growingResult(ctx context.Context, store volumes.Store) (string, error) {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		return "", err
	}
	defer s.Close()
	schema, err := s.Table("bronze").Schema(ctx)
	if err != nil {
		return "", err
	}
	rows, err := s.Table("bronze").Collect(ctx)
	texts := []string{schema.String()}
	for _, r := range rows {
		texts = append(texts, r.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n"), err
}

// A stream whose columns grow, and whose files leave after a while, dies before or after any storage operation, and is started
// again: no row is lost, none is there twice, and the columns are the same.
func TestGrowingStreamSurvivesEveryCrashPoint(t *testing.T) {
	for _, restart := range []string{"auto", "fail"} {
		record := volumestest.Record(volumestest.NewMemory())
		if err := growingRun(t.Context(), record, restart); err != nil {
			t.Fatal(err)
		}
		want, err := growingResult(t.Context(), record)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(want, "\n") != 5 {
			t.Fatalf("%s: %s", restart, want)
		}
		ops := record.Ops()
		step := 2
		if testing.Short() {
			step = 37
		}
		for n := 0; n < len(ops); n += step {
			for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
				t.Run(fmt.Sprintf("%s_%03d_%s_%s", restart, n, when, ops[n].Kind), func(t *testing.T) {
					t.Parallel()
					store := volumestest.NewMemory()
					if err := growingRun(t.Context(), fault(store, n), restart); err != nil && !errors.Is(err, volumestest.ErrStopped) {
						t.Fatalf("the crash came out as %v", err)
					}
					if err := growingRun(t.Context(), store, restart); err != nil {
						t.Fatal(err)
					}
					got, err := growingResult(t.Context(), store)
					if err != nil || got != want {
						t.Errorf("%v\n got %s\nwant %s", err, got, want)
					}
				})
			}
		}
		t.Logf("%s: %d storage operations", restart, len(ops))
	}
}
