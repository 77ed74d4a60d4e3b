package programs_test

import (
	"encoding/json"
	"errors"
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
	for i := range files {
		landEvent(l, i)
	}
}

// landEvent moves a file in with its time: a query that runs must not see it with another.
func landEvent(l *programs.Lake, i int) {
	l.Helper()
	name := fmt.Sprintf("file-%d.json", i)
	l.CopyIn(filepath.Join(realdata.Path(l, "programs", "events", "input"), name), "/FileStore/aside", name)
	aside := filepath.Join(l.Root, "FileStore", "aside", name)
	at := time.Date(2016, 7, 28, 7, i, 0, 0, time.UTC)
	err := errors.Join(
		l.Session.FS().Mkdirs(l.Context(), eventsFolder),
		os.Chtimes(aside, at, at),
		os.Rename(aside, filepath.Join(l.Root, eventsFolder, name)),
	)
	if err != nil {
		l.Fatal(err)
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
	last := q.RecentProgress()[len(batches)-1]
	programs.Equal(t, "rows of state", last.StateOperators[0].NumRowsTotal, 104)
	programs.Equal(t, "rows into the table", last.Sink.NumOutputRows, 104)
	var schema strings.Builder
	if err := l.Session.Table("counts").PrintSchema(t.Context(), &schema); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "schema", strings.TrimSpace(schema.String()),
		strings.TrimSpace(programs.Answer[map[string]any](t, "events", "schemas.json")["counts"].(string)))
	l.Stop(q)
	programs.Equal(t, "totals", l.Rows("SELECT count(*) AS rows, sum(count) AS events FROM counts"), []string{`{"events":100000,"rows":104}`})
	got := l.Rows(`select action, date_format(window.end, "MMM-dd HH:mm") as time, count from counts order by time, action`)
	slices.Sort(got)
	programs.Equal(t, "final query", strings.Join(got, "\n"), strings.Join(programs.AnswerLines(t, "events", "final_query.jsonl"), "\n"))
}

// countsNow is the table of counts as the captures have it: [action, window start, count].
const countsNow = `SELECT action, date_format(window.start, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'") AS start, count FROM counts`

// After each file, the table of counts is Spark's: whole in complete mode; in update mode the changed rows are added to it.
func TestEventsCountedAfterEachFile(t *testing.T) {
	for mode, file := range map[string]string{"complete": "after_each_batch.jsonl", "update": "update_mode_each_batch.jsonl"} {
		t.Run(mode, func(t *testing.T) {
			l := programs.NewLake(t)
			landEvent(l, 0)
			q, err := countEvents(l, "1").OutputMode(mode).Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, rows := range countedRows(t, file) {
				if i > 0 {
					landEvent(l, i)
				}
				l.Settle(q)
				if mode == "complete" {
					want = nil
				}
				want = append(want, rows...)
				slices.Sort(want)
				got := l.Rows(countsNow)
				slices.Sort(got)
				programs.Equal(t, fmt.Sprintf("after file %d", i), strings.Join(got, "\n"), strings.Join(want, "\n"))
				if t.Failed() {
					return // the files that follow would only say so again
				}
			}
		})
	}
}

// countedRows are the captured rows of each batch.
func countedRows(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(realdata.Path(t, "programs", "events", "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	var batches [][]string
	for line := range strings.Lines(string(text)) {
		var batch struct {
			Rows [][3]any `json:"rows"`
		}
		if err := json.Unmarshal([]byte(line), &batch); err != nil {
			t.Fatal(err)
		}
		rows := make([]string, len(batch.Rows))
		for i, r := range batch.Rows {
			rows[i] = programs.JSONText(t, map[string]any{"action": r[0], "start": r[1], "count": r[2]})
		}
		batches = append(batches, rows)
	}
	return batches
}
