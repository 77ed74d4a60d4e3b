package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const visitsFolder = "/Volumes/shop/web/data"

// The queries whose state is swept, over the stream visits(at, page, n).
var statefulQueries = map[string]string{
	"windows":  "SELECT page, window, sum(n) AS n FROM visits WATERMARK at DELAY OF INTERVAL 1 MINUTE GROUP BY page, window(at, '10 minutes')",
	"sessions": "SELECT page, session_window, sum(n) AS n FROM visits WATERMARK at DELAY OF INTERVAL 1 MINUTE GROUP BY page, session_window(at, '10 minutes')",
	"chained":  "SELECT window(window, '1 hour') AS hour, count(*) AS pages, sum(n) AS n FROM (SELECT page, window, sum(n) AS n FROM visits WATERMARK at DELAY OF INTERVAL 1 MINUTE GROUP BY page, window(at, '10 minutes')) GROUP BY window(window, '1 hour')",
	"limit":    "SELECT n FROM visits LIMIT 5",
}

// visits are the files, in the order in which they land: none has late rows. The last ones close all windows of those before, whichever
// batches without data a crash has swallowed.
var visits = []string{
	`{"at":"2025-01-01T10:01:00Z","page":"a","n":1}
{"at":"2025-01-01T10:09:00Z","page":"b","n":2}`,
	`{"at":"2025-01-01T10:12:00Z","page":"a","n":4}
{"at":"2025-01-01T10:25:00Z","page":"a","n":8}`,
	`{"at":"2025-01-01T10:58:00Z","page":"b","n":16}
{"at":"2025-01-01T10:59:00Z","page":"a","n":32}`,
	`{"at":"2025-01-03T00:00:00Z","page":"c","n":64}`,
	`{"at":"2025-01-03T00:00:00Z","page":"c","n":128}`,
}

// countVisits lands the files one after the other, and runs the query after each. What is done already is found done.
func countVisits(ctx context.Context, store volumes.Store, query string) error {
	session, err := medallion.NewSession(medallion.Options{
		Space: volumes.NewSpaceOn(store),
		Conf:  map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "2"},
	})
	if err != nil {
		return err
	}
	defer session.Close()
	for i, file := range visits {
		place, err := session.Space().Resolve(fmt.Sprintf("%s/in/visits_%d.json", visitsFolder, i))
		if err != nil {
			return err
		}
		if err := place.Store.PutIfAbsent(ctx, place.Key, []byte(file)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := runVisits(ctx, session, query); err != nil {
			return err
		}
	}
	return nil
}

func runVisits(ctx context.Context, session *medallion.Session, query string) error {
	files, err := session.ReadStream().Format("json").Schema("at timestamp, page string, n int").Option("maxFilesPerTrigger", "1").
		Load(ctx, visitsFolder+"/in")
	if err != nil {
		return err
	}
	if err := files.CreateOrReplaceTempView(ctx, "visits"); err != nil {
		return err
	}
	frame, err := session.SQL(ctx, query)
	if err != nil {
		return err
	}
	q, err := frame.WriteStream().Format("delta").Trigger(medallion.AvailableNow()).
		Option("checkpointLocation", visitsFolder+"/checkpoint").Option("path", visitsFolder+"/out").Start(ctx)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

func visitsTable(ctx context.Context, store volumes.Store) (string, error) {
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		return "", err
	}
	defer session.Close()
	rows, err := session.Table("delta.`" + visitsFolder + "/out`").Collect(ctx)
	if err != nil {
		return "", err
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = r.String()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// A stream that remembers and dies before or after any storage operation, started again, gives each window once, whole: none is
// lost, none comes twice.
func TestStatefulStreamsSurviveEveryCrashPoint(t *testing.T) {
	for name, query := range statefulQueries {
		t.Run(name, func(t *testing.T) {
			record := volumestest.Record(volumestest.NewMemory())
			if err := countVisits(t.Context(), record, query); err != nil {
				t.Fatal(err)
			}
			want, err := visitsTable(t.Context(), record)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(want, "\n") + 1; want == "" || name != "chained" && lines < 5 {
				t.Fatalf("the stream gave only\n%s", want)
			}
			ops, points := record.Ops(), 0
			for n := 0; n < len(ops); n += every(29) {
				for _, c := range []struct {
					when  string
					fault func(volumes.Store, int) *volumestest.Faulty
				}{{"before", volumestest.StopBefore}, {"after", volumestest.StopAfter}} {
					points++
					memory := volumestest.NewMemory()
					if err := countVisits(t.Context(), c.fault(memory, n), query); err != nil && !errors.Is(err, volumestest.ErrStopped) {
						t.Fatalf("the crash came out as %v", err)
					}
					memory.Restart()
					if err := countVisits(t.Context(), memory, query); err != nil {
						t.Fatalf("restart after a crash %s operation %d, %s: %v", c.when, n, ops[n].Kind, err)
					}
					if got, err := visitsTable(t.Context(), memory); err != nil || got != want {
						t.Fatalf("after a crash %s operation %d, %s: %v\n%s\nwant\n%s", c.when, n, ops[n].Kind, err, got, want)
					}
				}
			}
			t.Logf("%d crash points at %d storage operations", points, len(ops))
		})
	}
}
