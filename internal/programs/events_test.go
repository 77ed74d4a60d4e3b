package programs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

const eventsFolder = "/databricks-datasets/structured-streaming/events"

// landEvents puts the first files of the events program into its folder, each a minute younger than the one before.
func landEvents(l *programs.Lake, files int) {
	l.Helper()
	first := time.Date(2016, 7, 28, 7, 0, 0, 0, time.UTC)
	for i := range files {
		name := fmt.Sprintf("file-%d.json", i)
		l.CopyIn(filepath.Join(realdata.Path(l, "programs", "events", "input"), name), eventsFolder, name)
		at := first.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(filepath.Join(l.Root, eventsFolder, name), at, at); err != nil {
			l.Fatal(err)
		}
	}
}

// countEvents is the program's query, not yet started.
func countEvents(l *programs.Lake, filesPerTrigger string) medallion.DataStreamWriter {
	l.Helper()
	frame, err := l.Session.ReadStream().Format("json").Schema("time timestamp, action string").
		Option("maxFilesPerTrigger", filesPerTrigger).Load(l.Context(), eventsFolder+"/")
	if err != nil {
		l.Fatal(err)
	}
	return frame.GroupBy(medallion.Col("action"), medallion.Window(medallion.Col("time"), "1 hour")).
		Agg(medallion.Count(medallion.Lit(1)).As("count")).
		WriteStream().Format("memory").QueryName("counts")
}

// Fifty files, one a batch, end with Spark's counts by hour, which stay readable when the query has stopped.
func TestEventsCountedByHour(t *testing.T) {
	l := programs.NewLake(t)
	landEvents(l, 50)
	q, err := countEvents(l, "1").OutputMode("complete").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.Settle(q)
	batches := programs.BatchesWithRows(q)
	programs.Equal(t, "number of batches", len(batches), 50)
	for i, b := range batches {
		programs.Equal(t, "batch", b, [2]int64{int64(i), 2000})
	}
	l.Stop(q)
	programs.Equal(t, "totals", l.Rows("SELECT count(*) AS rows, sum(count) AS events FROM counts"), []string{`{"events":100000,"rows":104}`})
	got := l.Rows(`select action, date_format(window.end, "MMM-dd HH:mm") as time, count from counts order by time, action`)
	slices.Sort(got)
	programs.Equal(t, "final query", strings.Join(got, "\n"), strings.Join(programs.AnswerLines(t, "events", "final_query.jsonl"), "\n"))
}
