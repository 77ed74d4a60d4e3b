package programs_test

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

const (
	colorsTable  = "my_table"
	colorsFolder = "/Volumes/workspace/my-schema/my-volume/table"
)

// Windows as the captures print them.
const (
	instant     = `"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"`
	windowTexts = "named_struct('start', date_format(window.start, " + instant + "), 'end', date_format(window.end, " + instant + ")) AS window"
)

// The inserts of the window program, one a run.
var colorInserts = []string{
	"('red', TIMESTAMP('2025-06-22 10:04:45'));",
	"('red', TIMESTAMP('2025-06-22 10:04:50')), ('blue', TIMESTAMP('2025-06-22 10:05:05'))",
	"('green', TIMESTAMP('2025-06-22 10:05:20'))",
	"('red', TIMESTAMP('2025-06-22 10:04:59')), ('red', TIMESTAMP('2025-06-22 10:06:00'))",
	"('blue', TIMESTAMP('2025-06-22 10:11:00'))",
}

// colors counts colors by window; by the DataFrame API or in SQL.
type colors struct {
	*programs.Lake
	sql bool
}

func newColors(t *testing.T, sql bool) colors {
	t.Helper()
	c := colors{programs.NewLake(t), sql}
	c.exec("CREATE TABLE " + colorsTable + " (color STRING, event_date TIMESTAMP)")
	return c
}

func (c colors) exec(statement string) {
	c.Helper()
	if _, err := c.Session.SQL(c.Context(), statement); err != nil {
		c.Fatalf("%s: %v", statement, err)
	}
}

func (c colors) frame() *medallion.DataFrame {
	c.Helper()
	if c.sql {
		frame, err := c.Session.SQL(c.Context(), "SELECT color, window, count(*) AS count FROM STREAM "+colorsTable+
			" WATERMARK event_date DELAY OF INTERVAL 10 SECONDS GROUP BY color, window(event_date, '5 minutes')")
		if err != nil {
			c.Fatal(err)
		}
		return frame
	}
	frame, err := c.Session.ReadStream().Table(c.Context(), colorsTable)
	if err != nil {
		c.Fatal(err)
	}
	return frame.WithWatermark("event_date", "10 seconds").
		GroupBy(medallion.Col("color"), medallion.Window(medallion.Col("event_date"), "5 minutes")).Count()
}

