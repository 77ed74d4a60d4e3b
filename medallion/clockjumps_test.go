package medallion

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A clock that goes back an hour, on by a day, or stands still, and files from 1970 and from the future: each row counts once,
// versions are dense, their times and the watermark never go back.
func TestStreamsSurviveAClockThatJumps(t *testing.T) {
	seeds := 3
	if *CrashAll {
		seeds = 100
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { jumpingClock(t, rand.New(rand.NewPCG(uint64(seed), 1))) })
	}
}

func jumpingClock(t *testing.T, random *rand.Rand) {
	const rounds = 6
	root, now := t.TempDir(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	jumps := []time.Duration{-time.Hour, 24 * time.Hour, 0, time.Millisecond, time.Minute}
	ages := []time.Time{time.Unix(0, 0), now, now.AddDate(80, 0, 0)}
	watermark := ""
	var want []string
	for round := range rounds {
		name := filepath.Join(root, "Volumes", "dev", "in", fmt.Sprintf("%d.json", round))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		at := ages[random.IntN(len(ages))]
		row := fmt.Sprintf(`{"id":%d,"at":"2026-03-01T%02d:30:00Z"}`, round, round)
		if err := os.WriteFile(name, []byte(row), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprint(round))
		now = now.Add(jumps[random.IntN(len(jumps))])
		next := jumpingRound(t, root, now)
		if next < watermark { // both in ISO form
			t.Fatalf("round %d: the watermark went back from %s to %s", round, watermark, next)
		}
		watermark = next
	}
	d := clockDesk(t, root, now)
	d.want("bronze", d.rows("SELECT id FROM bronze"), strings.Join(want, "; "))
	d.want("windows that are closed", d.rows("SELECT count(*), sum(n), count(DISTINCT window.start) FROM hours"), "5 5 5")
	for _, table := range []string{"bronze", "hours"} {
		d.denseHistory(table)
	}
}

func clockDesk(t *testing.T, root string, now time.Time) desk {
	t.Helper()
	s, err := NewSession(Options{Root: root, Clock: func() time.Time { return now }, Conf: map[string]string{confWorkers: "2", confPartitions: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return desk{t, s}
}

// jumpingRound runs both queries until they have nothing to do, and gives the watermark of the second.
func jumpingRound(t *testing.T, root string, now time.Time) string {
	d := clockDesk(t, root, now)
	defer d.Close()
	files, err := d.ReadStream().Format("cloudFiles").Option("cloudFiles.format", "json").Schema("id int, at timestamp").Load(d.Context(), "/Volumes/dev/in")
	d.must(err)
	run := func(f *DataFrame, table string) *StreamingQuery {
		q, err := f.WriteStream().Option("checkpointLocation", "/Volumes/dev/cp/"+table).Trigger(AvailableNow()).ToTable(d.Context(), table)
		d.must(err)
		_, err = q.AwaitTermination(d.Context())
		d.must(err)
		return q
	}
	run(files, "bronze")
	bronze, err := d.ReadStream().Table(d.Context(), "bronze")
	d.must(err)
	hours := run(bronze.WithWatermark("at", "0 seconds").GroupBy(Expr("window(at, '1 hour')")).Agg(Expr("count(*) AS n")), "hours")
	return hours.LastProgress().EventTime["watermark"]
}

// denseHistory holds a table's versions against one another.
func (d desk) denseHistory(table string) {
	d.Helper()
	history, err := d.frame("DESCRIBE HISTORY " + table).Collect(d.Context())
	d.must(err)
	slices.Reverse(history)
	for i, row := range history {
		if version := row.Values[0].(int64); version != int64(i) {
			d.Errorf("%s: version %d is at place %d", table, version, i)
		}
		if i > 0 && row.Values[1].(time.Time).Before(history[i-1].Values[1].(time.Time)) {
			d.Errorf("%s: version %d is of %v, and the one before it of %v", table, i, row.Values[1], history[i-1].Values[1])
		}
	}
}