// The window program: once, complete, into a Delta table.
func TestWindowOverATableStream(t *testing.T) {
	captured := programs.Answer[map[string]any](t, "orders", "window_program.json")
	c := newColors(t, false)
	sink := colorsFolder + "/sink"
	run := func(insert string) *medallion.StreamingQuery {
		c.exec("INSERT INTO " + colorsTable + " VALUES " + insert)
		return c.Run(c.frame().WriteStream().Format("delta").Trigger(medallion.Once()).OutputMode("complete").
			Option("checkpointLocation", colorsFolder+"/checkpoint").Option("path", sink).Start(t.Context()))
	}
	rows := func() string {
		lines := c.Rows("SELECT color, " + windowTexts + ", count FROM DELTA.`" + sink + "/`")
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	sorted := func(rows any) string {
		lines := make([]string, 0, 4)
		for _, r := range rows.([]any) {
			lines = append(lines, programs.JSONText(t, r))
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	q := run(colorInserts[0])
	programs.Equal(t, "after the first run", rows(), sorted(captured["rows after first run"]))
	progress := captured["progress of first run"].([]any)[0].(map[string]any)
	programs.Equal(t, "event time", programs.JSONText(t, q.LastProgress().EventTime), programs.JSONText(t, progress["eventTime"]))
	var schema strings.Builder
	if err := c.Session.Table("delta.`"+sink+"`").PrintSchema(t.Context(), &schema); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "schema", strings.TrimSpace(schema.String()), strings.TrimSpace(captured["schema"].(string)))
	for i, step := range captured["complete sink after each further insert"].([]any) {
		run(colorInserts[i+1])
		programs.Equal(t, fmt.Sprint("after insert ", i+1), rows(), sorted(step.(map[string]any)["rows"]))
	}
	c.AssertCheckpoint(colorsFolder+"/checkpoint", programs.Answer[map[string]any](t, "orders", "window_checkpoint.json"))
}

// modeStep is what the program gave after an insert: the rows of each batch, the watermark that it used, and
// [batch, groups dropped as late, groups in the state].
type modeStep struct {
	Batches []struct {
		BatchID int64
		Rows    []struct {
			Color, Start string
			Count        int64
		}
	}
	Watermarks [][2]any
	Dropped    [][3]int64 `json:"dropped by watermark"`
}

// All modes, with batches that only close windows and without.
func TestWindowsInAllModes(t *testing.T) {
	captured := programs.Answer[map[string][]modeStep](t, "orders", "window_modes.json")
	for _, how := range []string{"complete / availableNow", "complete / once", "update / availableNow", "update / once", "append / availableNow", "append / once"} {
		t.Run(how, func(t *testing.T) { windowsIn(t, how, false, captured[how]) })
	}
	t.Run("append in SQL", func(t *testing.T) { windowsIn(t, "append / availableNow", true, captured["append / availableNow"]) })
}

func windowsIn(t *testing.T, how string, sql bool, want []modeStep) {
	mode, trigger, _ := strings.Cut(how, " / ")
	when := medallion.AvailableNow()
	if trigger == "once" {
		when = medallion.Once()
	}
	c := newColors(t, sql)
	for i, insert := range colorInserts {
		c.exec("INSERT INTO " + colorsTable + " VALUES " + insert)
		q := c.Run(c.frame().WriteStream().Format("memory").QueryName(fmt.Sprint("seen", i)).OutputMode(mode).Trigger(when).
			Option("checkpointLocation", colorsFolder+"/checkpoint").Start(t.Context()))
		rows := c.Rows(fmt.Sprintf("SELECT color, date_format(window.start, %s) AS start, count FROM seen%d", instant, i))
		got := modeStep{}
		for _, p := range q.RecentProgress() {
			n := p.Sink.NumOutputRows
			lines := slices.Clone(rows[:n])
			rows = rows[n:]
			slices.Sort(lines)
			checkModeBatch(t, fmt.Sprintf("insert %d, batch %d", i, p.BatchID), lines, want[i])
			got.Watermarks = append(got.Watermarks, [2]any{float64(p.BatchID), p.EventTime["watermark"]})
			state := p.StateOperators[0]
			got.Dropped = append(got.Dropped, [3]int64{p.BatchID, state.NumRowsDroppedByWatermark, state.NumRowsTotal})
		}
		programs.Equal(t, fmt.Sprint("watermarks after insert ", i), got.Watermarks, want[i].Watermarks)
		programs.Equal(t, fmt.Sprint("dropped and kept after insert ", i), got.Dropped, want[i].Dropped)
	}
}

func checkModeBatch(t *testing.T, what string, got []string, want modeStep) {
	t.Helper()
	var id int64
	if _, err := fmt.Sscanf(what[strings.LastIndex(what, " ")+1:], "%d", &id); err != nil {
		t.Fatal(err)
	}
	for _, b := range want.Batches {
		if b.BatchID != id {
			continue
		}
		lines := []string{}
		for _, r := range b.Rows {
			lines = append(lines, programs.JSONText(t, map[string]any{"color": r.Color, "start": r.Start, "count": r.Count}))
		}
		slices.Sort(lines)
		programs.Equal(t, what, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		return
	}
	t.Errorf("%s: Spark ran no such batch", what)
}

// A sliding window over rows at rest.
func TestSlidingWindowsAtRest(t *testing.T) {
	captured := programs.Answer[map[string]any](t, "orders", "sliding_window_batch.json")
	c := newColors(t, false)
	for _, insert := range colorInserts {
		c.exec("INSERT INTO " + colorsTable + " VALUES " + insert)
	}
	rows := c.Rows("SELECT color, " + windowTexts + ", count FROM (SELECT color, window, count(*) AS count FROM " + colorsTable + " GROUP BY color, window(event_date, '10 minutes', '5 minutes')) AS t ORDER BY t.window.start, color")
	var want []string
	for _, r := range captured["rows"].([]any) {
		want = append(want, programs.JSONText(t, r))
	}
	programs.Equal(t, "rows", strings.Join(rows, "\n"), strings.Join(want, "\n"))
}

// module5 is the stream of short examples, whose console is kept.
type module5 struct {
	*programs.Lake
	console *bytes.Buffer
}

const module5Folder = "dbfs:/mnt/data/data/streaming-json"

func newModule5(t *testing.T) module5 {
	t.Helper()
	var console bytes.Buffer
	lake := programs.NewLakeWith(t, &console)
	return module5{lake, &console}
}

func (m module5) land(file string) {
	m.Helper()
	m.CopyIn(filepath.Join(realdata.Path(m, "programs", "module5", "input"), file), module5Folder, file)
}

func (m module5) frame() *medallion.DataFrame {
	m.Helper()
	frame, err := m.Session.ReadStream().Format("json").Schema("timestamp timestamp, value int, category string").Load(m.Context(), module5Folder+"/")
	if err != nil {
		m.Fatal(err)
	}
	return frame
}

func byCategory(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.GroupBy(medallion.Window(medallion.Col("timestamp"), "10 minutes"), medallion.Col("category")).Count()
}

var module5Files = []string{"stream-1.json", "stream-2.json", "stream-3.json"}

// Example 7: in update mode the memory table grows by the changed rows of each batch.
func TestModule5TumblingWindowsInUpdateMode(t *testing.T) {
	captured := programs.Answer[[]map[string]any](t, "module5", "example7.json")
	m := newModule5(t)
	if err := m.Session.FS().Mkdirs(t.Context(), module5Folder); err != nil {
		t.Fatal(err)
	}
	q, err := byCategory(m.frame()).WriteStream().Format("memory").QueryName("windowed_aggregates").OutputMode("update").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range module5Files {
		m.land(file)
		m.Settle(q)
		var want []string
		for _, r := range captured[i]["rows in the memory table (sorted)"].([]any) {
			want = append(want, programs.JSONText(t, r))
		}
		programs.Equal(t, "after "+file, strings.Join(m.Rows("SELECT "+windowTexts+", category, count FROM windowed_aggregates AS w ORDER BY w.window.start, category, count"), "\n"), strings.Join(want, "\n"))
	}
	m.Stop(q)
}

// Example 8: the console in each mode, and what the batches report.
func TestModule5WatermarkOnTheConsole(t *testing.T) {
	for mode, c := range map[string]struct {
		file    string
		options []string
	}{
		"update":   {"example8_console.txt", nil},
		"append":   {"example8_append_console.txt", []string{"truncate", "false"}},
		"complete": {"example8_complete_console.txt", []string{"truncate", "false", "numRows", "5"}},
	} {
		t.Run(mode, func(t *testing.T) {
			m := newModule5(t)
			if err := m.Session.FS().Mkdirs(t.Context(), module5Folder); err != nil {
				t.Fatal(err)
			}
			w := byCategory(m.frame().WithWatermark("timestamp", "5 minutes")).WriteStream().Format("console").OutputMode(mode)
			for i := 0; i < len(c.options); i += 2 {
				w = w.Option(c.options[i], c.options[i+1])
			}
			q, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range module5Files {
				m.land(file)
				m.Settle(q)
			}
			m.Stop(q)
			want := programs.AnswerText(t, "module5", c.file)
			programs.Equal(t, "console", consoleTables(m.console.String()), consoleTables(want))
			if mode == "update" {
				module5Progress(t, q)
			}
		})
	}
}

// consoleTables is what a console printed, with the rows of each table sorted: no order is promised. Nor is it which rows of
// a table that is cut are shown: only how many.
func consoleTables(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for from := 0; from < len(lines); from++ {
		if !strings.HasPrefix(lines[from], "|") {
			continue
		}
		to := from
		for to < len(lines) && strings.HasPrefix(lines[to], "|") {
			to++
		}
		slices.Sort(lines[from:to])
		if to+1 < len(lines) && strings.HasPrefix(lines[to+1], "only showing top") {
			for i := from; i < to; i++ {
				lines[i] = "| a row"
			}
		}
		from = to
	}
	return "\n" + strings.Join(lines, "\n")
}

func module5Progress(t *testing.T, q *medallion.StreamingQuery) {
	t.Helper()
	type report struct {
		BatchID, Rows int64
		EventTime     map[string]string
		State         struct{ NumRowsTotal, NumRowsUpdated, NumRowsRemoved, NumRowsDroppedByWatermark int64 }
	}
	captured := programs.Answer[struct {
		Progress []report `json:"8 progress"`
	}](t, "module5", "results.json")
	var got []report
	for _, p := range q.RecentProgress() {
		s := p.StateOperators
		if len(s) == 0 { // nothing ran: the query was idle
			continue
		}
		r := report{BatchID: p.BatchID, Rows: p.NumInputRows, EventTime: p.EventTime}
		r.State.NumRowsTotal, r.State.NumRowsUpdated = s[0].NumRowsTotal, s[0].NumRowsUpdated
		r.State.NumRowsRemoved, r.State.NumRowsDroppedByWatermark = s[0].NumRowsRemoved, s[0].NumRowsDroppedByWatermark
		got = append(got, r)
	}
	slices.SortFunc(got, func(a, b report) int { return cmp.Compare(a.BatchID, b.BatchID) })
	programs.Equal(t, "progress", got, captured.Progress)
}
